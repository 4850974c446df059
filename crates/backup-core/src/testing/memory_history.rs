//! A run history in memory.

use std::sync::{Arc, Mutex};

use super::Faults;
use super::locked::locked;
use crate::model::error::PortError;
use crate::model::history::HistoryNote;
use crate::ports::{Cursor, RunHistory, Shorten};

/// The notes, and how often they were replaced by others.
#[derive(Debug, Default)]
struct Notes {
    notes: Vec<HistoryNote>,
    replaced: u64,
    unreadable_lines: u64,
}

/// Remembers every run as long as it lives. Clones are handles of the same history: one of them is "the history,
/// opened again".
///
/// Its operations are "append", "read" and "shorten". A failed append leaves no note, unless
/// [`keep_failed`](Self::keep_failed) was asked for; the port allows both.
#[derive(Debug, Clone, Default)]
pub struct MemoryHistory {
    notes: Arc<Mutex<Notes>>,
    faults: Faults,
    keeps_failed: bool,
    most_notes: Option<usize>,
}

impl MemoryHistory {
    /// Returns an empty history that never fails.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns an empty history that fails as scripted.
    #[must_use]
    pub fn failing(faults: &Faults) -> Self {
        Self { faults: faults.clone(), ..Self::default() }
    }

    /// Returns the same history, whose failed appends do leave their note: as a disk does that writes and then
    /// fails to sync.
    #[must_use]
    pub fn keep_failed(self) -> Self {
        Self { keeps_failed: true, ..self }
    }

    /// Returns the same history with a bound: it is shortened once it has more notes.
    #[must_use]
    pub fn holding(self, most_notes: usize) -> Self {
        Self { most_notes: Some(most_notes), ..self }
    }

    /// Returns all notes, oldest first, whatever is scripted to fail.
    #[must_use]
    pub fn notes(&self) -> Vec<HistoryNote> {
        locked(&self.notes).notes.clone()
    }

    /// Forgets everything, as when a user deletes the file.
    pub fn clear(&self) {
        self.replace(Vec::new());
    }

    /// Pretends that so many lines of it can't be read, as when a user or a disk has spoiled the file.
    pub fn spoil(&self, unreadable_lines: u64) {
        locked(&self.notes).unreadable_lines = unreadable_lines;
    }

    /// Puts another history in the place of this one, as when a user brings an old file back.
    pub fn replace(&self, notes: Vec<HistoryNote>) {
        let mut place = locked(&self.notes);
        place.notes = notes;
        place.replaced += 1;
    }
}

impl RunHistory for MemoryHistory {
    fn append(&self, note: &HistoryNote) -> Result<(), PortError> {
        let mut notes = locked(&self.notes);
        let verdict = self.faults.check("append", "to the history");
        if verdict.is_ok() || self.keeps_failed {
            notes.notes.push(note.clone());
        }
        verdict
    }

    fn read(&self, cursor: &mut Cursor) -> Result<Vec<HistoryNote>, PortError> {
        self.faults.check("read", "the history")?;
        let notes = locked(&self.notes);
        let history = notes.replaced + 1;
        let known =
            if cursor.history_id == history { usize::try_from(cursor.position).unwrap_or(0) } else { 0 };
        let unreadable_lines = notes.unreadable_lines;
        *cursor = Cursor { history_id: history, position: notes.notes.len() as u64, unreadable_lines };
        Ok(notes.notes[known..].to_vec())
    }

    fn shorten(&self, shorten: &Shorten<'_>) -> Result<bool, PortError> {
        self.faults.check("shorten", "the history")?;
        let mut notes = locked(&self.notes);
        let is_long = self.most_notes.is_some_and(|most| notes.notes.len() > most);
        if is_long {
            notes.notes = shorten(&notes.notes);
            notes.replaced += 1;
        }
        Ok(is_long)
    }
}
