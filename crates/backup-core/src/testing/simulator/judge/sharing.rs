//! What the judge says of archives that take over parts of others.

use super::super::options::Reuse;
use super::{Honesty, Judge};
use crate::model::history::RunKey;

impl Judge {
    /// Returns what the schedule of that run says about taking over; `None` of a run by hand.
    pub(in crate::testing::simulator) fn reuse_of(&self, run: Option<&RunKey>) -> Option<Reuse> {
        let place = run.and_then(|run| self.place(&run.entry))?;
        Some(self.lines[place].reuse)
    }

    /// Returns the true time, and whether the clock is right.
    pub(in crate::testing::simulator) fn true_time(&self) -> (i64, bool) {
        (self.truth, self.honesty == Honesty::Right)
    }

    /// The archive of that run isn't what it must be.
    pub(in crate::testing::simulator) fn altered(&mut self, run: Option<&RunKey>, what: &str) {
        let place = run.and_then(|run| self.place(&run.entry)).unwrap_or(0);
        let planned = run.and_then(|run| run.planned).map_or(self.now, |planned| planned.timestamp());
        self.verdicts.altered(&self.lines[place], planned, self.now, what);
    }
}
