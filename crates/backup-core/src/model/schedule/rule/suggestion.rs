//! Suggestion: a valid rule that was probably meant by a text that isn't one.

use crate::model::schedule::rule::nth_day::nth_day;
use crate::model::schedule::rule::spelling;
use crate::text::near;

/// Longer texts aren't rewritten.
const LONGEST: usize = 100;

/// A shorter word is near to words that mean something else.
const LONG_WORD: usize = 5;

/// A time for a rule that has only days.
const SOME_TIME: &str = "03:00";

/// Words that other programs have for a rule.
const PHRASES: [(&str, &str); 13] = [
    ("hourly", "@hourly"),
    ("daily", "@daily"),
    ("midnight", "@midnight"),
    ("weekly", "@weekly"),
    ("monthly", "@monthly"),
    ("yearly", "@yearly"),
    ("annually", "@annually"),
    ("noon", "12:00"),
    ("every month", "@monthly"),
    ("every year", "@yearly"),
    ("every weekday", "Mon..Fri 03:00"),
    ("every night", "03:00"),
    ("every morning", "08:00"),
];

/// Words that a rule doesn't need.
const FILLERS: [&str; 7] = ["at", "on", "every", "each", "daily", "day", "o'clock"];

type Rewrite = fn(&str) -> Option<String>;

/// The rewrites, in the order in which they are tried.
const REWRITES: [Rewrite; 13] = [
    phrase,
    day_of_month,
    from_the_end,
    interval,
    date_with_letter,
    one_list,
    days_and_time,
    step_alone,
    long_step,
    cron_fields,
    fewer_fields,
    with_time,
    lower_case,
];

/// Returns a valid rule that was probably meant. Each rewrite is tried alone, and then all one after another.
pub(super) fn suggestion(text: &str, is_valid: impl Fn(&str) -> bool) -> Option<String> {
    if text.len() > LONGEST {
        return None;
    }
    let tidied = text.split_whitespace().collect::<Vec<_>>().join(" ").replace(['\u{2013}', '\u{2014}'], "-");
    let alone = REWRITES.iter().filter_map(|rewrite| rewrite(&tidied));
    let together = REWRITES.iter().scan(tidied.clone(), |text, rewrite| {
        *text = rewrite(text).unwrap_or_else(|| text.clone());
        Some(text.clone())
    });
    std::iter::once(tidied.clone()).chain(alone).chain(together).find(|text| is_valid(text))
}

/// `daily`, `@dayly`
fn phrase(text: &str) -> Option<String> {
    let lower = text.to_lowercase();
    let word = lower.trim_start_matches('@');
    let is_long = word.len() < lower.len() || word.len() >= LONG_WORD;
    let words = PHRASES.iter().map(|(phrase, _)| *phrase).filter(|phrase| !phrase.contains(' '));
    let near = || near(word, words).filter(|_| is_long);
    let meant = if PHRASES.iter().any(|(phrase, _)| *phrase == word) { word } else { near()? };
    PHRASES.iter().find(|(phrase, _)| *phrase == meant).map(|(_, rule)| (*rule).to_owned())
}

/// `first Sunday 03:00`, `last day of the month at 5pm`
fn day_of_month(text: &str) -> Option<String> {
    nth_day(text, SOME_TIME)
}

/// `*-*-~1 10:00`
fn from_the_end(text: &str) -> Option<String> {
    let (before, behind) = text.split_once("-~")?;
    let (day, rest) = behind.split_at(behind.find(|digit: char| !digit.is_ascii_digit())?);
    Some(format!("{before}~{day:0>2}{rest}"))
}

/// `4h`, `every 4 hours`, `every hour`, `every 4h at 2am`, `every day at 5`
fn interval(text: &str) -> Option<String> {
    let lower = text.to_lowercase();
    let rest = lower.strip_prefix('@').unwrap_or(&lower);
    let (period, has_every) = rest.strip_prefix("every").map_or((rest, false), |period| (period, true));
    let (period, count) = split_number(period.trim_start());
    let count = if has_every && count.is_empty() { "1" } else { count };
    let (name, rest) =
        period.split_at(period.find(|letter: char| !letter.is_alphabetic()).unwrap_or(period.len()));
    let unit = spelling::unit(name).filter(|_| !count.is_empty())?;
    let words: Vec<_> =
        rest.split_whitespace().filter(|word| !["at", "from", "starting"].contains(word)).collect();
    match words.as_slice() {
        // More units, such as those of 1h30m.
        _ if !rest.is_empty() && !rest.starts_with(' ') => Some(format!("every {count}{unit}{rest}")),
        [] => Some(format!("every {count}{unit}")),
        [time] if (count, unit) == ("1", "d") => spelling::times(time),
        [time] => Some(format!("every {count}{unit} from {}", spelling::times(time)?)),
        _ => None,
    }
}

/// Splits off leading digits and the spaces behind them. Returns what follows, and the digits.
fn split_number(text: &str) -> (&str, &str) {
    let (digits, rest) =
        text.split_at(text.find(|digit: char| !digit.is_ascii_digit()).unwrap_or(text.len()));
    (rest.trim_start(), digits)
}

/// `2026-12-24T16:07`
fn date_with_letter(text: &str) -> Option<String> {
    let (date, time) = text.split_once(['T', 't'])?;
    let is_it = date.ends_with(|last: char| last.is_ascii_digit())
        && time.starts_with(|first: char| first.is_ascii_digit());
    is_it.then(|| format!("{date} {time}"))
}

/// `08:00, 12:00 and 18:00`, `08:00 18:00`
fn one_list(text: &str) -> Option<String> {
    let text = text.replace(", ", ",").replace(" and ", ",");
    let has_times_alone = text.split(' ').all(|word| word.contains(':') && spelling::times(word).is_some());
    Some(if has_times_alone { text.replace(' ', ",") } else { text })
}

/// `Mon-Fri at 4 pm`
fn days_and_time(text: &str) -> Option<String> {
    if text.strip_prefix("every ").is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit()))
    {
        return None;
    }
    let text = text.replace(" am", "am").replace(" pm", "pm");
    let words = text.split(' ').filter(|word| !FILLERS.contains(&word.to_lowercase().as_str()));
    let words: Vec<_> =
        words.map(|word| word.trim_end_matches(',')).filter(|word| !word.is_empty()).collect();
    let spelled = |word: &&str| spelling::weekdays(word).or_else(|| spelling::times(word));
    match words.as_slice() {
        // Two numbers are an hour and a minute.
        [hour, minute] if hour.len() < 3 && minute.len() == 2 && spelling::weekdays(hour).is_none() => {
            spelling::times(&format!("{hour}:{minute}"))
        }
        [] | [_, _, _, _, ..] => None,
        words => {
            let words: Vec<_> =
                words.iter().map(|word| spelled(word).unwrap_or_else(|| (*word).to_owned())).collect();
            Some(words.join(" "))
        }
    }
}

/// `*/15`
fn step_alone(text: &str) -> Option<String> {
    text.strip_prefix("*/").map(|step| format!("*:0/{step}"))
}

/// `*/90 * * * *`
fn long_step(text: &str) -> Option<String> {
    let step = text.strip_prefix("*/").map(|step| step.trim_end_matches(" *"));
    let step = step.or_else(|| text.strip_prefix("*:0/")).or_else(|| text.strip_prefix("*:*/"))?;
    step.parse::<u16>().ok().filter(|step| *step >= 60).map(|step| format!("every {step}m"))
}

/// `5/10 ? * * Mon..Fri`
fn cron_fields(text: &str) -> Option<String> {
    let words: Vec<_> = text.split(' ').collect();
    if words.len() < 4 || text.contains(':') {
        return None;
    }
    let lasts = ["59", "23", "31", "12", "7"];
    let field = |(word, last): (&&str, &str)| {
        let word = word.replace("..", "-").replace('?', "*");
        match word.split_once('/') {
            Some((first, step)) if !first.is_empty() && first.bytes().all(|byte| byte.is_ascii_digit()) => {
                format!("{first}-{last}/{step}")
            }
            _ => word,
        }
    };
    let fields: Vec<_> = words.iter().zip(lasts.into_iter().chain([""; LONGEST])).map(field).collect();
    let missing = if fields.len() == 4 { " *" } else { "" };
    Some(fields.join(" ") + missing)
}

/// `0 0 3 * * *` with seconds, `0 3 * * * 2026` with a year
fn fewer_fields(text: &str) -> Option<String> {
    let words: Vec<_> = text.split(' ').collect();
    match words.as_slice() {
        [fields @ .., year] if fields.len() == 5 && year.len() == 4 => Some(fields.join(" ")),
        ["0" | "00" | "*", fields @ ..] if fields.len() == 5 => Some(fields.join(" ")),
        _ => None,
    }
}

/// `Mon`, `*-*-01`
fn with_time(text: &str) -> Option<String> {
    (!text.is_empty() && !text.contains(':')).then(|| format!("{text} {SOME_TIME}"))
}

/// `@DAILY`
fn lower_case(text: &str) -> Option<String> {
    Some(text.to_lowercase())
}
