//! What the ledger says was left undone: runs without an end, and hooks whose last command is owed.

use crate::model::archive::BackupName;
use crate::model::history::ledger::Ledger;
use crate::model::history::ledger::unfinished::Unfinished;
use crate::model::history::owed_hook::OwedHook;
use crate::model::history::run_record::RunKey;
use crate::model::schedule::ScheduleEntry;

impl Ledger {
    /// Returns the runs without a known end, in the order in which they began.
    #[must_use]
    pub fn unfinished(&self) -> Vec<Unfinished> {
        self.unfinished.all()
    }

    /// Returns the last run by hand of the entry's backup, if no end of it is noted, and nothing of this backup has begun or
    /// ended since. It is under way, or its process died.
    #[must_use]
    pub fn unfinished_by_hand(&self, entry: &ScheduleEntry) -> Option<Unfinished> {
        let entry = self.backup(entry)?.by_hand.clone()?;
        self.unfinished.of(&RunKey { entry, planned: None })
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
