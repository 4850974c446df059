//! What the history knows, and what is to be told of the archives that it has lost sight of.

use super::Manager;
use crate::error::Error;
use crate::history::Ledger;
use crate::lost::{found, rebuilt};
use crate::schedule::ScheduleEntry;

impl Manager<'_> {
    /// Returns what is known of all runs, and of the archives that stand without a note of theirs.
    ///
    /// # Errors
    /// A failure to read the history.
    pub(super) fn ledger(&self) -> Result<Ledger, Error> {
        let mut ledger = Ledger::new(&self.ports.history.load()?);
        let found = found(&self.ports, &ledger, &self.entries());
        found.iter().for_each(|note| ledger.take_in(note));
        Ok(ledger)
    }

    /// As [`ledger`](Self::ledger), and has the history know it too, before a run or a prune takes from what stands.
    ///
    /// # Errors
    /// A failure to read or write the history.
    pub(super) fn taken_over(&self) -> Result<Ledger, Error> {
        let mut ledger = Ledger::new(&self.ports.history.load()?);
        let found = found(&self.ports, &ledger, &self.entries());
        for note in &found {
            self.ports.history.append(note)?;
            ledger.take_in(note);
        }
        self.say(rebuilt(&found).as_slice());
        Ok(ledger)
    }

    /// Returns the schedules that run; where their file can't be read, none.
    fn entries(&self) -> Vec<ScheduleEntry> {
        let Ok(book) = self.load_book() else { return Vec::new() };
        self.admit(&book).into_iter().filter_map(|line| line.entry.ok().cloned()).collect()
    }
}
