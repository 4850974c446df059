//! What the history knows, and what is to be told of the archives that it has lost sight of.

use crate::manager::Manager;
use crate::model::error::Error;
use crate::model::event::Event;
use crate::model::history::Ledger;
use crate::model::schedule::ScheduleEntry;
use crate::operation::rebuild::{Whose, confirmed, found, rebuilt};

impl Manager<'_> {
    /// Returns what is known of all runs, and of the archives that stand without a note of theirs, be they of schedules
    /// that are gone.
    ///
    /// # Errors
    /// A failure to read the history.
    pub(super) fn ledger(&self) -> Result<Ledger, Error> {
        let mut ledger = Ledger::new(&self.ports.history.load()?);
        let entries = || Ok::<_, Error>(self.entries().unwrap_or_default());
        let found = found(&self.ports, &ledger, Whose::Anybody, entries)?;
        found.iter().for_each(|note| ledger.take_in(note));
        Ok(ledger)
    }

    /// As [`ledger`](Self::ledger), and has the history know it too, before a run or a prune takes from what stands. That it
    /// can't hold it is said.
    ///
    /// # Errors
    /// A failure to read the history or the schedules.
    pub(super) fn taken_over(&self) -> Result<Ledger, Error> {
        let mut ledger = Ledger::new(&self.ports.history.load()?);
        let found = found(&self.ports, &ledger, Whose::Schedules, || self.entries())?;
        let found = confirmed(&self.ports, &ledger, &found);
        found.iter().for_each(|note| ledger.take_in(note));
        if let Some(event) = rebuilt(&found) {
            let noted = self.append(&found).map_or_else(|error| Event::Failed(error.into()), |()| event);
            self.say(&[noted]);
        }
        Ok(ledger)
    }

    /// Returns the schedules that run; where there is no file, none.
    fn entries(&self) -> Result<Vec<ScheduleEntry>, Error> {
        let book = match self.load_book() {
            Err(Error::SchedulesMissing) => return Ok(Vec::new()),
            book => book?,
        };
        Ok(self.admit(&book).into_iter().filter_map(|line| line.entry.ok()).collect())
    }
}
