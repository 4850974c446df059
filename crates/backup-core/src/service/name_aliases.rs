//! Which names of backups the disk takes for the same, as the store said once.

use std::collections::HashSet;

use crate::model::archive::BackupName;
use crate::model::schedule::ScheduleEntry;
use crate::ports::BackupStore;

/// What the store said of the names of the schedules.
pub(super) struct NameAliases {
    names: Vec<BackupName>,
    aliases: Vec<Option<BackupName>>,
}

impl NameAliases {
    /// Asks the store about the names of these schedules.
    pub(super) fn of<'a>(
        entries: impl IntoIterator<Item = &'a ScheduleEntry>,
        backups: &dyn BackupStore,
    ) -> Self {
        let mut seen = HashSet::new();
        let names = entries.into_iter().map(ScheduleEntry::name).filter(|name| seen.insert(*name));
        let names: Vec<_> = names.cloned().collect();
        let aliases = ask(&names, backups);
        Self { names, aliases }
    }

    /// Asks the store again, and returns whether it says the same. Its answer can change when there is a new archive.
    pub(super) fn hold(&self, backups: &dyn BackupStore) -> bool {
        ask(&self.names, backups) == self.aliases
    }
}

fn ask(names: &[BackupName], backups: &dyn BackupStore) -> Vec<Option<BackupName>> {
    backups.aliases(&names.iter().collect::<Vec<_>>())
}
