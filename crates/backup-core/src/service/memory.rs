//! The history as the service works with it: what it knows stays known, even when the history can't be written or is
//! lost while it runs.

use crate::error::PortError;
use crate::history::{HistoryNote, Ledger, shortened};
use crate::ports::{Cursor, RunHistory};

/// What is known, and the notes that the history would not take so far.
pub(super) struct Memory<'a> {
    history: &'a dyn RunHistory,
    ledger: Ledger,
    cursor: Cursor,
    unwritten: Vec<HistoryNote>,
}

impl<'a> Memory<'a> {
    pub(super) fn new(history: &'a dyn RunHistory) -> Self {
        Self { history, ledger: Ledger::default(), cursor: Cursor::default(), unwritten: Vec::new() }
    }

    /// Takes in what is new in the history, of this process and of others.
    pub(super) fn refresh(&mut self) -> Result<(), PortError> {
        let new = self.history.read(&mut self.cursor)?;
        // What this process wrote is heard once more; what it couldn't write came behind that.
        new.iter().chain(&self.unwritten).for_each(|note| self.ledger.take_in(note));
        Ok(())
    }

    /// Takes in what was verified since it was refreshed. All else waits until then.
    pub(super) fn hear_verdicts(&mut self) -> Result<(), PortError> {
        let new = self.history.read(&mut self.cursor.clone())?;
        let verdicts = new.iter().filter(|note| matches!(note, HistoryNote::Verified(_)));
        verdicts.for_each(|note| self.ledger.take_in(note));
        Ok(())
    }

    /// Returns what is known.
    pub(super) fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Returns how many lines of the history can't be read.
    pub(super) fn unreadable_lines(&self) -> u64 {
        self.cursor.unreadable_lines
    }

    /// Keeps a note. One that can't be written counts all the same, and is tried again, in order, with the next.
    pub(super) fn note(&mut self, note: HistoryNote) {
        self.ledger.take_in(&note);
        self.unwritten.push(note);
        // What failed shows in the next `settle`, which every look begins with.
        let _ = self.write();
    }

    /// Tries again what could not be written, and returns why it still can't.
    pub(super) fn settle(&mut self) -> Option<PortError> {
        self.write().err()
    }

    /// Keeps the history within its bound. That it can't is no reason not to go on: it only grows meanwhile.
    pub(super) fn shorten(&self) {
        let _ = self.history.shorten(&|notes| shortened(notes));
    }

    fn write(&mut self) -> Result<(), PortError> {
        while let Some(note) = self.unwritten.first() {
            self.history.append(note)?;
            self.unwritten.remove(0);
        }
        Ok(())
    }
}
