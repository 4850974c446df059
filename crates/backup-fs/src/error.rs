//! Error conversion: from I/O errors to the failures of the core, and back.

use std::error::Error;
use std::io::ErrorKind;
use std::path::Path;
use std::{fmt, io};

use backup_core::model::error::{Failure, PortError, Remedy};
use rustix::io::Errno;

/// Returns the kind of failure that the core calls this I/O error.
pub(crate) fn failure_of(error: &io::Error) -> Failure {
    match error.kind() {
        kind if Failure::of(kind) != Failure::Other => Failure::of(kind),
        // With O_DIRECTORY, O_NOFOLLOW fails with ENOTDIR instead of ELOOP.
        ErrorKind::NotADirectory => Failure::Refused,
        _ => match marked(error) {
            Some(marked) => marked.failure,
            None => failure_of_number(Errno::from_io_error(error)),
        },
    }
}

/// Covers the error numbers for which the standard library has no stable kind.
fn failure_of_number(errno: Option<Errno>) -> Failure {
    match errno {
        Some(Errno::LOOP) => Failure::Refused,
        Some(Errno::MFILE | Errno::NFILE) => Failure::Scarce,
        _ => Failure::Other,
    }
}

/// Returns the error of an `action` ("write backups/docs.tar") that failed with `cause`.
pub(crate) fn port_error(action: impl Into<String>, cause: io::Error) -> PortError {
    let remedy = marked(&cause).and_then(|marked| marked.remedy.clone());
    PortError::new(failure_of(&cause), action).because(cause).with_remedy(remedy)
}

/// An error with the failure that it means, and what a person can do about it. The kernel has none of its own for these.
#[derive(Debug)]
struct Marked {
    failure: Failure,
    reason: String,
    remedy: Option<Remedy>,
}

impl fmt::Display for Marked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl Error for Marked {}

fn marked(error: &io::Error) -> Option<&Marked> {
    error.get_ref()?.downcast_ref()
}

fn mark(failure: Failure, reason: impl Into<String>, remedy: impl Into<Option<Remedy>>) -> io::Error {
    let kind = if failure == Failure::Denied { ErrorKind::PermissionDenied } else { ErrorKind::Other };
    io::Error::new(kind, Marked { failure, reason: reason.into(), remedy: remedy.into() })
}

/// Returns the error for a lock that somebody else holds. `reason` says who.
///
/// The kernel's own EAGAIN and EBUSY have many other causes.
pub(crate) fn lock_held(reason: impl Into<String>) -> io::Error {
    mark(Failure::Busy, reason, None)
}

/// Returns the error for a file that has its final name in a folder that couldn't be synced.
pub(crate) fn not_durable(cause: &io::Error) -> io::Error {
    let text = format!("the new file is in place, but a power cut may still undo that: {cause}");
    mark(Failure::NotDurable, text, None)
}

/// Returns the error for something that is refused, with the reason.
pub(crate) fn refused(reason: impl Into<String>) -> io::Error {
    refused_with(reason, None)
}

/// Returns the error for something that is refused, with the reason and what a person can do about it.
pub(crate) fn refused_with(reason: impl Into<String>, remedy: impl Into<Option<Remedy>>) -> io::Error {
    mark(Failure::Refused, reason, remedy)
}

/// Returns the error for something that no key opens, with the reason and what a person can do about it.
pub(crate) fn locked(reason: impl Into<String>, remedy: impl Into<Option<Remedy>>) -> io::Error {
    mark(Failure::Locked, reason, remedy)
}

/// Returns the error for something that is not safe to use, with the reason. The failure is [`Failure::Denied`].
pub(crate) fn untrusted(reason: impl Into<String>) -> io::Error {
    mark(Failure::Denied, reason, Remedy::TrustHome)
}

/// Returns `None` for what doesn't exist.
pub(crate) fn existing<T>(found: io::Result<T>) -> io::Result<Option<T>> {
    match found {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        found => found.map(Some),
    }
}

/// Adds the path to an error. The failure and the remedy stay the same.
pub(crate) fn located(error: &io::Error, path: &Path) -> io::Error {
    let text = format!("{}: {error}", path.display());
    if let Some(Marked { failure, remedy, .. }) = marked(error) {
        return mark(*failure, text, remedy.clone());
    }
    match failure_of(error) {
        Failure::Refused => refused(text),
        Failure::Scarce => io::Error::new(ErrorKind::OutOfMemory, text),
        _ => io::Error::new(error.kind(), text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_error_numbers_to_failures() {
        let cases = [
            (Errno::NOENT, Failure::Missing),
            (Errno::ACCESS, Failure::Denied),
            (Errno::PERM, Failure::Denied),
            (Errno::ROFS, Failure::Denied),
            (Errno::NOSPC, Failure::Full),
            (Errno::DQUOT, Failure::Full),
            (Errno::FBIG, Failure::Full),
            (Errno::AGAIN, Failure::Scarce),
            (Errno::NOMEM, Failure::Scarce),
            (Errno::MFILE, Failure::Scarce),
            (Errno::NFILE, Failure::Scarce),
            (Errno::BUSY, Failure::Other),
            (Errno::TXTBSY, Failure::Other),
            (Errno::LOOP, Failure::Refused),
            (Errno::NOTDIR, Failure::Refused),
            (Errno::INTR, Failure::Other),
            (Errno::IO, Failure::Other),
        ];
        for (errno, expected) in cases {
            assert_eq!(failure_of(&errno.into()), expected, "{errno:?}");
        }
    }

    #[test]
    fn maps_an_error_without_a_number() {
        assert_eq!(failure_of(&refused("it is a symbolic link")), Failure::Refused);
        assert_eq!(failure_of(&lock_held("another process is writing it")), Failure::Busy);
        assert_eq!(failure_of(&not_durable(&Errno::NOSPC.into())), Failure::NotDurable);
        assert_eq!(failure_of(&io::Error::other("no number")), Failure::Other);
        assert_eq!(failure_of(&ErrorKind::StorageFull.into()), Failure::Full);
    }

    #[test]
    fn a_path_does_not_change_the_failure() {
        for errno in
            [Errno::NOSPC, Errno::LOOP, Errno::NOTDIR, Errno::ACCESS, Errno::IO, Errno::AGAIN, Errno::MFILE]
        {
            let error = io::Error::from(errno);
            let located = located(&error, Path::new("backups/docs.tar"));
            assert_eq!(failure_of(&located), failure_of(&error), "{errno:?}");
            assert_eq!(located.to_string(), format!("backups/docs.tar: {error}"));
        }
        assert_eq!(failure_of(&located(&refused("it is a FIFO"), Path::new("x"))), Failure::Refused);
        assert_eq!(failure_of(&located(&untrusted("anybody may write"), Path::new("x"))), Failure::Denied);
        assert_eq!(failure_of(&located(&lock_held("it is written"), Path::new("x"))), Failure::Busy);
    }

    #[test]
    fn a_port_error_has_the_remedy() {
        let remedy = |error| port_error("write x", error).remedy.map(|remedy| *remedy);
        assert_eq!(remedy(untrusted("anybody may write")), Some(Remedy::TrustHome));
        assert_eq!(remedy(located(&untrusted("anybody may write"), Path::new("x"))), Some(Remedy::TrustHome));
        let choose = || Remedy::ChooseTarget;
        assert_eq!(remedy(located(&refused_with("it exists", choose()), Path::new("x"))), Some(choose()));
        assert_eq!(remedy(refused("it is a FIFO")), None);
        assert_eq!(remedy(Errno::NOSPC.into()), None);
    }

    #[test]
    fn the_message_has_the_action_and_the_cause() {
        let error = port_error("write backups/docs.tar", Errno::NOSPC.into());
        assert_eq!(error.failure, Failure::Full);
        assert_eq!(error.to_string(), "can't write backups/docs.tar: No space left on device (os error 28)");
    }
}
