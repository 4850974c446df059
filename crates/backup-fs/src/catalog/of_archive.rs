//! The catalog of an open archive.

use backup_core::ports::{ArchiveBytes, SeekableBytes};

use super::reader::CatalogReader;

/// The catalog of an open archive.
pub(crate) type ArchiveCatalog = CatalogReader<Box<dyn SeekableBytes>>;

/// Opens the catalog of an archive; `None` if it has none that can be read.
pub(crate) fn catalog_of(archive: &mut dyn ArchiveBytes) -> Option<ArchiveCatalog> {
    CatalogReader::open(archive.open_catalog()?).ok()
}
