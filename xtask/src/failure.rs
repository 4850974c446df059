//! Why a task failed, and what to do about it.

use std::fmt::Display;
use std::process::ExitCode;

use crate::out;

pub(crate) type Outcome<T = ()> = Result<T, Failure>;

/// A message for the person who called the task, and the next thing to try where there is one.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
}

impl Failure {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None }
    }

    pub(crate) fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// Returns a closure for `map_err` that puts what was being done before the cause.
    pub(crate) fn doing<E: Display>(action: impl Display) -> impl FnOnce(E) -> Self {
        move |cause| Self::new(format!("can't {action}: {cause}"))
    }
}

/// Tells a failure on stderr and turns the outcome into the exit code of the program.
pub(crate) fn exit_code(result: Outcome) -> ExitCode {
    let Err(failure) = result else { return ExitCode::SUCCESS };
    out::complain(&format!("Error: {}", failure.message));
    if let Some(hint) = failure.hint {
        out::complain(&format!("hint: {hint}"));
    }
    ExitCode::FAILURE
}
