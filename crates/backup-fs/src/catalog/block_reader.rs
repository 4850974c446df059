//! Reads the members of a block.

use std::io::{self, Read, Seek};

use super::damage::Nonsense;
use super::digest::{ContentDigest, DIGEST_BYTES};
use super::group_reader::{GroupReader, read_stored};
use super::index::{BlockEntry, DIGESTS, LISTING, PLACES, STATS};
use super::listing::ListingReader;
use super::member::{CatalogMember, Listed};
use super::places::PlacesReader;
use super::stats::StatsReader;

/// Reads the members of a block. The memory is used again for the next block.
#[derive(Debug, Default)]
pub(super) struct BlockReader {
    groups: GroupReader,
    listing: ListingReader,
    places: PlacesReader,
    stats: StatsReader,
    digests: Vec<u8>,
    passed_digests: usize,
    /// The number of the block, and how many of its members are still to come.
    number: usize,
    left: u64,
}

impl BlockReader {
    /// Reads all groups of a block.
    pub(super) fn load(&mut self, source: &mut (impl Read + Seek), block: &BlockEntry) -> io::Result<()> {
        self.load_listing(source, block)?;
        self.left = 0;
        self.groups.read_columns(source, block, PLACES, &mut self.places.columns)?;
        self.groups.read_columns(source, block, STATS, &mut self.stats.columns)?;
        read_stored(source, block, DIGESTS, &mut self.digests)?;
        self.places.begin();
        self.stats.begin();
        self.passed_digests = 0;
        self.left = block.member_count;
        Ok(())
    }

    /// Reads what [`next_listed`](Self::next_listed) needs of a block.
    pub(super) fn load_listing(
        &mut self,
        source: &mut (impl Read + Seek),
        block: &BlockEntry,
    ) -> io::Result<()> {
        (self.number, self.left) = (block.number, 0);
        self.groups.read_columns(source, block, LISTING, &mut self.listing.columns)?;
        self.listing.begin().map_err(|nonsense| nonsense.of_block(block.number))?;
        self.left = block.member_count;
        Ok(())
    }

    /// Gives up the block.
    pub(super) fn forget(&mut self) {
        self.left = 0;
    }

    /// Returns how many members are still to come.
    pub(super) fn left(&self) -> u64 {
        self.left
    }

    /// Takes what a listing needs of the next member.
    pub(super) fn next_listed(&mut self) -> io::Result<Option<Listed<'_>>> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        let (number, is_last) = (self.number, self.left == 0);
        self.listing.take(is_last).map(Some).map_err(|nonsense| nonsense.of_block(number))
    }

    /// Puts the next member in the place of another one. There has to be one.
    pub(super) fn next_into(&mut self, member: &mut CatalogMember) -> io::Result<()> {
        self.left -= 1;
        self.take_into(member).map_err(|nonsense| nonsense.of_block(self.number))
    }

    fn take_into(&mut self, member: &mut CatalogMember) -> Result<(), Nonsense> {
        let is_last = self.left == 0;
        member.set_listed(&self.listing.take(is_last)?);
        let place = self.places.take(member.size_bytes)?;
        member.offset = place.offset;
        member.contents_offset = place.contents_offset;
        member.stored_bytes = place.stored_bytes;
        member.source = self.stats.take(member.modified)?;
        let has_digest = u64::from(place.has_digest);
        member.digest = self.take_digests(has_digest)?.first().copied();
        member.looks_incompressible = place.looks_incompressible;
        member.pieces.clear();
        member.pieces.extend_from_slice(self.take_digests(place.piece_count)?);
        if is_last { self.end() } else { Ok(()) }
    }

    fn take_digests(&mut self, count: u64) -> Result<&[ContentDigest], Nonsense> {
        let (digests, _) = self.digests[self.passed_digests..].as_chunks::<DIGEST_BYTES>();
        let count = usize::try_from(count).map_err(|_| Nonsense)?;
        let digests = digests.get(..count).ok_or(Nonsense)?;
        self.passed_digests += count * DIGEST_BYTES;
        Ok(digests)
    }

    fn end(&self) -> Result<(), Nonsense> {
        self.places.columns.end()?;
        self.stats.columns.end()?;
        if self.passed_digests == self.digests.len() { Ok(()) } else { Err(Nonsense) }
    }
}
