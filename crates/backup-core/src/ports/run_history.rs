//! The port that remembers every run.

use auto_impl::auto_impl;

use crate::model::error::PortError;
use crate::model::history::HistoryNote;

/// A place in a history. Everything before it has been read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cursor {
    /// Identifies the history. A history that took the place of another has another number. It is 0 before anything was
    /// read.
    pub history_id: u64,
    /// How far it was read, in a unit that the adapter chooses.
    pub position: u64,
    /// How many lines before it can't be read. A line that a crash left half written, or that a newer version wrote,
    /// doesn't count.
    pub unreadable_lines: u64,
}

/// Makes a shorter history of all notes; see [`shortened`](crate::model::history::shortened). It calls no port, so an adapter
/// may hold any lock meanwhile.
pub type Shorten<'a> = dyn Fn(&[HistoryNote]) -> Vec<HistoryNote> + 'a;

/// Remembers every planned run and how it ended, durably. This is what makes a run happen exactly once.
///
/// ```
/// use backup_core::model::history::{HistoryNote, RunKey};
/// use backup_core::ports::{Cursor, RunHistory};
/// use backup_core::testing::{MemoryHistory, at};
///
/// let history = MemoryHistory::new();
/// let key = RunKey { entry: "docs;16:07;docs".to_owned(), planned: None };
/// let note = HistoryNote::Began { key, at: at("2026-03-10 09:30") };
/// history.append(&note)?;
///
/// let mut cursor = Cursor::default();
/// assert_eq!(history.read(&mut cursor)?, [note]);
/// assert_eq!(history.read(&mut cursor)?, []);
/// # Ok::<(), backup_core::model::error::PortError>(())
/// ```
#[auto_impl(&, Box, Arc)]
pub trait RunHistory: Send + Sync {
    /// Adds a note behind all others. `Ok` means that it survives a crash and a power cut.
    ///
    /// # Errors
    /// Any failure to make it durable. The note may be there or not.
    fn append(&self, note: &HistoryNote) -> Result<(), PortError>;

    /// Returns the notes behind `cursor`, oldest first, and moves `cursor` behind them. Notes of other processes are
    /// among them.
    ///
    /// If another history has taken the place of the cursor's, all its notes are returned. What a crash left half written
    /// at the end is skipped. A history that doesn't exist yet is empty.
    ///
    /// # Errors
    /// Any failure to read. `cursor` stays where it was.
    fn read(&self, cursor: &mut Cursor) -> Result<Vec<HistoryNote>, PortError>;

    /// Shortens the history if it has grown beyond the adapter's bound, and returns whether it did.
    ///
    /// Replaces all notes by what `shorten` makes of them, all or nothing. Notes that others append at the same time come
    /// after that. A cursor reads the new history from its start. The newest 1,000 unreadable lines stay. The default has
    /// no bound and never shortens.
    ///
    /// # Errors
    /// Any failure to make the new history durable. The old one stays.
    fn shorten(&self, shorten: &Shorten<'_>) -> Result<bool, PortError> {
        let _ = shorten;
        Ok(false)
    }

    /// Returns all notes, oldest first.
    ///
    /// # Errors
    /// As [`read`](RunHistory::read).
    fn load(&self) -> Result<Vec<HistoryNote>, PortError> {
        self.read(&mut Cursor::default())
    }
}

const _DYN_COMPATIBLE: Option<&dyn RunHistory> = None;
