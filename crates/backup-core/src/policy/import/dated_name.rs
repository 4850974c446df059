//! Dated name: the date in a file name, as scripts write it.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime};

use crate::time::{Clock, Moment, first_instant_at_or_after, moment};

/// The date in a file name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DatedName<'a> {
    written: Written,
    before: &'a str,
    after: &'a str,
}

/// A date as it is written, with the wall clock's time or with an offset from UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Written {
    Local(NaiveDateTime),
    Instant(Moment),
}

impl<'a> DatedName<'a> {
    /// Finds the one date in a text. Returns `None` if there is none, or more than one.
    ///
    /// A date is `2026-11-01`, with `-`, `_`, `.` or nothing between its parts. A time may follow, after a `T`, `_`, `-`, `.`
    /// or a space: `03:00`, `03:00:59`, with `:`, `-`, `_`, `.` or nothing between its parts. After it may come `Z` or an
    /// offset such as `+0100` or `+01:00`. Digits before or after that belong to something else.
    pub(super) fn find(text: &'a str) -> Option<Self> {
        let mut found = None;
        let mut at = 0;
        while at < text.len() {
            let is_inside = text[..at].ends_with(|before: char| before.is_ascii_digit());
            match text.get(at..).filter(|_| !is_inside).and_then(read) {
                Some(_) if found.is_some() => return None,
                Some((written, after)) => {
                    found = Some(Self { written, before: &text[..at], after });
                    at = text.len() - after.len();
                }
                None => at += text[at..].chars().next().map_or(1, char::len_utf8),
            }
        }
        found
    }

    /// Returns what stands before and behind the date, without separators and outer numbers. Archives of one backup have the
    /// same.
    pub(super) fn around(&self) -> (String, String) {
        (self.before.trim_matches(SEPARATORS).to_owned(), self.after.trim_matches(is_of_number).to_owned())
    }

    /// Returns the moment. A time that the wall clock skips means the first one after it, and of two the first.
    pub(super) fn moment(&self, clock: &dyn Clock) -> Option<Moment> {
        match self.written {
            Written::Local(local) => first_instant_at_or_after(local, clock),
            Written::Instant(instant) => Some(moment(clock, instant.to_utc())),
        }
    }
}

/// Returns what [`around`](DatedName::around) returns, for a name without a date.
pub(super) fn around_no_date(text: &str) -> (String, String) {
    (text.trim_matches(is_of_number).to_owned(), String::new())
}

fn is_of_number(character: char) -> bool {
    character.is_ascii_digit() || SEPARATORS.contains(&character)
}

const SEPARATORS: [char; 5] = ['-', '_', '.', ' ', '+'];

/// Reads a date, and a time after it. Returns the rest of the text too.
fn read(text: &str) -> Option<(Written, &str)> {
    let (date, rest) = read_date(text)?;
    let with_time = read_time(rest).and_then(|(time, rest)| {
        let local = date.and_time(time);
        match read_offset(rest) {
            Some((offset, rest)) => {
                let written = format!("{}{offset}", local.format("%Y-%m-%dT%H:%M:%S"));
                let instant = DateTime::parse_from_str(&written, "%Y-%m-%dT%H:%M:%S%z").ok()?;
                Some((Written::Instant(instant), rest))
            }
            None => Some((Written::Local(local), rest)),
        }
    });
    let (written, rest) = with_time
        .filter(|(_, rest)| !goes_on(rest))
        .unwrap_or_else(|| (Written::Local(date.and_time(NaiveTime::MIN)), rest));
    (!goes_on(rest)).then_some((written, rest))
}

fn goes_on(rest: &str) -> bool {
    rest.starts_with(|next: char| next.is_ascii_digit())
}

fn read_date(text: &str) -> Option<(NaiveDate, &str)> {
    let (year, rest) = number(text, 4)?;
    let (rest, separator) = skip_one(rest, &['-', '_', '.']);
    let (month, rest) = number(rest, 2)?;
    let (day, rest) = number(same_separator(rest, separator)?, 2)?;
    let is_likely = (1980..2200).contains(&year);
    let date = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
    is_likely.then_some((date, rest))
}

fn read_time(text: &str) -> Option<(NaiveTime, &str)> {
    let (rest, _) = skip_one(text, &['T', 't', '_', '-', '.', ' ']);
    let (hour, rest) = number(rest, 2)?;
    let (rest, separator) = skip_one(rest, &[':', '-', '_', '.']);
    let (minute, rest) = number(rest, 2)?;
    let seconds = same_separator(rest, separator).and_then(|rest| number(rest, 2));
    let (second, rest) = seconds.unwrap_or((0, rest));
    Some((NaiveTime::from_hms_opt(hour, minute, second)?, rest))
}

/// Reads an offset from UTC. Returns it as `+hhmm`.
fn read_offset(text: &str) -> Option<(String, &str)> {
    if let Some(rest) = text.strip_prefix(['Z', 'z']) {
        return Some(("+0000".to_owned(), rest));
    }
    let sign = text.chars().next().filter(|sign| ['+', '-'].contains(sign))?;
    let (hours, rest) = number(&text[1..], 2)?;
    let (minutes, rest) = number(skip_one(rest, &[':']).0, 2)?;
    Some((format!("{sign}{hours:02}{minutes:02}"), rest))
}

fn number(text: &str, digits: usize) -> Option<(u32, &str)> {
    let (number, rest) = text.split_at_checked(digits)?;
    let is_number = number.bytes().all(|byte| byte.is_ascii_digit());
    Some((number.parse().ok().filter(|_| is_number)?, rest))
}

fn skip_one<'a>(text: &'a str, separators: &[char]) -> (&'a str, Option<char>) {
    match text.chars().next().filter(|next| separators.contains(next)) {
        Some(separator) => (&text[separator.len_utf8()..], Some(separator)),
        None => (text, None),
    }
}

fn same_separator(text: &str, separator: Option<char>) -> Option<&str> {
    separator.map_or(Some(text), |separator| text.strip_prefix(separator))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{ManualClock, Zone, at};
    use crate::time::rfc3339;

    #[track_caller]
    fn check(text: &str, expected: Option<(&str, &str)>) {
        let clock = ManualClock::with_zone(at("2026-11-21 12:00"), Zone::berlin());
        let found = DatedName::find(text);
        let found = found.map(|name| {
            let moment = name.moment(&clock).expect("the zone knows the moment");
            (rfc3339(moment).replace(":00+01:00", "").replace(":00+02:00", " summer"), name.around().0)
        });
        let found = found.as_ref().map(|(moment, before)| (&moment[..], &before[..]));
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn dates_are_found_as_scripts_write_them() {
        check("docs-2026-11-01", Some(("2026-11-01T00:00", "docs")));
        check("docs_20261101-0300", Some(("2026-11-01T03:00", "docs")));
        check("2026-11-01T03:00", Some(("2026-11-01T03:00", "")));
        check("docs.2026.11.01", Some(("2026-11-01T00:00", "docs")));
        check("2026_11_01_docs", Some(("2026-11-01T00:00", "")));
        check("docs-20261101", Some(("2026-11-01T00:00", "docs")));
        check("docs-202611010305", Some(("2026-11-01T03:05", "docs")));
        check("docs 2026-07-01 03-05-00", Some(("2026-07-01T03:05 summer", "docs")));
        check("docs-2026-11-01_03.05", Some(("2026-11-01T03:05", "docs")));
        // With an offset, the wall clock is that of the offset.
        check("docs-2026-11-01T03:05:00Z", Some(("2026-11-01T04:05", "docs")));
        check("docs.2026-11-01T16-07+0200", Some(("2026-11-01T15:07", "docs")));
        check("docs-20261101T030500+01:00-full", Some(("2026-11-01T03:05", "docs")));
        // What follows and is no time is passed over.
        check("docs-2026-11-01-2", Some(("2026-11-01T00:00", "docs")));
        check("docs-2026-11-01-9999", Some(("2026-11-01T00:00", "docs")));
        check("docs-2026-11-01-host7", Some(("2026-11-01T00:00", "docs")));
        check("b\u{fc}ro-2026-11-01", Some(("2026-11-01T00:00", "b\u{fc}ro")));
    }

    #[test]
    fn other_texts_have_no_date() {
        for text in [
            "",
            "docs",
            "docs-01-11-2026",
            "docs-2026-13-01",
            "docs-2026-02-30",
            "docs-12026-11-01",
            "docs-2026-11",
            "docs-0001-11-01",
            "docs-2026-1101",
            "1762000000",
            // Two dates contradict each other.
            "docs-2026-10-01--2026-11-01",
        ] {
            check(text, None);
        }
    }

    #[test]
    fn a_time_that_is_skipped_is_the_next_one() {
        check("docs-2026-03-29T02:30", Some(("2026-03-29T03:00 summer", "docs")));
        check("docs-2026-10-25T02:30", Some(("2026-10-25T02:30 summer", "docs")));
    }
}
