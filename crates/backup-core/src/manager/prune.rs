//! The use case that shows the older generations of a backup, and removes what no rule keeps.

use crate::manager::Manager;
use crate::model::archive::BackupName;
use crate::model::error::Error;
use crate::model::event::Event;
use crate::model::history::{HistoryNote, Ledger, Outcome};
use crate::operation::prune::{Planned, planned};
use crate::policy::integrity::gone_older;
use crate::policy::retention::Retention;

/// What became of the older generations of a backup.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pruned {
    /// What was planned, oldest first.
    pub planned: Vec<Planned>,
    /// The file names of those that were to go and that could not be removed.
    pub left: Vec<String>,
    /// The file names of those that the history knew and that were gone: it doesn't know them any more.
    pub forgotten: Vec<String>,
    /// What failed. What was removed before is gone all the same.
    pub failures: Vec<Event>,
}

impl Manager<'_> {
    /// Returns every generation of the schedule with that index or name, oldest first, and what a prune would do with it.
    ///
    /// # Errors
    /// [`Error::NoSuchSchedule`], [`Error::KeepsNoGenerations`], [`Error::SchedulesMissing`], or a failure of the stores.
    pub fn generations(&self, key: &str) -> Result<Vec<Planned>, Error> {
        self.log_result(self.planned_for(key), |_| Event::BackupsShown)
    }

    /// Removes what no rule of that schedule keeps, has the history forget older generations that are gone, and returns
    /// what came of it. Where no generation of the name stands at all, nothing is forgotten: perhaps its place is missing.
    ///
    /// # Errors
    /// As [`generations`](Self::generations). What fails after that stands in what is returned, and in the journal.
    pub fn prune(&self, key: &str) -> Result<Pruned, Error> {
        self.log_error(self.record_rebuilt_ledger())?;
        let planned = self.log_error(self.planned_for(key))?;
        let entry = self.find_schedule(key)?;
        let forgotten = if planned.is_empty() { Ok(Vec::new()) } else { self.forget(entry.name()) };
        let forgotten = self.log_error(forgotten)?;
        let tidied = self.tidy_up(&entry, Outcome::Done, None);
        self.log(&tidied.events);
        let is_left =
            |one: &&Planned| one.verdict == Retention::Goes && !tidied.removed.contains(&one.file_name);
        let left = planned.iter().filter(is_left);
        let left = left.map(|one| one.file_name.clone()).collect();
        let failures = tidied.events.into_iter().filter(|event| matches!(event, Event::Failed(_))).collect();
        Ok(Pruned { planned, left, forgotten, failures })
    }

    /// Notes of the older generations that aren't there that they are gone. Returns their file names.
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

    fn planned_for(&self, key: &str) -> Result<Vec<Planned>, Error> {
        let entry = self.find_schedule(key)?;
        let name = entry.name();
        let rules = entry.options().keep().ok_or_else(|| Error::KeepsNoGenerations(name.to_string()))?;
        let ledger = self.rebuilt_ledger()?;
        Ok(planned(&self.ports, &ledger, name, rules)?)
    }
}
