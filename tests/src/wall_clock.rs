//! A time zone in which it is 16:07 now, whenever the tests run.

use std::time::{SystemTime, UNIX_EPOCH};

const MINUTE: i64 = 60;
const DAY: i64 = 24 * 60 * MINUTE;
const WANTED: i64 = (16 * 60 + 7) * MINUTE;

/// A zone for a home's programs, and the wall clock in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WallClock {
    /// Local time minus UTC.
    east_seconds: i64,
}

impl WallClock {
    /// Returns a zone in which it is 16:07 now, with the seconds that UTC has.
    #[must_use]
    pub fn reading_16_07() -> Self {
        let whole_minutes = unix_seconds().div_euclid(MINUTE) * MINUTE;
        Self { east_seconds: nearest(WANTED - whole_minutes) }
    }

    /// Returns a zone in which the wall clock reads 16:07 in so many seconds.
    #[must_use]
    pub fn reading_16_07_in(seconds: i64) -> Self {
        Self { east_seconds: nearest(WANTED - seconds - unix_seconds()) }
    }

    /// Returns the zone as the variable `TZ` takes it, where west is positive.
    #[must_use]
    pub fn zone(self) -> String {
        let sign = if self.east_seconds > 0 { "-" } else { "" };
        let seconds = self.east_seconds.abs();
        format!("<TST>{sign}{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
    }

    /// Returns the current wall-clock minute as `hh:mm`.
    #[must_use]
    pub fn now(self) -> String {
        self.minutes_ago(0)
    }

    /// Returns the wall-clock minute so many minutes ago as `hh:mm`.
    #[must_use]
    pub fn minutes_ago(self, minutes: i64) -> String {
        let local = (self.minute() - minutes).rem_euclid(DAY / MINUTE);
        format!("{:02}:{:02}", local / 60, local % 60)
    }

    /// Returns the number of the current wall-clock minute, counted on and on.
    #[must_use]
    pub fn minute(self) -> i64 {
        (unix_seconds() + self.east_seconds).div_euclid(MINUTE)
    }
}

/// Of all spans that lead to the same time of day, the one within half a day.
fn nearest(span: i64) -> i64 {
    (span + DAY / 2).rem_euclid(DAY) - DAY / 2
}

fn unix_seconds() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is past 1970");
    i64::try_from(since.as_secs()).expect("the seconds since 1970 fit")
}
