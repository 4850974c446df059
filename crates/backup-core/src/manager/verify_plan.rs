//! Verify plan: which archives a verify reads, and which are missing.

use std::collections::HashSet;

use super::Manager;
use super::backup_query::without_archive;
use super::verify::{Verify, verified};
use crate::model::archive::{ArchiveName, BackupName, BackupRecord};
use crate::model::error::Error;
use crate::model::history::{Ledger, RunRecord, Verdict};
use crate::policy::archive_choice::{ArchiveChoice, choose_archive};
use crate::policy::integrity::gone_older;
use crate::policy::verdict::Verified;

/// What a person wants verified.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VerifyRequest {
    /// The name of the backup, or the index of its schedule. By default, all backups are verified.
    pub name: Option<String>,
    /// Whether all generations and incomplete archives are verified, instead of the newest complete one only.
    pub all: bool,
}

/// What a verify reads and what it reports at once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VerifyPlan {
    /// The archives to read.
    pub archives: Vec<BackupRecord>,
    /// The archives that are missing.
    pub missing: Vec<Verified>,
}

impl VerifyPlan {
    /// Returns how many stored bytes there are to read.
    #[must_use]
    pub fn archive_bytes(&self) -> u64 {
        self.archives.iter().map(|archive| archive.archive_bytes).sum()
    }
}

impl Verify<'_> {
    /// Returns which archives a verify reads, and which are missing.
    ///
    /// An archive is missing if the history says that it exists and it doesn't: the newest one of the named backup or of
    /// each schedule, and older generations if all are requested.
    ///
    /// # Errors
    /// [`Error::NoSuchBackup`] or [`Error::NotABackup`] if nothing is known about the name, [`Error::BackupsMissing`], or a
    /// failure of the stores.
    pub fn plan(&self, request: &VerifyRequest) -> Result<VerifyPlan, Error> {
        let listed = Manager::new(self.ports).list_backups();
        let ledger = Ledger::new(&self.ports.history.load()?);
        let Some(name) = &request.name else {
            let names = self.scheduled_names();
            return match listed {
                Ok(archives) => {
                    Ok(VerifyPlan { missing: self.missing(&ledger, &names, &archives, request), archives })
                }
                // Without the folder, all archives that the history knows are missing.
                Err(Error::BackupsMissing) => match self.missing(&ledger, &names, &[], request) {
                    missing if missing.is_empty() => Err(Error::BackupsMissing),
                    missing => Ok(VerifyPlan { archives: Vec::new(), missing }),
                },
                Err(error) => Err(error),
            };
        };
        let listed = listed.or_else(|error| {
            if matches!(error, Error::BackupsMissing) { Ok(Vec::new()) } else { Err(error) }
        })?;
        let manager = Manager::new(self.ports);
        let found = manager.find_backup(name, &[])?;
        let unknown = || without_archive(manager.no_such_backup(&found, &listed));
        let backup: BackupName = found.name.parse().map_err(|_| unknown())?;
        let missing = self.missing(&ledger, std::slice::from_ref(&backup), &listed, request);
        let archives = wanted_archives(&listed, &backup, request.all);
        if archives.is_empty() && missing.is_empty() {
            return Err(unknown());
        }
        Ok(VerifyPlan { archives, missing })
    }

    fn missing(
        &self,
        ledger: &Ledger,
        names: &[BackupName],
        listed: &[BackupRecord],
        request: &VerifyRequest,
    ) -> Vec<Verified> {
        // Since the first list, a run may have renamed the newest archive to an older generation.
        let now = if request.all { self.ports.backups.list().unwrap_or_default() } else { Vec::new() };
        let existing: HashSet<_> =
            listed.iter().chain(&now).map(|backup| backup.file_name.as_str()).collect();
        let older = names.iter().filter(|_| request.all).flat_map(|name| gone_older(ledger, &existing, name));
        let older = older.map(|(file_name, run)| missing_archive(file_name.to_owned(), run));
        older.chain(missing_newest(ledger, names, &existing)).collect()
    }

    /// Returns the names of the schedules, sorted. If they can't be read, there are none.
    fn scheduled_names(&self) -> Vec<BackupName> {
        let entries = Manager::new(self.ports).running_schedules().unwrap_or_default();
        let mut names: Vec<BackupName> = entries.iter().map(|entry| entry.name().clone()).collect();
        names.sort_by_key(ToString::to_string);
        names.dedup();
        names
    }
}

fn wanted_archives(listed: &[BackupRecord], name: &BackupName, all: bool) -> Vec<BackupRecord> {
    if !all {
        let newest = choose_archive(listed, &ArchiveChoice::Newest(name.clone()));
        return newest.into_iter().cloned().collect();
    }
    let has_name = |record: &&BackupRecord| {
        ArchiveName::parse(&record.file_name).is_some_and(|archive| archive.backup == *name)
    };
    listed.iter().filter(has_name).cloned().collect()
}

/// Returns the newest complete archives that don't exist.
fn missing_newest(ledger: &Ledger, names: &[BackupName], existing: &HashSet<&str>) -> Vec<Verified> {
    let newest = names.iter().filter_map(|name| ledger.current_archives(name).complete);
    let newest = newest.filter_map(|run| Some((run.archive.clone()?, run)));
    let missing = newest.filter(|(file_name, _)| !existing.contains(file_name.as_str()));
    missing.map(|(file_name, run)| missing_archive(file_name, run)).collect()
}

fn missing_archive(file_name: String, run: &RunRecord) -> Verified {
    verified(file_name, Verdict::Missing { made_for: run.made_for() })
}
