//! The notes of a history that its ledger rests on.

use std::collections::BTreeMap;

use crate::model::history::note::HistoryNote;
use crate::model::history::run_record::RunRecord;

/// Some notes of a history, by their places in it.
#[derive(Debug, Default)]
pub(super) struct Checkpoint {
    notes: BTreeMap<u64, Vec<HistoryNote>>,
}

impl Checkpoint {
    /// Adds a note, unless it is there already.
    pub(super) fn add(&mut self, place: u64, note: HistoryNote) {
        let notes = self.notes.entry(place).or_default();
        if !notes.contains(&note) {
            notes.push(note);
        }
    }

    /// Adds the note of a run's beginning, in front of others at its place.
    pub(super) fn add_beginning(&mut self, place: u64, run: &RunRecord) {
        let note = HistoryNote::Began { key: run.key.clone(), at: run.began };
        let notes = self.notes.entry(place).or_default();
        if !notes.contains(&note) {
            notes.insert(0, note);
        }
    }

    /// Adds a note at `place`, unless the one that it is `instead` of stays.
    pub(super) fn add_instead(&mut self, instead: u64, place: u64, note: HistoryNote) {
        if !self.notes.contains_key(&instead) {
            self.add(place, note);
        }
    }

    /// Returns the notes in the order of their places.
    pub(super) fn into_notes(self) -> Vec<HistoryNote> {
        self.notes.into_values().flatten().collect()
    }
}
