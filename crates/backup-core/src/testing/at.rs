//! Moments of tests, given as text.

use chrono::{DateTime, NaiveDateTime};

use crate::time::Moment;

/// Returns the moment that `text` says: `2026-03-29T02:30:00+01:00`, or shorter `2026-03-29 02:30` (taken as UTC) and
/// `2026-03-29 02:30:59`.
///
/// # Panics
/// When it says none.
#[must_use]
pub fn at(text: &str) -> Moment {
    let short =
        |format| NaiveDateTime::parse_from_str(text, format).map(|time| time.and_utc().fixed_offset());
    DateTime::parse_from_rfc3339(text)
        .or_else(|_| short("%Y-%m-%d %H:%M"))
        .or_else(|_| short("%Y-%m-%d %H:%M:%S"))
        .unwrap_or_else(|fault| panic!("no moment: {text}: {fault}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_in_three_ways() {
        assert_eq!(at("2026-03-29T02:30:00+01:00").to_rfc3339(), "2026-03-29T02:30:00+01:00");
        assert_eq!(at("2026-03-29 02:30").to_rfc3339(), "2026-03-29T02:30:00+00:00");
        assert_eq!(at("2026-03-29 02:30:59").to_rfc3339(), "2026-03-29T02:30:59+00:00");
    }

    #[test]
    #[should_panic(expected = "no moment: soon")]
    fn anything_else_is_no_moment() {
        let _ = at("soon");
    }
}
