//! Another zone: a clock that reads the local time of another place.

use chrono::{DateTime, FixedOffset, Utc};

use crate::time::clock::{Clock, UnknownZone, moment};
use crate::time::moment::Moment;

/// A clock in the zone of that name, which the inner clock looks up.
///
/// If the inner clock doesn't know the zone, its own zone is used, and [`check_zone`](Clock::check_zone) reports it.
#[derive(Clone, Copy)]
pub struct Zoned<'a> {
    /// The inner clock.
    pub clock: &'a dyn Clock,
    /// The name of the zone, such as `Europe/Berlin`.
    pub zone: &'a str,
}

impl Zoned<'_> {
    /// Returns a moment as the clocks of the zone read it, or `None` if they read the same as it does.
    #[must_use]
    pub fn other_reading(&self, of: Moment) -> Option<Moment> {
        Some(moment(self, of.to_utc())).filter(|reading| reading.naive_local() != of.naive_local())
    }
}

impl Clock for Zoned<'_> {
    fn now(&self) -> Moment {
        moment(self, self.clock.now().to_utc())
    }

    fn offset_at(&self, instant: DateTime<Utc>) -> FixedOffset {
        self.offset_in(self.zone, instant).unwrap_or_else(|| self.clock.offset_at(instant))
    }

    fn check_zone(&self) -> Result<(), UnknownZone> {
        let known = self.offset_in(self.zone, DateTime::UNIX_EPOCH);
        known.map(drop).ok_or_else(|| UnknownZone { action: format!("find the time zone {}", self.zone) })
    }

    fn offset_in(&self, zone: &str, instant: DateTime<Utc>) -> Option<FixedOffset> {
        self.clock.offset_in(zone, instant)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{ManualClock, Zone, at};

    fn clock() -> ManualClock {
        let clock = ManualClock::utc(at("2026-07-01 12:00"));
        clock.add_zone("Europe/Berlin", Zone::berlin());
        clock
    }

    #[test]
    fn it_reads_the_time_of_the_other_zone() {
        let clock = clock();
        let berlin = Zoned { clock: &clock, zone: "Europe/Berlin" };
        assert_eq!(berlin.now().to_rfc3339(), "2026-07-01T14:00:00+02:00");
        assert_eq!(berlin.offset_at(at("2026-01-01 00:00").to_utc()).local_minus_utc(), 3_600);
        assert_eq!(berlin.check_zone(), Ok(()));
    }

    #[test]
    fn a_moment_is_read_differently_or_not() {
        let clock = clock();
        let read =
            |zone, text| Zoned { clock: &clock, zone }.other_reading(at(text)).map(|read| read.to_rfc3339());
        let berlin = "Europe/Berlin";
        assert_eq!(read(berlin, "2026-01-01 23:30"), Some("2026-01-02T00:30:00+01:00".to_owned()));
        assert_eq!(read(berlin, "2026-07-01T14:00:00+02:00"), None);
        assert_eq!(read("Mars/Base", "2026-01-01 23:30"), None);
    }

    #[test]
    fn an_unknown_zone_is_reported_and_the_own_zone_is_used() {
        let clock = clock();
        let nowhere = Zoned { clock: &clock, zone: "Europe/Berln" };
        assert_eq!(nowhere.now().to_rfc3339(), "2026-07-01T12:00:00+00:00");
        assert_eq!(nowhere.check_zone().unwrap_err().to_string(), "can't find the time zone Europe/Berln");
    }
}
