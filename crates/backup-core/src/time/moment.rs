//! Moment: an instant with the local offset from UTC.

use chrono::{DateTime, FixedOffset, TimeDelta, Timelike};

/// An instant with the local offset from UTC, so it also has a local date and time.
pub type Moment = DateTime<FixedOffset>;

/// Returns the start of the local minute that contains `moment`.
#[must_use]
pub fn start_of_minute(moment: Moment) -> Moment {
    // chrono represents a leap second as more than 1,000,000,000 nanoseconds in the second before it.
    moment
        - TimeDelta::seconds(i64::from(moment.second()))
        - TimeDelta::nanoseconds(i64::from(moment.nanosecond()))
}
