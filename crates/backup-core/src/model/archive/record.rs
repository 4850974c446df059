//! Backup record: a finished archive, as the store lists it.

use std::collections::HashMap;

use crate::model::archive::archive_id::ArchiveId;
use crate::model::archive::archive_name::ArchiveName;
use crate::model::archive::backup_name::BackupName;
use crate::model::archive::format::Grade;
use crate::time::Moment;

/// A finished backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupRecord {
    /// The archive's file name in the store, safe to print.
    pub file_name: String,
    /// The size of the stored archive.
    pub archive_bytes: u64,
    /// When the archive was finished.
    pub finished: Moment,
    /// The SHA-256 of the stored bytes, if it was computed.
    pub sha256: Option<[u8; 32]>,
}

/// Returns the records grouped by backup name. Files whose names are no archive names are left out.
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
    /// Returns what tells the archive from all others of its backup.
    #[must_use]
    pub fn id(&self) -> ArchiveId {
        ArchiveId::new(self.finished, self.archive_bytes)
    }

    /// Returns whether the file name is that of an incomplete archive.
    #[must_use]
    pub fn is_incomplete(&self) -> bool {
        ArchiveName::parse(&self.file_name).is_some_and(|archive| archive.grade == Grade::Incomplete)
    }

    /// Returns whether this is the newest complete archive of a backup, however it is stored.
    #[must_use]
    pub fn is_complete_of(&self, name: &BackupName) -> bool {
        name.is_newest(Grade::Complete, &self.file_name)
    }
}

/// The size and digest that identify the contents of an archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArchiveDigest {
    /// The size of the stored archive.
    pub archive_bytes: u64,
    /// The SHA-256 of the stored bytes.
    pub sha256: [u8; 32],
}

/// The size of an archive that was ended, and its digest if that is known without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SealedArchive {
    /// The size of the stored archive.
    pub archive_bytes: u64,
    /// How many of its bytes are shared with another archive, and take no space of their own.
    pub shared_bytes: u64,
    /// The SHA-256 of the stored bytes. It is unknown if parts of them are shared with another archive.
    pub sha256: Option<[u8; 32]>,
}

impl From<ArchiveDigest> for SealedArchive {
    fn from(digest: ArchiveDigest) -> Self {
        Self { archive_bytes: digest.archive_bytes, shared_bytes: 0, sha256: Some(digest.sha256) }
    }
}

/// Returns the file name of a backup's newest older generation, by the dates in the names.
#[must_use]
pub fn newest_older(backups: &[BackupRecord], name: &BackupName) -> Option<String> {
    let archives = backups.iter().filter_map(|backup| ArchiveName::parse(&backup.file_name));
    let older = archives.filter(|archive| archive.backup == *name && archive.stamp.is_some());
    older.max_by_key(|archive| archive.stamp).map(|archive| archive.to_string())
}
