//! Recurrence: the moments whose local date and time match a pattern.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike, Utc};

use crate::model::schedule::rule::dates::Dates;
use crate::time::{Clock, Moment, first_instant_on, local_time, moment, next_change};

pub(super) const ALL_HOURS: u32 = 0x00FF_FFFF;
const MINUTE: TimeDelta = TimeDelta::minutes(1);

/// How far offsets from UTC can be apart: two days, less a second each.
const WIDEST_STEP: TimeDelta = TimeDelta::days(2);

/// The moments whose local date and time match a pattern.
///
/// If the hours are fixed, every matching reading runs once: at the first instant at which the local clock reads it or
/// later, on dates that exist. If every hour matches, the readings are counted as they occur: those of a repeated hour run
/// twice, and those of a skipped hour don't run.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Recurrence {
    pub(super) dates: Dates,
    /// The times of day. There is at least one.
    pub(super) times: Vec<TimeSet>,
}

/// Every combination of these hours and minutes. In the masks, the bit of a value is `1 << value`. Neither is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct TimeSet {
    pub(super) hours: u32,
    pub(super) minutes: u64,
}

impl Recurrence {
    pub(super) fn next_after(&self, after: Moment, clock: &dyn Clock) -> Option<Moment> {
        if self.is_every_hour() { self.next_occurrence(after, clock) } else { self.next_once(after, clock) }
    }

    /// Returns whether every hour of the day matches.
    pub(super) fn is_every_hour(&self) -> bool {
        self.times.iter().all(|set| set.hours == ALL_HOURS)
    }

    /// Returns the first run after `after` if each reading runs once.
    fn next_once(&self, after: Moment, clock: &dyn Clock) -> Option<Moment> {
        // A reading that isn't later than the present one has run, so the search begins behind it. Later readings have run
        // too if clocks were set back.
        let mut from = next_minute(local_time(after.to_utc(), clock)?)?;
        loop {
            let reading = self.next_reading(from)?;
            match first_instant_on(reading.date(), reading.time(), clock) {
                Some(run) if run > after => return Some(run),
                Some(_) => from = reading.checked_add_signed(MINUTE)?,
                None => from = reading.date().succ_opt()?.and_time(NaiveTime::MIN),
            }
        }
    }

    /// Returns the first run after `after` if each occurrence of a reading runs.
    fn next_occurrence(&self, after: Moment, clock: &dyn Clock) -> Option<Moment> {
        let mut start = after.to_utc();
        let mut may_be_start = false;
        loop {
            let matching = self.first_possible(start, clock)?;
            if matching > start {
                (start, may_be_start) = (matching, true);
            }
            let local = local_time(start, clock)?;
            let is_whole = local.second() == 0 && local.nanosecond() == 0;
            let from = if may_be_start && is_whole { local } else { next_minute(local)? };
            // As long as the offset is the same, local time runs evenly.
            let reading = self.next_reading(from);
            let next = reading.and_then(|reading| reading.checked_sub_offset(clock.offset_at(start)));
            let horizon = start.checked_add_signed(WIDEST_STEP)?;
            let end = next.map_or(horizon, |next| next.and_utc().min(horizon));
            let change = next_change(start, end, clock);
            if change > end && next == Some(end.naive_utc()) {
                return Some(moment(clock, end));
            }
            (start, may_be_start) = (change.min(end), true);
        }
    }

    /// Returns an instant before which nothing matches from `start` on, so that years are skipped in one step.
    fn first_possible(&self, start: DateTime<Utc>, clock: &dyn Clock) -> Option<DateTime<Utc>> {
        // The local date can go back by two days, and is at most a day ahead of UTC.
        let today = local_time(start, clock)?.date();
        let earliest = today.checked_sub_signed(WIDEST_STEP).unwrap_or(today);
        let date = self.dates.next_from(earliest)?;
        date.pred_opt().map(|before| before.and_time(NaiveTime::MIN).and_utc())
    }

    /// Returns the first reading that matches, from a whole minute on.
    fn next_reading(&self, from: NaiveDateTime) -> Option<NaiveDateTime> {
        let date = self.dates.next_from(from.date())?;
        let first = if date == from.date() { from.hour() * 60 + from.minute() } else { 0 };
        if let Some(minutes) = self.next_time(first) {
            return at(date, minutes);
        }
        let date = self.dates.next_from(date.succ_opt()?)?;
        at(date, self.next_time(0)?)
    }

    /// Returns the first time of day that matches, in minutes since midnight, from that minute on.
    fn next_time(&self, from: u32) -> Option<u32> {
        let times = self.times.iter().filter_map(|set| set.next_from(from / 60, from % 60));
        times.min().map(|(hour, minute)| hour * 60 + minute)
    }
}

impl TimeSet {
    /// Returns its first time from that hour and minute on.
    fn next_from(self, hour: u32, minute: u32) -> Option<(u32, u32)> {
        let minutes = self.minutes & (u64::MAX << minute);
        if self.hours >> hour & 1 == 1 && minutes != 0 {
            return Some((hour, minutes.trailing_zeros()));
        }
        let hours = self.hours & (u32::MAX << hour << 1);
        (hours != 0).then(|| (hours.trailing_zeros(), self.minutes.trailing_zeros()))
    }
}

fn at(date: NaiveDate, minutes: u32) -> Option<NaiveDateTime> {
    Some(date.and_time(NaiveTime::MIN) + TimeDelta::minutes(minutes.into()))
}

/// Returns the first whole minute behind a local time.
fn next_minute(local: NaiveDateTime) -> Option<NaiveDateTime> {
    local.with_second(0)?.with_nanosecond(0)?.checked_add_signed(MINUTE)
}
