//! The text form of a moment.

use chrono::{FixedOffset, SecondsFormat};

use crate::time::moment::Moment;

/// Returns a moment in RFC 3339 with the offset of the wall clock, to the nanosecond where there are any. The format
/// knows no seconds in an offset; they are left out of the offset, never of the instant.
#[must_use]
pub fn rfc3339(moment: Moment) -> String {
    let seconds = moment.offset().local_minus_utc();
    let whole_minutes = FixedOffset::east_opt(seconds - seconds % 60).unwrap_or(*moment.offset());
    moment.with_timezone(&whole_minutes).to_rfc3339_opts(SecondsFormat::AutoSi, false)
}
