//! The use cases that look into backups.

use std::io::Write;

use chrono::DateTime;

use super::Manager;
use crate::manager::archive_query::{ArchiveQuery, FoundArchive, no_such_backup};
use crate::manager::path_hint::{below_the_folder, explained};
use crate::model::archive::{ArchiveName, ArchivedEntry, BackupRecord, Suggestion, ViewReport, place_of};
use crate::model::error::{Error, Failure, PortError};
use crate::model::event::Event;
use crate::model::history::Ledger;
use crate::policy::archive_choice::choosing;
use crate::ports::{Ports, Progress, Viewer};
use crate::text::printable;
use crate::time::{Moment, moment};

/// Looks into backups.
#[derive(Clone, Copy)]
pub struct View<'a> {
    ports: Ports<'a>,
    viewer: &'a dyn Viewer,
}

/// An entry that was found, and in which archive.
#[derive(Debug, Clone, Copy)]
pub struct Viewed<'a> {
    /// The archive.
    pub archive: &'a BackupRecord,
    /// The entry.
    pub entry: &'a ArchivedEntry,
    /// When it last changed, in the zone of the clock.
    pub modified: Option<Moment>,
}

impl<'a> View<'a> {
    /// Returns the use cases over these ports.
    #[must_use]
    pub fn new(ports: Ports<'a>, viewer: &'a dyn Viewer) -> Self {
        Self { ports, viewer }
    }

    /// Returns the archive that is meant.
    ///
    /// # Errors
    /// As [`ArchiveQuery::from`].
    pub fn pick(&self, pick: &ArchiveQuery<'_>) -> Result<FoundArchive, Error> {
        self.manager().logged(pick.from(&self.ports), |_| Event::Viewed(pick.name.to_owned()))
    }

    /// Shows what is in an archive: all of it, or what the lines choose. `see` returns whether it wants to see more. What
    /// could not be shown stands in what is returned.
    ///
    /// # Errors
    /// [`Error::Port`], as [`Viewer::list`] fails.
    pub fn show(
        &self,
        archive: &BackupRecord,
        chosen: &[Vec<u8>],
        see: &mut dyn FnMut(Viewed<'_>) -> bool,
        progress: &dyn Progress,
    ) -> Result<ViewReport, Error> {
        let mut seen = |entry: &ArchivedEntry| {
            see(Viewed { archive, entry, modified: self.time(entry.modified_seconds) })
        };
        let open = self.ports.backups.open(&archive.file_name);
        let listed =
            open.and_then(|mut bytes| self.viewer.list(&mut *bytes, choosing(chosen), &mut seen, progress));
        self.manager().logged_error(listed.map_err(|error| in_archive(error, archive)))
    }

    /// Writes the contents of a file that is in an archive. What of it, or of the archive, could not be read stands in
    /// what is returned.
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
        let line = [path.to_vec()];
        let explain = |error| {
            explained(error, &self.ports, archive, &line).unwrap_or_else(|error| in_archive(error, archive))
        };
        self.manager().logged_error(copied.map_err(explain))
    }

    /// Returns the error of a line that nothing in an archive matches.
    #[must_use]
    pub fn nothing(&self, archive: &BackupRecord, line: &[u8]) -> Error {
        let place = place_of(&archive.file_name);
        match below_the_folder(&self.ports, archive, &[line.to_vec()]) {
            Some((line, below)) => Error::NotBelowTheFolder { line, archive: place, below },
            None => {
                let action = format!("find {} in {place}", printable(line));
                Error::Port(PortError::new(Failure::Missing, action))
            }
        }
    }

    /// Returns the archives in which something is looked for, the oldest first of each name: all, or those of one
    /// name.
    ///
    /// # Errors
    /// [`Error::NoSuchBackup`] where there is none of that name, or a failure of the stores.
    pub fn archives(&self, name: Option<&str>) -> Result<Vec<BackupRecord>, Error> {
        let listed = self.all_of(name);
        self.manager().logged(listed, |_| Event::Viewed(name.unwrap_or("all backups").to_owned()))
    }

    fn all_of(&self, name: Option<&str>) -> Result<Vec<BackupRecord>, Error> {
        let ledger = Ledger::new(&self.ports.history.load()?);
        let name_of = |record: &BackupRecord| {
            ArchiveName::parse(&record.file_name).map(|archive| archive.backup.to_string())
        };
        let listed = self.manager().load_backups()?;
        let is_meant = |record: &&BackupRecord| name.is_none() || name_of(record).as_deref() == name;
        let mut records: Vec<_> = listed.iter().filter(is_meant).cloned().collect();
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

    fn time(&self, seconds: i64) -> Option<Moment> {
        DateTime::from_timestamp(seconds, 0).map(|instant| moment(self.ports.clock, instant))
    }

    fn manager(&self) -> Manager<'a> {
        Manager::new(self.ports)
    }
}

fn in_archive(error: PortError, archive: &BackupRecord) -> Error {
    let action = format!("{} in {}", error.action, place_of(&archive.file_name));
    Error::Port(PortError { action, ..error })
}
