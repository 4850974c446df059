//! What is due: a pure function of history, schedules and now.

use chrono::{DateTime, TimeDelta, Utc};

use crate::model::schedule::Schedule;
use crate::time::{Clock, Moment, start_of_minute};

/// A run that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// The latest planned moment that is due: what the run counts for.
    pub planned: Moment,
    /// How many earlier ones it makes up for.
    pub missed_runs: u32,
}

/// How late a run may begin and still be in time, for a schedule that doesn't catch up. More than any delay of a machine
/// that is awake.
pub const LATEST_IN_TIME: TimeDelta = TimeDelta::minutes(10);

impl Due {
    /// Returns whether its time has passed, so that to make it now is to catch up.
    #[must_use]
    pub fn is_late(&self, now: Moment) -> bool {
        now - self.planned > LATEST_IN_TIME
    }
}

/// Returns the one run that is due for all planned moments in (`settled`, `now`], if there are any.
///
/// An interval, never an equality: a look that comes late finds all that was missed, and one that comes twice finds
/// nothing new.
#[must_use]
pub fn due(rule: &dyn Schedule, settled: Moment, now: Moment, clock: &dyn Clock) -> Option<Due> {
    let mut due: Option<Due> = None;
    let mut after = settled;
    // A rule that doesn't keep its promise to move on must not keep us here for ever.
    let next = |after| rule.next_after(after, clock).filter(|planned| *planned > after && *planned <= now);
    while let Some(planned) = next(after) {
        due = Some(Due { planned, missed_runs: due.map_or(0, |due| due.missed_runs.saturating_add(1)) });
        after = planned;
    }
    due
}

/// Returns the first moment for which a schedule of unknown age can be due: the minute in which it appeared.
///
/// That is the last change of the file, or the previous look at the schedules, whichever is later. If neither is known, it
/// is now.
#[must_use]
pub fn first_due(now: Moment, previous_look: Option<Moment>, last_change: Option<DateTime<Utc>>) -> Moment {
    let change = last_change.map(|instant| instant.with_timezone(now.offset()));
    let appeared = change.or(previous_look).unwrap_or(now).min(now);
    start_of_minute(previous_look.map_or(appeared, |look| appeared.max(look.min(now))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::schedule::TimeRule;
    use crate::testing::{ManualClock, Zone, at};
    use chrono::Timelike;

    fn daily(time: &str) -> TimeRule {
        time.parse().unwrap()
    }

    /// What is due in Berlin: the planned moment, and how many it makes up for.
    #[track_caller]
    fn check(time: &str, settled: &str, now: &str, expected: Option<(&str, u32)>) {
        let clock = ManualClock::with_zone(at(now), Zone::berlin());
        let due = due(&daily(time), at(settled), at(now), &clock);
        let expected = expected.map(|(planned, missed_runs)| Due { planned: at(planned), missed_runs });
        assert_eq!(due, expected, "{time}, settled {settled}, now {now}");
    }

    #[test]
    fn due_is_an_interval_open_below_and_closed_above() {
        let yesterday = "2026-05-03T16:07:00+02:00";
        let today = "2026-05-04T16:07:00+02:00";
        check("16:07", yesterday, "2026-05-04T16:06:59+02:00", None);
        check("16:07", yesterday, today, Some((today, 0)));
        check("16:07", yesterday, "2026-05-04T16:07:45+02:00", Some((today, 0)));
        check("16:07", yesterday, "2026-05-04T23:59:00+02:00", Some((today, 0)));
        check("16:07", today, today, None);
        check("16:07", today, "2026-05-04T16:07:45+02:00", None);
        check("16:07", "2026-05-04T16:06:59+02:00", today, Some((today, 0)));
    }

    #[test]
    fn a_second_look_finds_no_other_run_due() {
        let clock = ManualClock::utc(at("2026-05-04 16:07:10"));
        let first = due(&daily("16:07"), at("2026-05-03 16:07"), clock.now(), &clock).unwrap();
        for seconds in [0, 1, 45, 86_399 - 11] {
            let later = clock.now() + TimeDelta::seconds(seconds);
            assert_eq!(due(&daily("16:07"), first.planned, later, &clock), None, "{later}");
        }
    }

    #[test]
    fn all_that_was_missed_is_one_run() {
        let settled = "2026-05-01T16:07:00+02:00";
        check("16:07", settled, "2026-05-03T16:07:00+02:00", Some(("2026-05-03T16:07:00+02:00", 1)));
        check("16:07", settled, "2026-05-11T16:00:00+02:00", Some(("2026-05-10T16:07:00+02:00", 8)));
        check("16:07", settled, "2027-05-01T16:07:00+02:00", Some(("2027-05-01T16:07:00+02:00", 364)));
    }

    #[test]
    fn days_that_change_their_clocks_owe_one_run_each() {
        check("02:30", "2026-03-28T02:30:00+01:00", "2026-03-29T02:59:59+02:00", None);
        let after_the_gap = "2026-03-29T03:00:00+02:00";
        check("02:30", "2026-03-28T02:30:00+01:00", after_the_gap, Some((after_the_gap, 0)));
        check("02:30", after_the_gap, "2026-03-30T02:29:00+02:00", None);
        let first_reading = "2026-10-25T02:30:00+02:00";
        check("02:30", "2026-10-24T02:30:00+02:00", "2026-10-25T02:30:00+01:00", Some((first_reading, 0)));
        check("02:30", first_reading, "2026-10-25T23:00:00+01:00", None);
        check(
            "02:30",
            "2026-10-24T02:30:00+02:00",
            "2026-10-26T02:30:00+01:00",
            Some(("2026-10-26T02:30:00+01:00", 1)),
        );
    }

    #[test]
    fn a_clock_that_is_set_back_makes_no_run_due_again() {
        let ran = "2026-05-04T16:07:00+02:00";
        check("16:07", ran, "2026-05-04T16:06:00+02:00", None);
        check("16:07", ran, "2026-05-04T15:07:00+02:00", None);
        check("16:07", ran, "2020-01-01T00:00:00+01:00", None);
    }

    #[test]
    fn the_last_run_of_a_rule_that_ends_is_due_once() {
        struct Once(Moment);
        impl Schedule for Once {
            fn next_after(&self, after: Moment, _clock: &dyn Clock) -> Option<Moment> {
                Some(self.0).filter(|only| *only > after)
            }
        }
        let clock = ManualClock::utc(at("2026-05-04 12:00"));
        let only = at("2026-05-04 10:00");
        let expected = Some(Due { planned: only, missed_runs: 0 });
        assert_eq!(due(&Once(only), at("2026-05-01 00:00"), clock.now(), &clock), expected);
        assert_eq!(due(&Once(only), only, clock.now(), &clock), None);
    }

    #[test]
    fn a_new_schedule_is_due_in_its_own_minute_and_not_for_any_time_before() {
        // Created at 18:21:30, seen at 18:21:40; the look before was at 18:21:10.
        let clock = ManualClock::utc(at("2026-05-04 18:21:40"));
        let created = at("2026-05-04 18:21:30").to_utc();
        let since = first_due(clock.now(), Some(at("2026-05-04 18:21:10")), Some(created));
        let settled = since - TimeDelta::seconds(1);
        let first = |time: &str| due(&daily(time), settled, clock.now(), &clock).map(|due| due.planned);
        assert_eq!(first("18:21"), Some(at("2026-05-04 18:21")));
        assert_eq!(first("18:20"), None);
        assert_eq!(first("13:11"), None);
        clock.set(at("2026-05-05 13:11"));
        assert_eq!(first("13:11"), Some(at("2026-05-05 13:11")));
    }

    #[test]
    fn since_when_an_entry_of_unknown_age_counts() {
        let now = "2026-05-04 18:21:40";
        // The look before, the last change of the file, and since when an entry counts.
        let cases = [
            (None, None, "2026-05-04 18:21"),
            (None, Some("2026-05-04 18:19:59"), "2026-05-04 18:19"),
            (None, Some("2026-04-01 09:00:01"), "2026-04-01 09:00"),
            (None, Some("2036-01-01 00:00"), "2026-05-04 18:21"),
            (Some("2026-05-04 18:20:55"), None, "2026-05-04 18:20"),
            (Some("2026-05-04 18:20:55"), Some("2026-05-04 18:21:39"), "2026-05-04 18:21"),
            (Some("2026-05-04 18:20:55"), Some("2026-05-04 18:20:56"), "2026-05-04 18:20"),
            (Some("2026-05-04 18:20:55"), Some("2026-05-04 18:00"), "2026-05-04 18:20"),
            (Some("2026-05-04 18:20:55"), Some("2036-01-01 00:00"), "2026-05-04 18:21"),
            (Some("2036-01-01 00:00"), None, "2026-05-04 18:21"),
            (Some("2036-01-01 00:00"), Some("2026-05-04 18:00"), "2026-05-04 18:21"),
            (Some("2026-05-04 18:21:40"), Some("2026-05-04 18:21:40"), "2026-05-04 18:21"),
        ];
        for (look, change, expected) in cases {
            let since = first_due(at(now), look.map(at), change.map(|change| at(change).to_utc()));
            assert_eq!(since, at(expected), "look {look:?}, change {change:?}");
        }
    }

    #[test]
    fn a_minute_starts_where_the_wall_clock_says() {
        let leap = at("2016-12-31T23:59:59Z").with_nanosecond(1_500_000_000).unwrap();
        let cases = [
            (at("2026-05-04T18:21:00+02:00"), "2026-05-04T18:21:00+02:00"),
            (at("2026-05-04T18:21:59.999999999+02:00"), "2026-05-04T18:21:00+02:00"),
            (
                at("1936-06-01 10:00:30").with_timezone(&Zone::fixed(1_172).offset_at(leap.to_utc())),
                "1936-06-01T10:00:28Z",
            ),
            (leap, "2016-12-31T23:59:00Z"),
        ];
        for (moment, expected) in cases {
            assert_eq!(start_of_minute(moment), at(expected), "{moment:?}");
        }
    }
}
