//! The final name of an archive, and how a draft gets it.

use std::io;
use std::time::SystemTime;

use backup_core::model::archive::{ArchiveName, BackupName, Format, Grade};

use super::own_archive::ENDINGS;
use crate::error::refused;
use crate::file::atomic_file::AtomicFile;

/// The final name of an archive.
#[derive(Debug)]
pub(super) enum Naming {
    /// The name of a backup. It replaces the backup that had the name before.
    Backup(BackupName),
    /// This very name. It replaces nothing.
    New {
        /// The moment that an older generation is of. The file gets its date from it.
        moment: Option<SystemTime>,
        name: String,
        /// The path, for messages.
        shown: String,
    },
}

impl Naming {
    /// Returns the moment that the archive is of, if it isn't now.
    pub(super) fn moment(&self) -> Option<SystemTime> {
        match self {
            Self::New { moment, .. } => *moment,
            Self::Backup(_) => None,
        }
    }

    /// Gives the file its final name. Returns the name for messages.
    pub(super) fn publish(
        self,
        file: AtomicFile,
        grade: Grade,
        format: Format,
        protected: &[ArchiveName],
    ) -> io::Result<String> {
        match self {
            Self::Backup(name) => {
                let name = name.archive(grade, format);
                let superseded =
                    name.superseded(&ENDINGS).into_iter().filter(|archive| !protected.contains(archive));
                let superseded: Vec<_> = superseded.map(|archive| archive.to_string()).collect();
                file.publish(&name.to_string(), &superseded)?;
                Ok(name.to_string())
            }
            Self::New { name, shown, .. } => match file.publish_new(&name) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(refused(NAME_EXISTS)),
                published => published.map(|()| shown),
            },
        }
    }
}

/// Why an existing file isn't replaced.
pub(super) const NAME_EXISTS: &str = "it exists, and existing files are never replaced; choose another name";
