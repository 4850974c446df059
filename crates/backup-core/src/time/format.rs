//! Format: the text of a moment, in RFC 3339 and for people.

use chrono::{FixedOffset, SecondsFormat};

use crate::time::moment::Moment;

/// Returns a moment in RFC 3339, with its offset from UTC: `2026-01-29T16:07:00+01:00`.
///
/// A fraction of a second is written only if there is one, with up to nine digits. RFC 3339 has no seconds in an offset.
/// An offset with seconds is cut to whole minutes, and the local time moves with it, so the instant stays the same.
#[must_use]
pub fn rfc3339(moment: Moment) -> String {
    let seconds = moment.offset().local_minus_utc();
    let whole_minutes = FixedOffset::east_opt(seconds - seconds % 60).unwrap_or(*moment.offset());
    moment.with_timezone(&whole_minutes).to_rfc3339_opts(SecondsFormat::AutoSi, false)
}

/// Returns the minute that the wall clock shows at a moment, as people read and write it: `2026-01-29 16:07`.
#[must_use]
pub fn wall_clock(moment: Moment) -> String {
    moment.format("%Y-%m-%d %H:%M").to_string()
}
