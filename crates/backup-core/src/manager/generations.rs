//! The use case that shows the older generations of a backup, and removes what no rule keeps.

use super::Manager;
use crate::error::Error;
use crate::event::Event;
use crate::history::Outcome;
use crate::prune::{Planned, planned};

impl Manager<'_> {
    /// Returns every generation of the schedule with that index or name, oldest first, and what a prune would do with it.
    ///
    /// # Errors
    /// [`Error::NoSuchSchedule`], [`Error::KeepsNoGenerations`], [`Error::SchedulesMissing`], or a failure of the stores.
    pub fn generations(&self, key: &str) -> Result<Vec<Planned>, Error> {
        self.logged(self.planned_for(key), |_| Event::BackupsShown)
    }

    /// Removes what no rule of that schedule keeps, and returns what was planned, oldest first.
    ///
    /// # Errors
    /// As [`generations`](Self::generations). That a generation can't be removed stands in the journal.
    pub fn prune(&self, key: &str) -> Result<Vec<Planned>, Error> {
        self.logged_error(self.taken_over())?;
        let plan = self.logged_error(self.planned_for(key))?;
        let entry = self.find(key)?;
        self.say(&self.tidy_up(&entry, Outcome::Done, None));
        Ok(plan)
    }

    fn planned_for(&self, key: &str) -> Result<Vec<Planned>, Error> {
        let entry = self.find(key)?;
        let name = entry.name();
        let rules = entry.options().keep().ok_or_else(|| Error::KeepsNoGenerations(name.to_string()))?;
        let ledger = self.ledger()?;
        Ok(planned(&self.ports, &ledger, name, rules)?)
    }
}
