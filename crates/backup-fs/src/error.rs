//! What an I/O error means to the core.

use std::error::Error;
use std::io::ErrorKind;
use std::path::Path;
use std::{fmt, io};

use backup_core::model::error::{Failure, PortError};
use rustix::io::Errno;

/// Returns the kind of failure that an I/O error is.
pub(crate) fn failure_of(error: &io::Error) -> Failure {
    match error.kind() {
        kind if Failure::of(kind) != Failure::Other => Failure::of(kind),
        // O_NOFOLLOW says ENOTDIR instead of ELOOP when a folder was asked for.
        ErrorKind::NotADirectory => Failure::Refused,
        _ if is_marked::<Refusal>(error) => Failure::Refused,
        _ if is_marked::<Taken>(error) => Failure::Busy,
        _ if is_marked::<NotDurable>(error) => Failure::NotDurable,
        _ => failure_of_number(Errno::from_io_error(error)),
    }
}

/// Of some numbers the standard library has no stable kind.
fn failure_of_number(errno: Option<Errno>) -> Failure {
    match errno {
        Some(Errno::LOOP) => Failure::Refused,
        Some(Errno::MFILE | Errno::NFILE) => Failure::Scarce,
        _ => Failure::Other,
    }
}

fn is_marked<M: Error + 'static>(error: &io::Error) -> bool {
    error.get_ref().is_some_and(<dyn Error + Send + Sync>::is::<M>)
}

/// Returns the failure of `action` ("write backups/docs.tar") that `cause` is.
pub(crate) fn port_error(action: impl Into<String>, cause: io::Error) -> PortError {
    PortError::new(failure_of(&cause), action).because(cause)
}

/// Says that something is not what Backup Manager would have made.
#[derive(Debug)]
struct Refusal(String);

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Refusal {}

/// Says that somebody else holds the lock of something. The kernel has no error of its own for that: EAGAIN and EBUSY
/// have many causes.
#[derive(Debug)]
struct Taken(String);

impl fmt::Display for Taken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Taken {}

/// Returns the error that says who holds the lock.
pub(crate) fn taken(by: impl Into<String>) -> io::Error {
    io::Error::other(Taken(by.into()))
}

/// Says that a file has its name, and that nobody knows whether it keeps that.
#[derive(Debug)]
struct NotDurable(io::Error);

impl fmt::Display for NotDurable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "it has taken its place, but it can't be told whether it stays there after a power cut: {}",
            self.0
        )
    }
}

impl Error for NotDurable {}

/// Returns the error of a file that has its name, and of which the folder could not be synced.
pub(crate) fn not_durable(cause: io::Error) -> io::Error {
    io::Error::other(NotDurable(cause))
}

/// Returns the error that refuses something for this reason.
pub(crate) fn refused(reason: impl Into<String>) -> io::Error {
    io::Error::other(Refusal(reason.into()))
}

/// Returns the same failure with the path that it happened at.
pub(crate) fn located(error: &io::Error, path: &Path) -> io::Error {
    let text = format!("{}: {error}", path.display());
    match failure_of(error) {
        Failure::Refused => refused(text),
        Failure::Busy => taken(text),
        Failure::Scarce => io::Error::new(ErrorKind::OutOfMemory, text),
        _ => io::Error::new(error.kind(), text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_what_the_system_says() {
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
        assert_eq!(failure_of(&taken("another process is writing it")), Failure::Busy);
        assert_eq!(failure_of(&not_durable(Errno::NOSPC.into())), Failure::NotDurable);
        assert_eq!(failure_of(&io::Error::other("no number")), Failure::Other);
        assert_eq!(failure_of(&ErrorKind::StorageFull.into()), Failure::Full);
    }

    #[test]
    fn keeps_the_failure_of_an_error_that_is_given_a_path() {
        for errno in
            [Errno::NOSPC, Errno::LOOP, Errno::NOTDIR, Errno::ACCESS, Errno::IO, Errno::AGAIN, Errno::MFILE]
        {
            let error = io::Error::from(errno);
            let located = located(&error, Path::new("backups/docs.tar"));
            assert_eq!(failure_of(&located), failure_of(&error), "{errno:?}");
            assert_eq!(located.to_string(), format!("backups/docs.tar: {error}"));
        }
        assert_eq!(failure_of(&located(&refused("it is a FIFO"), Path::new("x"))), Failure::Refused);
        assert_eq!(failure_of(&located(&taken("it is written"), Path::new("x"))), Failure::Busy);
    }

    #[test]
    fn names_the_action_and_the_cause() {
        let error = port_error("write backups/docs.tar", Errno::NOSPC.into());
        assert_eq!(error.failure, Failure::Full);
        assert_eq!(error.to_string(), "can't write backups/docs.tar: No space left on device (os error 28)");
    }
}
