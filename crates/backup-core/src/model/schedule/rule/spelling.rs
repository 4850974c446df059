//! Spelling: what people write for a time, a day of the week or a period.

use crate::model::schedule::rule::field::{Field, weekday_name};
use crate::model::schedule::time_of_day::TimeOfDay;

/// Words for groups of days.
const GROUPS: [(&str, &str); 4] =
    [("weekdays", "Mon..Fri"), ("weekday", "Mon..Fri"), ("weekends", "Sat,Sun"), ("weekend", "Sat,Sun")];

/// Names of the units of a period, and the letter of each.
const UNITS: [(&str, &[&str]); 4] = [
    ("m", &["m", "min", "mins", "minute", "minutes"]),
    ("h", &["h", "hr", "hrs", "hour", "hours"]),
    ("d", &["d", "day", "days"]),
    ("w", &["w", "wk", "week", "weeks"]),
];

/// Returns a list of times as `hh:mm`, if each is a time in some spelling: `16.07`, `1607`, `16h07`, `4pm`, `24:00`.
pub(super) fn times(word: &str) -> Option<String> {
    let times: Option<Vec<_>> =
        word.split(',').map(|piece| time(piece).map(|time| time.to_string())).collect();
    times.map(|times| times.join(","))
}

fn time(word: &str) -> Option<TimeOfDay> {
    let lower = word.to_ascii_lowercase();
    let (clock, half) = ["am", "pm"]
        .into_iter()
        .find_map(|half| lower.strip_suffix(half).map(|clock| (clock, Some(half))))
        .unwrap_or((lower.as_str(), None));
    let (hour, minute) = split(clock)?;
    let digits =
        |text: &str| text.parse::<u8>().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()));
    let (hour, minute) = (digits(hour)?, if minute.is_empty() { 0 } else { digits(minute)? });
    let hour = match half {
        None => hour,
        Some(_) if hour > 12 => return None,
        Some("am") => hour % 12,
        Some(_) => hour % 12 + 12,
    };
    TimeOfDay::new(if (hour, minute) == (24, 0) { 0 } else { hour }, minute)
}

/// Splits a time into hour and minute. Seconds are left out.
fn split(clock: &str) -> Option<(&str, &str)> {
    let mut pieces = clock.split([':', '.', 'h']);
    let (hour, minute) = (pieces.next()?, pieces.next());
    match minute {
        Some(minute) => {
            pieces.all(|seconds| seconds.bytes().all(|byte| byte.is_ascii_digit())).then_some((hour, minute))
        }
        None if hour.len() > 2 => hour.split_at_checked(hour.len() - 2),
        None => Some((hour, "")),
    }
}

/// Returns days of the week as a calendar has them, if each is one in some spelling: `Mon-Fri`, `Tues,Thurs`.
pub(super) fn weekdays(word: &str) -> Option<String> {
    let lower = word.to_ascii_lowercase();
    if let Some((_, days)) = GROUPS.iter().find(|(name, _)| *name == lower) {
        return Some((*days).to_owned());
    }
    let word = word.replace("..", "-");
    let range = |piece: &str| -> Option<String> {
        let days: Option<Vec<_>> = piece.split('-').map(weekday).collect();
        days.filter(|days| days.len() < 3).map(|days| days.join(".."))
    };
    let pieces: Option<Vec<_>> = word.split(',').filter(|piece| !piece.is_empty()).map(range).collect();
    pieces.filter(|pieces| !pieces.is_empty()).map(|pieces| pieces.join(","))
}

/// Returns a day of the week as it is, or its three letters if only these are right.
fn weekday(word: &str) -> Option<String> {
    if Field::WEEKDAY.named(word).is_some() {
        return Some(word.to_owned());
    }
    let value = Field::WEEKDAY.named(word.get(..3)?)?;
    word.chars().all(char::is_alphabetic).then(|| weekday_name(value)[..3].to_owned())
}

/// Returns the three letters of one day of the week.
pub(super) fn one_weekday(word: &str) -> Option<String> {
    let value = Field::WEEKDAY.named(word.get(..3)?)?;
    weekday(word).map(|_| weekday_name(value)[..3].to_owned())
}

/// Returns the letter of a unit.
pub(super) fn unit(word: &str) -> Option<&'static str> {
    UNITS.iter().find(|(_, names)| names.contains(&word)).map(|(letter, _)| *letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_in_many_spellings() {
        let cases = [
            ("16.07", Some("16:07")),
            ("1607", Some("16:07")),
            ("907", Some("09:07")),
            ("16h07", Some("16:07")),
            ("16h", Some("16:00")),
            ("16", Some("16:00")),
            ("4pm", Some("16:00")),
            ("4:07PM", Some("16:07")),
            ("12am", Some("00:00")),
            ("12pm", Some("12:00")),
            ("13pm", None),
            ("24:00", Some("00:00")),
            ("24:01", None),
            ("16:7", Some("16:07")),
            ("16:07:30", Some("16:07")),
            ("8am,6pm", Some("08:00,18:00")),
            ("", None),
            ("pm", None),
            ("16:60", None),
            ("+4:07", None),
            ("\u{e9}\u{e9}", None),
        ];
        for (text, expected) in cases {
            assert_eq!(times(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn days_in_many_spellings() {
        let cases = [
            ("Mon-Fri", Some("Mon..Fri")),
            ("Tues,Thurs", Some("Tue,Thu")),
            ("monday-Wed,Sat", Some("monday..Wed,Sat")),
            ("Mondays", Some("Mon")),
            ("weekdays", Some("Mon..Fri")),
            ("Mon,", Some("Mon")),
            ("Mon-Tue-Wed", None),
            ("foo", None),
            ("mo\u{e9}", None),
            (",", None),
        ];
        for (text, expected) in cases {
            assert_eq!(weekdays(text).as_deref(), expected, "{text}");
        }
    }
}
