//! Asks the core when each minute of the day comes, around each change of a zone.

use backup_core::model::schedule::{Schedule, TimeRule};
use backup_core::time::{Clock, Moment, moment};
use chrono::{DateTime, FixedOffset, Utc};

use super::kind::Kind;
use super::offsets::{Offsets, YEARS};
use super::tally::{Tally, Tried};
use super::walk::{MINUTES_A_DAY, Walk};
use crate::part::Scale;

const DAY: i64 = 86_400;

/// No question leads the core, or the walk, farther from a change than this.
const FAR: i64 = 10 * DAY;

/// The year of the small scale: 2011, at whose end Samoa skipped a date.
const ONE_YEAR: (i64, i64) = (1_293_840_000, 1_325_376_000);

/// Tries every minute of the day around every change of the zone, and on a day without one.
pub(super) fn try_core(name: &str, offsets: &Offsets, scale: Scale, tally: &mut Tally) {
    let years = if scale == Scale::Full { YEARS } else { ONE_YEAR };
    let mut seen = Vec::new();
    let changes = offsets.changes(years).map(|change| (Kind::of(change), change.at));
    for (kind, at) in [(Kind::Rest, YEARS.0)].into_iter().chain(changes) {
        let is_first = !seen.contains(&kind);
        seen.push(kind);
        tally.take(kind, is_first, try_around(name, at, offsets, scale));
    }
}

fn try_around(name: &str, at: i64, offsets: &Offsets, scale: Scale) -> Tried {
    let offsets = offsets.between(at - FAR, at + FAR);
    // Where all is in whole minutes, so is every planned instant. The small scale takes seconds all the same.
    let step_seconds = if scale == Scale::Full && offsets.is_in_whole_minutes() { 60 } else { 1 };
    let start = at.div_euclid(60) * 60 - DAY;
    let walk = Walk::new(&offsets, start, start + 3 * DAY, step_seconds);
    let mut tried = Tried { dates: walk.dates.len() as u64, ..Tried::default() };
    let clock = ZoneClock::new(&offsets);
    for minute in 0..MINUTES_A_DAY {
        if let Some(rule) = rule(minute) {
            try_minute(name, &rule, walk.planned(minute), &walk, &clock, &mut tried);
        }
    }
    tried
}

/// Asks for one run after the other, and for each from a second before it, too.
fn try_minute(
    name: &str,
    rule: &TimeRule,
    planned: &[i64],
    walk: &Walk,
    clock: &ZoneClock,
    tried: &mut Tried,
) {
    let mut after = walk.start;
    for expected in planned {
        for asked_after in [after, expected - 1] {
            tried.cases += 1;
            let found = next(rule, asked_after, clock);
            if found != Some((*expected, clock.seconds_at(*expected))) {
                tried.wrong.push(wrong(name, rule, asked_after, Some(*expected), found));
            }
        }
        after = *expected;
    }
    tried.cases += 1;
    let beyond = next(rule, after, clock);
    if beyond.is_none_or(|(instant, _)| instant <= walk.end) {
        tried.wrong.push(wrong(name, rule, after, None, beyond));
    }
}

/// Returns the next run, as its instant and the offset that is reported with it.
fn next(rule: &TimeRule, after: i64, clock: &ZoneClock) -> Option<(i64, i32)> {
    let after = moment(clock, DateTime::from_timestamp(after, 0)?);
    let run = rule.next_after(after, clock)?;
    (run.timestamp_subsec_nanos() == 0).then(|| (run.timestamp(), run.offset().local_minus_utc()))
}

fn wrong(
    name: &str,
    rule: &TimeRule,
    after: i64,
    expected: Option<i64>,
    found: Option<(i64, i32)>,
) -> String {
    let tell =
        |instant: i64| DateTime::from_timestamp(instant, 0).map_or(String::new(), |at| at.to_rfc3339());
    let expected = expected.map_or("one after the days around the change".to_owned(), tell);
    let found =
        found.map_or("none".to_owned(), |(instant, offset)| format!("{} at offset {offset}", tell(instant)));
    format!("{name}, {}, after {}: {expected} was expected, and {found} found", rule, tell(after))
}

fn rule(minute: usize) -> Option<TimeRule> {
    format!("{:02}:{:02}", minute / 60, minute % 60).parse().ok()
}

/// The core's view of a zone.
struct ZoneClock {
    first: FixedOffset,
    changes: Vec<(DateTime<Utc>, FixedOffset)>,
}

impl ZoneClock {
    fn new(offsets: &Offsets) -> Self {
        let offset = |seconds: i64| i32::try_from(seconds).ok().and_then(FixedOffset::east_opt);
        let (first, changes) = offsets.parts();
        let change = |(at, seconds)| Some((DateTime::from_timestamp(at, 0)?, offset(seconds)?));
        Self { first: offset(first).unwrap_or(UTC), changes: changes.filter_map(change).collect() }
    }

    fn seconds_at(&self, instant: i64) -> i32 {
        DateTime::from_timestamp(instant, 0).map_or(0, |instant| self.offset_at(instant).local_minus_utc())
    }
}

const UTC: FixedOffset = match FixedOffset::east_opt(0) {
    Some(offset) => offset,
    None => panic!("0 is less than a day"),
};

impl Clock for ZoneClock {
    fn now(&self) -> Moment {
        moment(self, DateTime::UNIX_EPOCH)
    }

    fn offset_at(&self, instant: DateTime<Utc>) -> FixedOffset {
        let passed = self.changes.iter().rev().find(|(change, _)| *change <= instant);
        passed.map_or(self.first, |(_, offset)| *offset)
    }
}
