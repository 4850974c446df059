//! The members of an earlier archive, which are read side by side with the walk.

use std::cmp::Ordering;

use backup_core::ports::SeekableBytes;

use super::pax::BLOCK_BYTES as TAR_BLOCK_BYTES;
use crate::catalog::{ArchiveCatalog, CatalogMember, CatalogReader, Members, compare, trimmed};

/// Opens the catalog of an earlier archive; `None` if it can't be used.
pub(super) fn open_catalog(catalog: Box<dyn SeekableBytes>) -> Option<ArchiveCatalog> {
    CatalogReader::open(catalog).ok().filter(ArchiveCatalog::is_in_walk_order)
}

/// Finds members in the order of the walk.
pub(super) struct EarlierMembers<'b> {
    members: Members<'b, Box<dyn SeekableBytes>>,
    /// The next member of the earlier archive, and its number.
    pub(super) next: CatalogMember,
    pub(super) number: u64,
    pub(super) has_next: bool,
    /// Whether nothing more comes, or nothing that can be read.
    is_over: bool,
}

impl<'b> EarlierMembers<'b> {
    pub(super) fn of(catalog: &'b mut ArchiveCatalog) -> Self {
        let (members, next) = (catalog.members(), CatalogMember::default());
        Self { members, next, number: 0, has_next: false, is_over: false }
    }

    /// Returns the member with that path, if the earlier archive has one.
    pub(super) fn find(&mut self, path: &[u8]) -> Option<&CatalogMember> {
        while !self.is_over {
            if !self.has_next {
                self.has_next = self.members.read_into(&mut self.next).unwrap_or(false);
                self.is_over = !self.has_next;
                self.number += 1;
                continue;
            }
            match compare(trimmed(&self.next.path), path) {
                Ordering::Less => self.has_next = false,
                Ordering::Equal => return Some(&self.next),
                Ordering::Greater => return None,
            }
        }
        None
    }
}

/// Returns by how many bytes something must be moved on that is to share the blocks of what is at `from` in the earlier archive,
/// and the size of a block; `None` if it has the right offset.
pub(super) fn padding(block_bytes: u64, from: u64, at: u64) -> Option<(usize, usize)> {
    let block = usize::try_from(block_bytes).ok().filter(|block| block.is_power_of_two())?;
    let missing = usize::try_from(from.wrapping_sub(at) & (block_bytes - 1)).ok()?;
    // Where blocks of a tar don't fit into it, nothing can be moved.
    (missing > 0 && missing % TAR_BLOCK_BYTES == 0).then_some((missing, block))
}
