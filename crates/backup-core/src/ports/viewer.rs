//! The port that looks into an archive.

use std::io::Write;

use crate::model::archive::{ArchivedEntry, ViewReport};
use crate::model::error::PortError;
use crate::ports::{ArchiveBytes, Progress};

/// Sees an entry, and returns whether it wants to see more.
pub type See<'a> = &'a mut dyn FnMut(&ArchivedEntry) -> bool;

/// Looks into an archive without restoring anything.
pub trait Viewer: Send + Sync {
    /// Shows the entries that are chosen, in their order in the archive: by lines as in a
    /// [`RestoreRequest`](crate::model::restore::RestoreRequest), all of them without one. What doesn't lie below the source is
    /// passed over, and reported. Where the archive breaks off, what comes before is shown, and that it does is reported.
    ///
    /// # Errors
    /// [`Failure::Refused`](crate::model::error::Failure::Refused) for a line that is the path of nothing and makes no sense as a
    /// pattern,
    /// [`Failure::Damaged`](crate::model::error::Failure::Damaged) when nothing in the archive can be read,
    /// [`Failure::Interrupted`](crate::model::error::Failure::Interrupted) when `progress` cancels.
    fn list(
        &self,
        archive: &mut dyn ArchiveBytes,
        chosen: &[Vec<u8>],
        see: See<'_>,
        progress: &dyn Progress,
    ) -> Result<ViewReport, PortError>;

    /// Writes the contents of the file of exactly that path below the source, the holes of a sparse one as zeros, and for
    /// a hard link what it leads to. Of two entries of one path the last counts. `./` in front makes no difference. It
    /// does **not** flush `out`. Of a file that can't be read to its end, what comes before is written, and that it can't
    /// is reported; so is an archive that breaks off behind the file, where another one of that path may follow.
    ///
    /// # Errors
    /// [`Failure::Missing`](crate::model::error::Failure::Missing) where there is no such entry,
    /// [`Failure::Damaged`](crate::model::error::Failure::Damaged) where there is none before the archive breaks off, or nothing
    /// of its contents can be read,
    /// [`Failure::Other`](crate::model::error::Failure::Other) where it is no file or `out` fails, and
    /// [`Failure::Interrupted`](crate::model::error::Failure::Interrupted) when `progress` cancels.
    fn copy(
        &self,
        archive: &mut dyn ArchiveBytes,
        path: &[u8],
        out: &mut dyn Write,
        progress: &dyn Progress,
    ) -> Result<ViewReport, PortError>;
}

const _DYN_COMPATIBLE: Option<&dyn Viewer> = None;
