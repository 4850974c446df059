//! By hand: why a run by hand made no good backup.

use chrono::NaiveDate;

use crate::model::history::{Outcome, PastRun, RunEnd, RunRecord};
use crate::policy::explain::case::Case;
use crate::policy::explain::explanation::Reason;
use crate::time::Moment;

impl Case<'_> {
    /// Returns why the last run by hand of a date made no good backup. For today, the last run of the backup counts, whenever
    /// it was.
    pub(super) fn failure_by_hand_on(&self, date: NaiveDate) -> Option<Reason> {
        let is_today = date == self.now.date_naive();
        let counts =
            |run: &&PastRun| if is_today { self.is_last(run) } else { run.began.date_naive() == date };
        self.failure(self.runs_by_hand().filter(counts).last()?)
    }

    /// Returns why the last run by hand that began between two moments made no good backup.
    pub(super) fn failure_by_hand_in(&self, (first, last): (Moment, Moment)) -> Option<Reason> {
        let is_then = |run: &&PastRun| run.began >= first && run.began <= last;
        self.failure(self.runs_by_hand().filter(is_then).last()?)
    }

    fn runs_by_hand(&self) -> impl Iterator<Item = &PastRun> {
        self.own_runs().filter(|run| run.key.planned.is_none())
    }

    /// Returns whether nothing of the backup has begun or ended since this run.
    fn is_last(&self, run: &PastRun) -> bool {
        let entry = &self.schedule.entry;
        if let Some(last) = self.ledger.unfinished_by_hand(entry) {
            return last.key == run.key && last.began == run.began;
        }
        let is_it = |last: &RunRecord| last.key == run.key && last.began == run.began;
        self.ledger.last_run(entry).is_some_and(is_it)
    }

    fn failure(&self, run: &PastRun) -> Option<Reason> {
        match &run.end {
            RunEnd::Unknown => {
                Some(Reason::UnfinishedByHand { since: run.began, is_last: self.is_last(run) })
            }
            RunEnd::Ended(record) if !record.outcome.is_good() && record.outcome != Outcome::Skipped => {
                Some(Reason::FailedByHand { run: record.clone(), is_last: self.is_last(run) })
            }
            RunEnd::Ended(_) | RunEnd::Found(_) | RunEnd::UnderWay => None,
        }
    }
}
