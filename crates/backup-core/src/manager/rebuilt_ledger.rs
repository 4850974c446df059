//! Rebuilt ledger: what the history knows, together with the archives that it has lost.

use crate::manager::Manager;
use crate::model::error::Error;
use crate::model::event::Event;
use crate::model::history::Ledger;
use crate::operation::rebuild::{Whose, confirmed, found, rebuilt};
use crate::ports::SilentProgress;

impl Manager<'_> {
    /// Returns what is known of all runs, including archives that the history has no note of.
    ///
    /// Archives of deleted schedules are among them. Nothing is written.
    ///
    /// # Errors
    /// A failure to read the history.
    pub(super) fn rebuilt_ledger(&self) -> Result<Ledger, Error> {
        let mut ledger = Ledger::new(&self.ports.history.load()?);
        let entries = || Ok::<_, Error>(self.running_schedules().unwrap_or_default());
        let found = found(&self.ports, &ledger, Whose::Anybody, entries)?;
        found.iter().for_each(|note| ledger.apply(note));
        Ok(ledger)
    }

    /// Returns what is known of all runs, and records lost archives of the schedules in the history.
    ///
    /// A run or a prune calls it before it removes archives. If the history can't be written, it logs the failure and
    /// continues.
    ///
    /// # Errors
    /// A failure to read the history or the schedules.
    pub(super) fn record_rebuilt_ledger(&self) -> Result<Ledger, Error> {
        let mut ledger = Ledger::new(&self.ports.history.load()?);
        let found = found(&self.ports, &ledger, Whose::Schedules, || self.running_schedules())?;
        let found = confirmed(&self.ports, &ledger, &found, &SilentProgress);
        found.iter().for_each(|note| ledger.apply(note));
        if let Some(event) = rebuilt(&found) {
            let recorded =
                self.append_notes(&found).map_or_else(|error| Event::Failed(error.into()), |()| event);
            self.log(&[recorded]);
        }
        Ok(ledger)
    }
}
