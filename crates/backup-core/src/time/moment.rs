//! A moment: an instant, with the offset from UTC that the wall clock had then.

use chrono::DateTime;
use chrono::FixedOffset;
use chrono::Utc;
use chrono::{TimeDelta, TimeZone, Timelike};

use crate::time::clock::Clock;

/// Returns the start of the wall-clock minute that holds `moment`.
#[must_use]
pub fn start_of_minute(moment: Moment) -> Moment {
    // A leap second counts as nanoseconds beyond a second.
    moment
        - TimeDelta::seconds(i64::from(moment.second()))
        - TimeDelta::nanoseconds(i64::from(moment.nanosecond()))
}

/// An instant with its wall-clock reading.
pub type Moment = DateTime<FixedOffset>;

/// Returns `instant` as the clock's zone reads it.
#[must_use]
pub fn moment(clock: &dyn Clock, instant: DateTime<Utc>) -> Moment {
    clock.offset_at(instant).from_utc_datetime(&instant.naive_utc())
}
