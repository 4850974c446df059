//! Drill: the use case that proves that backups can be restored.

use std::path::Path;

use super::Manager;
use super::backup_query::without_archive;
use crate::model::archive::{BackupName, BackupRecord, display_path, newest_older};
use crate::model::error::{Error, Failure, PortError};
use crate::model::event::Event;
use crate::model::history::{DrillReceipt, HistoryNote, Ledger, RunKey};
use crate::model::job::{DrillJob, DrillResult};
use crate::operation::drill::perform_drill;
use crate::policy::archive_choice::{ArchiveChoice, choose_archive};
use crate::ports::{Driller, Ports, Progress};

/// Proves that backups can be restored.
#[derive(Clone, Copy)]
pub struct Drill<'a> {
    ports: Ports<'a>,
    driller: &'a dyn Driller,
}

/// A planned drill of one backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DrillPlan {
    /// The name of the backup.
    pub name: BackupName,
    /// Its newest complete archive.
    pub archive: BackupRecord,
    /// The identities of the schedules that get the receipt.
    ///
    /// These are the schedules with that name, or else the one that made the archive. If neither is known, it is empty.
    pub entries: Vec<String>,
}

/// The result of a drill that ended.
#[derive(Debug)]
pub struct DrillProof {
    /// What the drill found.
    pub receipt: DrillReceipt,
    /// Why the receipt could not be recorded in the history, if it couldn't.
    pub history_error: Option<Error>,
}

/// A backup without a complete archive to drill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undrilled {
    /// The name of the backup.
    pub name: BackupName,
    /// Whether the archive existed once: the history knows it, or an older generation exists. Otherwise none was ever made.
    pub is_missing: bool,
    /// The file name of the missing archive, if the history knows it.
    pub made: Option<String>,
    /// The file name of the newest older generation.
    pub older: Option<String>,
}

impl<'a> Drill<'a> {
    /// Returns the use case over these ports.
    #[must_use]
    pub fn new(ports: Ports<'a>, driller: &'a dyn Driller) -> Self {
        Self { ports, driller }
    }

    /// Plans a drill of the newest complete archive of the backup with that name or index, or of every schedule that has
    /// one.
    ///
    /// The plans are in the order of the schedules.
    ///
    /// # Errors
    /// [`Error::NoSuchBackup`] or [`Error::NotABackup`] if the name has no complete archive, [`Error::NothingToDrill`],
    /// [`Error::BackupsMissing`], or a failure of the stores.
    pub fn plan(&self, name: Option<&str>) -> Result<Vec<DrillPlan>, Error> {
        self.manager().log_error(self.make_plans(name))
    }

    fn make_plans(&self, name: Option<&str>) -> Result<Vec<DrillPlan>, Error> {
        let archives = self.manager().list_backups()?;
        let scheduled = self.scheduled()?;
        if let Some(name) = name {
            let found = self.manager().find_backup(name, &[])?;
            let unknown = || without_archive(self.manager().no_such_backup(&found, &archives));
            let backup: BackupName = found.name.parse().map_err(|_| unknown())?;
            let mut plan = plan(&backup, &archives, &scheduled).ok_or_else(unknown)?;
            if plan.entries.is_empty() {
                let ledger = Ledger::new(&self.ports.history.load()?);
                plan.entries.extend(ledger.made(&plan.archive.file_name).map(|run| run.key.entry.clone()));
            }
            return Ok(vec![plan]);
        }
        let plans: Vec<_> =
            names(&scheduled).iter().filter_map(|name| plan(name, &archives, &scheduled)).collect();
        if plans.is_empty() { Err(Error::NothingToDrill) } else { Ok(plans) }
    }

    /// Returns the backups of schedules that have no complete archive to drill, in the order of the schedules.
    ///
    /// # Errors
    /// A failure of the stores.
    pub fn undrilled(&self) -> Result<Vec<Undrilled>, Error> {
        self.manager().log_error(self.find_undrilled())
    }

    fn find_undrilled(&self) -> Result<Vec<Undrilled>, Error> {
        let archives = match self.manager().list_backups() {
            Err(Error::BackupsMissing) => Vec::new(),
            archives => archives?,
        };
        let ledger = Ledger::new(&self.ports.history.load()?);
        let scheduled = self.scheduled()?;
        let lacks = |name: &&BackupName| plan(name, &archives, &scheduled).is_none();
        let undrilled = |name: &BackupName| {
            let older = newest_older(&archives, name);
            let made = ledger.current_archives(name).complete.and_then(|run| run.archive.clone());
            let is_missing = made.is_some() || older.is_some();
            Undrilled { name: name.clone(), is_missing, made, older }
        };
        Ok(names(&scheduled).into_iter().filter(lacks).map(undrilled).collect())
    }

    /// Returns the names and identities of the schedules. If there is no file, there are none.
    fn scheduled(&self) -> Result<Vec<(BackupName, String)>, Error> {
        let entries = self.manager().running_schedules()?;
        Ok(entries.iter().map(|entry| (entry.name().clone(), entry.identity())).collect())
    }

    /// Carries out a plan and records the receipt in the history.
    ///
    /// The scratch folder is in `scratch`, or else beside the backups. If something can't be restored, the receipt says so;
    /// that is not an error. A receipt that can't be recorded is not an error either, because the drill itself was done.
    ///
    /// # Errors
    /// [`Error::DrillFailed`] if the drill could not be carried out or was interrupted. Then nothing is recorded.
    pub fn drill(
        &self,
        plan: &DrillPlan,
        scratch: Option<&Path>,
        progress: &dyn Progress,
    ) -> Result<DrillProof, Error> {
        let key = RunKey { entry: plan.entries.first().cloned().unwrap_or_default(), planned: None };
        let archive = plan.archive.file_name.clone();
        let job = DrillJob { key, archive: archive.clone(), sha256: None, identity: None };
        let result = perform_drill(&self.ports, self.driller, &job, scratch, progress);
        let interrupted = || {
            let cause = PortError::new(Failure::Interrupted, "go on").because("it was interrupted");
            Error::DrillFailed { archive: display_path(&archive), cause }
        };
        let receipt = self.manager().log_error(match result {
            DrillResult::Drilled(receipt) => Ok(receipt),
            DrillResult::NotMade(error) => Err(error),
            DrillResult::Interrupted => Err(interrupted()),
        })?;
        self.manager().log(&[Event::drilled(&receipt)]);
        let history_error = self.manager().log_error(self.record(&receipt, &plan.entries)).err();
        Ok(DrillProof { receipt, history_error })
    }

    /// Records a receipt for each of these schedules.
    fn record(&self, receipt: &DrillReceipt, entries: &[String]) -> Result<(), Error> {
        let note = |entry: &String| {
            let key = RunKey { entry: entry.clone(), planned: None };
            HistoryNote::Drilled(DrillReceipt { key, ..receipt.clone() })
        };
        Ok(self.manager().append_notes(&entries.iter().map(note).collect::<Vec<_>>())?)
    }

    fn manager(&self) -> Manager<'a> {
        Manager::new(self.ports)
    }
}

/// Returns each name once, in the order of the schedules.
fn names(scheduled: &[(BackupName, String)]) -> Vec<&BackupName> {
    let mut names: Vec<&BackupName> = Vec::new();
    for (name, _) in scheduled {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// Plans the drill of one backup, if it has a complete archive.
fn plan(
    name: &BackupName,
    archives: &[BackupRecord],
    scheduled: &[(BackupName, String)],
) -> Option<DrillPlan> {
    let archive = choose_archive(archives, &ArchiveChoice::Newest(name.clone()))?.clone();
    let entries = scheduled.iter().filter(|(other, _)| other == name).map(|(_, entry)| entry.clone());
    Some(DrillPlan { name: name.clone(), archive, entries: entries.collect() })
}
