//! The port that remembers every run.

use crate::error::PortError;
use crate::history::HistoryNote;

/// Remembers every planned run and how it ended, durably: what makes a run happen exactly once.
pub trait RunHistory: Send + Sync {
    /// Adds a note behind all others. When this returns `Ok`, the note survives a crash and a power cut.
    ///
    /// # Errors
    /// Any failure to make it durable; the note may then be there or not.
    fn append(&self, note: &HistoryNote) -> Result<(), PortError>;

    /// Returns all notes, oldest first, those of other processes included. What a crash left half written at the end
    /// is passed over. No history yet is an empty one.
    ///
    /// # Errors
    /// Any failure to read what is there.
    fn load(&self) -> Result<Vec<HistoryNote>, PortError>;
}

const _DYN_COMPATIBLE: Option<&dyn RunHistory> = None;
