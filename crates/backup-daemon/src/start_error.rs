//! Why a service could not be started.

use std::io;

use backup_core::error::{Error, Failure, PortError};

/// Returns the error of a start that failed for this reason.
pub(crate) fn not_started(error: &PortError) -> Error {
    match error.failure {
        Failure::Busy => Error::AlreadyRunning,
        _ => Error::cant_start(error),
    }
}

/// Returns the error of a start at which the system refused this.
pub(crate) fn cant_start(error: io::Error, action: &str) -> Error {
    Error::CantStart(PortError::new(Failure::Other, action).because(error).to_string())
}
