//! Zone: turns a local time into an instant, using only the offset in force at each instant.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};

use crate::time::clock::{Clock, moment};
use crate::time::moment::Moment;

/// An upper limit for offsets from UTC.
///
/// So the local time is `local` at some instant within a day of `local` taken as UTC, if it ever is.
const FARTHEST_OFFSET: TimeDelta = TimeDelta::days(1);

/// The distance between the instants at which offsets are compared.
///
/// Two changes within this span could cancel out and be missed. In the tz database, changes since 1900 are days apart.
pub(super) const PROBE: TimeDelta = TimeDelta::hours(12);

/// Returns the first instant at which the local time is `local` or later.
///
/// - A local time that occurs twice, because clocks are set back, gives the earlier instant.
/// - A local time that is skipped, because clocks are set forward, gives the instant right after the gap.
///
/// Returns `None` only if the instant is outside of what chrono can represent.
#[must_use]
pub fn first_instant_at_or_after(local: NaiveDateTime, clock: &dyn Clock) -> Option<Moment> {
    let end = local.and_utc().checked_add_signed(FARTHEST_OFFSET)?;
    // The search for changes computes instants up to one probe past the end.
    end.checked_add_signed(PROBE)?;
    let mut start = local.and_utc().checked_sub_signed(FARTHEST_OFFSET)?;
    // Between `start` and `change`, the offset is constant, so local time runs evenly. It reaches `local` at
    // `local - offset`. If it is past `local` at `start` already, `start` is the first instant.
    while start <= end {
        let change = next_change(start, end, clock);
        let reached = local.and_utc() - TimeDelta::seconds(offset_seconds(clock, start));
        let candidate = reached.max(start);
        if candidate < change {
            return Some(moment(clock, candidate));
        }
        start = change;
    }
    None
}

/// Returns the first instant of a local date at which the local time is `time` or later.
///
/// A gap can move the instant into the next date. Then it still belongs to this date.
///
/// Returns `None` if the zone skips the whole date (Samoa, 30 December 2011), or outside of what chrono can represent.
#[must_use]
pub fn first_instant_on(date: NaiveDate, time: NaiveTime, clock: &dyn Clock) -> Option<Moment> {
    let first = |time| first_instant_at_or_after(date.and_time(time), clock);
    let found = first(time)?;
    let date_exists = found.date_naive() == date || first(NaiveTime::MIN)?.date_naive() == date;
    date_exists.then_some(found)
}

/// Returns the local time at an instant, or `None` outside of what chrono can represent.
pub(crate) fn local_time(instant: DateTime<Utc>, clock: &dyn Clock) -> Option<NaiveDateTime> {
    instant.naive_utc().checked_add_offset(clock.offset_at(instant))
}

/// Returns the first second after `start` with another offset, or the second after `end` if there is none.
pub(crate) fn next_change(start: DateTime<Utc>, end: DateTime<Utc>, clock: &dyn Clock) -> DateTime<Utc> {
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

/// Returns the second of the change between `same`, which has this offset, and `other`, which has another.
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

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;
    use crate::testing::{ManualClock, Zone, at};

    const HOUR: i32 = 3_600;

    #[track_caller]
    fn check(zone: Zone, local: &str, expected: &str) {
        let clock = ManualClock::with_zone(at("2000-01-01 00:00"), zone);
        let found = first_instant_at_or_after(at(local).naive_utc(), &clock).unwrap();
        // Equal moments may have different offsets; the text shows both.
        assert_eq!(found.to_rfc3339(), at(expected).to_rfc3339(), "{local}");
    }

    #[test]
    fn a_reading_that_comes_once_is_plain() {
        check(Zone::utc(), "2026-07-01 12:00", "2026-07-01T12:00:00Z");
        check(Zone::berlin(), "2026-01-01 00:00", "2026-01-01T00:00:00+01:00");
        check(Zone::berlin(), "2026-07-01 12:00", "2026-07-01T12:00:00+02:00");
        check(Zone::berlin(), "2026-12-31 23:59", "2026-12-31T23:59:00+01:00");
        check(Zone::fixed(20_700), "2026-01-01 00:00", "2026-01-01T00:00:00+05:45");
    }

    #[test]
    fn a_skipped_reading_gives_the_instant_after_the_gap() {
        check(Zone::berlin(), "2026-03-29 01:59:59", "2026-03-29T01:59:59+01:00");
        check(Zone::berlin(), "2026-03-29 02:00", "2026-03-29T03:00:00+02:00");
        check(Zone::berlin(), "2026-03-29 02:30", "2026-03-29T03:00:00+02:00");
        check(Zone::berlin(), "2026-03-29 02:59:59", "2026-03-29T03:00:00+02:00");
        check(Zone::berlin(), "2026-03-29 03:00", "2026-03-29T03:00:00+02:00");
        check(Zone::berlin(), "2026-03-29 03:00:01", "2026-03-29T03:00:01+02:00");
        check(Zone::changing_over_midnight(), "1919-03-30 23:45", "1919-03-31T00:30:00-04:00");
        check(Zone::changing_over_midnight(), "1919-03-31 00:15", "1919-03-31T00:30:00-04:00");
        check(Zone::skipping_a_date(), "2011-12-30 12:00", "2011-12-31T00:00:00+14:00");
        check(Zone::skipping_a_date(), "2011-12-29 23:59:59", "2011-12-29T23:59:59-10:00");
    }

    #[test]
    fn a_reading_that_comes_twice_gives_the_earlier() {
        check(Zone::berlin(), "2026-10-25 01:59:59", "2026-10-25T01:59:59+02:00");
        check(Zone::berlin(), "2026-10-25 02:00", "2026-10-25T02:00:00+02:00");
        check(Zone::berlin(), "2026-10-25 02:59:59", "2026-10-25T02:59:59+02:00");
        check(Zone::berlin(), "2026-10-25 03:00", "2026-10-25T03:00:00+01:00");
        check(Zone::changing_over_midnight(), "1919-10-25 23:30", "1919-10-25T23:30:00-04:00");
        check(Zone::changing_over_midnight(), "1919-10-26 00:00", "1919-10-26T00:00:00-05:00");
    }

    #[test]
    fn offsets_may_have_seconds_and_reach_a_day() {
        let amsterdam = Zone::fixed(1_172).then("1937-06-30 23:40:28", 1_200);
        let instant = |zone: Zone, local: &str| {
            let clock = ManualClock::with_zone(at("2000-01-01 00:00"), zone);
            first_instant_at_or_after(at(local).naive_utc(), &clock).unwrap()
        };
        assert_eq!(instant(amsterdam.clone(), "1937-06-30 12:00"), at("1937-06-30 11:40:28"));
        assert_eq!(instant(amsterdam.clone(), "1937-07-01 00:00:10"), at("1937-06-30 23:40:28"));
        assert_eq!(instant(amsterdam, "1937-07-01 12:00"), at("1937-07-01 11:40"));
        let widest = 24 * HOUR - 1;
        assert_eq!(instant(Zone::fixed(widest), "2026-01-01 00:00"), at("2025-12-31 00:00:01"));
        assert_eq!(instant(Zone::fixed(-widest), "2026-01-01 00:00"), at("2026-01-01 23:59:59"));
    }

    #[test]
    fn a_change_is_found_to_its_second() {
        for second in 0..60 {
            let change = at("2026-03-29 01:00") + TimeDelta::seconds(second);
            let zone = Zone::new(
                Zone::fixed(HOUR).offset_at(change.to_utc()),
                vec![(change.to_utc(), Zone::fixed(2 * HOUR).offset_at(change.to_utc()))],
            );
            let clock = ManualClock::with_zone(change, zone);
            let skipped = change.naive_utc() + TimeDelta::minutes(90);
            assert_eq!(first_instant_at_or_after(skipped, &clock), Some(change), "{change}");
        }
    }

    #[test]
    fn there_is_none_only_at_the_ends_of_time() {
        let clock = ManualClock::with_zone(at("2026-01-01 00:00"), Zone::berlin());
        for local in [NaiveDateTime::MIN, NaiveDateTime::MAX] {
            assert_eq!(first_instant_at_or_after(local, &clock), None);
        }
        for hours in 0..60 {
            for edge in
                [NaiveDateTime::MIN + TimeDelta::hours(hours), NaiveDateTime::MAX - TimeDelta::hours(hours)]
            {
                let found = first_instant_at_or_after(edge, &clock);
                assert!(found.is_none_or(|moment| moment.naive_local() == edge), "{edge}: {found:?}");
            }
        }
        let far = |year| NaiveDate::from_ymd_opt(year, 1, 1).unwrap().and_hms_opt(12, 0, 0).unwrap();
        for year in [-262_000, -1, 0, 1, 9_999, 262_000] {
            let found = first_instant_at_or_after(far(year), &clock).unwrap();
            assert_eq!(found.naive_local(), far(year));
        }
    }
}
