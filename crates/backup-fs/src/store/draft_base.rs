//! The finished archive whose unchanged parts a draft takes over.

use std::fs::File;

use backup_core::model::archive::{ArchiveName, BackupRecord, Compression, Format};
use rustix::fs::OFlags;

use super::archive_id::ArchiveId;
use super::catalog_dir::StoredCatalog;
use super::compared_base::ComparedBase;
use super::copied_base::CopiedBase;
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
    /// How far it was read, if it isn't compressed and its blocks can't be shared.
    pub(super) copied: Option<CopiedBase>,
    /// What of it is compared, if nothing is taken over unseen.
    pub(super) compared: Option<ComparedBase>,
}

impl DraftBase {
    /// Opens an archive in the folder of backups; `None` if nothing can be taken over from it. That is so if it is encrypted, isn't
    /// stored as the draft is, has no catalog, or has changed. Where files can't share blocks, the SHA-256 of an archive that isn't compressed
    /// must be known.
    pub(super) fn open(backups: &DirHandle, backup: &BackupRecord, format: Format) -> Option<Self> {
        let has_ending = |archive: &ArchiveName| archive.ending == format.into();
        let archive = own_archive(&backup.file_name).filter(has_ending).filter(|_| !format.is_encrypted())?;
        let id = ArchiveId::of_record(backup);
        let file = backups.open_file(&backup.file_name, OFlags::RDONLY).ok()?;
        let is_it = ArchiveId::of(&file.metadata().ok()?) == id;
        let catalog = StoredCatalog::open(backups, &archive.backup, id)?;
        let is_shared = can_share(backups);
        let is_copied = !is_shared && format.compression == Compression::None;
        let copied = if is_copied { Some(CopiedBase::new(backup.sha256?)) } else { None };
        is_it.then_some(Self { file, is_shared, catalog, copied, compared: None })
    }

    /// Opens an archive to compare it with what is written; `None` if that saves no space. That is so where files can't share
    /// blocks, and for compressed archives.
    pub(super) fn open_to_compare(
        backups: &DirHandle,
        backup: &BackupRecord,
        format: Format,
    ) -> Option<Self> {
        let can_share = |base: &Self| base.is_shared && format.compression == Compression::None;
        let base = Self::open(backups, backup, format).filter(can_share)?;
        let compared = ComparedBase::of(&base.file)?;
        Some(Self { compared: Some(compared), ..base })
    }
}
