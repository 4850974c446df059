//! Catch-up: did a run make up for an earlier planned moment?

use std::iter::successors;

use crate::model::history::RunRecord;
use crate::model::schedule::Schedule;
use crate::time::{Clock, Moment};

/// Returns whether `planned` is one of the missed moments that the run made up for.
pub(super) fn makes_up_for(run: &RunRecord, planned: Moment, rule: &dyn Schedule, clock: &dyn Clock) -> bool {
    let missed_runs = usize::try_from(run.missed_runs).unwrap_or(usize::MAX);
    let Some(later) = run.key.planned.filter(|later| *later > planned && missed_runs > 0) else {
        return false;
    };
    let next = |moment: &Moment| rule.next_after(*moment, clock).filter(|next| next > moment);
    let moments = successors(next(&planned), next).take_while(|moment| *moment <= later);
    // Counting stops as soon as there are too many.
    (1..=missed_runs).contains(&moments.take(missed_runs.saturating_add(1)).count())
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use chrono::TimeDelta;

    use super::*;
    use crate::model::schedule::TimeRule;
    use crate::testing::{ManualClock, at, run_record};

    /// A daily rule that counts its calls.
    struct Counting(TimeRule, Cell<usize>);

    impl Schedule for Counting {
        fn next_after(&self, after: Moment, clock: &dyn Clock) -> Option<Moment> {
            self.1.set(self.1.get() + 1);
            self.0.next_after(after, clock)
        }
    }

    fn rule() -> Counting {
        Counting("16:07".parse().unwrap(), Cell::default())
    }

    fn run(planned: Moment, missed_runs: u32) -> RunRecord {
        run_record("docs;16:07;docs").planned(planned).missed(missed_runs).build()
    }

    #[test]
    fn it_made_up_for_as_many_runs_as_it_recorded() {
        let (clock, day_10) = (ManualClock::utc(at("2026-03-20 12:00")), at("2026-03-10 16:07"));
        let makes_up = |days: i64, missed| {
            makes_up_for(&run(day_10, missed), day_10 - TimeDelta::days(days), &rule(), &clock)
        };
        let cases = [(0, 3), (1, 0), (1, 1), (3, 3), (4, 3), (-1, 3), (3, u32::MAX)];
        let expected = [false, false, true, true, false, false, true];
        assert_eq!(cases.map(|(days, missed)| makes_up(days, missed)), expected);
    }

    #[test]
    fn the_days_between_are_not_counted_for_each_run() {
        let (clock, rule, first) = (ManualClock::utc(at("2036-03-20 12:00")), rule(), at("2026-03-10 16:07"));
        for day in 1..=1_000 {
            makes_up_for(&run(first + TimeDelta::days(day), 1), first, &rule, &clock);
        }
        assert!(rule.1.get() <= 3_000, "{} steps", rule.1.get());
    }
}
