//! Parser and evaluator of POSIX time zone rules: `CET-1CEST,M3.5.0,M10.5.0/3`.

use chrono::{DateTime, Datelike, NaiveDate};

const MINUTE: i32 = 60;
const HOUR: i32 = 60 * MINUTE;
const DAY: i64 = 24 * 3_600;

/// The dates of the United States. glibc uses them if a rule has summer time but no dates.
const DEFAULT_DATES: &str = "M3.2.0,M11.1.0";

/// The offsets of a zone, and the dates on which they change each year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PosixRule {
    /// Standard time minus UTC, in seconds.
    standard: i32,
    summer: Option<Summer>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Summer {
    /// Summer time minus UTC, in seconds.
    offset: i32,
    begins: Transition,
    ends: Transition,
}

/// A change of the offset, which comes every year. It is written in the local time that is in force before it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Transition {
    day: Day,
    /// The seconds since midnight. They may be negative, or more than a day.
    seconds: i32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Day {
    /// The day of the year from 1 to 365. 29 February is never counted.
    Julian(u32),
    /// The day of the year from 0 to 365. 29 February is counted.
    Ordinal(u32),
    /// The weekday of a week of a month. Sunday is 0, and week 5 is the last one.
    Weekday { month: u32, week: u32, weekday: u32 },
}

impl PosixRule {
    /// Reads a rule as glibc does. Returns `None` for any other text.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (_, rest) = split_name(text)?;
        let (west, rest) = split_time(rest, 24)?;
        let standard = -west;
        if rest.is_empty() {
            return Some(Self { standard, summer: None });
        }
        let (_, rest) = split_name(rest)?;
        let (offset, dates) = match rest.strip_prefix(',') {
            Some(dates) => (standard + HOUR, dates),
            None if rest.is_empty() => (standard + HOUR, ""),
            None => {
                let (west, rest) = split_time(rest, 24)?;
                (-west, if rest.is_empty() { "" } else { rest.strip_prefix(',')? })
            }
        };
        let dates = if dates.is_empty() { DEFAULT_DATES } else { dates };
        let (begins, ends) = dates.split_once(',')?;
        let summer = Summer { offset, begins: Transition::parse(begins)?, ends: Transition::parse(ends)? };
        Some(Self { standard, summer: Some(summer) })
    }

    /// Returns all offsets that the rule can give.
    pub(crate) fn offsets(&self) -> impl Iterator<Item = i32> {
        [Some(self.standard), self.summer.as_ref().map(|summer| summer.offset)].into_iter().flatten()
    }

    /// Returns the offset in force at an instant, in seconds.
    ///
    /// The last transition decides. It may be one of the year before.
    pub(crate) fn offset_at(&self, unix_seconds: i64) -> i32 {
        let Some(summer) = &self.summer else { return self.standard };
        let year = DateTime::from_timestamp(unix_seconds, 0).map_or(1970, |instant| instant.year());
        let transitions = (year - 1..=year + 1).flat_map(|year| {
            // If summer time ends in the same second in which the next one begins, it never ends.
            let ends = summer.ends.at(year, summer.offset).map(|at| (at, false));
            let begins = summer.begins.at(year, self.standard).map(|at| (at, true));
            [ends, begins].into_iter().flatten()
        });
        let last = transitions.filter(|(at, _)| *at <= unix_seconds).max();
        if last.is_some_and(|(_, is_summer)| is_summer) { summer.offset } else { self.standard }
    }
}

impl Transition {
    fn parse(text: &str) -> Option<Self> {
        let (day, seconds) = match text.split_once('/') {
            None => (text, 2 * HOUR),
            Some((day, time)) => {
                let (seconds, rest) = split_time(time, 167)?;
                (day, rest.is_empty().then_some(seconds)?)
            }
        };
        Some(Self { day: Day::parse(day)?, seconds })
    }

    /// Returns its instant in that year. `offset` is in force before it.
    fn at(&self, year: i32, offset: i32) -> Option<i64> {
        let day = self.day.in_year(year)?;
        let midnight = i64::from(day.to_epoch_days()) * DAY;
        Some(midnight + i64::from(self.seconds) - i64::from(offset))
    }
}

impl Day {
    fn parse(text: &str) -> Option<Self> {
        if let Some(day) = text.strip_prefix('J') {
            return number(day, 1, 365).map(Self::Julian);
        }
        let Some(date) = text.strip_prefix('M') else { return number(text, 0, 365).map(Self::Ordinal) };
        let mut parts = date.splitn(3, '.');
        let month = number(parts.next()?, 1, 12)?;
        let week = number(parts.next()?, 1, 5)?;
        let weekday = number(parts.next()?, 0, 6)?;
        Some(Self::Weekday { month, week, weekday })
    }

    fn in_year(&self, year: i32) -> Option<NaiveDate> {
        let new_year = NaiveDate::from_ymd_opt(year, 1, 1)?;
        match *self {
            Self::Ordinal(day) => new_year.checked_add_days(chrono::Days::new(day.into())),
            Self::Julian(day) => {
                let skipped = u32::from(new_year.leap_year() && day >= 60);
                NaiveDate::from_yo_opt(year, day + skipped)
            }
            Self::Weekday { month, week, weekday } => {
                let first = NaiveDate::from_ymd_opt(year, month, 1)?;
                let until = (7 + weekday - first.weekday().num_days_from_sunday()) % 7;
                let day = 1 + until + 7 * (week - 1);
                // Every month has the weekday a fourth time.
                NaiveDate::from_ymd_opt(year, month, day)
                    .or_else(|| NaiveDate::from_ymd_opt(year, month, day - 7))
            }
        }
    }
}

/// Splits off the name of a zone: three letters or more, or any name between `<` and `>`.
fn split_name(text: &str) -> Option<(&str, &str)> {
    let (name, rest) = match text.strip_prefix('<') {
        Some(quoted) => quoted.split_once('>')?,
        None => text.split_at(text.find(|letter: char| !letter.is_ascii_alphabetic()).unwrap_or(text.len())),
    };
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '+' | '-');
    (name.len() >= 3 && name.chars().all(is_name)).then_some((name, rest))
}

/// Splits off a time `[+-]hh[:mm[:ss]]` of at most `most_hours`. Returns it in seconds.
fn split_time(text: &str, most_hours: u32) -> Option<(i32, &str)> {
    let (sign, mut rest) = match text.as_bytes().first()? {
        b'-' => (-1, &text[1..]),
        b'+' => (1, &text[1..]),
        _ => (1, text),
    };
    let mut seconds = 0;
    for (unit, most) in [(HOUR, most_hours), (MINUTE, 59), (1, 59)] {
        let digits = rest.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(rest.len());
        seconds += i32::try_from(number(&rest[..digits], 0, most)?).ok()? * unit;
        rest = &rest[digits..];
        match rest.strip_prefix(':') {
            Some(more) if unit > 1 => rest = more,
            _ => break,
        }
    }
    Some((sign * seconds, rest))
}

fn number(text: &str, least: u32, most: u32) -> Option<u32> {
    let is_number = (1..=3).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|number| is_number && (least..=most).contains(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks the offset in seconds at that UTC time.
    #[track_caller]
    fn check(rule: &str, utc: &str, expected: i32) {
        let instant = backup_core::testing::at(utc).timestamp();
        let rule = PosixRule::parse(rule).unwrap_or_else(|| panic!("{rule} is a rule"));
        assert_eq!(rule.offset_at(instant), expected, "{rule:?} at {utc}");
    }

    #[test]
    fn a_rule_without_summer_time_has_one_offset() {
        check("UTC0", "2026-07-01 12:00", 0);
        check("CET-1", "2026-07-01 12:00", HOUR);
        check("<+0545>-5:45", "2026-07-01 12:00", 5 * HOUR + 45 * MINUTE);
        check("<TST>03:12:45", "2026-07-01 12:00", -(3 * HOUR + 12 * MINUTE + 45));
        check("ABC+24", "2026-07-01 12:00", -24 * HOUR);
    }

    #[test]
    fn summer_time_begins_and_ends_to_the_second() {
        let berlin = "CET-1CEST,M3.5.0,M10.5.0/3";
        check(berlin, "2026-03-29 00:59:59", HOUR);
        check(berlin, "2026-03-29 01:00", 2 * HOUR);
        check(berlin, "2026-10-25 00:59:59", 2 * HOUR);
        check(berlin, "2026-10-25 01:00", HOUR);
        let sydney = "AEST-10AEDT,M10.1.0,M4.1.0/3";
        check(sydney, "2026-01-01 12:00", 11 * HOUR);
        check(sydney, "2026-04-04 16:00", 10 * HOUR);
        check(sydney, "2026-10-03 16:00", 11 * HOUR);
        let nuuk = "<-02>2<-01>,M3.5.0/-1,M10.5.0/0";
        check(nuuk, "2026-03-29 00:59:59", -2 * HOUR);
        check(nuuk, "2026-03-29 01:00", -HOUR);
        check("EST5EDT", "2026-03-08 07:00", -4 * HOUR);
        check("EST5EDT,", "2026-03-08 06:59:59", -5 * HOUR);
        check("IST-1GMT0,M10.5.0,M3.5.0/1", "2026-01-01 12:00", 0);
    }

    #[test]
    fn days_are_counted_with_and_without_the_leap_day() {
        check("AAA0BBB,J60/0,J300/0", "2028-02-29 12:00", 0);
        check("AAA0BBB,J60/0,J300/0", "2028-03-01 00:00", HOUR);
        check("AAA0BBB,59/0,300/0", "2028-02-29 00:00", HOUR);
        check("AAA0BBB,J1/0,J365/25", "2026-12-31 23:59:59", HOUR);
        check("AAA0BBB,J1/0,J365/25", "2027-01-01 00:00", HOUR);
    }

    #[test]
    fn refuses_other_texts() {
        let texts = [
            "",
            "Europe/Berln",
            "CET",
            "C-1",
            "<AB>1",
            "CET-25",
            "CET-1:60",
            "CET-1x",
            "CET-1CEST,M3.5.0",
            "CET-1CEST,M13.5.0,M10.5.0",
            "CET-1CEST,M3.6.0,M10.5.0",
            "CET-1CEST,M3.5.7,M10.5.0",
            "CET-1CEST,J0,J1",
            "CET-1CEST,J1,J366",
            "CET-1CEST,1,366",
            "CET-1CEST,M3.5.0/168,M10.5.0",
            "CET-1CEST,M3.5.0,M10.5.0/3,",
            " CET-1",
            "CET-1 ",
            "CET--1",
            "<CET-1",
            "CÉT-1",
            "CET-é",
        ];
        for text in texts {
            assert_eq!(PosixRule::parse(text), None, "{text}");
        }
    }
}
