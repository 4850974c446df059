//! The port that looks into an archive.

use std::io::Write;

use auto_impl::auto_impl;

use crate::model::archive::{ArchivedEntry, ViewReport};
use crate::model::error::PortError;
use crate::ports::{ArchiveBytes, Progress};

/// Is shown an entry, and returns whether it wants to see more.
pub type VisitEntry<'a> = &'a mut dyn FnMut(&ArchivedEntry) -> bool;

/// Looks into an archive without restoring anything.
#[auto_impl(&, Box, Arc)]
pub trait Viewer: Send + Sync {
    /// Shows the chosen entries, in the order of the archive.
    ///
    /// The lines in `chosen` mean the same as in a [`RestoreJob`](crate::model::restore::RestoreJob). Without a
    /// line, all entries are shown. Entries that aren't below the source are skipped and reported. If the archive breaks
    /// off, everything before that is shown, and the damage is reported.
    ///
    /// # Errors
    /// - [`Failure::Refused`](crate::model::error::Failure::Refused): a line is neither an existing path nor a valid pattern.
    /// - [`Failure::Damaged`](crate::model::error::Failure::Damaged): nothing in the archive can be read.
    /// - [`Failure::Interrupted`](crate::model::error::Failure::Interrupted): `progress` cancelled.
    fn list(
        &self,
        archive: &mut dyn ArchiveBytes,
        chosen: &[Vec<u8>],
        visit: VisitEntry<'_>,
        progress: &dyn Progress,
    ) -> Result<ViewReport, PortError>;

    /// Writes the contents of one file to `out`: the file with exactly that path below the source.
    ///
    /// Holes of a sparse file are written as zeros. A hard link gives the contents of the file that it links to. If a path
    /// occurs twice, the last entry counts. `./` in front makes no difference.
    ///
    /// If the file can't be read to its end, everything before that is written, and the damage is reported. An archive
    /// that breaks off behind the file is reported as well: another entry with that path might follow.
    ///
    /// Not promised: that `out` was flushed.
    ///
    /// # Errors
    /// - [`Failure::Missing`](crate::model::error::Failure::Missing): there is no such entry.
    /// - [`Failure::Damaged`](crate::model::error::Failure::Damaged): the archive breaks off before the file, or none of its contents can be read.
    /// - [`Failure::Other`](crate::model::error::Failure::Other): the entry is no file, or `out` fails.
    /// - [`Failure::Interrupted`](crate::model::error::Failure::Interrupted): `progress` cancelled.
    fn copy(
        &self,
        archive: &mut dyn ArchiveBytes,
        path: &[u8],
        out: &mut dyn Write,
        progress: &dyn Progress,
    ) -> Result<ViewReport, PortError>;
}

const _DYN_COMPATIBLE: Option<&dyn Viewer> = None;
