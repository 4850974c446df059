//! Reads the body of a catalog.

use std::io::{self, Read, Seek};
use std::ops::Range;

use super::block_reader::BlockReader;
use super::index::{Index, first_path};
use super::member::{CatalogMember, Listed};
use super::order::{compare, trimmed};

/// Reads the body of a catalog. One block is in memory, and the index.
///
/// All methods fail if the source can't be read, and with [`InvalidData`](io::ErrorKind::InvalidData) if the catalog is damaged, cut,
/// of an unknown version, or none.
/// What they return may still be wrong, if somebody made the catalog so.
///
/// The source needs no buffer: each read is of a whole group of a block.
#[derive(Debug)]
pub(crate) struct CatalogReader<R> {
    source: R,
    pub(super) index: Index,
    block: BlockReader,
}

impl<R: Read + Seek> CatalogReader<R> {
    /// Opens a catalog and reads its index. It has to begin at 0 and to end where the source ends.
    ///
    /// # Errors
    /// As any method.
    pub(crate) fn open(mut source: R) -> io::Result<Self> {
        let index = Index::read(&mut source)?;
        Ok(Self { source, index, block: BlockReader::default() })
    }

    /// Returns the number of members.
    #[cfg(test)]
    pub(crate) fn member_count(&self) -> u64 {
        self.index.totals.member_count
    }

    /// Returns whether the members are in the order of a walk: each folder before its entries, names bytewise.
    pub(crate) fn is_in_walk_order(&self) -> bool {
        self.index.totals.is_in_walk_order
    }

    /// Returns all members in the order of the archive. Nothing follows an error.
    pub(crate) fn members(&mut self) -> Members<'_, R> {
        self.block.forget();
        Members { reader: self, place: Place::default() }
    }

    /// As [`members`](Self::members), for whoever keeps them.
    pub(crate) fn into_members(mut self) -> OwnedMembers<R> {
        self.block.forget();
        OwnedMembers { reader: self, place: Place::default() }
    }

    /// Returns the members from that path on, with some that come before it. The members must be in walk order.
    pub(crate) fn members_from(&mut self, path: &[u8]) -> Members<'_, R> {
        let next_block = self.candidates(trimmed(path)).start;
        self.block.forget();
        Members { reader: self, place: Place { next_block, has_failed: false } }
    }

    /// Returns the last member with that path. Slashes at the end make no difference.
    ///
    /// Reads one block, or two, if the members are in walk order, and as many as it takes if not.
    ///
    /// # Errors
    /// As any method.
    pub(crate) fn find(&mut self, path: &[u8]) -> io::Result<Option<CatalogMember>> {
        let path = trimmed(path);
        for number in self.candidates(path).rev() {
            if let Some(position) = self.last_in_block(number, path)? {
                return self.member_at(number, position).map(Some);
            }
        }
        Ok(None)
    }

    /// Shows what a listing needs of each member, in the order of the archive, until `show` returns false.
    ///
    /// # Errors
    /// As any method. What came before the damage was shown.
    pub(crate) fn each_listed(&mut self, show: &mut dyn FnMut(Listed<'_>) -> bool) -> io::Result<()> {
        for block in &self.index.blocks {
            self.block.load_listing(&mut self.source, block)?;
            while let Some(listed) = self.block.next_listed()? {
                if !show(listed) {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Returns the blocks that can have a path.
    ///
    /// In walk order, it is in the last block that begins with a path before it, or in one that begins with it, as far as the index
    /// can tell.
    fn candidates(&self, path: &[u8]) -> Range<usize> {
        let blocks = &self.index.blocks;
        if !self.is_in_walk_order() {
            return 0..blocks.len();
        }
        let path = first_path(path);
        let begin = blocks.partition_point(|block| compare(&block.first_path, path).is_lt());
        let end = blocks.partition_point(|block| compare(&block.first_path, path).is_le());
        begin.saturating_sub(1)..end
    }

    fn last_in_block(&mut self, number: usize, path: &[u8]) -> io::Result<Option<u64>> {
        self.block.load_listing(&mut self.source, &self.index.blocks[number])?;
        let (mut last, mut position) = (None, 0);
        while let Some(listed) = self.block.next_listed()? {
            if trimmed(listed.path) == path {
                last = Some(position);
            }
            position += 1;
        }
        Ok(last)
    }

    fn member_at(&mut self, number: usize, position: u64) -> io::Result<CatalogMember> {
        self.block.load(&mut self.source, &self.index.blocks[number])?;
        let mut member = CatalogMember::default();
        for _ in 0..=position {
            self.block.next_into(&mut member)?;
        }
        Ok(member)
    }
}

/// How far the members were read.
#[derive(Debug, Default)]
struct Place {
    next_block: usize,
    has_failed: bool,
}

impl Place {
    /// Reads the next member, as [`Members::read_into`].
    fn read_into<R: Read + Seek>(
        &mut self,
        reader: &mut CatalogReader<R>,
        member: &mut CatalogMember,
    ) -> io::Result<bool> {
        if self.has_failed {
            return Ok(false);
        }
        let read = self.try_read_into(reader, member);
        self.has_failed = read.is_err();
        read
    }

    fn try_read_into<R: Read + Seek>(
        &mut self,
        reader: &mut CatalogReader<R>,
        member: &mut CatalogMember,
    ) -> io::Result<bool> {
        let CatalogReader { source, index, block } = reader;
        if block.left() == 0 {
            let Some(entry) = index.blocks.get(self.next_block) else { return Ok(false) };
            block.load(source, entry)?;
            self.next_block += 1;
        }
        block.next_into(member)?;
        Ok(true)
    }
}

/// The members of a catalog, in the order of the archive.
#[derive(Debug)]
pub(crate) struct Members<'c, R> {
    reader: &'c mut CatalogReader<R>,
    place: Place,
}

impl<R: Read + Seek> Members<'_, R> {
    /// Puts the next member in the place of another one, whose memory is used again. Returns false at the end.
    ///
    /// # Errors
    /// As any method of [`CatalogReader`]. Then there is no next one, and the other member may be a mixture.
    pub(crate) fn read_into(&mut self, member: &mut CatalogMember) -> io::Result<bool> {
        self.place.read_into(self.reader, member)
    }
}

/// The members of a catalog, with the catalog itself.
#[derive(Debug)]
pub(crate) struct OwnedMembers<R> {
    reader: CatalogReader<R>,
    place: Place,
}

impl<R: Read + Seek> OwnedMembers<R> {
    /// As [`Members::read_into`].
    pub(crate) fn read_into(&mut self, member: &mut CatalogMember) -> io::Result<bool> {
        self.place.read_into(&mut self.reader, member)
    }
}

impl<R: Read + Seek> Iterator for Members<'_, R> {
    type Item = io::Result<CatalogMember>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut member = CatalogMember::default();
        match self.read_into(&mut member) {
            Ok(true) => Some(Ok(member)),
            Ok(false) => None,
            Err(error) => Some(Err(error)),
        }
    }
}
