//! Other time: a time for which nothing was planned.

use chrono::{NaiveDateTime, TimeDelta};

use crate::model::history::{Outcome, PastRun, RunRecord};
use crate::policy::explain::case::Case;
use crate::policy::explain::evidence::ScheduleState;
use crate::policy::explain::explanation::{Explanation, Reason};
use crate::policy::explain::planned::nearest;
use crate::time::{Moment, first_instant_at_or_after};

impl Case<'_> {
    /// Explains a time for which nothing was planned. A run may have been under way then.
    pub(super) fn at_other_time(&self, requested: NaiveDateTime) -> Explanation {
        match self.run_during(requested) {
            Some(run) => match run.key.planned {
                Some(planned) => self.at_planned_moment(planned),
                None => self.without_plan(Reason::ByHand(run.clone())),
            },
            None => self.without_plan(self.without_run_then(requested)),
        }
    }

    /// Returns what is known of a time for which nothing was planned, and in which no run was under way that ended.
    fn without_run_then(&self, requested: NaiveDateTime) -> Reason {
        if let Some(reason) = self.minute(requested).and_then(|minute| self.failure_by_hand_in(minute)) {
            return reason;
        }
        let is_deleted = self.schedule.state == ScheduleState::Deleted;
        if is_deleted { self.deleted() } else { self.not_planned(requested) }
    }

    /// Returns the first and the last second of a minute.
    fn minute(&self, requested: NaiveDateTime) -> Option<(Moment, Moment)> {
        let start = first_instant_at_or_after(requested, self.evidence.clock)?;
        Some((start, start + TimeDelta::seconds(59)))
    }

    /// Returns the last run of the schedule that was under way in that minute.
    fn run_during(&self, requested: NaiveDateTime) -> Option<&RunRecord> {
        let (start, end) = self.minute(requested)?;
        let is_made = |run: &&RunRecord| run.outcome != Outcome::Skipped;
        let ended = self.own_runs().filter_map(PastRun::record).filter(is_made);
        ended.filter(|run| run.began <= end && run.ended >= start).last()
    }

    fn not_planned(&self, requested: NaiveDateTime) -> Reason {
        let instant = first_instant_at_or_after(requested, self.evidence.clock);
        let nearest = instant.and_then(|instant| nearest(self.rule, instant, self.evidence.clock));
        Reason::NotPlanned { requested, rule: self.rule_in_words(), nearest }
    }
}
