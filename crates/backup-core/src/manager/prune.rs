//! The use cases that show the older generations of a backup, and remove those that no rule keeps.

use std::collections::HashMap;

use crate::manager::Manager;
use crate::model::archive::{BackupName, BackupRecord};
use crate::model::error::Error;
use crate::model::event::Event;
use crate::model::history::{HistoryNote, Hold, Ledger};
use crate::operation::disk_use::disk_use_of;
use crate::operation::prune::{Occasion, PruneDecision, prune_decisions};
use crate::policy::integrity::gone_older;
use crate::policy::retention::{ClockJump, Retention, paused};

/// What a prune would do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PrunePlan {
    /// Every generation, oldest first.
    pub generations: Vec<PruneDecision>,
    /// The size of those that go.
    pub going_bytes: u64,
    /// What is free once they are gone: less than their size, if those that stay share parts of them. `None` if it can't be told.
    pub freed_bytes: Option<u64>,
    /// The jump of the clock that pauses automatic pruning, if it is paused.
    pub paused: Option<ClockJump>,
    /// The hold, if there is one: then nothing is removed at all before a person accepts what is suspicious.
    pub hold: Option<Hold>,
}

/// What a prune did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pruned {
    /// What was planned. If automatic pruning was paused then, it goes on now.
    pub plan: PrunePlan,
    /// The file names of those that could not be removed.
    pub left: Vec<String>,
    /// The file names of those that the history knew and that were gone. It doesn't know them any more.
    pub forgotten: Vec<String>,
    /// What failed. What was removed before that is gone all the same.
    pub failures: Vec<Event>,
}

impl Manager<'_> {
    /// Returns what a prune would do with the generations of the schedule with that index or name.
    ///
    /// # Errors
    /// [`Error::NoSuchSchedule`], [`Error::KeepsNoGenerations`], [`Error::SchedulesMissing`], or a failure of the stores.
    pub fn prune_plan(&self, key: &str) -> Result<PrunePlan, Error> {
        self.log_error(self.plan_for(key))
    }

    /// Removes what no rule of that schedule keeps, and resumes automatic pruning if it was paused. A hold stays.
    ///
    /// The history forgets older generations that are gone; but if no generation exists at all, it forgets none, because
    /// the folder may be missing.
    ///
    /// # Errors
    /// As [`prune_plan`](Self::prune_plan), and [`Error::Held`]. What fails after that is in the result, and in the journal.
    pub fn prune(&self, key: &str) -> Result<Pruned, Error> {
        self.log_error(self.record_rebuilt_ledger())?;
        let plan = self.log_error(self.plan_for(key))?;
        let entry = self.find_schedule(key)?;
        if let Some(hold) = &plan.hold {
            return self.log_error(Err(Error::Held(entry.name().to_string(), Box::new(hold.clone()))));
        }
        let forgotten = if plan.generations.is_empty() { Ok(Vec::new()) } else { self.forget(entry.name()) };
        let forgotten = self.log_error(forgotten)?;
        let tidied = self.tidy_up(&entry, Occasion::ByHand, None);
        self.log(&tidied.events);
        let is_left =
            |one: &&PruneDecision| one.verdict == Retention::Goes && !tidied.removed.contains(&one.file_name);
        let left = plan.generations.iter().filter(is_left);
        let left = left.map(|one| one.file_name.clone()).collect();
        let failures = tidied.events.into_iter().filter(|event| matches!(event, Event::Failed(_))).collect();
        Ok(Pruned { plan, left, forgotten, failures })
    }

    /// Notes that the older generations that don't exist are gone. Returns their file names.
    fn forget(&self, name: &BackupName) -> Result<Vec<String>, Error> {
        let ledger = Ledger::new(&self.ports.history.load()?);
        let listed = self.ports.backups.list()?;
        let stand = listed.iter().map(|backup| backup.file_name.as_str()).collect();
        let gone = gone_older(&ledger, &stand, name).into_iter();
        let gone: Vec<_> = gone.map(|(file_name, _)| file_name.to_owned()).collect();
        let at = self.ports.clock.now();
        let note = |archive: &String| HistoryNote::Pruned { archive: archive.clone(), at };
        if !gone.is_empty() {
            self.append_notes(&gone.iter().map(note).collect::<Vec<_>>())?;
            self.log(&[Event::Forgotten { name: name.to_string(), archives: gone.len() }]);
        }
        Ok(gone)
    }

    fn plan_for(&self, key: &str) -> Result<PrunePlan, Error> {
        let entry = self.find_schedule(key)?;
        let name = entry.name();
        let rules = entry.options().keep().ok_or_else(|| Error::KeepsNoGenerations(name.to_string()))?;
        let ledger = self.rebuilt_ledger()?;
        let generations = prune_decisions(&self.ports, &ledger, name, rules)?;
        let (paused, hold) = (paused(&ledger.timeline(name)), ledger.hold(name).cloned());
        let (going_bytes, freed_bytes) = self.freed(&generations)?;
        Ok(PrunePlan { generations, going_bytes, freed_bytes, paused, hold })
    }

    /// Returns the size of those that go, and what is free once they are gone.
    fn freed(&self, generations: &[PruneDecision]) -> Result<(u64, Option<u64>), Error> {
        let going = generations.iter().filter(|one| one.verdict == Retention::Goes);
        let going: HashMap<_, _> = going.map(|one| (&*one.file_name, one.run.archive_bytes)).collect();
        if going.is_empty() {
            return Ok((0, Some(0)));
        }
        let goes = |backup: &BackupRecord| going.contains_key(&*backup.file_name);
        let freed = disk_use_of(self.ports.backups, &self.ports.backups.list()?, &goes);
        Ok((going.values().sum(), freed.map(|freed| freed.exclusive_bytes)))
    }
}
