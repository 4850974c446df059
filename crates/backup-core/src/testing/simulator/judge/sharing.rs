//! What the judge says of archives that take over parts of others.

use super::super::options::Reuse;
use super::lines::active;
use super::{Honesty, Judge};
use crate::model::history::RunKey;

impl Judge {
    /// Returns what the schedule of that run says about taking over; `None` of a run by hand.
    pub(in crate::testing::simulator) fn reuse_of(&self, run: Option<&RunKey>) -> Option<Reuse> {
        let place = run.and_then(|run| self.place(&run.entry))?;
        Some(self.lines[place].reuse)
    }

    /// Returns what the clock showed when that run began, and whether it was right. A run by hand begins now.
    pub(in crate::testing::simulator) fn beginning(&mut self, run: Option<&RunKey>) -> (i64, bool) {
        let begun = run.and_then(|run| active(&mut self.active, &self.lines, run));
        let (began, honesty) = begun.map_or((self.now, self.honesty), |run| (run.began, run.honesty));
        (began, honesty == Honesty::Right)
    }

    /// Returns whether the service has looked since it last waited, by a clock that is right.
    pub(in crate::testing::simulator) fn has_looked_well(&self) -> bool {
        self.has_looked && self.honesty == Honesty::Right
    }

    /// The SHA-256 of that run's archive is noted wrongly, or not at all.
    pub(in crate::testing::simulator) fn unverified(&mut self, run: &RunKey, what: &str) {
        let place = self.place(&run.entry).unwrap_or(0);
        let planned = run.planned.map_or(self.now, |planned| planned.timestamp());
        self.verdicts.unverified(&self.lines[place], planned, self.now, what);
    }

    /// The archive of that run isn't what it must be.
    pub(in crate::testing::simulator) fn altered(&mut self, run: Option<&RunKey>, what: &str) {
        let place = run.and_then(|run| self.place(&run.entry)).unwrap_or(0);
        let planned = run.and_then(|run| run.planned).map_or(self.now, |planned| planned.timestamp());
        self.verdicts.altered(&self.lines[place], planned, self.now, what);
    }
}
