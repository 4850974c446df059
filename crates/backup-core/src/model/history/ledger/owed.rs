//! What the ledger says was left undone: runs without an end, and hooks whose last command is owed.

use crate::model::archive::BackupName;
use crate::model::history::ledger::Ledger;
use crate::model::history::ledger::unfinished::Unfinished;
use crate::model::history::owed_hook::OwedHook;

impl Ledger {
    /// Returns the runs without a known end, in the order in which they began.
    #[must_use]
    pub fn unfinished(&self) -> Vec<Unfinished> {
        self.unfinished.all()
    }

    /// Returns the hook whose last command is owed to a backup: its run is under way, or its process died.
    #[must_use]
    pub fn owed_hook(&self, name: &BackupName) -> Option<&OwedHook> {
        self.owed_hooks.of(name.as_str())
    }

    /// Returns the hooks whose last command is owed, by the names of the backups.
    pub fn owed_hooks(&self) -> impl Iterator<Item = &OwedHook> {
        self.owed_hooks.all()
    }
}
