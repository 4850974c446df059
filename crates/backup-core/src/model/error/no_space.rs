//! Errors of a full disk.

use crate::model::error::Error;
use crate::model::error::port_error::{Failure, PortError};

impl Error {
    /// Returns the error of a service that could not be started.
    #[must_use]
    pub fn cant_start(reason: &PortError) -> Self {
        match reason.failure {
            Failure::Full => Self::NoRoomToStart(reason.to_string()),
            _ => Self::CantStart(reason.to_string()),
        }
    }

    /// Returns the same error of a change to the schedules, with what to do where there was no room.
    #[must_use]
    pub(crate) fn of_a_change(self) -> Self {
        match self {
            Self::Port(cause) if cause.failure == Failure::Full => Self::NoRoomToChange(cause),
            other => other,
        }
    }
}
