//! View: the use cases that look into archives.

use std::io::Write;

use chrono::DateTime;

use super::Manager;
use crate::manager::archive_query::{ArchiveQuery, FoundArchive, no_such_backup};
use crate::manager::path_hint::{path_hint, with_path_hint};
use crate::model::archive::{ArchiveName, ArchivedEntry, BackupRecord, Suggestion, ViewReport, display_path};
use crate::model::error::{Error, Failure, PortError};
use crate::model::event::Event;
use crate::model::history::Ledger;
use crate::policy::archive_choice::choosing;
use crate::ports::{Ports, Progress, Viewer};
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
        self.manager().log_result(query.find(&self.ports), |_| Event::Viewed(query.name.to_owned()))
    }

    /// Lists the entries of an archive: all of them, or the chosen ones.
    ///
    /// `visit` is called with each entry, and returns whether the listing continues. The report says what could not be shown.
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
        let mut seen = |entry: &ArchivedEntry| {
            visit(Viewed { archive, entry, modified: self.local_time(entry.modified_seconds) })
        };
        let open = self.ports.backups.open(&archive.file_name);
        let listed =
            open.and_then(|mut bytes| self.viewer.list(&mut *bytes, choosing(chosen), &mut seen, progress));
        self.manager().log_error(listed.map_err(|error| in_archive(error, archive)))
    }

    /// Writes the contents of one archived file to `out`.
    ///
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
        let open = self.ports.backups.open(&archive.file_name);
        let copied = open.and_then(|mut bytes| self.viewer.copy(&mut *bytes, path, out, progress));
        let paths = [path.to_vec()];
        let explain = |error| {
            with_path_hint(error, &self.ports, archive, &paths)
                .unwrap_or_else(|error| in_archive(error, archive))
        };
        self.manager().log_error(copied.map_err(explain))
    }

    /// Returns the error for a path that matches nothing in an archive.
    #[must_use]
    pub fn nothing_matches(&self, archive: &BackupRecord, path: &[u8]) -> Error {
        let place = display_path(&archive.file_name);
        match path_hint(&self.ports, archive, &[path.to_vec()]) {
            Some((line, below)) => Error::NotBelowTheFolder { line, archive: place, below },
            None => {
                let action = format!("find {} in {place}", printable(path));
                Error::Port(PortError::new(Failure::Missing, action))
            }
        }
    }

    /// Returns all archives, or those of one name, in the order of their names. Archives with the same name are in the order of
    /// their age, oldest first.
    ///
    /// # Errors
    /// [`Error::NoSuchBackup`] or [`Error::NotABackup`] if no archive has that name, or a failure of the stores.
    pub fn archives(&self, name: Option<&str>) -> Result<Vec<BackupRecord>, Error> {
        let listed = self.find_archives(name);
        self.manager().log_result(listed, |_| Event::Viewed(name.unwrap_or("all backups").to_owned()))
    }

    fn find_archives(&self, name: Option<&str>) -> Result<Vec<BackupRecord>, Error> {
        let ledger = Ledger::new(&self.ports.history.load()?);
        let name_of = |record: &BackupRecord| {
            ArchiveName::parse(&record.file_name).map(|archive| archive.backup.to_string())
        };
        let listed = self.manager().list_backups()?;
        let has_name = |record: &&BackupRecord| name.is_none() || name_of(record).as_deref() == name;
        let mut records: Vec<_> = listed.iter().filter(has_name).cloned().collect();
        if let (true, Some(name)) = (records.is_empty(), name) {
            return Err(no_such_backup(name, Suggestion::by(name, &listed).map(Suggestion::without_archive)));
        }
        let made_for = |record: &BackupRecord| match ledger.made(&record.file_name) {
            Some(run) => run.made_for(),
            None => record.finished,
        };
        records.sort_by_cached_key(|record| (name_of(record), made_for(record)));
        Ok(records)
    }

    fn local_time(&self, seconds: i64) -> Option<Moment> {
        DateTime::from_timestamp(seconds, 0).map(|instant| moment(self.ports.clock, instant))
    }

    fn manager(&self) -> Manager<'a> {
        Manager::new(self.ports)
    }
}

/// Adds the archive to the message of an error.
fn in_archive(error: PortError, archive: &BackupRecord) -> Error {
    let action = format!("{} in {}", error.action, display_path(&archive.file_name));
    Error::Port(PortError { action, ..error })
}
