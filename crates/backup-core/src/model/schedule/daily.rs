//! Daily: the rule "every day at hh:mm".

use chrono::NaiveDate;

use crate::model::schedule::rule::Schedule;
use crate::model::schedule::time_of_day::TimeOfDay;
use crate::time::{Clock, Moment, first_instant_on, moment};

/// A run for every local date, at the first instant of the date at which the local time is `at` or later.
///
/// - If clocks are set forward and skip the time, the run is right after the gap.
/// - If clocks are set back and the time occurs twice, there is one run, at the first occurrence.
/// - If a zone skips a whole date (Samoa, 30 December 2011), that date has no run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Daily {
    /// The local time.
    pub at: TimeOfDay,
}

impl Daily {
    /// Returns the run of a local date, or `None` if the zone skips this date.
    #[must_use]
    pub fn on(&self, date: NaiveDate, clock: &dyn Clock) -> Option<Moment> {
        first_instant_on(date, self.at.as_naive(), clock)
    }
}

impl Schedule for Daily {
    fn next_after(&self, after: Moment, clock: &dyn Clock) -> Option<Moment> {
        // Four dates are enough: today's run can be over, and a zone can skip a date. Yesterday's run is never later than
        // `after`. If a gap moved it into today, it is at the first instant of today.
        let today = moment(clock, after.to_utc()).date_naive();
        today.iter_days().take(4).filter_map(|date| self.on(date, clock)).find(|run| *run > after)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeSet, HashMap};

    use chrono::{DateTime, NaiveTime, TimeDelta, TimeZone, Timelike, Utc};

    use super::*;
    use crate::testing::{ManualClock, Zone, at};

    #[track_caller]
    fn check(zone: &Zone, rule: &str, after: &str, expected: &str) {
        let clock = ManualClock::with_zone(at("2000-01-01 00:00"), zone.clone());
        let rule = Daily { at: rule.parse().unwrap() };
        let next = rule.next_after(at(after), &clock).unwrap();
        // Equal moments may have different offsets; the text shows both.
        assert_eq!(next.to_rfc3339(), at(expected).to_rfc3339(), "{:?} after {after}", rule.at);
    }

    #[test]
    fn the_next_run_is_strictly_later() {
        let utc = &Zone::utc();
        check(utc, "16:07", "2026-05-04 16:06:59", "2026-05-04T16:07:00Z");
        check(utc, "16:07", "2026-05-04 16:07", "2026-05-05T16:07:00Z");
        check(utc, "16:07", "2026-05-04 16:07:01", "2026-05-05T16:07:00Z");
        check(utc, "16:07", "2026-05-04T16:06:59.999999999Z", "2026-05-04T16:07:00Z");
    }

    #[test]
    fn dates_are_those_of_the_clocks_zone() {
        let berlin = &Zone::berlin();
        check(berlin, "00:30", "2026-05-04 22:29:59", "2026-05-05T00:30:00+02:00");
        check(berlin, "00:30", "2026-05-04T00:00:00-11:00", "2026-05-05T00:30:00+02:00");
        check(berlin, "00:00", "2026-12-31T23:59:59+01:00", "2027-01-01T00:00:00+01:00");
        check(berlin, "23:59", "2026-12-31T23:59:00+01:00", "2027-01-01T23:59:00+01:00");
        check(berlin, "12:00", "2026-02-28T12:00:00+01:00", "2026-03-01T12:00:00+01:00");
    }

    #[test]
    fn a_skipped_time_runs_right_after_the_gap() {
        let berlin = &Zone::berlin();
        check(berlin, "02:30", "2026-03-28T02:30:00+01:00", "2026-03-29T03:00:00+02:00");
        check(berlin, "02:30", "2026-03-29T03:00:00+02:00", "2026-03-30T02:30:00+02:00");
        check(berlin, "01:59", "2026-03-28T02:30:00+01:00", "2026-03-29T01:59:00+01:00");
        check(berlin, "03:00", "2026-03-28T03:00:00+01:00", "2026-03-29T03:00:00+02:00");
    }

    #[test]
    fn a_repeated_time_runs_once() {
        let berlin = &Zone::berlin();
        check(berlin, "02:30", "2026-10-24T02:30:00+02:00", "2026-10-25T02:30:00+02:00");
        check(berlin, "02:30", "2026-10-25T02:30:00+02:00", "2026-10-26T02:30:00+01:00");
        check(berlin, "02:30", "2026-10-25T02:00:00+01:00", "2026-10-26T02:30:00+01:00");
    }

    #[test]
    fn a_gap_over_midnight_keeps_both_dates() {
        let zone = &Zone::changing_over_midnight();
        check(zone, "23:45", "1919-03-30T23:29:59-05:00", "1919-03-31T00:30:00-04:00");
        check(zone, "23:45", "1919-03-31T00:30:00-04:00", "1919-03-31T23:45:00-04:00");
        check(zone, "00:15", "1919-03-30T00:15:00-05:00", "1919-03-31T00:30:00-04:00");
        check(zone, "23:30", "1919-10-25T23:30:00-04:00", "1919-10-26T23:30:00-05:00");
        check(zone, "00:00", "1919-10-25T23:30:00-05:00", "1919-10-26T00:00:00-05:00");
    }

    #[test]
    fn a_skipped_date_has_no_run() {
        let zone = &Zone::skipping_a_date();
        check(zone, "12:00", "2011-12-29T12:00:00-10:00", "2011-12-31T12:00:00+14:00");
        check(zone, "00:00", "2011-12-29T00:00:00-10:00", "2011-12-31T00:00:00+14:00");
        let clock = ManualClock::with_zone(at("2011-12-01 00:00"), zone.clone());
        let noon = Daily { at: TimeOfDay::new(12, 0).unwrap() };
        let on = |day| noon.on(NaiveDate::from_ymd_opt(2011, 12, day).unwrap(), &clock);
        assert_eq!((on(29).is_some(), on(30), on(31).is_some()), (true, None, true));
    }

    #[test]
    fn at_the_end_of_time_there_is_no_next_run() {
        let clock = ManualClock::utc(at("2026-01-01 00:00"));
        let rule = Daily { at: TimeOfDay::new(12, 0).unwrap() };
        assert_eq!(rule.next_after(DateTime::<Utc>::MAX_UTC.fixed_offset(), &clock), None);
        assert!(rule.next_after(DateTime::<Utc>::MIN_UTC.fixed_offset(), &clock).is_some());
    }

    const HOUR: i32 = 3_600;
    const WIDEST: i32 = 24 * HOUR - 1;

    /// Zones with every kind of offset change, and a name for each.
    fn zones() -> [(&'static str, Zone); 10] {
        let change = "2026-03-29 01:00";
        [
            ("spring and autumn", Zone::fixed(HOUR).then(change, 2 * HOUR).then("2026-10-25 01:00", HOUR)),
            ("over midnight", Zone::changing_over_midnight()),
            ("a skipped date", Zone::skipping_a_date()),
            ("a repeated date", Zone::fixed(12 * HOUR).then("1969-09-30 13:00", -12 * HOUR)),
            (
                "half an hour",
                Zone::fixed(37_800).then("2026-10-03 15:30", 39_600).then("2027-04-03 15:00", 37_800),
            ),
            (
                "seconds",
                Zone::fixed(1_172).then("1937-06-30 23:40:28", 1_200).then("1937-07-04 10:11:12", -17),
            ),
            ("twice in two days", Zone::fixed(0).then(change, HOUR).then("2026-03-30 04:30", -HOUR)),
            ("there and back", Zone::fixed(0).then(change, HOUR).then("2026-03-29 14:00", 0)),
            ("the widest leap forward", Zone::fixed(-WIDEST).then(change, WIDEST)),
            ("the widest leap back", Zone::fixed(WIDEST).then(change, -WIDEST)),
        ]
    }

    /// The runs of every time of day around a change, found by looking at the local time of every instant.
    ///
    /// The step is a minute, or a second where offsets aren't in whole minutes.
    struct Walk {
        start: DateTime<Utc>,
        end: DateTime<Utc>,
        runs: HashMap<NaiveTime, Vec<DateTime<Utc>>>,
    }

    impl Walk {
        fn around(change: DateTime<Utc>, zone: &Zone, step_seconds: usize) -> Self {
            let (start, end) = (change - TimeDelta::days(1), change + TimeDelta::days(2));
            let steps = || (start.timestamp()..=end.timestamp()).step_by(step_seconds);
            let instants = || steps().filter_map(|at| DateTime::from_timestamp(at, 0));
            let wall =
                |at: DateTime<Utc>| zone.offset_at(at).from_utc_datetime(&at.naive_utc()).naive_local();
            let dates: BTreeSet<NaiveDate> = instants().map(|at| wall(at).date()).collect();
            let mut runs: HashMap<_, Vec<_>> = HashMap::new();
            let mut latest = wall(start);
            for instant in instants() {
                let reading = wall(instant);
                // Every whole minute of local time that is reached here for the first time.
                let mut minute = latest - TimeDelta::seconds(latest.second().into()) + TimeDelta::minutes(1);
                while minute <= reading {
                    if dates.contains(&minute.date()) {
                        runs.entry(minute.time()).or_default().push(instant);
                    }
                    minute += TimeDelta::minutes(1);
                }
                latest = latest.max(reading);
            }
            Self { start, end, runs }
        }

        fn runs(&self, at: TimeOfDay) -> &[DateTime<Utc>] {
            self.runs.get(&at.as_naive()).map_or(&[], Vec::as_slice)
        }
    }

    fn walks() -> impl Iterator<Item = (&'static str, Walk, ManualClock)> {
        zones().into_iter().flat_map(|(what, zone)| {
            let step_seconds = if what == "seconds" || what.starts_with("the widest") { 1 } else { 60 };
            let walks: Vec<_> =
                zone.transitions().map(|change| Walk::around(change, &zone, step_seconds)).collect();
            let clock = ManualClock::with_zone(at("2000-01-01 00:00"), zone);
            walks.into_iter().map(move |walk| (what, walk, clock.clone()))
        })
    }

    #[track_caller]
    fn check_walk(what: &str, walk: &Walk, rule: Daily, clock: &ManualClock) {
        let first = moment(clock, walk.start);
        let next = |after: &Moment| rule.next_after(*after, clock);
        let runs: Vec<_> = std::iter::successors(next(&first), next)
            .map(|run| run.to_utc())
            .take_while(|run| *run <= walk.end)
            .collect();
        assert_eq!(runs, walk.runs(rule.at), "{what}, {}", rule.at);
    }

    #[test]
    fn every_time_of_day_runs_when_a_walk_over_the_instants_says() {
        for (what, walk, clock) in walks() {
            for (hour, minute) in (0..24).flat_map(|hour| (0..60).map(move |minute| (hour, minute))) {
                check_walk(what, &walk, Daily { at: TimeOfDay::new(hour, minute).unwrap() }, &clock);
            }
        }
    }

    #[test]
    fn the_next_run_is_the_first_later_one_from_any_instant() {
        for (what, walk, clock) in walks() {
            for rule in ["00:00", "00:15", "02:30", "23:45"].map(|at| Daily { at: at.parse().unwrap() }) {
                let last = walk.runs(rule.at).last().unwrap();
                let mut after = walk.start;
                while after < *last {
                    let expected = walk.runs(rule.at).iter().find(|run| **run > after);
                    let next = rule.next_after(after.fixed_offset(), &clock).map(|run| run.to_utc());
                    assert_eq!(next.as_ref(), expected, "{what}, {} after {after}", rule.at);
                    after += TimeDelta::minutes(59);
                }
            }
        }
    }
}
