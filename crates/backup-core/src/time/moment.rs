//! A moment: an instant, with the wall clock's offset from UTC at that instant.

use chrono::{DateTime, FixedOffset, TimeDelta, Timelike};

/// An instant with its wall-clock reading.
pub type Moment = DateTime<FixedOffset>;

/// Returns the start of the wall-clock minute that holds `moment`.
#[must_use]
pub fn start_of_minute(moment: Moment) -> Moment {
    // A leap second counts as nanoseconds beyond a second.
    moment
        - TimeDelta::seconds(i64::from(moment.second()))
        - TimeDelta::nanoseconds(i64::from(moment.nanosecond()))
}
