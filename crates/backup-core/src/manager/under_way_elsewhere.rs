//! Under way elsewhere: whether another process makes a backup, and runs by hand whose process died.

use crate::manager::service::ServiceManager;
use crate::manager::status_facts::StatusFacts;
use crate::model::archive::{BackupName, BackupRecord};
use crate::model::history::{Ledger, RunRecord, Unfinished};
use crate::model::schedule::ScheduleEntry;
use crate::time::Moment;

impl ServiceManager<'_> {
    /// Returns whether another process is making the backup. If that can't be told, the run itself will find out.
    pub(super) fn is_being_made(&self, name: &BackupName) -> bool {
        self.ports.backups.is_being_made(name).unwrap_or(false)
    }

    /// Returns when the run by hand of this schedule began that is under way, if one is.
    ///
    /// A service that makes the backup has noted that: then the run by hand has died.
    pub(super) fn under_way_by_hand(&self, entry: &ScheduleEntry, ledger: &Ledger) -> Option<Moment> {
        let unfinished = ledger.unfinished_by_hand(entry)?;
        let is_of_line = unfinished.key.entry == entry.identity();
        (is_of_line && self.is_being_made(entry.name())).then_some(unfinished.began)
    }

    /// Returns the last run of a backup as an interrupted one, if it was by hand and its process died before it had made an
    /// archive.
    ///
    /// If its archive is in place, the run is done, and its last commands may still run.
    pub(super) fn died_by_hand(&self, entry: &ScheduleEntry, facts: &StatusFacts<'_>) -> Option<RunRecord> {
        let unfinished = facts.ledger.unfinished_by_hand(entry)?;
        let is_published = facts.backups_of(entry).iter().any(|backup| is_of(backup, &unfinished));
        (!is_published && !self.is_being_made(entry.name())).then(|| unfinished.died())
    }
}

/// Returns whether a backup is the one that a run had sealed, as far as its name and size tell.
fn is_of(backup: &BackupRecord, unfinished: &Unfinished) -> bool {
    unfinished.sealed.as_ref().is_some_and(|sealed| {
        sealed.archive.as_ref() == Some(&backup.file_name) && sealed.archive_bytes == backup.archive_bytes
    })
}
