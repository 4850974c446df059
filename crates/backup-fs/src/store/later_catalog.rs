//! The catalog that a finished archive gets afterwards.

use std::io::{self, Write};

use backup_core::model::archive::{BackupName, BackupRecord};
use backup_core::model::error::PortError;
use backup_core::model::history::RunRecord;
use backup_core::ports::CatalogDraft;

use super::archive_id::ArchiveId;
use super::catalog_dir::CatalogDraft as CatalogFile;
use crate::age::keys::Keys;
use crate::error::port_error;
use crate::file::dir::DirHandle;

/// The catalog that a finished archive gets. No run waits for it: the archive may be gone at its end.
#[derive(Debug)]
pub(super) struct LaterCatalog {
    backups: DirHandle,
    file_name: String,
    id: ArchiveId,
    file: CatalogFile,
}

impl LaterCatalog {
    /// Begins the catalog of an archive in the folder of backups. It is encrypted if there are keys.
    ///
    /// # Errors
    /// [`NotFound`](io::ErrorKind::NotFound) if that archive isn't there, [busy](crate::error::lock_held) while another one of
    /// that name is written.
    pub(super) fn begin(
        backups: DirHandle,
        name: &BackupName,
        backup: &BackupRecord,
        keys: Option<&Keys>,
    ) -> io::Result<Self> {
        let (id, file_name) = (ArchiveId::of_record(backup), backup.file_name.clone());
        expect(&backups, &file_name, id)?;
        let file = CatalogFile::begin_later(&backups, name, keys)?;
        Ok(Self { backups, file_name, id, file })
    }
}

/// Checks that an archive still has its name.
fn expect(backups: &DirHandle, file_name: &str, id: ArchiveId) -> io::Result<()> {
    let is_there = backups.stat(file_name)?.is_some_and(|stat| ArchiveId::of_stat(&stat) == id);
    if is_there {
        Ok(())
    } else {
        Err(io::Error::new(io::ErrorKind::NotFound, "the archive is gone or is another one"))
    }
}

impl Write for LaterCatalog {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl CatalogDraft for LaterCatalog {
    fn publish(self: Box<Self>, run: Option<&RunRecord>) -> Result<(), PortError> {
        let Self { backups, file_name, id, file } = *self;
        // If the archive goes right after this, the next run of the name removes the catalog.
        let published = expect(&backups, &file_name, id).and_then(|()| file.publish(id, run));
        published.map_err(|error| port_error(format!("keep the catalog of {file_name}"), error))
    }
}
