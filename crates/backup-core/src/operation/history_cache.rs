//! The history as a process works with it: what it knows stays known, even when the history can't be written or is
//! lost while it runs.

use std::collections::{BTreeSet, VecDeque};

use crate::model::error::PortError;
use crate::model::history::{HistoryNote, Ledger, shortened};
use crate::ports::{Cursor, RunHistory};

/// What is known, and the notes that the history would not take so far.
pub(crate) struct HistoryCache<'a> {
    history: &'a dyn RunHistory,
    ledger: Ledger,
    cursor: Cursor,
    unwritten: VecDeque<HistoryNote>,
    touched: BTreeSet<String>,
}

impl<'a> HistoryCache<'a> {
    pub(crate) fn new(history: &'a dyn RunHistory) -> Self {
        Self {
            history,
            ledger: Ledger::default(),
            cursor: Cursor::default(),
            unwritten: VecDeque::new(),
            touched: BTreeSet::new(),
        }
    }

    /// Takes in what is new in the history, of this process and of others. Returns whether anything was.
    pub(crate) fn refresh(&mut self) -> Result<bool, PortError> {
        let new = self.history.read(&mut self.cursor)?;
        if new.is_empty() {
            return Ok(false);
        }
        // What this process wrote is heard once more; what it couldn't write came behind that.
        for note in new.iter().chain(&self.unwritten) {
            self.ledger.take_in(note);
            self.touched.extend(note.planned_entry().map(str::to_owned));
        }
        Ok(true)
    }

    /// Returns what is known.
    pub(crate) fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Returns the entries whose plan new notes may have changed since the last call. A shortened history adds none.
    pub(crate) fn take_touched(&mut self) -> BTreeSet<String> {
        std::mem::take(&mut self.touched)
    }

    /// Returns how many lines of the history can't be read.
    pub(crate) fn unreadable_lines(&self) -> u64 {
        self.cursor.unreadable_lines
    }

    /// Keeps a note. One that can't be written counts all the same, and is tried again, in order, with the next.
    pub(crate) fn note(&mut self, note: HistoryNote) {
        self.ledger.take_in(&note);
        self.touched.extend(note.planned_entry().map(str::to_owned));
        self.unwritten.push_back(note);
        // What failed shows in the next `settle`, which every look begins with.
        let _ = self.write();
    }

    /// Tries again what could not be written, and returns why it still can't.
    pub(crate) fn settle(&mut self) -> Option<PortError> {
        self.write().err()
    }

    /// Keeps the history within its bound. Returns whether it has shortened it.
    ///
    /// # Errors
    /// Why it can't be shortened: it only grows meanwhile.
    pub(crate) fn shorten(&mut self) -> Result<bool, PortError> {
        let _ = self.refresh();
        let is_shorter = self.history.shorten(&|notes| shortened(notes))?;
        if is_shorter && let Ok(again) = self.history.read(&mut self.cursor) {
            // All of it is read anew, and says nothing new.
            self.ledger.take_in_again(&again);
            self.unwritten.iter().for_each(|note| self.ledger.take_in(note));
        }
        Ok(is_shorter)
    }

    /// Returns how many notes the history would not take so far.
    pub(crate) fn unwritten_notes(&self) -> usize {
        self.unwritten.len()
    }

    fn write(&mut self) -> Result<(), PortError> {
        while let Some(note) = self.unwritten.front() {
            self.history.append(note)?;
            self.unwritten.pop_front();
        }
        Ok(())
    }
}
