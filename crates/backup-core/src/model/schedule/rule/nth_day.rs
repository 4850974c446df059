//! Nth day: what people write for one day of the month, such as `first Sunday of the month at 3am`.

use crate::model::schedule::rule::spelling;

/// A day of the month by its place, and as a calendar has it: among the weekdays of that name, and among all days.
const PLACES: [(&[&str], &str, &str); 5] = [
    (&["first", "1st"], "*-*-1..7", "*-*-01"),
    (&["second", "2nd"], "*-*-8..14", "*-*-02"),
    (&["third", "3rd"], "*-*-15..21", "*-*-03"),
    (&["fourth", "4th"], "*-*-22..28", "*-*-04"),
    (&["last"], "*-*~07/1", "*-*~01"),
];

/// Words that say nothing more.
const FILLERS: [&str; 10] = ["at", "on", "the", "in", "of", "a", "every", "each", "month", "monthly"];

/// Returns a calendar for one day of each month. A text without a time gets `some_time`.
pub(super) fn nth_day(text: &str, some_time: &str) -> Option<String> {
    let lower = text.to_lowercase().replace(" am", "am").replace(" pm", "pm");
    let words: Vec<_> =
        lower.split([' ', ',']).filter(|word| !word.is_empty() && !FILLERS.contains(word)).collect();
    let place = |word: &str| PLACES.iter().find(|(names, _, _)| names.contains(&word));
    let at = words.iter().position(|word| place(word).is_some())?;
    let (_, week, date) = place(words[at])?;
    let day = words.get(at + 1)?;
    let time = match [&words[..at], &words[at + 2..]].concat().as_slice() {
        [] => some_time.to_owned(),
        [time] => spelling::times(time)?,
        _ => return None,
    };
    match *day {
        "day" => Some(format!("{date} {time}")),
        day => Some(format!("{} {week} {time}", spelling::one_weekday(day)?)),
    }
}
