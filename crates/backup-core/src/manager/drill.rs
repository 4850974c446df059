//! The use case that proves that backups come back.

use std::path::Path;

use super::Manager;
use crate::manager::archive_query::no_such_backup;
use crate::model::archive::{BackupName, BackupRecord, Suggestion, newest_older, place_of};
use crate::model::error::{Error, Failure, PortError};
use crate::model::event::Event;
use crate::model::history::{DrillReceipt, HistoryNote, Ledger, RunKey};
use crate::model::job::{DrillJob, DrillResult};
use crate::operation::drill::perform_drill;
use crate::policy::archive_choice::{ArchiveChoice, choose_archive};
use crate::ports::{Driller, Ports, Progress};

/// Proves that backups come back.
#[derive(Clone, Copy)]
pub struct Drill<'a> {
    ports: Ports<'a>,
    driller: &'a dyn Driller,
}

/// A backup that is to be drilled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DrillPlan {
    /// Its name.
    pub name: BackupName,
    /// The newest complete archive of it.
    pub archive: BackupRecord,
    /// The identities of the entries that get the receipt: the schedules of that name, or else the one that made the
    /// archive. None where neither the schedules nor the history know any.
    pub entries: Vec<String>,
}

/// A drill that was carried out to its end.
#[derive(Debug)]
pub struct DrillProof {
    /// What it found out.
    pub receipt: DrillReceipt,
    /// Why the history could not take the receipt, if so.
    pub unkept: Option<Error>,
}

/// A schedule whose newest complete archive doesn't stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undrilled {
    /// The name of its backups.
    pub name: BackupName,
    /// There was one: by the history, or because an older one was set aside for it. Else none was ever made.
    pub is_missing: bool,
    /// What the history says it is called.
    pub made: Option<String>,
    /// The newest older generation that stands.
    pub older: Option<String>,
}

impl<'a> Drill<'a> {
    /// Returns the use case over these ports.
    #[must_use]
    pub fn new(ports: Ports<'a>, driller: &'a dyn Driller) -> Self {
        Self { ports, driller }
    }

    /// Decides what is to be drilled: the newest complete archive of that name, or of each schedule that has one, in the
    /// order of the schedules.
    ///
    /// # Errors
    /// [`Error::NoSuchBackup`] or [`Error::NotABackup`] for a name of which there is no archive, [`Error::NothingToDrill`],
    /// [`Error::BackupsMissing`], or a failure of the stores.
    pub fn plan(&self, name: Option<&str>) -> Result<Vec<DrillPlan>, Error> {
        self.manager().logged_error(self.decide(name))
    }

    fn decide(&self, name: Option<&str>) -> Result<Vec<DrillPlan>, Error> {
        let archives = self.manager().load_backups()?;
        let scheduled = self.scheduled()?;
        if let Some(name) = name {
            let given = name;
            let unknown =
                || no_such_backup(given, Suggestion::by(given, &archives).map(Suggestion::without_archive));
            let name: BackupName = given.parse().map_err(|_| unknown())?;
            let mut plan = plan(&name, &archives, &scheduled).ok_or_else(unknown)?;
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

    /// Returns the names of the schedules of which no complete archive can be drilled, in the order of the schedules.
    ///
    /// # Errors
    /// A failure of the stores.
    pub fn undrilled(&self) -> Result<Vec<Undrilled>, Error> {
        self.manager().logged_error(self.without_archive())
    }

    fn without_archive(&self) -> Result<Vec<Undrilled>, Error> {
        let archives = match self.manager().load_backups() {
            Err(Error::BackupsMissing) => Vec::new(),
            archives => archives?,
        };
        let ledger = Ledger::new(&self.ports.history.load()?);
        let scheduled = self.scheduled()?;
        let lacks = |name: &&BackupName| plan(name, &archives, &scheduled).is_none();
        let undrilled = |name: &BackupName| {
            let older = newest_older(&archives, name);
            let made = ledger.standing(name).complete.and_then(|run| run.archive.clone());
            let is_missing = made.is_some() || older.is_some();
            Undrilled { name: name.clone(), is_missing, made, older }
        };
        Ok(names(&scheduled).into_iter().filter(lacks).map(undrilled).collect())
    }

    /// Returns the names and the identities of the schedules; where there is no file, none.
    fn scheduled(&self) -> Result<Vec<(BackupName, String)>, Error> {
        let book = match self.manager().load_book() {
            Err(Error::SchedulesMissing) => return Ok(Vec::new()),
            book => book?,
        };
        let entries = self.manager().admit(&book).into_iter().filter_map(|line| line.entry.ok());
        Ok(entries.map(|entry| (entry.name().clone(), entry.identity())).collect())
    }

    /// Carries a plan out, with the scratch beside the backups or in that folder, and notes the receipt. That something
    /// did not come back is told by the receipt, and is no error. Neither is a receipt that can't be noted: the proof was
    /// made all the same.
    ///
    /// # Errors
    /// [`Error::DrillFailed`] where it could not be carried out, or was ended: then nothing is noted.
    pub fn drill(
        &self,
        plan: &DrillPlan,
        scratch: Option<&Path>,
        progress: &dyn Progress,
    ) -> Result<DrillProof, Error> {
        let key = RunKey { entry: plan.entries.first().cloned().unwrap_or_default(), planned: None };
        let archive = plan.archive.file_name.clone();
        let job = DrillJob { key, archive: archive.clone(), sha256: None };
        let result = perform_drill(&self.ports, self.driller, &job, scratch, progress);
        let ended = || {
            let cause = PortError::new(Failure::Interrupted, "go on").because("it was interrupted");
            Error::DrillFailed { archive: place_of(&archive), cause }
        };
        let receipt = self.manager().logged_error(match result {
            DrillResult::Drilled(receipt) => Ok(receipt),
            DrillResult::NotMade(error) => Err(error),
            DrillResult::Interrupted => Err(ended()),
        })?;
        self.manager().say(&[Event::drilled(&receipt)]);
        let unkept = self.manager().logged_error(self.note(&receipt, &plan.entries)).err();
        Ok(DrillProof { receipt, unkept })
    }

    fn note(&self, receipt: &DrillReceipt, entries: &[String]) -> Result<(), Error> {
        let of = |entry: &String| {
            let key = RunKey { entry: entry.clone(), planned: None };
            HistoryNote::Drilled(DrillReceipt { key, ..receipt.clone() })
        };
        Ok(self.manager().append(&entries.iter().map(of).collect::<Vec<_>>())?)
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

fn plan(
    name: &BackupName,
    archives: &[BackupRecord],
    scheduled: &[(BackupName, String)],
) -> Option<DrillPlan> {
    let archive = choose_archive(archives, &ArchiveChoice::Newest(name.clone()))?.clone();
    let entries = scheduled.iter().filter(|(other, _)| other == name).map(|(_, entry)| entry.clone());
    Some(DrillPlan { name: name.clone(), archive, entries: entries.collect() })
}
