//! The text of an error, as this program prints it behind `Error: `.

use backup_core::model::error::Error;
use backup_core::model::schedule::ScheduleOption;
use backup_core::text::printable;
use backup_fs::NAMES;

/// Returns what follows `Error: `.
pub(crate) fn message(error: &Error) -> String {
    match error {
        Error::NarrowRun { key, options } => format!(
            "a run with {} holds less than schedule {} asks for, and would replace its backup",
            flags(options),
            printable(key.as_bytes())
        ),
        other => other.named(&NAMES).to_string(),
    }
}

/// Returns the flags that set these options.
pub(crate) fn flags(options: &[ScheduleOption]) -> String {
    let flag = |option: &ScheduleOption| {
        let field = option.to_string();
        match field.split_once('=').unwrap_or((&field, "yes")) {
            (key, "yes") if !matches!(option, ScheduleOption::Exclude(_)) => format!("--{key}"),
            (key, value) => format!("--{key} {}", quoted(value)),
        }
    };
    options.iter().map(flag).collect::<Vec<_>>().join(" ")
}

/// Returns a word as a shell takes it, safe to print.
pub(crate) fn quoted(word: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "_-./".contains(letter);
    let word = printable(word.as_bytes());
    if !word.is_empty() && word.chars().all(is_plain) {
        word
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}
