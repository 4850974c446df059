//! What is asked of the folder of backups, and done in it.

use std::io;

use backup_core::model::archive::{BackupName, BackupRecord, Compression, Format, Grade};

use crate::age::keys::Keys;
use crate::error::lock_held;
use crate::file::atomic_file::is_being_written;
use crate::file::dir::DirHandle;
use crate::posix::stat::is_same_file;
use crate::store::archive_id::ArchiveId;
use crate::store::catalog_sweep::sweep;
use crate::store::later_catalog::LaterCatalog;
use crate::store::own_archive::own_archive;

/// Returns whether a living process has a draft of that name open, or is publishing it.
pub(super) fn is_being_made(folder: &DirHandle, name: &BackupName) -> io::Result<bool> {
    let temporary = name.archive(Grade::Complete, Compression::None).to_string();
    let archives = [Grade::Complete, Grade::Incomplete]
        .into_iter()
        .flat_map(|grade| Format::ALL.map(|format| name.archive(grade, format).to_string()));
    is_being_written(folder, &temporary, &archives.collect::<Vec<_>>())
}

/// Removes the catalogs of archives that aren't there any more, unless a backup of that name is being made: its catalog is
/// there before the archive is.
pub(super) fn sweep_if_idle(
    folder: &DirHandle,
    name: &BackupName,
    removed: Option<ArchiveId>,
) -> io::Result<()> {
    if is_being_made(folder, name)? { Ok(()) } else { sweep(folder, name, removed) }
}

/// Gives a file a second name, durably. Returns whether it has that name now.
pub(super) fn link(folder: &DirHandle, archive: &str, aside: &str) -> io::Result<bool> {
    let Some(stat) = folder.stat(archive)? else { return Ok(false) };
    if let Some(other) = folder.stat(aside)? {
        return Ok(is_same_file(&other, &stat));
    }
    folder.link(archive, aside)?;
    // The second name must be durable before the first one gets another file, or a power cut could leave neither.
    folder.sync()?;
    Ok(true)
}

/// Begins the catalog that a finished archive gets.
pub(super) fn later_catalog(
    folder: DirHandle,
    backup: &BackupRecord,
    keys: Option<&Keys>,
) -> io::Result<LaterCatalog> {
    let archive = own_archive(&backup.file_name).ok_or(io::ErrorKind::NotFound)?;
    if is_being_made(&folder, &archive.backup)? {
        return Err(lock_held("a backup of that name is being made"));
    }
    LaterCatalog::begin(folder, &archive.backup, backup, keys)
}
