//! Time rule: the time field of a schedule.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::model::schedule::rule::Schedule;
use crate::model::schedule::rule::calendar::calendar;
use crate::model::schedule::rule::cron::{cron, nickname};
use crate::model::schedule::rule::dates::Dates;
use crate::model::schedule::rule::fault::Fault;
use crate::model::schedule::rule::interval::Interval;
use crate::model::schedule::rule::part::Part;
use crate::model::schedule::rule::recurrence::Recurrence;
use crate::model::schedule::rule::suggestion::suggestion;
use crate::model::schedule::rule::time_error::TimeError;
use crate::model::schedule::rule::times::times;
use crate::time::{Clock, Moment};

/// When a schedule runs.
///
/// | form | examples |
/// |---|---|
/// | times of day | `16:07`, `08:00,12:30,18:00` |
/// | interval | `every 4h`, `every 1h30m`, `every 2d from 02:00` (units m, h, d and w) |
/// | calendar | `Mon..Fri 16:07`, `*-*-01 04:00`, `*:0/15`, `Sun *-*-1..7 03:00`, `*-02~01 03:00` |
/// | cron | `*/15 9-17 * * 1-5`, `0 3 * * mon`, `@daily` |
///
/// Calendars are a subset of systemd's. There is one difference: `08:00,18:00` is a list of two times.
///
/// Fixed hours: every date and wall-clock time of the rule runs once, at the first instant at which the local clock reads
/// that time or later. So a time that clocks skip runs right after the gap, and a time that they repeat runs once. A date
/// that the zone skips has no run.
///
/// Every hour: if a calendar or a cron rule matches all 24 hours, its readings run as they occur. The repeated hour has all
/// its runs, and a skipped hour has none.
///
/// Intervals are elapsed time:
/// - A period of less than a day that divides 24 hours is counted from `from` (or 00:00) of each date until `from` of the
///   next.
/// - Whole days are counted in dates from Monday 2001-01-01.
/// - Any other period is counted from `from` on that Monday, without a break.
///
/// Promises: the text form is the text that was parsed. Only a single `h:mm` gets its second digit: `hh:mm`.
///
/// ```
/// use backup_core::model::schedule::{Schedule, TimeRule};
/// use backup_core::testing::{ManualClock, at};
///
/// let rule: TimeRule = "Mon..Fri 16:07".parse()?;
/// let clock = ManualClock::utc(at("2026-01-01 00:00"));
/// assert_eq!(rule.next_after(at("2026-05-08 16:07"), &clock), Some(at("2026-05-11 16:07")));
/// assert_eq!(rule.describe(), "Monday to Friday at 16:07");
///
/// let error = "Mon-Fri 16:07".parse::<TimeRule>().unwrap_err();
/// assert_eq!(error.suggestion.as_deref(), Some("Mon..Fri 16:07"));
/// # Ok::<(), backup_core::model::schedule::TimeError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TimeRule(Arc<Parsed>);

/// What a rule is. Clones share it.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Parsed {
    text: Box<str>,
    kind: Kind,
}

/// How the moments of a rule are found.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Recurrence(Recurrence),
    Interval(Interval),
}

impl Schedule for TimeRule {
    /// Looks at most 400 years ahead.
    fn next_after(&self, after: Moment, clock: &dyn Clock) -> Option<Moment> {
        match self.kind() {
            Kind::Recurrence(recurrence) => recurrence.next_after(after, clock),
            Kind::Interval(interval) => interval.next_after(after, clock),
        }
    }
}

impl TimeRule {
    pub(super) fn kind(&self) -> &Kind {
        &self.0.kind
    }
}

impl fmt::Display for TimeRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.text)
    }
}

impl FromStr for TimeRule {
    type Err = TimeError;

    /// Parses a rule. A rule that never comes is an error, such as 30 February. A rule whose years are past is valid.
    fn from_str(text: &str) -> Result<Self, TimeError> {
        let kind = parse(text)
            .map_err(|fault| TimeError::new(text, fault, suggestion(text, |text| parse(text).is_ok())))?;
        let is_short = text.len() == "h:mm".len() && text.as_bytes()[1] == b':' && !text.starts_with('*');
        let text = if is_short { format!("0{text}") } else { text.to_owned() };
        Ok(Self(Arc::new(Parsed { text: text.into(), kind })))
    }
}

/// Reads a rule. If only a zone is too much, the fault says where zones belong.
fn parse(text: &str) -> Result<Kind, Fault> {
    read(text).map_err(|fault| match in_zone(Part::whole(text)) {
        Some((rule, zone)) if read(rule.text.trim_end()).is_ok() => {
            zone.expected(format!("nothing more: a zone is an option, tz={}", zone.text))
        }
        _ => fault,
    })
}

/// Zones whose names look like nothing else. All others that people write have a `/`.
const SHORT_ZONES: [&str; 9] = ["UTC", "GMT", "CET", "EET", "MET", "WET", "EST", "MST", "HST"];

/// Returns what is before the last word, and that word, if it is like the name of a zone.
fn in_zone(whole: Part<'_>) -> Option<(Part<'_>, Part<'_>)> {
    let (rule, zone) = whole.split_at(whole.text.rfind(' ')? + 1);
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || "_-+".contains(letter);
    let is_name = |piece: &str| piece.starts_with(char::is_alphabetic) && piece.chars().all(is_letter);
    let has_area = zone.text.contains('/') && zone.text.split('/').all(is_name);
    (has_area || SHORT_ZONES.contains(&zone.text)).then_some((rule, zone))
}

fn read(text: &str) -> Result<Kind, Fault> {
    let whole = Part::whole(text);
    let (space, trimmed) = whole.leading(char::is_whitespace);
    if trimmed.text.is_empty() {
        return Err(whole.expected("a time"));
    }
    if !space.text.is_empty() {
        return Err(whole.expected("a time, not a space"));
    }
    let end = whole.split_at(text.trim_end().len()).1;
    if !end.text.is_empty() {
        return Err(end.expected("no space at the end"));
    }
    let recurrence = match whole.words().next().map_or("", |word| word.text) {
        "every" => {
            return Interval::parse(whole.split_at("every".len()).1).map(Kind::Interval);
        }
        word if word.starts_with('@') => nickname(whole)?,
        _ if is_list_of_times(text) => Recurrence { dates: Dates::ALL, times: times(whole)? },
        _ if is_cron(whole) => cron(whole)?,
        _ => calendar(whole)?,
    };
    if !recurrence.dates.exist() {
        return Err(whole.expected("a date that comes: this one never does"));
    }
    Ok(Kind::Recurrence(recurrence))
}

/// Returns whether a text is meant as times of day: pieces of digits with a colon in each.
fn is_list_of_times(text: &str) -> bool {
    let is_time =
        |piece: &str| piece.contains(':') && piece.bytes().all(|byte| byte.is_ascii_digit() || byte == b':');
    text.split(',').all(is_time)
}

/// Returns whether a text is meant as the fields of cron.
fn is_cron(whole: Part<'_>) -> bool {
    whole.words().count() > 3 && !whole.text.contains(':')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::schedule::rule::oracle::Dice;
    use crate::testing::{ManualClock, Zone, at};
    use crate::text::printable;

    /// Texts of every form, valid and not.
    const VALID: [&str; 56] = [
        "16:07",
        "00:00",
        "08:00,12:30,18:00",
        "8:00,18:00",
        "every 4h",
        "every 15m",
        "every 4h from 02:00",
        "every 1h from 2:30",
        "every 90m",
        "every 1h30m",
        "every 1w2d3h4m",
        "every 366d",
        "Mon..Fri 16:07",
        "Sat,Sun 03:00",
        "Mon 2:00",
        "monday..FRIDAY 16:07",
        "Mon,Wed..Fri,sun 16:07",
        "Sat..Mon 16:07",
        "*-*-01 04:00",
        "*:0/15",
        "*:*/15",
        "*:05",
        "*:5",
        "*:*",
        "*:00:00",
        "Mon *-*-1..7 05:00",
        "Sun *-*-1..7 03:00",
        "*-02~01 03:00",
        "Mon *-*~07/1 03:00",
        "*-*~03,01 03:00",
        "2026-12-24 16:07",
        "2026..2030-*-01 16:07",
        "2026/2-01-01 16:07:00",
        "1970-01-01 00:00",
        "12-24 16:07",
        "Mon..Fri 08:00,18:00",
        "08,20:00",
        "8..17/3:00",
        "Mon  16:07",
        "00..23:30",
        "*-02-29 10:00",
        "*/15 9-17 * * 1-5",
        "0 3 * * mon",
        "0 3 * * Mon-Fri",
        "0 3 1 jan,Jul *",
        "0  3 * * sunday",
        "5,10-20/5 * */2 * 0-7",
        "0 0 13 * fri",
        "@hourly",
        "@daily",
        "@midnight",
        "@weekly",
        "@monthly",
        "@yearly",
        "@annually",
        "Mon *-02-29 10:00",
    ];

    #[test]
    fn a_rule_is_printed_as_it_was_typed() {
        for text in VALID {
            assert_eq!(text.parse::<TimeRule>().map(|rule| rule.to_string()), Ok(text.to_owned()));
        }
        for (text, expected) in [("9:05", "09:05"), ("0:00", "00:00")] {
            let rule: TimeRule = text.parse().unwrap();
            assert_eq!(rule.to_string(), expected);
            assert_eq!(expected.parse(), Ok(rule));
        }
    }

    const NEAR_MISSES: [(&str, &str); 79] = [
        ("Mon-Fri 02:00", "Mon..Fri 02:00"),
        ("Mon\u{2013}Fri 02:00", "Mon..Fri 02:00"),
        ("Mon-Fri at 4 pm", "Mon..Fri 16:00"),
        ("weekdays at 9am", "Mon..Fri 09:00"),
        ("every Monday at 3am", "Monday 03:00"),
        ("Tues,Thurs 16:07", "Tue,Thu 16:07"),
        ("daily", "@daily"),
        ("Hourly", "@hourly"),
        ("weekly", "@weekly"),
        ("monthly", "@monthly"),
        ("@DAILY", "@daily"),
        ("@dayly", "@daily"),
        ("dayly", "@daily"),
        ("@montly", "@monthly"),
        ("daily at 4pm", "16:00"),
        ("every day at 16:07", "16:07"),
        ("every day at 5", "05:00"),
        ("every 1 day at 5pm", "17:00"),
        ("every 2 days at 5", "every 2d from 05:00"),
        ("first Sunday 03:00", "Sun *-*-1..7 03:00"),
        ("first Sunday of the month at 3am", "Sun *-*-1..7 03:00"),
        ("at 3 am on the first sunday of each month", "Sun *-*-1..7 03:00"),
        ("every second Tuesday of the month 16:07", "Tue *-*-8..14 16:07"),
        ("3rd Wed 16:07", "Wed *-*-15..21 16:07"),
        ("4th Thu", "Thu *-*-22..28 03:00"),
        ("last Friday 17:00", "Fri *-*~07/1 17:00"),
        ("last Friday of the month", "Fri *-*~07/1 03:00"),
        ("last day of the month 17:00", "*-*~01 17:00"),
        ("first day of every month at 5pm", "*-*-01 17:00"),
        ("*-*-~1 10:00", "*-*~01 10:00"),
        ("*-02-~7/1 10:00", "*-02~07/1 10:00"),
        ("Mon-Fri *-*-~1 10:00", "Mon..Fri *-*~01 10:00"),
        ("*/15", "*:0/15"),
        ("*/15 * * *", "*/15 * * * *"),
        ("*/90 * * * *", "every 90m"),
        ("*:0/90", "every 90m"),
        ("4h", "every 4h"),
        ("4 hours", "every 4h"),
        ("every 4 hours", "every 4h"),
        ("every 30min", "every 30m"),
        ("every4h", "every 4h"),
        ("Every 4h", "every 4h"),
        ("every hour", "every 1h"),
        ("every day", "every 1d"),
        ("every week", "every 1w"),
        ("every month", "@monthly"),
        ("every 4h at 2am", "every 4h from 02:00"),
        ("every 4h 02:00", "every 4h from 02:00"),
        ("@every 4h", "every 4h"),
        ("1h30m", "every 1h30m"),
        ("@noon", "12:00"),
        ("16.07", "16:07"),
        ("1607", "16:07"),
        ("16 07", "16:07"),
        ("16h07", "16:07"),
        ("4pm", "16:00"),
        ("4 PM", "16:00"),
        ("4:07pm", "16:07"),
        ("24:00", "00:00"),
        ("16:7", "16:07"),
        ("16:07:00", "16:07"),
        ("Mon 16:7", "Mon 16:07"),
        ("Mon 24:00", "Mon 00:00"),
        (" 16:07", "16:07"),
        ("16:07 ", "16:07"),
        ("16:07,", "16:07"),
        ("08:00, 18:00", "08:00,18:00"),
        ("08:00 18:00", "08:00,18:00"),
        ("08:00 and 18:00", "08:00,18:00"),
        ("Mon\t16:07", "Mon 16:07"),
        ("Mon", "Mon 03:00"),
        ("Mon-Fri", "Mon..Fri 03:00"),
        ("*-*-01", "*-*-01 03:00"),
        ("2026-12-24T16:07", "2026-12-24 16:07"),
        ("0 0 3 * * *", "0 3 * * *"),
        ("0 3 * * * 2026", "0 3 * * *"),
        ("0 3 ? * mon", "0 3 * * mon"),
        ("5/10 * * * *", "5-59/10 * * * *"),
        ("0 3 * * Mon..Fri", "0 3 * * Mon-Fri"),
    ];

    #[test]
    fn near_misses_get_the_right_suggestion() {
        for (text, expected) in NEAR_MISSES {
            let error = text.parse::<TimeRule>().expect_err(text);
            assert_eq!(error.suggestion.as_deref(), Some(expected), "{error}");
            assert!(expected.parse::<TimeRule>().is_ok(), "{expected}");
        }
    }

    /// Texts, and what is said behind the text.
    const ERRORS: [(&str, &str); 40] = [
        ("", "column 1: expected a time"),
        (" ", "column 1: expected a time"),
        (" 16:07", "column 1: expected a time, not a space; did you mean \"16:07\"?"),
        ("16:07 ", "column 6: expected no space at the end; did you mean \"16:07\"?"),
        ("soon", "column 1: expected a time, a day of the week or \"every\""),
        ("Mon-Fri 02:00", "column 4: expected a time, \"..\" or \",\"; did you mean \"Mon..Fri 02:00\"?"),
        ("Mon", "column 4: expected a time as hh:mm; did you mean \"Mon 03:00\"?"),
        (
            "Mon 02:00 Europe/Berlin",
            "column 11: expected nothing more: a zone is an option, tz=Europe/Berlin",
        ),
        ("16:07  UTC", "column 8: expected nothing more: a zone is an option, tz=UTC"),
        ("@daily Etc/GMT+1", "column 8: expected nothing more: a zone is an option, tz=Etc/GMT+1"),
        (
            "every 4h America/New_York",
            "column 10: expected nothing more: a zone is an option, tz=America/New_York",
        ),
        ("0 3 * * * Asia/Tokyo", "column 11: expected nothing more: a zone is an option, tz=Asia/Tokyo"),
        ("Mon 02:00 soon", "column 11: expected nothing more"),
        ("16:60", "column 4: expected a time as hh:mm between 00:00 and 23:59"),
        ("08:00,9,10:00", "column 7: expected a time as hh:mm; did you mean \"08:00,09:00,10:00\"?"),
        ("16:07:30", "column 4: expected a time as hh:mm between 00:00 and 23:59; did you mean \"16:07\"?"),
        ("Mon 16:07:30", "column 11: expected the seconds 00; did you mean \"Mon 16:07\"?"),
        ("*-*-32 10:00", "column 5: expected a day from 1 to 31"),
        ("*-13-01 10:00", "column 3: expected a month from 1 to 12"),
        ("*-02-30 10:00", "column 1: expected a date that comes: this one never does"),
        ("Mon 2026-01-01 10:00", "column 1: expected a date that comes: this one never does"),
        ("2025-02-29 10:00", "column 1: expected a date that comes: this one never does"),
        ("Mon..Foo 10:00", "column 6: expected a day of the week from Mon to Sun"),
        ("every", "column 6: expected a period such as 15m, 4h, 2d or 1w"),
        ("every 0h", "column 7: expected a period such as 15m, 4h, 2d or 1w"),
        ("every 4s", "column 8: expected one of the units w, d, h or m"),
        ("every 30m4h", "column 11: expected nothing more"),
        ("every 367d", "column 7: expected a period of at most 366 days"),
        ("every 99999999999h", "column 7: expected a period such as 15m, 4h, 2d or 1w"),
        ("every 4h from 25:00", "column 15: expected a time as hh:mm between 00:00 and 23:59"),
        ("every 4h to 02:00", "column 10: expected \"from\" and a time as hh:mm"),
        ("every 4h from 02:00 on", "column 21: expected nothing more"),
        ("0 0 31 2 *", "column 1: expected a date that comes: this one never does"),
        ("0 24 * * *", "column 3: expected an hour from 0 to 23"),
        (
            "0 3 * * * *",
            "column 11: expected five fields: minute, hour, day, month and day of the week; did you mean \"3 * * * *\"?",
        ),
        ("0 3 L * *", "column 5: expected a day from 1 to 31"),
        ("@reboot", "column 1: expected a rule with times, because a start of the machine can't be planned"),
        (
            "@noon",
            "column 1: expected @hourly, @daily, @midnight, @weekly, @monthly, @yearly or @annually; did you mean \"12:00\"?",
        ),
        ("\u{1f600}\u{1f600} 16:07", "column 1: expected a time as hh:mm"),
        ("Mon \u{1b}[2J", "column 5: expected a time as hh:mm"),
    ];

    #[test]
    fn errors_say_where_and_what() {
        for (text, expected) in ERRORS {
            let error = text.parse::<TimeRule>().expect_err(text).to_string();
            let quoted = format!("\"{}\": ", printable(text.as_bytes()));
            assert_eq!(error.strip_prefix(&quoted), Some(expected));
        }
    }

    /// What texts are made of.
    const PIECES: [&str; 44] = [
        " ",
        " ",
        " ",
        ",",
        ":",
        ":",
        "-",
        "*",
        "*",
        "/",
        "~",
        "..",
        "0",
        "1",
        "7",
        "15",
        "24",
        "59",
        "60",
        "99",
        "2026",
        "Mon",
        "fri",
        "jan",
        "every",
        "from",
        "h",
        "m",
        "d",
        "w",
        "@daily",
        "@",
        "16:07",
        "4pm",
        "\u{e9}",
        "\u{1f600}",
        "\t",
        "?",
        "L",
        "#",
        "+",
        "99999999999999999999",
        "\0",
        "02:30",
    ];

    #[test]
    fn any_text_is_parsed_without_a_panic_and_comes_back_equal() {
        let mut dice = Dice::new(3);
        let mut pick = |from: &[&'static str]| from[dice.below(u32::try_from(from.len()).unwrap()) as usize];
        let mut valid = 0;
        for round in 0..8_000 {
            let mut text: String = (0..1 + round % 9).map(|_| pick(&PIECES)).collect();
            // Half of the texts are rules with one piece exchanged.
            if round % 2 == 0 {
                let rule = pick(&VALID);
                let at = round / 2 % (rule.len() + 1);
                text =
                    format!("{}{}{}", &rule[..at], pick(&PIECES), rule.get(at + round % 3..).unwrap_or(""));
            }
            match text.parse::<TimeRule>() {
                Ok(rule) => {
                    valid += 1;
                    assert_eq!(rule.to_string().parse(), Ok(rule.clone()), "{text:?}");
                    assert!(!rule.describe().is_empty());
                }
                Err(error) => {
                    assert!(error.column <= text.chars().count() + 1, "{error}");
                    if let Some(suggestion) = &error.suggestion {
                        assert!(suggestion.parse::<TimeRule>().is_ok(), "{error}");
                    }
                }
            }
        }
        assert!(valid > 100, "only {valid} were rules");
    }

    #[track_caller]
    fn check(zone: &Zone, rule: &str, after: &str, expected: &[&str]) {
        let clock = ManualClock::with_zone(at("2000-01-01 00:00"), zone.clone());
        let rule: TimeRule = rule.parse().unwrap();
        let next = |after: &Moment| rule.next_after(*after, &clock);
        let found = std::iter::successors(next(&at(after)), next).take(expected.len());
        let found: Vec<_> = found.map(|run| run.to_rfc3339()).collect();
        assert_eq!(found, expected, "{rule} after {after}");
    }

    #[test]
    fn fixed_hours_run_once_for_each_reading() {
        let berlin = &Zone::berlin();
        let spring = ["2026-03-29T03:00:00+02:00", "2026-03-30T02:15:00+02:00"];
        check(berlin, "02:15,02:30,03:00", "2026-03-28T12:00:00+01:00", &spring);
        check(berlin, "15,30 2 * * *", "2026-03-28T12:00:00+01:00", &spring);
        let autumn = ["2026-10-25T02:15:00+02:00", "2026-10-25T02:30:00+02:00", "2026-10-26T02:15:00+01:00"];
        check(berlin, "Sun,Mon 02:15,02:30", "2026-10-24T12:00:00+02:00", &autumn);
    }

    #[test]
    fn every_hour_counts_each_occurrence() {
        let berlin = &Zone::berlin();
        let autumn = [
            "2026-10-25T02:30:00+02:00",
            "2026-10-25T02:00:00+01:00",
            "2026-10-25T02:30:00+01:00",
            "2026-10-25T03:00:00+01:00",
        ];
        let spring = ["2026-03-29T01:30:00+01:00", "2026-03-29T03:00:00+02:00"];
        for rule in ["*:0/30", "*/30 * * * *", "0..23:00,30"] {
            check(berlin, rule, "2026-10-25T02:00:00+02:00", &autumn);
            check(berlin, rule, "2026-03-29T01:00:00+01:00", &spring);
        }
        check(berlin, "@hourly", "2026-10-25T02:00:00+02:00", &autumn[1..2]);
        let hour_before_new_year = Zone::fixed(0).then("2026-01-01 00:30", -3_600);
        check(&hour_before_new_year, "2025-12-31 *:45", "2025-12-31 23:50", &["2025-12-31T23:45:00-01:00"]);
    }

    #[test]
    fn intervals_are_elapsed_time() {
        let berlin = &Zone::berlin();
        let autumn = ["2026-10-25T03:00:00+01:00", "2026-10-25T07:00:00+01:00"];
        check(berlin, "every 4h", "2026-10-25T00:00:00+02:00", &autumn);
        check(
            berlin,
            "every 12h from 02:30",
            "2026-03-28T14:30:00+01:00",
            &["2026-03-29T03:00:00+02:00", "2026-03-29T15:00:00+02:00", "2026-03-30T02:30:00+02:00"],
        );
        let days = ["2026-10-25T16:07:00+01:00", "2026-10-26T16:07:00+01:00"];
        check(berlin, "every 1d from 16:07", "2026-10-24T16:07:00+02:00", &days);
        check(berlin, "every 1w", "2026-03-23T00:00:00+01:00", &["2026-03-30T00:00:00+02:00"]);
        check(berlin, "every 2d from 02:30", "2026-03-27T03:00:00+01:00", &["2026-03-29T03:00:00+02:00"]);
        check(
            berlin,
            "every 5h",
            "2026-01-01 00:00",
            &["2026-01-01T06:00:00+01:00", "2026-01-01T11:00:00+01:00"],
        );
        let samoa = ["2011-12-29T20:00:00-10:00", "2011-12-31T00:00:00+14:00", "2011-12-31T04:00:00+14:00"];
        check(&Zone::skipping_a_date(), "every 4h", "2011-12-29T16:00:00-10:00", &samoa);
        let clock = ManualClock::with_zone(at("2000-01-01 00:00"), Zone::berlin());
        let rule: TimeRule = "every 15m".parse().unwrap();
        for (day, next_day, expected) in [
            ("2026-10-25T00:00:00+02:00", "2026-10-26T00:00:00+01:00", 100),
            ("2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00", 92),
        ] {
            let next = |after: &Moment| rule.next_after(*after, &clock);
            let runs = std::iter::successors(next(&at(day)), next).take_while(|run| *run <= at(next_day));
            assert_eq!(runs.count(), expected, "{day}");
        }
    }

    #[test]
    fn both_days_of_cron_are_enough_if_both_are_restricted() {
        let utc = &Zone::utc();
        let either = ["2026-02-06T00:00:00+00:00", "2026-02-13T00:00:00+00:00", "2026-02-15T00:00:00+00:00"];
        check(utc, "0 0 15 * fri", "2026-02-01 00:00", &either);
        check(utc, "0 0 */2 * fri", "2026-02-01 00:00", &either[1..2]);
        check(utc, "0 0 * * 7", "2026-02-02 00:00", &["2026-02-08T00:00:00+00:00"]);
    }

    #[test]
    fn rare_rules_are_found_and_past_ones_never_come() {
        let utc = &Zone::utc();
        check(utc, "Mon *-02-29 10:00", "2072-03-01 00:00", &["2112-02-29T10:00:00+00:00"]);
        check(utc, "*-02-29 *:00", "2096-03-01 00:00", &["2104-02-29T00:00:00+00:00"]);
        check(utc, "2026/100-*-* 10:00", "2027-03-01 00:00", &["2126-01-01T10:00:00+00:00"]);
        let clock = ManualClock::utc(at("2026-01-01 00:00"));
        let past: TimeRule = "2020-01-01 10:00".parse().unwrap();
        assert_eq!(past.next_after(at("2026-01-01 00:00"), &clock), None);
    }

    #[test]
    fn at_the_ends_of_time_nothing_panics() {
        for (text, zone) in
            VALID.into_iter().flat_map(|text| [(text, Zone::fixed(86_399)), (text, Zone::fixed(-86_399))])
        {
            let clock = ManualClock::with_zone(at("2026-01-01 00:00"), zone);
            let rule: TimeRule = text.parse().unwrap();
            for end in [chrono::DateTime::<chrono::Utc>::MIN_UTC, chrono::DateTime::<chrono::Utc>::MAX_UTC] {
                let _ = rule.next_after(end.fixed_offset(), &clock);
            }
        }
    }
}
