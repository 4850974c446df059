//! Reading an archive once, for its bytes and its structure.

use std::io::Read;
use std::path::Path;

use crate::model::archive::CheckReport;
use crate::model::error::{Failure, PortError};
use crate::ports::{Archiver, Ending, Progress, Walk};

/// Has an archive read by somebody who gives its plain tar to a walk, and checks its structure on the way. Returns what
/// the reading came to, and the check.
///
/// # Errors
/// Those of the reading, and [`Failure::Interrupted`] when `progress` cancels the check.
pub(crate) fn checked<T>(
    archiver: &dyn Archiver,
    ending: Ending,
    progress: &dyn Progress,
    read: impl FnOnce(Walk<'_>) -> Result<T, PortError>,
) -> Result<(T, Result<CheckReport, PortError>), PortError> {
    let mut walked = None;
    let mut walk = |tar: &mut dyn Read| walked = Some(archiver.check(tar, ending, &Cancelling(progress)));
    let read = read(&mut walk)?;
    match walked {
        Some(Err(error)) if error.failure == Failure::Interrupted => Err(error),
        Some(walked) => Ok((read, walked)),
        None => Err(PortError::new(Failure::Other, "look into the archive")),
    }
}

/// Ends the walk with the reading, which tells how far it has come.
struct Cancelling<'a>(&'a dyn Progress);

impl Progress for Cancelling<'_> {
    fn advanced(&self, _path: &Path, _content_bytes: u64) {}

    fn is_cancelled(&self) -> bool {
        self.0.is_cancelled()
    }
}
