//! Import plan: what an import would do with each file of a folder.

use crate::model::archive::{ArchiveName, BackupName, BackupRecord};
use crate::model::schedule::ScheduleEntry;
use crate::policy::import::{DatedFile, NotTaken};

/// What a person wants taken over.
#[derive(Debug, Clone, Copy)]
pub struct ImportRequest<'a> {
    /// The folder, as it was given, for messages.
    pub folder: &'a str,
    /// The name of the backup.
    pub name: &'a str,
    /// The pattern that the names of the files have to match. By default, all are meant.
    pub only: Option<&'a str>,
}

/// What an import would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportPlan {
    /// The name of the backup.
    pub name: BackupName,
    /// The schedule of that name, if there is one.
    pub entry: Option<ScheduleEntry>,
    /// The files, oldest first.
    pub files: Vec<ImportFile>,
    /// The file names of the archives that would be removed after the next run, because of this import: no rule of the
    /// schedule keeps them.
    pub goes: Vec<String>,
}

/// A file, and what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportFile {
    /// The file and its moment.
    pub dated: DatedFile,
    /// The archive that it becomes.
    pub archive: ArchiveName,
    /// What becomes of it.
    pub state: ImportState,
}

/// What becomes of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImportState {
    /// It is to be taken over.
    New,
    /// It is to be taken over. Its copy is in place already, but the history doesn't know it: an earlier import was killed.
    InPlace(BackupRecord),
    /// It was taken over.
    Taken,
    /// An archive with its moment and its contents exists already. This is the archive's file name.
    Known(String),
    /// It isn't taken over.
    NotTaken(NotTaken),
}

impl ImportPlan {
    /// Returns the identity of the schedule that the archives belong to. Without a schedule, only their name is known.
    pub(super) fn identity(&self) -> String {
        self.entry.as_ref().map_or_else(|| self.name.to_string(), ScheduleEntry::identity)
    }

    /// Returns how many stored bytes there are to read.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.files.iter().filter(|file| file.is_wanted()).map(|file| file.dated.file.bytes).sum()
    }
}

impl ImportFile {
    /// Returns whether the file is to be taken over.
    #[must_use]
    pub fn is_wanted(&self) -> bool {
        matches!(self.state, ImportState::New | ImportState::InPlace(_))
    }
}
