//! Placeholder until merged.
use backup_core::error::{Failure, PortError};
use std::io;
pub(crate) fn failure_of(error: &io::Error) -> Failure {
    use io::ErrorKind as K;
    match error.kind() {
        K::NotFound => Failure::Missing,
        K::PermissionDenied | K::ReadOnlyFilesystem => Failure::Denied,
        K::StorageFull | K::QuotaExceeded | K::FileTooLarge => Failure::Full,
        K::WouldBlock => Failure::Busy,
        K::InvalidInput => Failure::Refused,
        _ => Failure::Other,
    }
}
pub(crate) fn port_error(action: impl Into<String>, cause: io::Error) -> PortError {
    PortError::new(failure_of(&cause), action).because(cause)
}
