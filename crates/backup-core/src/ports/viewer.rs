//! The port that looks into an archive.

use std::io::Write;

use crate::error::PortError;
use crate::ports::{ArchiveBytes, Progress};
use crate::view::ArchivedEntry;

/// Sees an entry, and returns whether it wants to see more.
pub type See<'a> = &'a mut dyn FnMut(&ArchivedEntry) -> bool;

/// Looks into an archive without restoring anything.
pub trait Viewer: Send + Sync {
    /// Shows the entries that are chosen, in their order in the archive: by lines as in a
    /// [`RestoreRequest`](crate::restore::RestoreRequest), all of them without one. What doesn't lie below the source is
    /// passed over.
    ///
    /// # Errors
    /// [`Failure::Refused`](crate::error::Failure::Refused) for a line that makes no sense,
    /// [`Failure::Damaged`](crate::error::Failure::Damaged) where the archive breaks off,
    /// [`Failure::Interrupted`](crate::error::Failure::Interrupted) when `progress` cancels.
    fn list(
        &self,
        archive: &mut dyn ArchiveBytes,
        chosen: &[String],
        see: See<'_>,
        progress: &dyn Progress,
    ) -> Result<(), PortError>;

    /// Writes the contents of the file of exactly that path below the source, the holes of a sparse one as zeros, and for
    /// a hard link what it leads to. Of two entries of one path the last counts. It does **not** flush `out`.
    ///
    /// # Errors
    /// [`Failure::Missing`](crate::error::Failure::Missing) where there is no such entry,
    /// [`Failure::Other`](crate::error::Failure::Other) where it is no file or `out` fails, and those of
    /// [`list`](Self::list).
    fn copy(
        &self,
        archive: &mut dyn ArchiveBytes,
        path: &[u8],
        out: &mut dyn Write,
        progress: &dyn Progress,
    ) -> Result<(), PortError>;
}

const _DYN_COMPATIBLE: Option<&dyn Viewer> = None;
