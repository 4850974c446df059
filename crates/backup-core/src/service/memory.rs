//! The history as the service works with it: what it knows stays known, even when the history can't be written or is
//! lost while it runs.

use super::Service;
use super::look::HISTORY_WRITTEN;
use crate::error::PortError;
use crate::event::Event;
use crate::history::{HistoryNote, Ledger, shortened};
use crate::ports::{Cursor, RunHistory};

const HISTORY_SHORTENED: &str = "logs/history.jsonl can be shortened";

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

    /// Returns how many notes the history would not take so far.
    fn unwritten_notes(&self) -> usize {
        self.unwritten.len()
    }

    fn write(&mut self) -> Result<(), PortError> {
        while let Some(note) = self.unwritten.first() {
            self.history.append(note)?;
            self.unwritten.remove(0);
        }
        Ok(())
    }
}

impl Service<'_> {
    /// Keeps the history within its bound. That it can't is said, and no reason not to go on: it only grows meanwhile.
    pub(super) fn shorten_history(&mut self) {
        let shorter = self.memory.history.shorten(&|notes| shortened(notes));
        self.follow(HISTORY_SHORTENED, shorter, ToString::to_string);
    }

    /// Says what the history won't hear any more, as this service goes.
    pub(super) fn part_from_history(&mut self) {
        if let Some(cause) = self.memory.settle() {
            let notes = self.memory.unwritten_notes();
            self.journal(&Event::NotesLost { notes, cause: cause.to_string() });
        } else {
            self.follow(HISTORY_WRITTEN, Ok(()), ToString::to_string);
        }
    }
}
