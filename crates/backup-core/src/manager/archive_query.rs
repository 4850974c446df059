//! Which archive somebody means who names a backup.

use crate::manager::Manager;
use crate::model::archive::{ArchiveName, BackupName, BackupRecord, Grade, Suggestion, place_of};
use crate::model::error::Error;
use crate::policy::archive_choice::{ArchiveChoice, choose_archive, dated, newest_at};
use crate::policy::requested_moment::RequestedMoment;
use crate::ports::Ports;
use crate::time::Moment;

/// What somebody says of the archive that is meant.
#[derive(Debug, Clone, Copy)]
pub struct ArchiveQuery<'a> {
    /// The name of the backup.
    pub name: &'a str,
    /// The archive's file name, where it isn't to be the newest complete one.
    pub generation: Option<&'a str>,
    /// The moment for which the newest archive at or before it is meant, as [`RequestedMoment`] reads it.
    pub at: Option<&'a str>,
}

/// The archive that is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundArchive {
    /// Which.
    pub archive: BackupRecord,
    /// The moment that it stands for, where it was chosen by one.
    pub made_for: Option<Moment>,
}

impl ArchiveQuery<'_> {
    /// Returns the archive that is meant.
    ///
    /// # Errors
    /// [`Error::NoSuchBackup`], [`Error::NotABackup`], [`Error::NothingThatOld`], [`Error::UnknownAge`],
    /// [`Error::UnclearMoment`], [`Error::ArchiveOfOtherName`], or a failure of the stores.
    pub fn from(&self, ports: &Ports<'_>) -> Result<FoundArchive, Error> {
        let records = Manager::new(*ports).load_backups()?;
        if let (Some(at), None) = (self.at, self.generation) {
            return self.dated(at, &records, ports);
        }
        let choice = match self.generation {
            Some(file_name) => ArchiveChoice::File(file_name.to_owned()),
            None => ArchiveChoice::Newest(self.backup(&records)?),
        };
        let archive = choose_archive(&records, &choice).cloned().ok_or_else(|| self.missing(&records))?;
        self.refuse_another_s(&archive)?;
        Ok(FoundArchive { archive, made_for: None })
    }

    /// A slip of the hand would restore one folder over another.
    fn refuse_another_s(&self, archive: &BackupRecord) -> Result<(), Error> {
        match ArchiveName::parse(&archive.file_name) {
            Some(archive) if archive.backup.as_str() != self.name => {
                let (place, backup) = (place_of(&archive.to_string()), archive.backup.to_string());
                Err(Error::ArchiveOfOtherName { archive: place, backup, name: self.name.to_owned() })
            }
            _ => Ok(()),
        }
    }

    fn dated(&self, at: &str, records: &[BackupRecord], ports: &Ports<'_>) -> Result<FoundArchive, Error> {
        let when = RequestedMoment::parse(at, ports.clock.now(), ports.clock)?;
        let ledger = Manager::new(*ports).ledger()?;
        let dated = dated(records, &ledger, &self.backup(records)?, ports.clock);
        if let Some((archive, made_for)) = newest_at(&dated, when) {
            return Ok(FoundArchive { archive: archive.clone(), made_for: Some(made_for) });
        }
        let (oldest, made_for) = dated.first().ok_or_else(|| self.undated(at, records))?;
        let oldest = (oldest.file_name.clone(), made_for.format("%d/%m/%Y %H:%M").to_string());
        Err(Error::NothingThatOld { name: self.name.to_owned(), at: at.to_owned(), oldest })
    }

    fn undated(&self, at: &str, records: &[BackupRecord]) -> Error {
        let archives = records.iter().filter_map(|record| ArchiveName::parse(&record.file_name));
        let stands = archives
            .filter(|archive| archive.grade == Grade::Complete && archive.backup.as_str() == self.name)
            .max_by_key(|archive| (archive.stamp.is_none(), archive.stamp));
        match stands.map(|archive| archive.to_string()) {
            Some(archive) => Error::UnknownAge { name: self.name.to_owned(), at: at.to_owned(), archive },
            None => self.missing(records),
        }
    }

    fn backup(&self, records: &[BackupRecord]) -> Result<BackupName, Error> {
        self.name.parse().map_err(|_| self.missing(records))
    }

    fn missing(&self, records: &[BackupRecord]) -> Error {
        match self.generation {
            Some(file_name) => Error::NoSuchBackup(file_name.to_owned()),
            None => no_such_backup(self.name, Suggestion::by(self.name, records)),
        }
    }
}

/// Returns the error of a name under which no backup stands, with what was meant by it.
pub(super) fn no_such_backup(name: &str, meant: Option<Suggestion>) -> Error {
    let name = name.to_owned();
    match meant {
        Some(meant) => Error::NotABackup { name, meant },
        None => Error::NoSuchBackup(name),
    }
}
