//! Schedule hint: what to do about a text that is no schedule or no time.

use backup_core::model::error::Error;
use backup_core::model::schedule::{EntryError, OptionError};

/// What to do where nobody can tell which time was meant.
pub(crate) const FORMS_OF_TIME: &str = "`backup_manager explain --help` shows the forms of a time";

/// Returns the hint with the time that was probably meant.
pub(crate) fn meant_time(time: &str) -> String {
    format!("did you mean \"{time}\"?")
}

/// Takes the suggestion out of the error of a time. It is shown as the hint.
pub(crate) fn take_suggestion(error: &mut Error) -> Option<String> {
    match error {
        Error::MalformedSchedule { fault: EntryError::Time(time), .. }
        | Error::MalformedLine { fault: EntryError::Time(time), .. } => time.suggestion.take(),
        _ => None,
    }
}

/// Returns what to do about a field of a schedule.
pub(crate) fn of_a_line(fault: &EntryError) -> &'static str {
    match fault {
        EntryError::Option(OptionError::NoSuchTable { .. }) => {
            "add the table to backup_manager.toml, as `backup_manager config init` shows; `backup_manager check` tells its faults"
        }
        EntryError::Option(_) => {
            r#"options follow the name, for example "docs;16:07;docs;exclude=*.tmp;one-file-system=yes""#
        }
        EntryError::Time(_) => FORMS_OF_TIME,
        _ => r#"a schedule is folder;time;name, for example "docs;16:07;docs""#,
    }
}
