//! The port that turns an archive back into files.

use crate::model::error::PortError;
use crate::model::restore::{RestorePreview, RestoreReport, RestoreRequest};
use crate::ports::{ArchiveBytes, Progress};

/// Turns an archive back into files.
pub trait Restorer: Send + Sync {
    /// Restores the entries that the request chooses.
    ///
    /// Promises: nothing is written outside the target, whatever the archive says and whatever others do to the target
    /// meanwhile. A target that didn't exist appears whole, when everything is in it, or not at all; in one that did,
    /// each file does. What was there stays unless the request says otherwise, and nothing is ever removed that isn't
    /// replaced. What can't or may not be made is a finding, and the rest goes on. Called again after it was ended in
    /// any way, it finishes. `progress` hears of how many bytes of the archive went by, and is asked at least once an
    /// entry and once a MiB.
    ///
    /// Where the request digests and chooses everything, the report tells what all of the plain tar was.
    ///
    /// Not promised: that what was restored is durable when it returns; access and change times.
    ///
    /// # Errors
    /// [`Failure::Refused`](crate::model::error::Failure::Refused) for a target that must not be touched and for a line
    /// that is the path of nothing and makes no sense as a pattern, [`Failure::Missing`](crate::model::error::Failure::Missing) when nothing matches any pattern,
    /// [`Failure::Busy`](crate::model::error::Failure::Busy) when another restore is at work in the target,
    /// [`Failure::Full`](crate::model::error::Failure::Full) when there is no room,
    /// [`Failure::Damaged`](crate::model::error::Failure::Damaged) when nothing in the archive can be read; where it breaks off
    /// later, what came before is restored, and that it did is a finding,
    /// [`Failure::Interrupted`](crate::model::error::Failure::Interrupted) when `progress` cancels.
    fn restore(
        &self,
        archive: &mut dyn ArchiveBytes,
        request: &RestoreRequest,
        progress: &dyn Progress,
    ) -> Result<RestoreReport, PortError>;

    /// Returns what a restore would do, and changes nothing.
    ///
    /// # Errors
    /// As [`restore`](Self::restore).
    fn preview(
        &self,
        archive: &mut dyn ArchiveBytes,
        request: &RestoreRequest,
        progress: &dyn Progress,
    ) -> Result<RestorePreview, PortError>;
}

const _DYN_COMPATIBLE: Option<&dyn Restorer> = None;
