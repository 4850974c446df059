//! The hooks that are owed.

use std::collections::BTreeMap;

use crate::model::archive::BackupName;
use crate::model::history::ledger::Ledger;
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

    /// Adds the notes that tell of them.
    pub(super) fn add_to(&self, checkpoint: &mut Checkpoint) {
        for owed in self.0.values() {
            checkpoint.add(owed.place, HistoryNote::HookBegan(owed.what.clone()));
        }
    }
}

impl Ledger {
    /// Returns the hook whose last command is owed to a backup: its run is under way, or its process died.
    #[must_use]
    pub fn owed_hook(&self, name: &BackupName) -> Option<&OwedHook> {
        self.owed_hooks.0.get(name.as_str()).map(|owed| &owed.what)
    }

    /// Returns the hooks whose last command is owed, by the names of the backups.
    pub fn owed_hooks(&self) -> impl Iterator<Item = &OwedHook> {
        self.owed_hooks.0.values().map(|owed| &owed.what)
    }
}
