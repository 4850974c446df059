//! Checks an archive: reads it once, for its bytes and its structure.

use std::io::Read;
use std::path::Path;

use crate::model::archive::CheckReport;
use crate::model::error::{Failure, PortError};
use crate::ports::{Archiver, EndCheck, Progress, ReadTar};

/// Calls `read`, which passes the plain tar of an archive to a walk, and checks the structure of the archive in that walk.
///
/// Returns the result of `read` and that of the check.
///
/// # Errors
/// The error of `read`; [`Failure::Interrupted`] if `progress` cancelled the check.
pub(crate) fn checked<T>(
    archiver: &dyn Archiver,
    end_check: EndCheck,
    progress: &dyn Progress,
    read: impl FnOnce(ReadTar<'_>) -> Result<T, PortError>,
) -> Result<(T, Result<CheckReport, PortError>), PortError> {
    let mut checked = None;
    let mut read_tar =
        |tar: &mut dyn Read| checked = Some(archiver.check(tar, end_check, &Cancelling(progress)));
    let read = read(&mut read_tar)?;
    match checked {
        Some(Err(error)) if error.failure == Failure::Interrupted => Err(error),
        Some(checked) => Ok((read, checked)),
        None => Err(PortError::new(Failure::Other, "look into the archive")),
    }
}

/// Passes on whether to cancel. `read` itself reports how far it has come.
struct Cancelling<'a>(&'a dyn Progress);

impl Progress for Cancelling<'_> {
    fn advanced(&self, _path: &Path, _content_bytes: u64) {}

    fn is_cancelled(&self) -> bool {
        self.0.is_cancelled()
    }
}
