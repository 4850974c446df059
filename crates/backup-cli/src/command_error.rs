//! Command error: the message, the hint and the exit code of a command that failed.

use std::fmt::Display;
use std::path::Path;

use backup_core::model::error::{Error, PortError};
use backup_core::model::schedule::{OptionError, TimeError};
use backup_core::text::printable;

use crate::error_message::message;
use crate::exit;
use crate::hint::hint;
use crate::schedule_hint::{FORMS_OF_TIME, meant_time, take_suggestion};

/// What a command says when it gives up.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct CommandError {
    /// What follows `Error: `; one line.
    pub(crate) message: String,
    /// Why, where there is more to say.
    pub(crate) detail: Option<String>,
    /// What to do about it.
    pub(crate) hint: Option<String>,
    /// The exit code.
    pub(crate) code: u8,
    /// Whether the core knows nothing of it, so that it isn't in the log yet.
    pub(crate) is_unlogged: bool,
}

impl CommandError {
    /// Returns the error of words that make no sense.
    pub(crate) fn wrong_usage(what: impl Display) -> Self {
        let message = format!("wrong usage: {}", printable(what.to_string().as_bytes()));
        Self { message, detail: None, hint: None, code: exit::WRONG_USAGE, is_unlogged: true }
    }

    /// Returns the error of a command line without a command.
    pub(crate) fn no_command() -> Self {
        Self::wrong_usage("no instruction given")
    }

    /// Returns the error of an unknown command.
    pub(crate) fn unknown_command(word: &str, hint: String) -> Self {
        let message = format!("unknown instruction: {}", printable(word.as_bytes()));
        Self { message, hint: Some(hint), ..Self::no_command() }
    }

    /// Returns the error of a command that needs a home, in a folder that is none.
    pub(crate) fn no_home(folder: &Path) -> Self {
        let folder = printable(folder.as_os_str().as_encoded_bytes());
        let message = format!("{folder} is no home: it has no backup_schedules.txt, no backups and no logs");
        let hint = Some(OTHER_HOME.to_owned());
        Self { message, detail: None, hint, code: exit::FAILED, is_unlogged: false }
    }

    /// Returns the same error with the folder that was looked in, which is no home yet.
    pub(crate) fn looked_in(self, folder: &Path) -> Self {
        let folder = printable(folder.as_os_str().as_encoded_bytes());
        Self { hint: Some(format!("looked in {folder}, which is no home: {OTHER_HOME}")), ..self }
    }

    /// Returns the error of a text that is no time field.
    pub(crate) fn unclear_time(mut error: TimeError) -> Self {
        let meant = error.suggestion.take().map(|meant| meant_time(&meant));
        let hint = meant.or_else(|| Some(FORMS_OF_TIME.to_owned()));
        let message = format!("the time {error}");
        Self { message, detail: None, hint, code: exit::WRONG_USAGE, is_unlogged: false }
    }

    /// Returns the error of a time zone that this machine doesn't know.
    pub(crate) fn unknown_zone(zone: &str) -> Self {
        let error = OptionError::UnknownZone(zone.to_owned());
        Self { is_unlogged: false, ..Self::wrong_usage(error) }
    }

    /// Returns the same error where its cause says already what to do.
    pub(crate) fn without_hint(self) -> Self {
        Self { hint: None, ..self }
    }
}

/// How to use another folder.
const OTHER_HOME: &str = "choose another with --home DIR or the variable BACKUP_MANAGER_HOME, or make this one a home: \
     `backup_manager create` adds a schedule";

impl From<Error> for CommandError {
    fn from(mut error: Error) -> Self {
        let code = if is_wrong_usage(&error) { exit::WRONG_USAGE } else { exit::FAILED };
        let meant = take_suggestion(&mut error).map(|meant| meant_time(&meant));
        let (message, detail, hint) = (message(&error), error.detail(), meant.or_else(|| hint(&error)));
        Self { message, detail, hint, code, is_unlogged: false }
    }
}

impl From<PortError> for CommandError {
    fn from(error: PortError) -> Self {
        Error::Port(error).into()
    }
}

/// Returns whether the words of the command are what is wrong, so that nothing was done.
fn is_wrong_usage(error: &Error) -> bool {
    matches!(
        error,
        Error::MalformedSchedule { .. }
            | Error::MalformedLine { .. }
            | Error::UnclearMoment(_)
            | Error::MalformedName { .. }
            | Error::SeveralBackups { .. }
            | Error::NarrowRun { .. }
            | Error::SeveralSchedules { .. }
            | Error::ArchiveOfOtherName { .. }
    )
}
