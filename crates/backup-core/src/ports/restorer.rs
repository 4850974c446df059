//! The port that turns an archive back into files.

use auto_impl::auto_impl;

use crate::model::error::PortError;
use crate::model::restore::{RestoreJob, RestorePreview, RestoreReport};
use crate::ports::{ArchiveBytes, Progress};

/// Turns an archive back into files.
#[auto_impl(&, Box, Arc)]
pub trait Restorer: Send + Sync {
    /// Restores the entries that the request chooses.
    ///
    /// Promises:
    /// - Nothing is written outside the target, whatever the archive says, and whatever others do to the target meanwhile.
    /// - A target that didn't exist appears whole or not at all. In a target that existed, each file does.
    /// - Existing files stay unless the request says otherwise. Nothing is removed that isn't replaced.
    /// - What can't or may not be restored is a finding, and the rest goes on.
    /// - If it was ended in any way, calling it again finishes the work.
    /// - If the request asks for digests and chooses everything, the report has the digest of the whole plain tar.
    ///
    /// `progress` is told how many bytes of the archive went by. It is asked at least once an entry and once a MiB.
    ///
    /// Not promised: that the restored files are durable when it returns; access and change times.
    ///
    /// # Errors
    /// - [`Failure::Refused`](crate::model::error::Failure::Refused): the target must not be touched, or a line is neither an existing path nor a valid pattern.
    /// - [`Failure::Missing`](crate::model::error::Failure::Missing): nothing matches any line.
    /// - [`Failure::Busy`](crate::model::error::Failure::Busy): another restore is at work in the target.
    /// - [`Failure::Full`](crate::model::error::Failure::Full): there is too little space.
    /// - [`Failure::Damaged`](crate::model::error::Failure::Damaged): nothing in the archive can be read. If it breaks off later, everything before that is
    ///   restored, and the damage is a finding.
    /// - [`Failure::Interrupted`](crate::model::error::Failure::Interrupted): `progress` cancelled.
    fn restore(
        &self,
        archive: &mut dyn ArchiveBytes,
        request: &RestoreJob,
        progress: &dyn Progress,
    ) -> Result<RestoreReport, PortError>;

    /// Returns what a restore would do, and changes nothing.
    ///
    /// # Errors
    /// As [`restore`](Self::restore).
    fn preview(
        &self,
        archive: &mut dyn ArchiveBytes,
        request: &RestoreJob,
        progress: &dyn Progress,
    ) -> Result<RestorePreview, PortError>;
}

const _DYN_COMPATIBLE: Option<&dyn Restorer> = None;
