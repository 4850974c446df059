//! The port that turns an archive back into files.

use auto_impl::auto_impl;

use crate::model::error::{Failure, PortError};
use crate::model::restore::{LostEntry, RestoreJob, RestorePreview, RestoreReport};
use crate::ports::{ArchiveBytes, Progress};

/// Which entries of an archive are compared with its catalog.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// All of them.
    All,
    /// Those that a restore needs: the chosen ones, and the files that chosen hard links lead to.
    Chosen,
}

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

    /// Reads entries of an archive where its catalog says that they are, and returns those that aren't what was stored,
    /// in the order of the archive. `None`, which is the default: it has no catalog that can be read.
    ///
    /// Which entries are read is up to `extent`.
    ///
    /// Memory grows with the number of lost entries. `progress` is told of the bytes of contents.
    ///
    /// # Errors
    /// [`Failure::Interrupted`](crate::model::error::Failure::Interrupted): `progress` cancelled.
    fn find_lost(
        &self,
        archive: &mut dyn ArchiveBytes,
        request: &RestoreJob,
        extent: Extent,
        progress: &dyn Progress,
    ) -> Result<Option<Vec<LostEntry>>, PortError> {
        let _ = (archive, request, extent, progress);
        Ok(None)
    }

    /// Looks in another archive for what is lost, by its catalog, and notes what is there.
    ///
    /// Promises: what it notes was read and has the digest that was stored. The default finds nothing.
    ///
    /// # Errors
    /// [`Failure::Interrupted`](crate::model::error::Failure::Interrupted): `progress` cancelled; any failure to read the other
    /// archive.
    fn find_copies(
        &self,
        other: &mut dyn ArchiveBytes,
        file_name: &str,
        lost: &mut [LostEntry],
        progress: &dyn Progress,
    ) -> Result<(), PortError> {
        let _ = (other, file_name, lost, progress);
        Ok(())
    }

    /// Returns an archive that has all that is sound in a damaged one, and the copies of what isn't. What is lost for good
    /// isn't in it. `others` are the archives that have the copies, with their file names.
    ///
    /// # Errors
    /// The archive has no catalog that can be read. The default is [`Failure::Other`](crate::model::error::Failure::Other).
    fn healed<'b>(
        &self,
        archive: Box<dyn ArchiveBytes + 'b>,
        others: Vec<(String, Box<dyn ArchiveBytes + 'b>)>,
        lost: &[LostEntry],
    ) -> Result<Box<dyn ArchiveBytes + 'b>, PortError> {
        let _ = (archive, others, lost);
        Err(PortError::new(Failure::Other, "heal an archive"))
    }
}

const _DYN_COMPATIBLE: Option<&dyn Restorer> = None;
