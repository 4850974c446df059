//! The port that proves that an archive comes back.

use crate::model::error::PortError;
use crate::model::history::DrillReport;
use crate::model::job::DrillRequest;
use crate::ports::Progress;

/// Proves that a finished backup comes back with the tools of the system.
pub trait Driller: Send + Sync {
    /// Restores an archive into a scratch folder with the system's own tools, and compares all that stands there then
    /// with what our own reader says is in it. Whether the archive is what was once made is for the caller to tell, by the
    /// seal in the report.
    ///
    /// Promises: one and the same archive is restored, read and digested, even where another takes its name meanwhile.
    /// The archive is only read. The scratch, which nobody else can enter, is gone when this returns, whatever happened.
    /// What differs is a difference in the report and no error, and so is a damaged archive. What can't be
    /// restored there at all, by this process, these tools or this file system, is no difference, but counted. `progress` hears of the
    /// archive's bytes twice, once as they are restored and once as they are compared, and is asked all the time.
    ///
    /// # Errors
    /// [`Failure::Missing`](crate::model::error::Failure::Missing) when no finished backup has that file name,
    /// [`Failure::Full`](crate::model::error::Failure::Full) when the scratch has no room for it,
    /// [`Failure::Busy`](crate::model::error::Failure::Busy) while another drill of the same backup is under way,
    /// [`Failure::Interrupted`](crate::model::error::Failure::Interrupted) when `progress` cancels, and
    /// [`Failure::Other`](crate::model::error::Failure::Other) when a tool isn't there, is ended by somebody else, or can't restore
    /// such an archive.
    fn drill(&self, request: &DrillRequest<'_>, progress: &dyn Progress) -> Result<DrillReport, PortError>;
}

const _DYN_COMPATIBLE: Option<&dyn Driller> = None;
