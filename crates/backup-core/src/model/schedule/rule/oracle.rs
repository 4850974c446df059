//! Oracle: generated rules, and their moments found by a walk over the minutes.

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike, Utc};

use crate::model::schedule::{Schedule, TimeRule};
use crate::testing::{ManualClock, Zone};
use crate::time::first_instant_at_or_after;

/// Numbers that look like chance and are the same for the same seed.
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(super) fn below(&mut self, sides: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        u32::try_from(self.0 >> 33).unwrap() % sides
    }

    pub(super) fn one_in(&mut self, sides: u32) -> bool {
        self.below(sides) == 0
    }

    /// Returns a mask with at least one of these bits, all of them every third time.
    pub(super) fn mask(&mut self, first: u32, last: u32) -> u32 {
        if self.one_in(3) {
            return (first..=last).fold(0, |mask, bit| mask | 1 << bit);
        }
        (0..=self.below(4)).fold(0, |mask, _| mask | 1 << (first + self.below(last - first + 1)))
    }
}

/// What a generated rule plans, as plain lists.
struct Pattern {
    text: String,
    months: Vec<u32>,
    days: Vec<u32>,
    /// Sunday is 0.
    weekdays: Vec<u32>,
    hours: Vec<u32>,
    minutes: Vec<u32>,
    is_either: bool,
}

/// Returns a list of values as text and as values: all of them as `*`, or values, ranges and steps.
fn list(dice: &mut Dice, first: u32, last: u32, range: &str) -> (String, Vec<u32>) {
    let (mut texts, mut values) = (Vec::new(), BTreeSet::new());
    if dice.one_in(3) {
        return ("*".to_owned(), (first..=last).collect());
    }
    for _ in 0..=dice.below(2) {
        let start = first + dice.below(last - first + 1);
        let end = start + dice.below(last - start + 1);
        let step = 1 + dice.below(last - first);
        match dice.below(4) {
            0 | 1 => {
                texts.push(format!("{start}"));
                values.insert(start);
            }
            2 => {
                texts.push(format!("{start}{range}{end}"));
                values.extend(start..=end);
            }
            _ => {
                texts.push(format!("{start}{range}{end}/{step}"));
                values.extend((start..=end).filter(|value| (value - start).is_multiple_of(step)));
            }
        }
    }
    (texts.join(","), values.into_iter().collect())
}

fn cron(dice: &mut Dice) -> Pattern {
    let (minute, minutes) = list(dice, 0, 59, "-");
    let (hour, hours) = list(dice, 0, 23, "-");
    let (day, days) = list(dice, 1, 31, "-");
    let (month, months) = list(dice, 1, 12, "-");
    let (weekday, weekdays) = list(dice, 0, 6, "-");
    let text = format!("{minute} {hour} {day} {month} {weekday}");
    Pattern { text, months, days, weekdays, hours, minutes, is_either: day != "*" && weekday != "*" }
}

fn calendar(dice: &mut Dice) -> Pattern {
    let (minute, minutes) = list(dice, 0, 59, "..");
    let (hour, hours) = list(dice, 0, 23, "..");
    let (day, days) = list(dice, 1, 31, "..");
    let (month, months) = list(dice, 1, 12, "..");
    let weekdays: Vec<u32> =
        if dice.one_in(2) { (0..7).collect() } else { vec![dice.below(7), dice.below(7)] };
    let names = ["Sun", "monday", "TUE", "Wed", "Thursday", "fri", "Sat"];
    let names: Vec<_> = weekdays.iter().map(|weekday| names[*weekday as usize]).collect();
    // One digit alone would be refused as the minute of a fixed time.
    let minute = if minute.len() == 1 && minute != "*" { format!("0{minute}") } else { minute };
    let text = format!("{} *-{month}-{day} {hour}:{minute}", names.join(","));
    Pattern { text, months, days, weekdays, hours, minutes, is_either: false }
}

impl Pattern {
    fn matches(&self, reading: NaiveDateTime) -> bool {
        let day = self.days.contains(&reading.day());
        let weekday = self.weekdays.contains(&(reading.weekday().number_from_monday() % 7));
        self.minutes.contains(&reading.minute())
            && self.hours.contains(&reading.hour())
            && self.months.contains(&reading.month())
            && if self.is_either { day || weekday } else { day && weekday }
    }
}

/// The minutes of a few days around a change of the offset.
struct Walk {
    zone: Zone,
    steps: Vec<Step>,
}

/// A minute, with the local time then and the readings that are reached for the first time.
struct Step {
    instant: DateTime<Utc>,
    reading: NaiveDateTime,
    reached: Vec<NaiveDateTime>,
}

impl Walk {
    fn around(change: DateTime<Utc>, zone: &Zone) -> Self {
        let start = change - TimeDelta::hours(60);
        let instants = || (0..120 * 60).map(|minutes| start + TimeDelta::minutes(minutes));
        let read = |instant: DateTime<Utc>| {
            instant.naive_utc() + TimeDelta::seconds(zone.offset_at(instant).local_minus_utc().into())
        };
        let dates: BTreeSet<NaiveDate> = instants().map(|instant| read(instant).date()).collect();
        let mut latest = read(start) - TimeDelta::minutes(1);
        let step = |instant| {
            let reading = read(instant);
            let mut reached = Vec::new();
            while latest < reading {
                latest += TimeDelta::minutes(1);
                reached.extend(Some(latest).filter(|latest| dates.contains(&latest.date())));
            }
            Step { instant, reading, reached }
        };
        Self { zone: zone.clone(), steps: instants().map(step).collect() }
    }

    /// Returns the instants of a pattern.
    fn runs(&self, pattern: &Pattern) -> Vec<DateTime<Utc>> {
        let is_every_hour = pattern.hours.len() == 24;
        let is_run = |step: &&Step| {
            if is_every_hour {
                pattern.matches(step.reading)
            } else {
                step.reached.iter().any(|reading| pattern.matches(*reading))
            }
        };
        self.steps.iter().filter(is_run).map(|step| step.instant).collect()
    }

    /// Returns the instants of a period in minutes that divides a day, counted from a time of day.
    fn runs_within_days(&self, period: usize, from: NaiveTime) -> Vec<DateTime<Utc>> {
        let is_anchor = |step: &Step| step.reached.iter().any(|reading| reading.time() == from);
        let mut passed = None;
        let runs = self.steps.iter().filter(|step| {
            passed = if is_anchor(step) { Some(0) } else { passed.map(|passed: usize| passed + 1) };
            passed.is_some_and(|passed| passed.is_multiple_of(period))
        });
        runs.map(|step| step.instant).collect()
    }

    /// Compares a rule with the instants that are expected from the first of them on.
    #[track_caller]
    fn check(&self, text: &str, expected: &[DateTime<Utc>]) {
        let rule: TimeRule = text.parse().unwrap_or_else(|error| panic!("{error}"));
        let clock = ManualClock::with_zone(self.steps[0].instant, self.zone.clone());
        let end = self.steps[self.steps.len() - 1].instant;
        let mut after = expected.first().map_or(end, |first| *first) - TimeDelta::seconds(1);
        for run in expected {
            for after in [after, after + (*run - after) / 2] {
                let next = rule.next_after(after.fixed_offset(), &clock);
                assert_eq!(
                    next.map(|next| next.to_utc()),
                    Some(*run),
                    "{text} after {after}, {:?}",
                    self.zone
                );
            }
            after = *run;
        }
        let next = rule.next_after(after.fixed_offset(), &clock).map(|next| next.to_utc());
        assert!(next.is_none_or(|next| next > end), "{text} after {after}: {next:?}, {:?}", self.zone);
    }
}

fn walks() -> Vec<Walk> {
    let hour = 3_600;
    let zones = [
        Zone::fixed(0).then("2026-03-29 01:00", 0),
        Zone::fixed(hour).then("2026-03-29 01:00", 2 * hour).then("2026-10-25 01:00", hour),
        // Lord Howe: half an hour.
        Zone::fixed(37_800).then("2026-10-03 15:30", 39_600).then("2027-04-03 15:00", 37_800),
        Zone::changing_over_midnight(),
        Zone::skipping_a_date(),
        // Kwajalein had a date twice.
        Zone::fixed(12 * hour).then("1969-09-30 13:00", -12 * hour),
        Zone::fixed(0).then("2026-03-29 01:00", hour).then("2026-03-30 04:30", -hour),
    ];
    let around =
        |zone: &Zone| zone.transitions().map(|change| Walk::around(change, zone)).collect::<Vec<_>>();
    zones.iter().flat_map(around).collect()
}

#[test]
fn generated_rules_run_when_a_walk_over_the_minutes_says() {
    let mut dice = Dice::new(1);
    for walk in walks() {
        let mut planned = 0;
        for round in 0..120 {
            let pattern = if round % 2 == 0 { cron(&mut dice) } else { calendar(&mut dice) };
            let mut expected = walk.runs(&pattern);
            // Where a rule runs often, the days around the change say it all.
            if expected.len() > 1_000 {
                expected.drain(..expected.len() - 1_000);
            }
            let exists = pattern.text.parse::<TimeRule>();
            if exists.is_err() {
                assert!(expected.is_empty(), "{}", pattern.text);
                continue;
            }
            planned += expected.len();
            walk.check(&pattern.text, &expected);
        }
        assert!(planned > 1_000, "the rules have only {planned} runs");
    }
}

#[test]
fn periods_within_days_run_when_a_walk_over_the_minutes_says() {
    for walk in walks() {
        for (period, from) in [(15, "00:00"), (60, "02:30"), (240, "00:00"), (240, "23:30"), (720, "12:00")] {
            let anchor = NaiveTime::parse_from_str(from, "%H:%M").unwrap();
            walk.check(&format!("every {period}m from {from}"), &walk.runs_within_days(period, anchor));
        }
    }
}

#[test]
fn other_periods_are_counted_without_a_break() {
    for walk in walks() {
        let clock = ManualClock::with_zone(walk.steps[0].instant, walk.zone.clone());
        let monday = NaiveDate::from_ymd_opt(2001, 1, 1).unwrap().and_hms_opt(2, 30, 0).unwrap();
        let anchor = first_instant_at_or_after(monday, &clock).unwrap().timestamp();
        for minutes in [7, 300, 2_160] {
            let is_run = |step: &&Step| (step.instant.timestamp() - anchor) % (60 * minutes) == 0;
            let expected: Vec<_> = walk.steps.iter().filter(is_run).map(|step| step.instant).collect();
            walk.check(&format!("every {minutes}m from 02:30"), &expected);
        }
        for days in [1, 2, 7] {
            let is_run = |reading: &NaiveDateTime| {
                reading.time() == monday.time() && (reading.date() - monday.date()).num_days() % days == 0
            };
            let runs = walk.steps.iter().filter(|step| step.reached.iter().any(is_run));
            let expected: Vec<_> = runs.map(|step| step.instant).collect();
            walk.check(&format!("every {days}d from 02:30"), &expected);
        }
    }
}
