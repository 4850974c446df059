//! An open archive: its plain tar, however it is stored, and its catalog.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Arc;

use backup_core::model::archive::{Compression, Encryption, Format};
use backup_core::ports::{ArchiveBytes, SeekableBytes};

use super::catalog_dir::StoredCatalog;
use crate::age::identities::Identities;
use crate::buffer::stored_bytes::StoredBytes;
use crate::zstd::reader::unpacking;

/// An open archive.
pub(crate) struct StoredArchive {
    plain: Box<dyn SeekableBytes>,
    catalog: Option<StoredCatalog>,
    former_catalog: Option<StoredCatalog>,
    /// What opens the catalogs, if they are encrypted.
    identities: Option<Arc<Identities>>,
}

/// Returns the plain tar in a file. `name` is the file's, for whoever is asked for a passphrase.
///
/// # Errors
/// Those of [`unpacking`]; [locked](crate::error::locked) if it is encrypted and no identity opens it.
pub(crate) fn open_plain(
    archive: File,
    (name, format): (&str, Format),
    identities: &Arc<Identities>,
) -> io::Result<Box<dyn SeekableBytes>> {
    match (format.compression, format.encryption) {
        (Compression::None, Encryption::None) => Ok(Box::new(archive)),
        (Compression::Zstd, Encryption::None) => unpacking(archive),
        (Compression::None, Encryption::Age) => Ok(Box::new(identities.open(archive, name)?)),
        (Compression::Zstd, Encryption::Age) => {
            unpacking(StoredBytes::opened(identities.open(archive, name)?))
        }
    }
}

impl StoredArchive {
    /// Returns the archive in a file, without a catalog.
    ///
    /// # Errors
    /// As [`open_plain`].
    pub(crate) fn open(
        archive: File,
        (name, format): (&str, Format),
        identities: &Arc<Identities>,
    ) -> io::Result<Self> {
        let plain = open_plain(archive, (name, format), identities)?;
        let identities = format.is_encrypted().then(|| Arc::clone(identities));
        Ok(Self { plain, catalog: None, former_catalog: None, identities })
    }

    /// Returns the same archive with its catalog, or else with that which it had when it was made.
    pub(super) fn with(self, catalog: Option<StoredCatalog>, former_catalog: Option<StoredCatalog>) -> Self {
        Self { catalog, former_catalog, ..self }
    }

    /// Returns what is in one of its catalogs; `None` if it is encrypted and no identity opens it.
    fn opened(&self, catalog: &StoredCatalog) -> Option<Box<dyn SeekableBytes>> {
        let catalog = catalog.reopened()?;
        match &self.identities {
            Some(identities) => Some(Box::new(identities.open(catalog, CATALOG).ok()?)),
            None => Some(Box::new(catalog)),
        }
    }
}

impl Read for StoredArchive {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.plain.read(buffer)
    }
}

impl Seek for StoredArchive {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.plain.seek(to)
    }
}

impl ArchiveBytes for StoredArchive {
    fn open_catalog(&mut self) -> Option<Box<dyn SeekableBytes>> {
        self.opened(self.catalog.as_ref()?)
    }

    fn open_former_catalog(&mut self) -> Option<Box<dyn SeekableBytes>> {
        self.opened(self.former_catalog.as_ref()?)
    }
}

/// What a person is asked for. Whoever has opened the archive isn't asked again.
const CATALOG: &str = "the catalog";
