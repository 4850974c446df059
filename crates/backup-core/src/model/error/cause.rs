//! The failures of adapters behind errors.

use crate::model::destination::DestinationError;
use crate::model::error::{Error, PortError};

impl Error {
    /// Returns the failure of an adapter that caused the error, if one did.
    #[must_use]
    pub fn cause(&self) -> Option<&PortError> {
        match self {
            Self::BackupFailed { cause, .. }
            | Self::RestoreFailed { cause, .. }
            | Self::DrillFailed { cause, .. }
            | Self::CantStart(cause)
            | Self::NoRoomToStart(cause)
            | Self::NoRoomToChange(cause)
            | Self::CantStop(cause)
            | Self::Port(cause) => Some(cause),
            _ => None,
        }
    }
}

impl From<PortError> for Error {
    fn from(failure: PortError) -> Self {
        Self::Port(failure)
    }
}

impl From<DestinationError> for Error {
    fn from(failure: DestinationError) -> Self {
        Self::Destination(failure)
    }
}
