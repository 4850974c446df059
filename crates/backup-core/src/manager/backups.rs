//! Backups: the use cases that list the finished backups.

use std::collections::HashSet;

use crate::manager::Manager;
use crate::manager::backup_query::{backup_of, without_archive};
use crate::model::archive::BackupRecord;
use crate::model::error::Error;
use crate::model::event::Event;
use crate::model::history::Ledger;
use crate::operation::disk_use::{DiskUses, disk_uses};

impl Manager<'_> {
    /// Returns the finished backups, sorted by file name.
    ///
    /// # Errors
    /// [`Error::BackupsMissing`], or a failure of the store.
    pub fn backups(&self) -> Result<Vec<BackupRecord>, Error> {
        self.log_result(self.list_backups(), |_| Event::BackupsShown)
    }

    /// Returns the archives of the backup with that name, or of the schedule with that index. The newest comes first.
    ///
    /// # Errors
    /// [`Error::NoSuchBackup`] or [`Error::NotABackup`] if there is none, [`Error::BackupsMissing`], or a failure of the
    /// stores.
    pub fn backups_of(&self, key: &str) -> Result<Vec<BackupRecord>, Error> {
        let newest_first = self.archives_by_age(Some(key)).map(|mut records| {
            records.reverse();
            records
        });
        self.log_result(newest_first, |_| Event::BackupsShown)
    }

    /// Returns what archives take on the disk. `shown` are some of those that exist.
    ///
    /// # Errors
    /// As [`backups`](Self::backups).
    pub fn disk_uses(&self, shown: &[BackupRecord]) -> Result<DiskUses, Error> {
        let shown: HashSet<_> = shown.iter().map(|backup| &*backup.file_name).collect();
        let is_shown = |backup: &BackupRecord| shown.contains(&*backup.file_name);
        Ok(disk_uses(self.ports.backups, &self.list_backups()?, &is_shown))
    }

    /// Returns all archives, or those of the backup that a key refers to, by their names and then by their age.
    pub(super) fn archives_by_age(&self, key: Option<&str>) -> Result<Vec<BackupRecord>, Error> {
        let ledger = Ledger::new(&self.ports.history.load()?);
        let mut records = self.list_backups()?;
        if let Some(key) = key {
            let backup = self.find_backup(key, &[])?;
            let is_of_it = |record: &BackupRecord| backup_of(record).as_ref() == Some(&backup.name);
            if !records.iter().any(is_of_it) {
                return Err(without_archive(self.no_such_backup(&backup, &records)));
            }
            records.retain(is_of_it);
        }
        let made_for = |record: &BackupRecord| match ledger.made(&record.file_name) {
            Some(run) => run.made_for(),
            None => record.finished,
        };
        records.sort_by_cached_key(|record| (backup_of(record), made_for(record)));
        Ok(records)
    }
}
