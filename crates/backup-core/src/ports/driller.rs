//! The port that proves that an archive can be restored.

use auto_impl::auto_impl;

use crate::model::error::PortError;
use crate::model::history::DrillReport;
use crate::model::job::DrillRequest;
use crate::ports::Progress;

/// Proves that a finished backup can be restored with the tools of the system.
#[auto_impl(&, Box, Arc)]
pub trait Driller: Send + Sync {
    /// Restores an archive into a scratch folder with the system's own tools. Then compares what is there with what our
    /// own reader finds in the archive.
    ///
    /// The report has the archive's size and digest. The caller compares them with what was once made.
    ///
    /// Promises:
    /// - The same archive is restored, read and digested, even if another takes its name meanwhile.
    /// - The archive is only read.
    /// - Nobody else can enter the scratch folder, and it is gone when this returns, whatever happened.
    /// - A difference is in the report and is no error. The same holds for a damaged archive.
    /// - What this process, these tools or this file system can't restore at all is counted, and is no difference.
    ///
    /// `progress` is told of the archive's bytes twice, while they are restored and while they are compared. It is asked
    /// all the time.
    ///
    /// # Errors
    /// - [`Failure::Missing`](crate::model::error::Failure::Missing): no finished backup has that file name.
    /// - [`Failure::Full`](crate::model::error::Failure::Full): there is too little space in the scratch folder.
    /// - [`Failure::Busy`](crate::model::error::Failure::Busy): another drill of the same backup is under way.
    /// - [`Failure::Interrupted`](crate::model::error::Failure::Interrupted): `progress` cancelled.
    /// - [`Failure::Other`](crate::model::error::Failure::Other): a tool is missing, was ended by somebody else, or can't restore such an archive.
    fn drill(&self, request: &DrillRequest<'_>, progress: &dyn Progress) -> Result<DrillReport, PortError>;
}

const _DYN_COMPATIBLE: Option<&dyn Driller> = None;
