//! The finished archive whose unchanged parts a draft takes over.

use std::fs::File;

use backup_core::model::archive::{BackupRecord, Compression, FileEnding};
use rustix::fs::OFlags;

use super::catalog_dir::{ArchiveId, StoredCatalog};
use super::own_archive::own_archive;
use crate::file::dir::DirHandle;
use crate::posix::clone::can_share;

/// A finished archive. It stays open, whatever happens to its name.
#[derive(Debug)]
pub(super) struct DraftBase {
    pub(super) file: File,
    /// Whether the draft can share its blocks.
    pub(super) is_shared: bool,
    pub(super) catalog: StoredCatalog,
}

impl DraftBase {
    /// Opens an archive in the folder of backups; `None` if nothing can be taken over from it. That is so if it isn't stored as the
    /// draft is, has no catalog, or has changed. An archive that isn't compressed must lie on a disk on which files can share
    /// blocks.
    pub(super) fn open(backups: &DirHandle, backup: &BackupRecord, compression: Compression) -> Option<Self> {
        let ending = match compression {
            Compression::None => FileEnding::TAR,
            Compression::Zstd => FileEnding::TAR_ZST,
        };
        let archive = own_archive(&backup.file_name).filter(|archive| archive.ending == ending)?;
        let id = ArchiveId::of_record(backup);
        let file = backups.open_file(&backup.file_name, OFlags::RDONLY).ok()?;
        let is_it = ArchiveId::of(&file.metadata().ok()?) == id;
        let catalog = StoredCatalog::open(backups, &archive.backup, id)?;
        let is_shared = can_share(backups);
        let is_useful = is_shared || compression == Compression::Zstd;
        (is_it && is_useful).then_some(Self { file, is_shared, catalog })
    }
}
