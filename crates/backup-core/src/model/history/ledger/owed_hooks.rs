//! The hooks that are owed.

use std::collections::BTreeMap;

use crate::model::history::ledger::checkpoint::Checkpoint;
use crate::model::history::ledger::noted::Noted;
use crate::model::history::note::HistoryNote;
use crate::model::history::owed_hook::OwedHook;
use crate::model::history::run_record::name_in;

/// The owed hook of each backup, by its name. Only one run of a backup is under way at a time, so a later one stands for
/// an earlier one.
#[derive(Debug, Default)]
pub(super) struct OwedHooks(BTreeMap<String, Noted<OwedHook>>);

impl OwedHooks {
    pub(super) fn begin(&mut self, place: u64, owed: &OwedHook) {
        self.0.insert(name_in(&owed.key.entry).to_owned(), Noted::new(place, owed.clone()));
    }

    pub(super) fn end(&mut self, entry: &str) {
        self.0.remove(name_in(entry));
    }

    pub(super) fn of(&self, name: &str) -> Option<&OwedHook> {
        self.0.get(name).map(|owed| &owed.what)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &OwedHook> {
        self.0.values().map(|owed| &owed.what)
    }

    /// Adds the notes that tell of them.
    pub(super) fn add_to(&self, checkpoint: &mut Checkpoint) {
        for owed in self.0.values() {
            checkpoint.add(owed.place, HistoryNote::HookBegan(owed.what.clone()));
        }
    }
}
