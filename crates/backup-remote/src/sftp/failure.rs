//! Failure: what an error of an SFTP client means.

use std::future::Future;
use std::io;
use std::time::Duration;

use backup_core::model::destination::DestinationFault;
use openssh_sftp_client::Error;
use openssh_sftp_client::error::SftpErrorKind;

use crate::problem::Problem;

/// How long the other side may take for one answer.
const ANSWER_TIME: Duration = Duration::from_mins(2);

/// What failed, and whether the connection can be used further.
pub(super) enum Trouble {
    /// The other side said no, or this side did.
    Told(Problem),
    /// The connection is lost.
    Lost(String),
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        match &error {
            Error::SftpError(kind, message) => {
                let fault = match kind {
                    SftpErrorKind::NoSuchFile => DestinationFault::NotFound,
                    SftpErrorKind::PermDenied => DestinationFault::Denied,
                    SftpErrorKind::OpUnsupported => DestinationFault::Unsupported,
                    _ => DestinationFault::Other,
                };
                Self::Told(Problem::new(fault, format!("the server says: {}", message.get().0.trim())))
            }
            Error::UnsupportedExtension(_) => Self::Told(Problem::new(DestinationFault::Unsupported, error)),
            _ => Self::Lost(error.to_string()),
        }
    }
}

/// Waits for one answer, but not for ever.
pub(super) async fn within<T, E: Into<Error>>(
    answer: impl Future<Output = Result<T, E>>,
) -> Result<T, Error> {
    match tokio::time::timeout(ANSWER_TIME, answer).await {
        Ok(answer) => answer.map_err(|error| unwrapped(error.into())),
        Err(_) => Err(Error::IOError(io::Error::new(
            io::ErrorKind::TimedOut,
            "there was no answer for two minutes",
        ))),
    }
}

/// Returns the client's own error, where it is inside of an I/O error.
fn unwrapped(error: Error) -> Error {
    match error {
        Error::IOError(error) => match error.downcast::<Error>() {
            Ok(inner) => inner,
            Err(error) => Error::IOError(error),
        },
        error => error,
    }
}

/// Returns whether there is no such file.
pub(super) fn is_missing(error: &Error) -> bool {
    matches!(error, Error::SftpError(SftpErrorKind::NoSuchFile, _))
}

/// Returns whether the other side says no more than that it failed.
pub(super) fn is_failure(error: &Error) -> bool {
    matches!(error, Error::SftpError(SftpErrorKind::Failure, _))
}
