//! The port that looks into an archive.

use std::io::Write;

use auto_impl::auto_impl;

use crate::model::archive::{ArchivedEntry, ViewReport};
use crate::model::error::PortError;
use crate::ports::{ArchiveBytes, Progress};

/// Called with each entry that is shown. It returns whether the listing continues.
pub type VisitEntry<'a> = &'a mut dyn FnMut(&ArchivedEntry) -> bool;

/// What is known of the contents of a file without reading them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownContents {
    /// A digest. It is of what is stored of the file, so that of a file with holes depends on where these are.
    pub digest: [u8; 16],
    /// Whether the file is stored without its holes.
    pub has_holes: bool,
}

/// The entries of one archive, one at a time. [`Viewer::entries`] returns it.
pub trait EntryReader {
    /// Returns the next entry below the source, or `None` at the end of what can be read.
    ///
    /// # Errors
    /// As [`Viewer::list`].
    fn next_entry(&mut self) -> Result<Option<ArchivedEntry>, PortError>;

    /// Returns a digest of the contents of the file that was returned last. Equal contents have equal digests, and other
    /// contents have others, in whatever archive they are. Holes of a sparse file count as zeros. It is asked at most once
    /// a file.
    ///
    /// # Errors
    /// - [`Failure::Damaged`](crate::model::error::Failure::Damaged): the contents can't be read to their end.
    /// - [`Failure::Interrupted`](crate::model::error::Failure::Interrupted): the progress cancelled.
    fn digest(&mut self) -> Result<[u8; 32], PortError>;

    /// Returns what is known of the contents of the file that was returned last, without reading them.
    ///
    /// Promises: of two files without holes, in whatever archives, the contents are the same exactly if their digests are. Of two
    /// files with holes, the contents are the same if their digests are. The default is that nothing is known.
    fn known_contents(&mut self) -> Option<KnownContents> {
        None
    }

    /// Returns what could not be shown so far. After the last entry, that is all.
    fn report(&mut self) -> ViewReport;
}

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

    /// Begins to read all entries of an archive, one at a time, in the order of the archive. They are those that
    /// [`list`](Self::list) shows.
    ///
    /// # Errors
    /// A failure to read the archive's start.
    fn entries<'a>(
        &self,
        archive: &'a mut dyn ArchiveBytes,
        progress: &'a dyn Progress,
    ) -> Result<Box<dyn EntryReader + 'a>, PortError>;

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
