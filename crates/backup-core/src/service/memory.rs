//! The history as the service works with it: what could not be written yet counts all the same.

use crate::error::PortError;
use crate::history::HistoryNote;
use crate::ports::RunHistory;

/// The history port, and the notes that it would not take so far.
pub(super) struct Memory<'a> {
    history: &'a dyn RunHistory,
    unwritten: Vec<HistoryNote>,
}

impl<'a> Memory<'a> {
    pub(super) fn new(history: &'a dyn RunHistory) -> Self {
        Self { history, unwritten: Vec::new() }
    }

    /// Returns all notes, oldest first, those that could not be written included.
    pub(super) fn load(&self) -> Result<Vec<HistoryNote>, PortError> {
        let mut notes = self.history.load()?;
        notes.extend(self.unwritten.iter().cloned());
        Ok(notes)
    }

    /// Keeps a note. One that can't be written is kept here and tried again, in order, with the next.
    pub(super) fn note(&mut self, note: HistoryNote) {
        self.unwritten.push(note);
        // What failed shows in the next `settle`, which every look begins with.
        let _ = self.write();
    }

    /// Tries again what could not be written, and returns why it still can't.
    pub(super) fn settle(&mut self) -> Option<PortError> {
        self.write().err()
    }

    fn write(&mut self) -> Result<(), PortError> {
        while let Some(note) = self.unwritten.first() {
            self.history.append(note)?;
            self.unwritten.remove(0);
        }
        Ok(())
    }
}
