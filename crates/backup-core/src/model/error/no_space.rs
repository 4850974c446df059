//! No space: the errors that a full disk leads to.

use crate::model::error::Error;
use crate::model::error::port_error::{Failure, PortError};

impl Error {
    /// Returns the error that a service could not be started.
    #[must_use]
    pub fn cant_start(cause: PortError) -> Self {
        match cause.failure {
            Failure::Full => Self::NoRoomToStart(cause),
            _ => Self::CantStart(cause),
        }
    }

    /// Returns the error of a change to the schedules. A full disk becomes [`NoRoomToChange`](Self::NoRoomToChange).
    #[must_use]
    pub(crate) fn of_a_change(self) -> Self {
        match self {
            Self::Port(cause) if cause.failure == Failure::Full => Self::NoRoomToChange(cause),
            other => other,
        }
    }
}
