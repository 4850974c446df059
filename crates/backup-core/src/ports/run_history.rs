//! The port that remembers every run.

use crate::error::PortError;
use crate::history::HistoryNote;

/// A place in a history: before it stands all that was read so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cursor {
    /// Tells one history from another that took its place; 0 before anything was read.
    pub history: u64,
    /// How far it was read, in whatever its adapter counts.
    pub position: u64,
}

/// Remembers every planned run and how it ended, durably: what makes a run happen exactly once.
pub trait RunHistory: Send + Sync {
    /// Adds a note behind all others. When this returns `Ok`, the note survives a crash and a power cut.
    ///
    /// # Errors
    /// Any failure to make it durable; the note may then be there or not.
    fn append(&self, note: &HistoryNote) -> Result<(), PortError>;

    /// Returns the notes behind `cursor`, oldest first, those of other processes included, and moves `cursor` behind
    /// them. Where the history that it belongs to has been replaced, all notes of the new one. What a crash left half
    /// written at the end is passed over. No history yet is an empty one.
    ///
    /// # Errors
    /// Any failure to read what is there; `cursor` stays.
    fn read(&self, cursor: &mut Cursor) -> Result<Vec<HistoryNote>, PortError>;

    /// Returns all notes, oldest first.
    ///
    /// # Errors
    /// As [`read`](RunHistory::read).
    fn load(&self) -> Result<Vec<HistoryNote>, PortError> {
        self.read(&mut Cursor::default())
    }
}

const _DYN_COMPATIBLE: Option<&dyn RunHistory> = None;
