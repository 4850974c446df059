//! View: the use cases that look into archives.

use std::cell::Cell;
use std::io::Write;

use chrono::DateTime;

use super::Manager;
use crate::manager::archive_query::{ArchiveQuery, FoundArchive};
use crate::manager::typed_path::{Reading, SourcePrefixes};
use crate::model::archive::{ArchivedEntry, BackupRecord, ViewReport, display_path};
use crate::model::error::{Error, Failure, PortError};
use crate::policy::archive_choice::choosing;
use crate::ports::{Ports, Progress, Viewer, VisitEntry};
use crate::text::printable;
use crate::time::{Moment, moment};

/// Looks into archives.
#[derive(Clone, Copy)]
pub struct View<'a> {
    ports: Ports<'a>,
    viewer: &'a dyn Viewer,
}

/// An entry that was found.
#[derive(Debug, Clone, Copy)]
pub struct Viewed<'a> {
    /// The archive that holds it.
    pub archive: &'a BackupRecord,
    /// The entry.
    pub entry: &'a ArchivedEntry,
    /// When it last changed, in the time zone of the clock.
    pub modified: Option<Moment>,
}

impl<'a> View<'a> {
    /// Returns the use cases over these ports.
    #[must_use]
    pub fn new(ports: Ports<'a>, viewer: &'a dyn Viewer) -> Self {
        Self { ports, viewer }
    }

    /// Returns the archive that the query asks for.
    ///
    /// # Errors
    /// As [`ArchiveQuery::find`].
    pub fn find(&self, query: &ArchiveQuery<'_>) -> Result<FoundArchive, Error> {
        query.find(&self.ports)
    }

    /// Lists the entries of an archive: all of them, or the chosen ones.
    ///
    /// `visit` is called with each entry, and returns whether the listing continues. The report says what could not be shown.
    /// If nothing matches, a path may have the source's name or its whole path in front, and tar's escapes in it.
    ///
    /// # Errors
    /// [`Error::Port`], as [`Viewer::list`] fails.
    pub fn show(
        &self,
        archive: &BackupRecord,
        chosen: &[Vec<u8>],
        visit: &mut dyn FnMut(Viewed<'_>) -> bool,
        progress: &dyn Progress,
    ) -> Result<ViewReport, Error> {
        let shown = Cell::new(false);
        let mut seen = |entry: &ArchivedEntry| {
            shown.set(true);
            visit(Viewed { archive, entry, modified: modified(&self.ports, entry) })
        };
        let mut listed = self.list(archive, choosing(chosen), &mut seen, progress);
        let is_unmatched = |listed: &Result<_, PortError>| match listed {
            Ok(_) => !shown.get(),
            Err(error) => error.failure == Failure::Refused,
        };
        if is_unmatched(&listed) && !chosen.is_empty() {
            let prefixes = SourcePrefixes::of(&self.ports, archive);
            let typed: Vec<_> = chosen.iter().map(|line| (&line[..], line.clone())).collect();
            for reread in Reading::ALL.iter().filter_map(|way| prefixes.reread(*way, &typed, |_| true)) {
                if is_unmatched(&listed) {
                    listed = self.list(archive, choosing(&reread), &mut seen, progress);
                }
            }
        }
        listed.map_err(|error| in_archive(error, archive))
    }

    fn list(
        &self,
        archive: &BackupRecord,
        chosen: &[Vec<u8>],
        seen: VisitEntry<'_>,
        progress: &dyn Progress,
    ) -> Result<ViewReport, PortError> {
        let mut bytes = self.ports.backups.open(&archive.file_name)?;
        self.viewer.list(&mut *bytes, chosen, seen, progress)
    }

    /// Writes the contents of one archived file to `out`.
    ///
    /// If there is no such file, the path may have the source's name or its whole path in front, and tar's escapes in it.
    /// The report says what could not be read of the file or of the archive.
    ///
    /// # Errors
    /// [`Error::Port`], as [`Viewer::copy`] fails.
    pub fn copy(
        &self,
        archive: &BackupRecord,
        path: &[u8],
        out: &mut dyn Write,
        progress: &dyn Progress,
    ) -> Result<ViewReport, Error> {
        let copy = |path: &[u8], out: &mut dyn Write| {
            let mut bytes = self.ports.backups.open(&archive.file_name)?;
            self.viewer.copy(&mut *bytes, path, out, progress)
        };
        let copied = copy(path, out).or_else(|error| {
            if error.failure != Failure::Missing {
                return Err(error);
            }
            for reading in SourcePrefixes::of(&self.ports, archive).readings(path) {
                // Nothing was written yet. If it isn't there either, the path as it was typed is reported.
                match copy(reading.strip_prefix(b"/").unwrap_or(&reading), out) {
                    Err(other) if other.failure == Failure::Missing => {}
                    ended => return ended,
                }
            }
            Err(error)
        });
        copied.map_err(|error| in_archive(error, archive))
    }

    /// Returns the error for a path that matches nothing in an archive.
    #[must_use]
    pub fn nothing_matches(&self, archive: &BackupRecord, path: &[u8]) -> Error {
        let place = display_path(&archive.file_name);
        let action = format!("find {} in {place}", printable(path));
        Error::Port(PortError::new(Failure::Missing, action))
    }

    /// Returns all archives, or those of the backup with that name or index, in the order of their names. Archives with the
    /// same name are in the order of their age, oldest first.
    ///
    /// # Errors
    /// [`Error::NoSuchBackup`] or [`Error::NotABackup`] if no archive has that name, or a failure of the stores.
    pub fn archives(&self, key: Option<&str>) -> Result<Vec<BackupRecord>, Error> {
        Manager::new(self.ports).archives_by_age(key)
    }
}

/// Returns when an entry last changed, in the time zone of the clock.
pub(super) fn modified(ports: &Ports<'_>, entry: &ArchivedEntry) -> Option<Moment> {
    let instant = DateTime::from_timestamp(entry.modified_seconds, entry.modified_nanos);
    instant.map(|instant| moment(ports.clock, instant))
}

/// Adds the archive to the message of an error.
pub(super) fn in_archive(error: PortError, archive: &BackupRecord) -> Error {
    let action = format!("{} in {}", error.action, display_path(&archive.file_name));
    Error::Port(PortError { action, ..error })
}
