//! An open archive: its plain tar, however it is stored, and its catalog.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use backup_core::model::archive::Compression;
use backup_core::ports::{ArchiveBytes, SeekableBytes};

use super::catalog_dir::StoredCatalog;
use crate::zstd::reader::unpacking;

/// An open archive.
pub(crate) struct StoredArchive {
    plain: Box<dyn SeekableBytes>,
    catalog: Option<StoredCatalog>,
    former_catalog: Option<StoredCatalog>,
}

impl StoredArchive {
    /// Returns the archive in a file, without a catalog.
    ///
    /// # Errors
    /// As [`unpacking`].
    pub(crate) fn open(archive: File, compression: Compression) -> io::Result<Self> {
        let plain: Box<dyn SeekableBytes> = match compression {
            Compression::None => Box::new(archive),
            Compression::Zstd => unpacking(archive)?,
        };
        Ok(Self { plain, catalog: None, former_catalog: None })
    }

    /// Returns the same archive with its catalog, or else with that which it had when it was made.
    pub(super) fn with(self, catalog: Option<StoredCatalog>, former_catalog: Option<StoredCatalog>) -> Self {
        Self { catalog, former_catalog, ..self }
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
        Some(Box::new(self.catalog.as_ref()?.reopened()?))
    }

    fn open_former_catalog(&mut self) -> Option<Box<dyn SeekableBytes>> {
        Some(Box::new(self.former_catalog.as_ref()?.reopened()?))
    }
}
