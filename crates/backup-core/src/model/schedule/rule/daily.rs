//! One time of day, checked in zones with every kind of change.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, TimeZone, Timelike, Utc};

use super::Schedule;
use super::TimeRule;
use crate::model::schedule::time_of_day::TimeOfDay;
use crate::testing::{ManualClock, Zone, at};
use crate::time::{Moment, moment};

/// The rule of one time of day.
fn daily(time: &str) -> TimeRule {
    time.parse().expect("it is a time of day")
}

#[track_caller]
fn check(zone: &Zone, rule: &str, after: &str, expected: &str) {
    let clock = ManualClock::with_zone(at("2000-01-01 00:00"), zone.clone());
    let rule = daily(rule);
    let next = rule.next_after(at(after), &clock).unwrap();
    // Equal moments may have different offsets; the text shows both.
    assert_eq!(next.to_rfc3339(), at(expected).to_rfc3339(), "{rule} after {after}");
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
}

#[test]
fn at_the_end_of_time_there_is_no_next_run() {
    let clock = ManualClock::utc(at("2026-01-01 00:00"));
    let rule = daily("12:00");
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
        ("seconds", Zone::fixed(1_172).then("1937-06-30 23:40:28", 1_200).then("1937-07-04 10:11:12", -17)),
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
        let wall = |at: DateTime<Utc>| zone.offset_at(at).from_utc_datetime(&at.naive_utc()).naive_local();
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

    fn runs(&self, rule: &TimeRule) -> &[DateTime<Utc>] {
        let at = TimeOfDay::parse(&rule.to_string()).expect("it is a time of day");
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
fn check_walk(what: &str, walk: &Walk, rule: &TimeRule, clock: &ManualClock) {
    let first = moment(clock, walk.start);
    let next = |after: &Moment| rule.next_after(*after, clock);
    let runs: Vec<_> = std::iter::successors(next(&first), next)
        .map(|run| run.to_utc())
        .take_while(|run| *run <= walk.end)
        .collect();
    assert_eq!(runs, walk.runs(rule), "{what}, {rule}");
}

#[test]
fn every_time_of_day_runs_when_a_walk_over_the_instants_says() {
    for (what, walk, clock) in walks() {
        for (hour, minute) in (0..24).flat_map(|hour| (0..60).map(move |minute| (hour, minute))) {
            let time = format!("{hour:02}:{minute:02}");
            check_walk(what, &walk, &daily(&time), &clock);
        }
    }
}

#[test]
fn the_next_run_is_the_first_later_one_from_any_instant() {
    for (what, walk, clock) in walks() {
        for rule in ["00:00", "00:15", "02:30", "23:45"].map(daily) {
            let last = walk.runs(&rule).last().unwrap();
            let mut after = walk.start;
            while after < *last {
                let expected = walk.runs(&rule).iter().find(|run| **run > after);
                let next = rule.next_after(after.fixed_offset(), &clock).map(|run| run.to_utc());
                assert_eq!(next.as_ref(), expected, "{what}, {rule} after {after}");
                after += TimeDelta::minutes(59);
            }
        }
    }
}
