//! Backup query: which backup a name or an index refers to. Every command that reads archives asks here.
//!
//! The rule is that of the schedules: a key is the index of a schedule if there is such a line, or else a name. The backup
//! needs no schedule, so the archives of a deleted schedule keep their name.

use std::collections::BTreeSet;

use super::Manager;
use super::archive_path::file_name_of;
use super::schedule_query::{identities, name_of, names, parse_index, similar};
use crate::model::archive::{ArchiveName, BackupName, BackupRecord, Suggestion};
use crate::model::error::Error;
use crate::model::history::name_in;
use crate::model::schedule::EntryError;

/// The backup that a key refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FoundBackup<'k> {
    /// The key, as it was given.
    pub(super) key: &'k str,
    /// Its name. If no schedule has the key as its index, this is the key, which may be no valid name.
    pub(super) name: String,
}

impl Manager<'_> {
    /// Returns the backup that a key refers to.
    ///
    /// `files` are the names of archives that are asked for. If one is of the backup with exactly this name, the key is a
    /// name: so an archive can be reached even if its name is the index of a schedule.
    ///
    /// # Errors
    /// [`Error::MalformedSchedule`] if the line with this index has no name. A failure to read the schedules, if the key may
    /// be an index.
    pub(super) fn find_backup<'k>(&self, key: &'k str, files: &[&str]) -> Result<FoundBackup<'k>, Error> {
        let by_name = FoundBackup { key, name: key.to_owned() };
        let is_named = |file: &&str| ArchiveName::parse(file).is_some_and(|file| file.backup.as_str() == key);
        let Some(index) = parse_index(key).filter(|_| !files.iter().any(is_named)) else {
            return Ok(by_name);
        };
        let book = self.load_schedules_if_any()?;
        let Some(line) = book.items().nth(index) else { return Ok(by_name) };
        let name = name_of(&line);
        if name.is_empty() {
            let fault = line.entry.err().cloned().unwrap_or(EntryError::Fields(1));
            return Err(Error::MalformedSchedule { text: line.text(), fault });
        }
        Ok(FoundBackup { key, name })
    }

    /// Returns whether a key is the index of a schedule, and another backup has it as its name. It is taken for the index.
    ///
    /// `files` are the archives that are asked for as well. If the schedules can't be read, the answer is no.
    #[must_use]
    pub fn is_ambiguous_backup(&self, key: &str, files: &[&str]) -> bool {
        let files: Vec<_> = files.iter().map(|file| file_name_of(file, self.ports.home)).collect();
        self.find_backup(key, &files).is_ok_and(|found| found.name != key && self.is_known(key))
    }

    /// Returns whether schedules, archives or the history have that name.
    pub(super) fn is_known(&self, name: &str) -> bool {
        let book = self.load_schedules().unwrap_or_default();
        let archives = self.ports.backups.list().unwrap_or_default();
        let notes = self.ports.history.load().unwrap_or_default();
        names(book.items()).iter().any(|other| other == name)
            || archives.iter().any(|record| backup_of(record).as_deref() == Some(name))
            || identities(&notes).any(|identity| name_in(identity) == name)
    }

    /// Returns the error for a backup that has no complete archive, with what was probably meant.
    pub(super) fn no_such_backup(&self, backup: &FoundBackup<'_>, records: &[BackupRecord]) -> Error {
        let by_archives = Suggestion::by(&backup.name, records);
        let name = backup.name.clone();
        match by_archives.or_else(|| self.suggestion(backup, records)) {
            Some(suggestion) => Error::NotABackup { name, suggestion },
            None => Error::NoSuchBackup(name),
        }
    }

    /// Returns what was probably meant by a name that no archive has.
    fn suggestion(&self, backup: &FoundBackup<'_>, records: &[BackupRecord]) -> Option<Suggestion> {
        let FoundBackup { key, name, .. } = backup;
        let book = self.load_schedules().unwrap_or_default();
        let scheduled = names(book.items());
        if name.parse::<BackupName>().is_ok() && scheduled.contains(name) {
            return Some(Suggestion::NotMadeYet);
        }
        let known: BTreeSet<_> =
            records.iter().filter_map(backup_of).chain(scheduled.iter().cloned()).collect();
        let near = similar(name, &known.into_iter().collect::<Vec<_>>());
        let no_index = || parse_index(key).map(|_| Suggestion::OtherIndex { schedules: scheduled.len() });
        near.map(Suggestion::Similar).or_else(no_index)
    }
}

/// Returns the error of a command that takes the name of a backup, but not a single archive.
pub(super) fn without_archive(error: Error) -> Error {
    match error {
        Error::NotABackup { name, suggestion } => {
            Error::NotABackup { name, suggestion: suggestion.without_archive() }
        }
        other => other,
    }
}

/// Returns the name of the backup that an archive belongs to, if its file name is that of an archive.
pub(super) fn backup_of(record: &BackupRecord) -> Option<String> {
    ArchiveName::parse(&record.file_name).map(|archive| archive.backup.to_string())
}
