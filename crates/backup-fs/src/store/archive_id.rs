//! Archive identity: what an archive and its catalog have in common.

use std::ffi::OsStr;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;

use backup_core::model::archive::{self as model, BackupRecord};
use rustix::fs::Stat;

/// What an archive and its catalog have in common: the identity of the archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ArchiveId(pub(super) model::ArchiveId);

impl ArchiveId {
    /// Returns the identity of an archive by its metadata.
    pub(crate) fn of(metadata: &Metadata) -> Self {
        let nanos = u32::try_from(metadata.mtime_nsec()).unwrap_or_default();
        Self(model::ArchiveId { seconds: metadata.mtime(), nanos, bytes: metadata.len() })
    }

    /// As [`of`](Self::of).
    pub(crate) fn of_stat(stat: &Stat) -> Self {
        let nanos = u32::try_from(stat.st_mtime_nsec).unwrap_or_default();
        let bytes = u64::try_from(stat.st_size).unwrap_or_default();
        Self(model::ArchiveId { seconds: stat.st_mtime, nanos, bytes })
    }

    /// Returns the identity of an archive by its record.
    pub(crate) fn of_record(backup: &BackupRecord) -> Self {
        Self(backup.id())
    }

    pub(super) fn file_name(self) -> String {
        let model::ArchiveId { seconds, nanos, bytes } = self.0;
        format!("{seconds}.{nanos:09}-{bytes}")
    }

    pub(super) fn parse(file_name: &OsStr) -> Option<Self> {
        let (moment, bytes) = file_name.to_str()?.rsplit_once('-')?;
        let (seconds, nanos) = moment.rsplit_once('.')?;
        let (seconds, nanos, bytes) = (seconds.parse().ok()?, nanos.parse().ok()?, bytes.parse().ok()?);
        let id = Self(model::ArchiveId { seconds, nanos, bytes });
        (id.file_name() == *file_name.to_str()?).then_some(id)
    }

    /// Returns whether a catalog belongs to this archive.
    pub(super) fn has(self, catalog: Self) -> bool {
        self.0.is_of(catalog.0)
    }

    /// Returns whether both are of one size.
    pub(super) fn has_size_of(self, other: Self) -> bool {
        self.0.bytes == other.0.bytes
    }
}
