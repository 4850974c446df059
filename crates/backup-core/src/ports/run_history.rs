//! The port that remembers every run.

use crate::model::error::PortError;
use crate::model::history::HistoryNote;

/// A place in a history: before it stands all that was read so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cursor {
    /// Tells one history from another that took its place; 0 before anything was read.
    pub history: u64,
    /// How far it was read, in whatever its adapter counts.
    pub position: u64,
    /// How many lines before it could not be read, and should have been: what a crash left half written, and what a
    /// newer program noted, isn't counted.
    pub unreadable_lines: u64,
}

/// Makes a shorter history of all notes; see [`crate::model::history::shortened`]. Calls no port: the history may hold a lock that
/// all of them share.
pub type Shorten<'a> = dyn Fn(&[HistoryNote]) -> Vec<HistoryNote> + 'a;

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

    /// Shortens the history once it has grown beyond the bound that its adapter sets: puts what `shorten` makes of all
    /// notes in their place, all or nothing, and returns whether it did. What others append at the same time comes
    /// behind, and a cursor reads the new history from its start. Lines that can't be read stay, the newest 1,000. An adapter without a bound never does.
    ///
    /// # Errors
    /// Any failure to make the new one durable; the old one stays.
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
