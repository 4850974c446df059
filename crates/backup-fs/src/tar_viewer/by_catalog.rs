//! Finds a file in an archive by its catalog, without reading what comes before it.

use std::io::SeekFrom;

use backup_core::ports::ArchiveBytes;

use crate::catalog::{ArchiveCatalog, CatalogMember, comparable_catalog_of};
use crate::tar_reader::{MemberKind, TarReader};

/// Returns the file with that path below the source, if the archive has it where its catalog says.
///
/// A hard link gives the file that it links to. It returns `None` if anything is unusual, even if the file is there: the archive
/// has no catalog, or isn't in the order of a walk, or the entry is no file. Then only reading the archive tells.
pub(super) fn find_file(archive: &mut dyn ArchiveBytes, below: &[u8]) -> Option<CatalogMember> {
    let mut catalog = comparable_catalog_of(archive).filter(ArchiveCatalog::is_in_walk_order)?;
    let member = find_below(&mut catalog, below)?;
    let file = match member.kind {
        MemberKind::HardLink => catalog.find(&member.link).ok()??,
        _ => member,
    };
    let is_file = file.kind == MemberKind::File && file.stored_bytes <= file.size_bytes;
    (is_file && is_there(archive, &file)).then_some(file)
}

/// Returns the entry with that path below the source, which is the folder that the archive begins with.
fn find_below(catalog: &mut ArchiveCatalog, below: &[u8]) -> Option<CatalogMember> {
    let source = catalog.members().next()?.ok()?;
    let is_plain = source.kind == MemberKind::Folder
        && !source.path.strip_suffix(b"/").is_none_or(|name| name.contains(&b'/'));
    if !is_plain || below.is_empty() {
        return None;
    }
    catalog.find(&[&source.path[..], below].concat()).ok()?
}

/// Returns whether the archive has that member at that place.
fn is_there(archive: &mut dyn ArchiveBytes, file: &CatalogMember) -> bool {
    reader_at(archive, file).is_some()
}

/// Returns a reader that has just read the header of that member; `None` if the archive has another one at its place.
pub(super) fn reader_at<'a>(
    archive: &'a mut dyn ArchiveBytes,
    file: &CatalogMember,
) -> Option<TarReader<&'a mut dyn ArchiveBytes>> {
    archive.seek(SeekFrom::Start(file.offset)).ok()?;
    let mut reader = TarReader::seeking(archive).ok()?;
    let member = reader.next_member().ok()??;
    let is_it = member.path == file.path
        && member.kind == file.kind
        && member.size_bytes == file.size_bytes
        && member.stored_bytes == file.stored_bytes;
    is_it.then_some(reader)
}
