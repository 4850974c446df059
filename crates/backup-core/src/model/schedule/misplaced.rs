//! Misplaced: fields that belong somewhere else.

use crate::model::schedule::keep_rules::KeepRule;
use crate::model::schedule::option_error::OptionError;
use crate::model::schedule::rule::TimeRule;

/// Keys that other programs have for what the time field says.
const WORDS_FOR_TIME: [&str; 13] = [
    "at", "calendar", "cron", "day", "days", "every", "hour", "hours", "interval", "schedule", "time",
    "weekday", "weekdays",
];

/// Returns the error of a field that says when a schedule runs.
pub(super) fn part_of_time(name: &str, field: &str) -> Option<OptionError> {
    let (_, value) = field.split_once('=').filter(|_| WORDS_FOR_TIME.contains(&name))?;
    let typed = if name == "every" { format!("every {value}") } else { value.to_owned() };
    let time = match typed.parse::<TimeRule>() {
        Ok(_) => Some(typed),
        Err(error) => error.suggestion,
    };
    Some(OptionError::PartOfTime {
        field: field.to_owned(),
        time: time.unwrap_or_else(|| "Mon..Fri 16:07".to_owned()),
    })
}

/// Returns the error of a field that is a rule of `keep=` without its key.
pub(super) fn rule_of_keep(field: &str) -> Option<OptionError> {
    let rule = KeepRule::suggested_by(field)?;
    Some(OptionError::RuleOfKeep { field: field.to_owned(), rule })
}

/// Returns the error of a field that has no key.
pub(super) fn without_key(field: &str) -> OptionError {
    rule_of_keep(field).unwrap_or_else(|| OptionError::NoKey(field.to_owned()))
}
