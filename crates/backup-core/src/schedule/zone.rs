//! From the wall clock to the instant, by nothing but "which offset is in force at this instant".

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};

use crate::ports::{Clock, Moment, moment};

/// No offset from UTC is a day or more, so the wall clock shows `local` within a day of `local` read as UTC.
const FARTHEST_OFFSET: TimeDelta = TimeDelta::days(1);

/// How far apart offsets are looked at. Two changes of a zone's offset within this span could be seen as none; those
/// of the tz database since 1900 are days apart.
const PROBE: TimeDelta = TimeDelta::hours(12);

/// Returns the first instant at which the wall clock reads `local` or later.
///
/// A reading that comes twice (clocks set back) gives the earlier one; a reading that is skipped (clocks set forward)
/// gives the instant right after the gap. `None` only at the ends of what chrono can count.
#[must_use]
pub fn first_instant_at_or_after(local: NaiveDateTime, clock: &dyn Clock) -> Option<Moment> {
    let end = local.and_utc().checked_add_signed(FARTHEST_OFFSET)?;
    let mut start = local.and_utc().checked_sub_signed(FARTHEST_OFFSET)?;
    // Between `start` and `change` one offset is in force; there the wall clock runs evenly, and reads `local` at
    // `local - offset` or, if it was past that already, at `start`.
    while start <= end {
        let change = next_change(start, end, clock);
        let reading = local.and_utc() - TimeDelta::seconds(offset_seconds(clock, start));
        let candidate = reading.max(start);
        if candidate < change {
            return Some(moment(clock, candidate));
        }
        start = change;
    }
    None
}

/// Returns the first second after `start` at which another offset is in force; a second past `end` if there is none.
fn next_change(start: DateTime<Utc>, end: DateTime<Utc>, clock: &dyn Clock) -> DateTime<Utc> {
    let offset = offset_seconds(clock, start);
    let mut same = start;
    while same < end {
        let probe = (same + PROBE).min(end);
        if offset_seconds(clock, probe) != offset {
            return bisect(same, probe, offset, clock);
        }
        same = probe;
    }
    end + TimeDelta::seconds(1)
}

/// Narrows a change of offset between `same` (still `offset`) and `other` (no longer) down to its second.
fn bisect(same: DateTime<Utc>, other: DateTime<Utc>, offset: i64, clock: &dyn Clock) -> DateTime<Utc> {
    let (mut low, mut high) = (same.timestamp(), other.timestamp());
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        match DateTime::from_timestamp(middle, 0) {
            Some(instant) if offset_seconds(clock, instant) == offset => low = middle,
            _ => high = middle,
        }
    }
    DateTime::from_timestamp(high, 0).unwrap_or(other)
}

fn offset_seconds(clock: &dyn Clock, instant: DateTime<Utc>) -> i64 {
    i64::from(clock.offset_at(instant).local_minus_utc())
}
