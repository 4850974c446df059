//! Problem: a failure at a destination before it is said what was being done, and where.

use std::error::Error as StdError;
use std::io;

use backup_core::model::destination::{DestinationError, DestinationFault};

/// The cause of a failure.
pub(crate) type Cause = Box<dyn StdError + Send + Sync>;

/// What failed, without the destination and the action.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) fault: DestinationFault,
    pub(crate) cause: Option<Cause>,
}

impl Problem {
    pub(crate) fn new(fault: DestinationFault, cause: impl Into<Cause>) -> Self {
        Self { fault, cause: Some(cause.into()) }
    }

    pub(crate) fn bare(fault: DestinationFault) -> Self {
        Self { fault, cause: None }
    }

    /// Returns the failure of a file system that is the destination.
    pub(crate) fn io(error: io::Error) -> Self {
        let fault = match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => DestinationFault::NotFound,
            io::ErrorKind::AlreadyExists => DestinationFault::AlreadyExists,
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => DestinationFault::Denied,
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                DestinationFault::Full
            }
            io::ErrorKind::TimedOut
            | io::ErrorKind::StaleNetworkFileHandle
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::ConnectionReset => DestinationFault::Unreachable,
            _ => DestinationFault::Other,
        };
        Self::new(fault, error)
    }

    /// Returns the failure of what is read or written on this machine.
    pub(crate) fn local(error: impl Into<Cause>) -> Self {
        Self::new(DestinationFault::Local, error)
    }

    /// Returns the same failure of another kind.
    pub(crate) fn seen_as(self, fault: DestinationFault) -> Self {
        Self { fault, ..self }
    }

    /// Returns the error of the destination `name` that wanted to do `action`.
    pub(crate) fn at(self, name: &str, action: impl Into<String>) -> DestinationError {
        let error = DestinationError::new(name, self.fault, action);
        match self.cause {
            Some(cause) => error.because(cause),
            None => error,
        }
    }
}
