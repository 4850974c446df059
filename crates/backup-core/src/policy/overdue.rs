//! Overdue: is the last good backup of a schedule older than its plan allows?

use chrono::TimeDelta;

use crate::model::history::{LARGEST_STEP_BACK, RunRecord};
use crate::model::schedule::Schedule;
use crate::policy::due::LATEST_IN_TIME;
use crate::policy::latest::latest;
use crate::time::{Clock, Moment};

/// The facts that decide whether a schedule is overdue.
#[derive(Debug, Clone, Copy, Default)]
pub struct OverdueFacts<'a> {
    /// The first moment for which a run can be due, if there is one.
    pub owed_since: Option<Moment>,
    /// The run that made the newest complete backup: planned, by hand, or known from its archive.
    pub last_good: Option<&'a RunRecord>,
    /// When the run under way began, if there is one.
    pub under_way_since: Option<Moment>,
}

/// A schedule whose last good backup is too old.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overdue {
    /// The planned moment that should have a good backup by now.
    pub planned: Moment,
    /// When the last good backup was finished, if there is one.
    pub last_good: Option<Moment>,
}

/// Returns what is overdue, if anything is.
///
/// The latest planned moment that is more than [`LATEST_IN_TIME`] ago counts. One of these must exist for it:
///
/// - a good backup that began since then, or that was planned for this moment or a later one;
/// - a run that began since then and is under way.
///
/// So a schedule becomes overdue only at such a moment, and stops being overdue only when a backup is made. Runs that a
/// clock dated more than a day after now don't count.
#[must_use]
pub fn overdue(
    rule: &dyn Schedule,
    facts: &OverdueFacts<'_>,
    now: Moment,
    clock: &dyn Clock,
) -> Option<Overdue> {
    let until = now - LATEST_IN_TIME - TimeDelta::nanoseconds(1);
    let counts = |planned: &Moment| facts.owed_since.is_none_or(|since| *planned >= since);
    let planned = latest(rule, until, clock).filter(counts)?;
    let keeps = |moment: Moment| moment >= planned && moment <= now + LARGEST_STEP_BACK;
    let is_kept = |run: &RunRecord| {
        keeps(run.began) || (run.began <= now + LARGEST_STEP_BACK && run.key.planned.is_some_and(keeps))
    };
    if facts.last_good.is_some_and(is_kept) || facts.under_way_since.is_some_and(keeps) {
        return None;
    }
    Some(Overdue { planned, last_good: facts.last_good.map(|run| run.ended) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::history::{HistoryNote, Ledger};
    use crate::model::schedule::TimeRule;
    use crate::testing::{ManualClock, Zone, at, run_record};

    /// A run of 16:07 as `planned began`, by hand where `planned` is `-`.
    fn good(text: &str) -> RunRecord {
        let (planned, began) = text.split_once(", ").expect("planned, began");
        let planned = (planned != "-").then(|| at(planned));
        run_record("docs;16:07;docs").planned(planned).began(at(began)).took(TimeDelta::minutes(5)).build()
    }

    /// Since when it counts, the last good backup, since when a run is under way, now, and what is overdue.
    type Case<'a> = (&'a str, &'a str, &'a str, &'a str, Option<&'a str>);

    #[track_caller]
    fn check((since, last_good, under_way, now, expected): Case<'_>) {
        let some = |text: &str| (!text.is_empty()).then(|| at(text));
        let last_good = (!last_good.is_empty()).then(|| good(last_good));
        let facts = OverdueFacts {
            owed_since: some(since),
            last_good: last_good.as_ref(),
            under_way_since: some(under_way),
        };
        let clock = ManualClock::utc(at(now));
        let rule: TimeRule = "16:07".parse().unwrap();
        let overdue = overdue(&rule, &facts, at(now), &clock);
        let case = (since, last_good.as_ref().map(|run| run.began), under_way, now);
        assert_eq!(overdue.map(|overdue| overdue.planned), expected.map(at), "{case:?}");
        if let (Some(overdue), Some(run)) = (overdue, last_good) {
            assert_eq!(overdue.last_good, Some(run.ended), "{case:?}");
        }
    }

    const OLD: &str = "2026-01-01 00:00";
    const DAY_9: &str = "2026-03-09 16:07";
    const DAY_10: &str = "2026-03-10 16:07";
    const KEPT_9: &str = "2026-03-09 16:07, 2026-03-09 16:07:05";
    const KEPT_10: &str = "2026-03-10 16:07, 2026-03-10 16:07:05";

    #[test]
    fn a_moment_is_to_be_kept_ten_minutes_after_it() {
        check((OLD, KEPT_9, "", "2026-03-10 16:06:59", None));
        check((OLD, KEPT_9, "", DAY_10, None));
        check((OLD, KEPT_9, "", "2026-03-10 16:17", None));
        check((OLD, KEPT_9, "", "2026-03-10 16:17:01", Some(DAY_10)));
        check((OLD, KEPT_10, "", "2026-03-10 16:17:01", None));
        check((OLD, KEPT_10, "", "2026-03-11 16:17", None));
    }

    #[test]
    fn without_any_good_backup_it_is_overdue_since_the_first_moment() {
        check((OLD, "", "", "2026-03-10 12:00", Some(DAY_9)));
        check(("", "", "", "2026-03-10 12:00", Some(DAY_9)));
        check(("2026-03-10 12:00", "", "", "2026-03-10 16:17", None));
        check(("2026-03-10 16:07", "", "", "2026-03-10 16:17:01", Some(DAY_10)));
        check(("2026-03-10 16:08", "", "", "2026-03-11 16:17", None));
    }

    #[test]
    fn the_ten_minutes_of_a_new_moment_hide_no_older_one() {
        check((OLD, "2026-03-08 16:07, 2026-03-08 16:07", "", "2026-03-10 16:08", Some(DAY_9)));
        check((OLD, "2026-03-08 16:07, 2026-03-08 16:07", "", "2026-03-10 16:17:01", Some(DAY_10)));
    }

    #[test]
    fn any_good_backup_since_keeps_it() {
        check((OLD, "-, 2026-03-10 16:06:59", "", "2026-03-10 18:00", Some(DAY_10)));
        check((OLD, "-, 2026-03-10 16:07", "", "2026-03-10 18:00", None));
        check((OLD, "2026-03-08 16:07, 2026-03-10 17:00", "", "2026-03-10 18:00", None));
        // Set back by some minutes, the clock showed less than what was planned when it began.
        check((OLD, "2026-03-10 16:07, 2026-03-10 15:59", "", "2026-03-10 18:00", None));
    }

    #[test]
    fn a_run_under_way_keeps_it_until_the_next() {
        check((OLD, KEPT_9, "2026-03-10 16:07:05", "2026-03-10 23:00", None));
        check((OLD, KEPT_9, "2026-03-10 16:07:05", "2026-03-11 16:17", None));
        check((OLD, KEPT_9, "2026-03-10 16:07:05", "2026-03-11 16:17:01", Some("2026-03-11 16:07")));
        check((OLD, KEPT_9, "2026-03-09 20:00", "2026-03-10 18:00", Some(DAY_10)));
    }

    #[test]
    fn a_clock_that_was_ahead_keeps_nothing() {
        check((OLD, "2036-01-01 16:07, 2036-01-01 16:07", "", "2026-03-10 18:00", Some(DAY_10)));
        check((OLD, "-, 2036-01-01 16:07", "", "2026-03-10 18:00", Some(DAY_10)));
        check((OLD, "2026-03-10 16:07, 2036-01-01 16:07", "", "2026-03-10 18:00", Some(DAY_10)));
        check((OLD, KEPT_9, "2036-01-01 16:07", "2026-03-10 18:00", Some(DAY_10)));
    }

    #[test]
    fn the_moment_that_spring_skips_is_kept_right_after_the_gap() {
        let rule: TimeRule = "02:30".parse().unwrap();
        let last = good("2026-03-28T02:30:00+01:00, 2026-03-28T02:30:00+01:00");
        let facts = OverdueFacts { last_good: Some(&last), ..OverdueFacts::default() };
        let at_three = |minutes| {
            let now = at("2026-03-29T03:00:00+02:00") + TimeDelta::minutes(minutes);
            let clock = ManualClock::with_zone(now, Zone::berlin());
            overdue(&rule, &facts, now, &clock).map(|overdue| overdue.planned)
        };
        assert_eq!((at_three(10), at_three(11)), (None, Some(at("2026-03-29T03:00:00+02:00"))));
    }

    #[test]
    fn it_counts_since_its_last_adoption() {
        let adopted = |entry: &str, since: &str, written: &str| HistoryNote::Adopted {
            entry: entry.to_owned(),
            since: at(since),
            at: at(written),
        };
        let notes = [
            adopted("a", "2026-03-01 12:00", "2026-03-01 12:00:30"),
            adopted("a", "2026-03-05 09:00", "2026-03-05 09:00:30"),
            adopted("b", "2026-03-06 09:00", "2026-03-06 09:00:30"),
            adopted("a", "2036-01-01 09:00", "2036-01-01 09:00:30"),
            // What a shortened history has in the place of a run.
            adopted("a", "2026-03-08 16:07:01", "2026-03-08 16:07:05"),
        ];
        let ledger = Ledger::new(&notes);
        let since = |entry| ledger.adopted_since(entry, at("2026-03-10 12:00"));
        assert_eq!(since("a"), Some(at("2026-03-05 09:00")));
        assert_eq!(since("b"), Some(at("2026-03-06 09:00")));
        assert_eq!(since("c"), None);
    }
}
