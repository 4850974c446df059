//! The files of a finished backup, as they are stored.

use std::fs::File;
use std::io;

use backup_core::model::archive::BackupRecord;
use backup_core::model::error::{Failure, PortError};
use backup_core::ports::{SeekableBytes, StoredFiles};

use crate::error::port_error;
use crate::store::archive_id::ArchiveId;
use crate::store::catalog_dir::StoredCatalog;
use crate::store::nameless_catalog::NamelessCatalog;
use crate::store::own_archive::format_of;

/// Returns the open file of an archive, and that of its catalog, unless another archive has its name now.
pub(super) fn stored_files<'a>(
    archive: File,
    backup: &BackupRecord,
    catalog: impl FnOnce(ArchiveId) -> Option<StoredCatalog>,
) -> Result<StoredFiles<'a>, PortError> {
    let action = || format!("copy {}", backup.file_name);
    let metadata = archive.metadata().map_err(|error| port_error(action(), error))?;
    let id = ArchiveId::of(&metadata);
    if id != ArchiveId::of_record(backup) {
        return Err(PortError::new(Failure::Missing, action()).because("another archive has its name now"));
    }
    let is_encrypted = format_of(&backup.file_name).is_encrypted();
    let catalog = catalog(id).map(|catalog| file_of(catalog, is_encrypted)).transpose();
    let catalog = catalog.map_err(|error| port_error(action(), error))?;
    Ok(StoredFiles { archive: Box::new(archive), catalog })
}

/// Returns what of a catalog's file may leave this machine. Names are secrets where the archive is encrypted.
fn file_of(catalog: StoredCatalog, is_encrypted: bool) -> io::Result<Box<dyn SeekableBytes>> {
    Ok(match is_encrypted {
        true => Box::new(NamelessCatalog::of(catalog)?),
        false => Box::new(catalog.into_file()),
    })
}
