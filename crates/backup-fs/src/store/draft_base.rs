//! The finished archive whose unchanged parts a draft takes over.

use std::fs::File;

use backup_core::model::archive::{BackupRecord, FileEnding};
use rustix::fs::OFlags;

use super::catalog_dir::{ArchiveId, StoredCatalog};
use super::own_archive::own_archive;
use crate::file::dir::DirHandle;
use crate::posix::clone::can_share;

/// A finished archive. It stays open, whatever happens to its name.
#[derive(Debug)]
pub(super) struct DraftBase {
    pub(super) file: File,
    pub(super) catalog: StoredCatalog,
}

impl DraftBase {
    /// Opens an archive in the folder of backups; `None` if nothing can be taken over from it. That is so if it is compressed, has
    /// no catalog, has changed, or lies on a disk on which files can't share blocks.
    pub(super) fn open(backups: &DirHandle, backup: &BackupRecord) -> Option<Self> {
        let archive = own_archive(&backup.file_name).filter(|archive| archive.ending == FileEnding::TAR)?;
        let id = ArchiveId::of_record(backup);
        let file = backups.open_file(&backup.file_name, OFlags::RDONLY).ok()?;
        let is_it = ArchiveId::of(&file.metadata().ok()?) == id;
        let catalog = StoredCatalog::open(backups, &archive.backup, id)?;
        (is_it && can_share(backups)).then_some(Self { file, catalog })
    }
}
