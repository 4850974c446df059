//! A finished archive, as the store lists it.

use std::collections::HashMap;

use crate::model::archive::archive_name::ArchiveName;
use crate::model::archive::backup_name::BackupName;
use crate::model::archive::format::{Compression, Grade};
use crate::time::Moment;

/// A finished backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupRecord {
    /// The archive's file name within the place for backups, safe to print.
    pub file_name: String,
    /// Its size, as it is stored.
    pub archive_bytes: u64,
    /// When it was finished.
    pub finished: Moment,
    /// The SHA-256 of its bytes as they are stored, where it was computed.
    pub sha256: Option<[u8; 32]>,
}

/// Returns the backups of each name; files that aren't called like archives are left out.
#[must_use]
pub fn by_name(records: Vec<BackupRecord>) -> HashMap<BackupName, Vec<BackupRecord>> {
    let mut named: HashMap<_, Vec<_>> = HashMap::new();
    for record in records {
        if let Some(archive) = ArchiveName::parse(&record.file_name) {
            named.entry(archive.backup).or_default().push(record);
        }
    }
    named
}

impl BackupRecord {
    /// Returns whether its name says that it lacks something.
    #[must_use]
    pub fn is_incomplete(&self) -> bool {
        ArchiveName::parse(&self.file_name).is_some_and(|archive| archive.grade == Grade::Incomplete)
    }

    /// Returns whether it is a complete backup of that name, however it is stored.
    #[must_use]
    pub fn is_complete_of(&self, name: &BackupName) -> bool {
        let is_it = |compression| name.archive(Grade::Complete, compression).to_string() == self.file_name;
        Compression::ALL.into_iter().any(is_it)
    }
}

/// What tells an archive from every other: no two have the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seal {
    /// Its size, as it is stored.
    pub archive_bytes: u64,
    /// The SHA-256 of its bytes as they are stored.
    pub sha256: [u8; 32],
}

/// Returns the newest of the older generations that stand, by the dates in their names.
#[must_use]
pub fn newest_older(backups: &[BackupRecord], name: &BackupName) -> Option<String> {
    let archives = backups.iter().filter_map(|backup| ArchiveName::parse(&backup.file_name));
    let older = archives.filter(|archive| archive.backup == *name && archive.stamp.is_some());
    older.max_by_key(|archive| archive.stamp).map(|archive| archive.to_string())
}
