//! Archive query: which archive a person refers to by a name, a file name or a date.

use crate::manager::Manager;
use crate::manager::archive_path::file_name_of;
use crate::manager::backup_query::FoundBackup;
use crate::model::archive::{ArchiveName, BackupName, BackupRecord, Grade, display_path};
use crate::model::error::Error;
use crate::policy::archive_choice::{ArchiveChoice, choose_archive, dated, newest_at};
use crate::policy::requested_moment::RequestedMoment;
use crate::ports::Ports;
use crate::time::{Moment, wall_clock};

/// What a person says about the archive they want. By default it is the newest complete one.
#[derive(Debug, Clone, Copy)]
pub struct ArchiveQuery<'a> {
    /// The name of the backup, or the index of its schedule.
    pub name: &'a str,
    /// The file name of the archive. The path of the place for backups may stand in front, relative to the home or absolute.
    pub generation: Option<&'a str>,
    /// A moment, as [`RequestedMoment`] reads it. The newest archive made for it or before it is wanted. A file name
    /// overrides it.
    pub at: Option<&'a str>,
}

/// The archive that a query found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundArchive {
    /// The archive.
    pub archive: BackupRecord,
    /// The moment that the archive was made for. Only a query by date tells it.
    pub made_for: Option<Moment>,
}

impl ArchiveQuery<'_> {
    /// Returns the archive that the query asks for.
    ///
    /// # Errors
    /// [`Error::NoSuchBackup`], [`Error::NotABackup`], [`Error::NothingThatOld`], [`Error::UnknownAge`],
    /// [`Error::UnclearMoment`], [`Error::ArchiveOfOtherName`], or a failure of the stores.
    pub fn find(&self, ports: &Ports<'_>) -> Result<FoundArchive, Error> {
        self.find_of(&self.backup(ports)?, ports)
    }

    /// Returns the backup that the query asks for.
    ///
    /// # Errors
    /// As [`Manager::find_backup`].
    pub(super) fn backup<'k>(&'k self, ports: &Ports<'_>) -> Result<FoundBackup<'k>, Error> {
        let file_name = self.generation.map(|given| file_name_of(given, ports.home));
        Manager::new(*ports).find_backup(self.name, file_name.as_slice())
    }

    /// Returns the archive of that backup that the query asks for.
    ///
    /// # Errors
    /// As [`find`](Self::find).
    pub(super) fn find_of(&self, backup: &FoundBackup<'_>, ports: &Ports<'_>) -> Result<FoundArchive, Error> {
        let manager = Manager::new(*ports);
        let records = manager.list_backups()?;
        let found = ArchiveQuery { name: &backup.name, ..*self }.find_named(&records, ports);
        found.map_err(|error| match error {
            Error::NoSuchBackup(_) if self.generation.is_none() => manager.no_such_backup(backup, &records),
            other => other,
        })
    }

    /// Returns the archive of the backup with exactly this name.
    fn find_named(&self, records: &[BackupRecord], ports: &Ports<'_>) -> Result<FoundArchive, Error> {
        if let (Some(at), None) = (self.at, self.generation) {
            return self.find_by_date(at, records, ports);
        }
        let choice = match self.generation {
            Some(given) => ArchiveChoice::File(file_name_of(given, ports.home).to_owned()),
            None => ArchiveChoice::Newest(self.backup_name()?),
        };
        let archive = choose_archive(records, &choice).cloned().ok_or_else(|| self.not_found())?;
        self.refuse_other_backup(&archive)?;
        Ok(FoundArchive { archive, made_for: None })
    }

    /// Checks that the file name belongs to the named backup. Otherwise a typo would restore one folder over another.
    fn refuse_other_backup(&self, archive: &BackupRecord) -> Result<(), Error> {
        match ArchiveName::parse(&archive.file_name) {
            Some(archive) if archive.backup.as_str() != self.name => {
                let (place, backup) = (display_path(&archive.to_string()), archive.backup.to_string());
                Err(Error::ArchiveOfOtherName { archive: place, backup, name: self.name.to_owned() })
            }
            _ => Ok(()),
        }
    }

    fn find_by_date(
        &self,
        at: &str,
        records: &[BackupRecord],
        ports: &Ports<'_>,
    ) -> Result<FoundArchive, Error> {
        let when = RequestedMoment::parse(at, ports.clock.now(), ports.clock)?;
        let ledger = Manager::new(*ports).rebuilt_ledger()?;
        let dated = dated(records, &ledger, &self.backup_name()?, ports.clock);
        if let Some((archive, made_for)) = newest_at(&dated, when) {
            return Ok(FoundArchive { archive: archive.clone(), made_for: Some(made_for) });
        }
        let (oldest, made_for) = dated.first().ok_or_else(|| self.no_known_date(at, records))?;
        let oldest = (oldest.file_name.clone(), wall_clock(*made_for));
        Err(Error::NothingThatOld { name: self.name.to_owned(), at: at.to_owned(), oldest })
    }

    /// Returns the error of a query by date when the date of no archive is known.
    fn no_known_date(&self, at: &str, records: &[BackupRecord]) -> Error {
        let archives = records.iter().filter_map(|record| ArchiveName::parse(&record.file_name));
        let newest = archives
            .filter(|archive| archive.grade == Grade::Complete && archive.backup.as_str() == self.name)
            .max_by_key(|archive| (archive.stamp.is_none(), archive.stamp));
        match newest.map(|archive| archive.to_string()) {
            Some(archive) => Error::UnknownAge { name: self.name.to_owned(), at: at.to_owned(), archive },
            None => self.not_found(),
        }
    }

    fn backup_name(&self) -> Result<BackupName, Error> {
        self.name.parse().map_err(|_| self.not_found())
    }

    fn not_found(&self) -> Error {
        Error::NoSuchBackup(self.generation.unwrap_or(self.name).to_owned())
    }
}
