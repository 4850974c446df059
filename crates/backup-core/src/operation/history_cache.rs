//! History cache: the ledger that a running process works with. What it knows stays known, even if the history can't be
//! written or is lost meanwhile.

use std::collections::{BTreeSet, VecDeque};

use crate::model::error::PortError;
use crate::model::history::{HistoryNote, Ledger, name_in, shortened};
use crate::ports::{Cursor, RunHistory};

/// The ledger, and the notes that could not be written so far.
pub(crate) struct HistoryCache<'a> {
    history: &'a dyn RunHistory,
    ledger: Ledger,
    cursor: Cursor,
    unwritten: VecDeque<HistoryNote>,
    touched: BTreeSet<String>,
    has_news: bool,
    ended: BTreeSet<String>,
}

impl<'a> HistoryCache<'a> {
    pub(crate) fn new(history: &'a dyn RunHistory) -> Self {
        Self {
            history,
            ledger: Ledger::default(),
            cursor: Cursor::default(),
            unwritten: VecDeque::new(),
            touched: BTreeSet::new(),
            has_news: false,
            ended: BTreeSet::new(),
        }
    }

    /// Reads the new notes of the history, those of other processes included. Returns whether there were any.
    pub(crate) fn refresh(&mut self) -> Result<bool, PortError> {
        let new = self.history.read(&mut self.cursor)?;
        if new.is_empty() {
            return Ok(false);
        }
        self.has_news = true;
        // The notes of this process come back here. Those that could not be written come last.
        for note in new.iter().chain(&self.unwritten) {
            self.ledger.apply(note);
            self.touched.extend(note.planned_entry().map(str::to_owned));
            self.ended.extend(ended_backup(note).map(str::to_owned));
        }
        Ok(true)
    }

    /// Returns the ledger.
    pub(crate) fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Returns the entries whose plan new notes may have changed since the last call. A shortened history adds none.
    pub(crate) fn take_touched(&mut self) -> BTreeSet<String> {
        std::mem::take(&mut self.touched)
    }

    /// Returns whether there were new notes since the last call, those of this process included.
    pub(crate) fn take_news(&mut self) -> bool {
        std::mem::take(&mut self.has_news)
    }

    /// Returns the names of the backups of which a run or a drill has ended, or that somebody has accepted, since the last call.
    pub(crate) fn take_ended(&mut self) -> BTreeSet<String> {
        std::mem::take(&mut self.ended)
    }

    /// Returns how many lines of the history can't be read.
    pub(crate) fn unreadable_lines(&self) -> u64 {
        self.cursor.unreadable_lines
    }

    /// Adds a note. If it can't be written, it counts all the same, and is tried again, in order, with the next note.
    pub(crate) fn note(&mut self, note: HistoryNote) {
        self.ledger.apply(&note);
        self.touched.extend(note.planned_entry().map(str::to_owned));
        self.ended.extend(ended_backup(&note).map(str::to_owned));
        self.unwritten.push_back(note);
        // A failure shows in the next `settle`, with which every pass begins.
        let _ = self.write();
    }

    /// Tries again to write what could not be written. Returns why it still can't.
    pub(crate) fn settle(&mut self) -> Option<PortError> {
        self.write().err()
    }

    /// Keeps the history within its bound. Returns whether it was shortened.
    ///
    /// # Errors
    /// Why it can't be shortened. It only grows meanwhile.
    pub(crate) fn shorten(&mut self) -> Result<bool, PortError> {
        let _ = self.refresh();
        let is_shorter = self.history.shorten(&|notes| shortened(notes))?;
        if is_shorter && let Ok(again) = self.history.read(&mut self.cursor) {
            // All of it is read again, and nothing in it is new.
            self.ledger.apply_again(&again);
            self.unwritten.iter().for_each(|note| self.ledger.apply(note));
        }
        Ok(is_shorter)
    }

    /// Returns how many notes could not be written so far.
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

/// Returns the name of the backup of which a run or a drill has ended, if the note says so.
fn ended_backup(note: &HistoryNote) -> Option<&str> {
    match note {
        HistoryNote::Ended(run) => Some(name_in(&run.key.entry)),
        HistoryNote::Accepted { name, .. } => Some(name),
        HistoryNote::Drilled(receipt) => Some(name_in(&receipt.key.entry)),
        _ => None,
    }
}
