//! Value: the values of settings, and what is wrong with those of another type.

use std::path::PathBuf;

use toml::de::DeValue;

use crate::model::command::Command;
use crate::model::config::fault::ConfigFaultKind;
use crate::text::{has_control, near};
use crate::time::Period;

type Read<T> = Result<T, ConfigFaultKind>;

/// Reads a number from `least` to `most`.
pub(super) fn number(value: &DeValue<'_>, least: usize, most: usize) -> Read<usize> {
    let number = match value {
        DeValue::Integer(number) => usize::from_str_radix(number.as_str(), number.radix()).ok(),
        _ => None,
    };
    let number = number.filter(|number| (least..=most).contains(number));
    number.ok_or_else(|| ConfigFaultKind::Value(format!("a number from {least} to {most}")))
}

/// Reads a text of one line that isn't empty.
pub(super) fn text(value: &DeValue<'_>, example: &str) -> Read<String> {
    match value {
        DeValue::String(text) if !text.trim().is_empty() && !has_control(text) => Ok(text.to_string()),
        _ => Err(ConfigFaultKind::Value(format!("a text of one line in quotes, such as \"{example}\""))),
    }
}

/// Reads the path of a file.
pub(super) fn file(value: &DeValue<'_>, example: &str) -> Read<PathBuf> {
    let path = text(value, example).ok().filter(|path| !path.ends_with('/')).map(PathBuf::from);
    let path = path.filter(|path| path.file_name().is_some());
    path.ok_or_else(|| ConfigFaultKind::Value(format!("the path of a file in quotes, such as \"{example}\"")))
}

/// Reads a path from the root on.
pub(super) fn absolute(value: &DeValue<'_>, example: &str) -> Read<PathBuf> {
    let path = PathBuf::from(text(value, example)?);
    let wrong = || ConfigFaultKind::Value("a path that begins with /".to_owned());
    if path.is_absolute() { Ok(path) } else { Err(wrong()) }
}

/// Reads a list of texts, each of one line and not empty. One text stands for a list of one.
pub(super) fn texts(value: &DeValue<'_>, example: &str) -> Read<Vec<String>> {
    let wrong = || ConfigFaultKind::Value(format!("a list of texts in quotes, such as [\"{example}\"]"));
    match value {
        DeValue::String(_) => Ok(vec![text(value, example)?]),
        DeValue::Array(values) if !values.is_empty() => {
            values.iter().map(|value| text(value.get_ref(), example).map_err(|_| wrong())).collect()
        }
        _ => Err(wrong()),
    }
}

/// Reads a command: a list of words, or a line for the shell.
pub(super) fn command(value: &DeValue<'_>) -> Read<Command> {
    let command = match value {
        DeValue::String(line) => Command::shell(line.to_string()),
        DeValue::Array(words) => {
            let word = |value: &DeValue<'_>| match value {
                DeValue::String(word) => Some(word.to_string()),
                _ => None,
            };
            let words: Option<Vec<_>> = words.iter().map(|value| word(value.get_ref())).collect();
            words.and_then(Command::program)
        }
        _ => None,
    };
    let allowed = "a program with its arguments, as in [\"docker\", \"stop\", \"db\"], or a line for the shell in quotes";
    command.ok_or_else(|| ConfigFaultKind::Value(allowed.to_owned()))
}

/// Reads a period from a second to `most`.
pub(super) fn period(value: &DeValue<'_>, most: Period) -> Read<Period> {
    let period = match value {
        DeValue::String(text) => text.parse::<Period>().ok(),
        _ => None,
    };
    let period = period.filter(|period| *period <= most);
    period.ok_or_else(|| {
        ConfigFaultKind::Value(format!("a period such as \"30s\" or \"1h30m\", at most {most}"))
    })
}

/// Returns that a table has no such key.
pub(super) fn unknown_key(key: &str, known: &[&'static str]) -> ConfigFaultKind {
    ConfigFaultKind::UnknownKey { near: near(key, known.iter().copied()), known: known.to_vec() }
}
