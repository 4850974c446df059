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

/// Returns whether these bytes are a catalog that can be read to its end.
pub(crate) fn is_whole_catalog(catalog: &mut dyn SeekableBytes) -> bool {
    let Ok(mut catalog) = CatalogReader::open(catalog) else { return false };
    let (mut members, mut member, mut left) = (catalog.member_count(), CatalogMember::default(), true);
    let mut reader = catalog.members();
    while left {
        match reader.read_into(&mut member) {
            Ok(true) => members = members.wrapping_sub(1),
            Ok(false) => left = false,
            Err(_) => return false,
        }
    }
    members == 0
}
