//! Which archives a verify reads, and which are missing.

use std::collections::HashSet;

use super::Manager;
use super::verify::{Verify, verified};
use crate::manager::archive_query::no_such_backup;
use crate::model::archive::{ArchiveName, BackupName, BackupRecord, Suggestion};
use crate::model::error::Error;
use crate::model::history::{Ledger, RunRecord};
use crate::policy::archive_choice::{ArchiveChoice, choose_archive};
use crate::policy::integrity::gone_older;
use crate::policy::verdict::{Verdict, Verified};

/// What somebody wants to know of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VerifyRequest {
    /// The name of the backup; all of them without one.
    pub name: Option<String>,
    /// All its generations, and incomplete ones, instead of the newest complete one.
    pub all: bool,
}

/// What there is to look at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VerifyPlan {
    /// The archives to read.
    pub archives: Vec<BackupRecord>,
    /// What isn't there although it should be.
    pub missing: Vec<Verified>,
}

impl VerifyPlan {
    /// Returns how many bytes there are to read.
    #[must_use]
    pub fn archive_bytes(&self) -> u64 {
        self.archives.iter().map(|archive| archive.archive_bytes).sum()
    }
}

impl Verify<'_> {
    /// Decides which archives are to be read, and tells which are missing: the newest of a schedule, or of the name that
    /// was asked for, where the history says that it stands, and their older generations too, where all are asked for.
    ///
    /// # Errors
    /// [`Error::NoSuchBackup`] for a name that nothing is known of, [`Error::BackupsMissing`], or a failure of the stores.
    pub fn plan(&self, order: &VerifyRequest) -> Result<VerifyPlan, Error> {
        Manager::new(self.ports).logged_error(self.decide(order))
    }

    fn decide(&self, order: &VerifyRequest) -> Result<VerifyPlan, Error> {
        let listed = Manager::new(self.ports).load_backups();
        let ledger = Ledger::new(&self.ports.history.load()?);
        let Some(name) = &order.name else {
            let names = self.scheduled_names();
            return match listed {
                Ok(archives) => {
                    Ok(VerifyPlan { missing: self.missing(&ledger, &names, &archives, order), archives })
                }
                // No place at all: then all that should stand there is missing.
                Err(Error::BackupsMissing) => match self.missing(&ledger, &names, &[], order) {
                    missing if missing.is_empty() => Err(Error::BackupsMissing),
                    missing => Ok(VerifyPlan { archives: Vec::new(), missing }),
                },
                Err(error) => Err(error),
            };
        };
        let given = name;
        let listed = listed.or_else(|error| {
            if matches!(error, Error::BackupsMissing) { Ok(Vec::new()) } else { Err(error) }
        })?;
        let unknown =
            || no_such_backup(given, Suggestion::by(given, &listed).map(Suggestion::without_archive));
        let name: BackupName = given.parse().map_err(|_| unknown())?;
        let missing = self.missing(&ledger, std::slice::from_ref(&name), &listed, order);
        let archives = wanted(&listed, &name, order.all);
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
        order: &VerifyRequest,
    ) -> Vec<Verified> {
        // A run may have set one aside since they were listed.
        let now = if order.all { self.ports.backups.list().unwrap_or_default() } else { Vec::new() };
        let stand: HashSet<_> = listed.iter().chain(&now).map(|backup| backup.file_name.as_str()).collect();
        let older = |name| gone_older(ledger, &stand, name);
        let older = names.iter().filter(|_| order.all).flat_map(older);
        let older = older.map(|(file_name, run)| missing_one(file_name.to_owned(), run));
        older.chain(missing(ledger, names, &stand)).collect()
    }

    fn scheduled_names(&self) -> Vec<BackupName> {
        let manager = Manager::new(self.ports);
        let Ok(book) = manager.load_book() else { return Vec::new() };
        let entries = manager.admit(&book).into_iter().filter_map(|line| line.entry.ok());
        let mut names: Vec<BackupName> = entries.map(|entry| entry.name().clone()).collect();
        names.sort_by_key(ToString::to_string);
        names.dedup();
        names
    }
}

fn wanted(listed: &[BackupRecord], name: &BackupName, all: bool) -> Vec<BackupRecord> {
    if !all {
        let newest = choose_archive(listed, &ArchiveChoice::Newest(name.clone()));
        return newest.into_iter().cloned().collect();
    }
    let is_of = |record: &&BackupRecord| {
        ArchiveName::parse(&record.file_name).is_some_and(|archive| archive.backup == *name)
    };
    listed.iter().filter(is_of).cloned().collect()
}

fn missing(ledger: &Ledger, names: &[BackupName], stand: &HashSet<&str>) -> Vec<Verified> {
    let standing = names.iter().filter_map(|name| ledger.standing(name).complete);
    let named = standing.filter_map(|run| Some((run.archive.clone()?, run)));
    let gone = named.filter(|(file_name, _)| !stand.contains(file_name.as_str()));
    gone.map(|(file_name, run)| missing_one(file_name, run)).collect()
}

fn missing_one(file_name: String, run: &RunRecord) -> Verified {
    verified(file_name, Verdict::Missing { made_for: run.made_for() })
}
