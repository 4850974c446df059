//! The catalog of an open archive.

use backup_core::ports::{ArchiveBytes, SeekableBytes};

use super::member::CatalogMember;
use super::reader::CatalogReader;

/// The catalog of an open archive.
pub(crate) type ArchiveCatalog = CatalogReader<Box<dyn SeekableBytes>>;

/// Opens the catalog of an archive; `None` if it has none that can be read.
pub(crate) fn catalog_of(archive: &mut dyn ArchiveBytes) -> Option<ArchiveCatalog> {
    CatalogReader::open(archive.open_catalog()?).ok()
}

/// Opens the catalog that an archive can be compared with; `None` if it has none that can be read.
pub(crate) fn comparable_catalog_of(archive: &mut dyn ArchiveBytes) -> Option<ArchiveCatalog> {
    CatalogReader::open(archive.open_comparable_catalog()?).ok()
}

/// Returns whether these bytes are a catalog that can be read to its end.
pub(crate) fn is_whole_catalog(catalog: &mut dyn SeekableBytes) -> bool {
    let Ok(catalog) = CatalogReader::open(catalog) else { return false };
    let (mut members, mut member) = (catalog.into_members(), CatalogMember::default());
    loop {
        match members.read_into(&mut member) {
            Ok(true) => {}
            Ok(false) => return true,
            Err(_) => return false,
        }
    }
}
