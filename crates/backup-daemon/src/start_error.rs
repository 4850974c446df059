//! Why a service could not be started.

use std::io;

use backup_core::model::error::{Error, Failure, PortError, Remedy};

/// Returns the error of a start that failed for this reason.
pub(crate) fn not_started(error: PortError) -> Error {
    match error.failure {
        Failure::Busy => Error::AlreadyRunning,
        _ => Error::cant_start(error),
    }
}

/// Returns the error of a start at which the system refused this.
pub(crate) fn cant_start(error: io::Error, action: &str) -> Error {
    Error::CantStart(PortError::new(Failure::Other, action).because(error))
}

/// Returns whether the service can't start because others can change its home.
pub(crate) fn is_untrusted(cause: &PortError) -> bool {
    cause.remedy.as_deref() == Some(&Remedy::TrustHome)
}

/// Returns what to do about it, where there is something to do.
pub(crate) fn hint(error: &Error) -> Option<&'static str> {
    match error {
        Error::UnknownZone(_) => Some(
            "install tzdata, correct TZ or /etc/localtime, or set TZ=UTC where the times are meant in UTC",
        ),
        Error::CantStart(cause) if is_untrusted(cause) => {
            Some("to use this home all the same, pass --trust-home or set BACKUP_MANAGER_TRUST_HOME=1")
        }
        Error::WrongConfig(_) => {
            Some("`backup_manager check` shows each fault with its line; correct them, and do it again")
        }
        Error::NoRoomToStart(_) => Some("free some room, then do it again; nothing was changed"),
        _ => None,
    }
}
