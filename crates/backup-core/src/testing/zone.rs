//! A time zone as a script: which offset is in force from when on.

use chrono::{DateTime, FixedOffset, Utc};

use super::at::at;

/// A time zone scripted by its transitions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    first_offset: FixedOffset,
    transitions: Vec<(DateTime<Utc>, FixedOffset)>,
}

impl Zone {
    /// Returns a zone with `first_offset` until the first transition, and from each transition's instant on its offset.
    ///
    /// # Panics
    /// When the transitions are not in the order of time.
    #[must_use]
    pub fn new(first_offset: FixedOffset, transitions: Vec<(DateTime<Utc>, FixedOffset)>) -> Self {
        assert!(
            transitions.is_sorted_by(|one, next| one.0 < next.0),
            "the transitions of a zone must be in the order of time: {transitions:?}"
        );
        Self { first_offset, transitions }
    }

    /// Returns a zone that never changes: this many seconds east of Greenwich.
    ///
    /// # Panics
    /// When that is a day or more.
    #[must_use]
    pub fn fixed(seconds_east: i32) -> Self {
        Self::new(offset(seconds_east), Vec::new())
    }

    /// Returns the zone of UTC.
    #[must_use]
    pub fn utc() -> Self {
        Self::fixed(0)
    }

    /// Returns this zone with one more transition, later than all others: at that instant, which may be written
    /// as [`at`] reads it, to this many seconds east of Greenwich.
    ///
    /// # Panics
    /// When it is not later, or the offset is a day or more.
    #[must_use]
    pub fn then(mut self, instant: &str, seconds_east: i32) -> Self {
        self.transitions.push((at(instant).to_utc(), offset(seconds_east)));
        Self::new(self.first_offset, self.transitions)
    }

    /// Returns Europe/Berlin for 2025 to 2027: +01:00, and +02:00 between the last Sundays of March and October.
    #[must_use]
    pub fn berlin() -> Self {
        Self::fixed(HOUR)
            .then("2025-03-30 01:00", 2 * HOUR)
            .then("2025-10-26 01:00", HOUR)
            .then("2026-03-29 01:00", 2 * HOUR)
            .then("2026-10-25 01:00", HOUR)
            .then("2027-03-28 01:00", 2 * HOUR)
            .then("2027-10-31 01:00", HOUR)
    }

    /// Returns a zone whose gap and overlap lie over midnight, as Toronto had them in 1919: on 30 March clocks went
    /// from 23:30 to 00:30 of the next date; on 26 October from 00:00 back to 23:00 of the date before.
    #[must_use]
    pub fn changing_over_midnight() -> Self {
        Self::fixed(-5 * HOUR).then("1919-03-31 04:30", -4 * HOUR).then("1919-10-26 04:00", -5 * HOUR)
    }

    /// Returns a zone that skips a date, as Samoa did: there, 29 December 2011 was followed by the 31st.
    #[must_use]
    pub fn skipping_a_date() -> Self {
        Self::fixed(-10 * HOUR).then("2011-12-30 10:00", 14 * HOUR)
    }
}

impl Zone {
    /// Returns the offset in force at that instant.
    #[must_use]
    pub fn offset_at(&self, instant: DateTime<Utc>) -> FixedOffset {
        let passed = self.transitions.iter().rev().find(|(change, _)| *change <= instant);
        passed.map_or(self.first_offset, |(_, offset)| *offset)
    }

    /// Returns the instants at which the offset changes, oldest first.
    pub fn transitions(&self) -> impl Iterator<Item = DateTime<Utc>> {
        self.transitions.iter().map(|(instant, _)| *instant)
    }
}

const HOUR: i32 = 3600;

fn offset(seconds_east: i32) -> FixedOffset {
    FixedOffset::east_opt(seconds_east).expect("an offset from UTC is less than a day")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(zone: &Zone, instant: &str, expected: &str) {
        let instant = at(instant).to_utc();
        assert_eq!(instant.with_timezone(&zone.offset_at(instant)).to_rfc3339(), expected);
    }

    #[test]
    fn a_transition_is_in_force_from_its_instant_on() {
        let berlin = Zone::berlin();
        check(&berlin, "2025-03-30 00:59:59", "2025-03-30T01:59:59+01:00");
        check(&berlin, "2025-03-30 01:00", "2025-03-30T03:00:00+02:00");
        check(&berlin, "2025-10-26 00:59:59", "2025-10-26T02:59:59+02:00");
        check(&berlin, "2025-10-26 01:00", "2025-10-26T02:00:00+01:00");
        check(&berlin, "2027-12-31 23:00", "2028-01-01T00:00:00+01:00");
    }

    #[test]
    fn the_odd_zones_are_as_they_were() {
        let toronto = Zone::changing_over_midnight();
        check(&toronto, "1919-03-31 04:29:59", "1919-03-30T23:29:59-05:00");
        check(&toronto, "1919-03-31 04:30", "1919-03-31T00:30:00-04:00");
        check(&toronto, "1919-10-26 03:59:59", "1919-10-25T23:59:59-04:00");
        check(&toronto, "1919-10-26 04:00", "1919-10-25T23:00:00-05:00");
        let samoa = Zone::skipping_a_date();
        check(&samoa, "2011-12-30 09:59:59", "2011-12-29T23:59:59-10:00");
        check(&samoa, "2011-12-30 10:00", "2011-12-31T00:00:00+14:00");
    }

    #[test]
    #[should_panic(expected = "in the order of time")]
    fn transitions_out_of_order_panic() {
        let _ = Zone::utc().then("2026-01-02 00:00", 60).then("2026-01-01 00:00", 0);
    }
}
