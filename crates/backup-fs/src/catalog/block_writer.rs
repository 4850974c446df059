//! Collects the members of a block, and makes the groups of it.

use std::io;
use std::mem::take;

use super::digest::checksum;
use super::frame::FrameWriter;
use super::index::{BlockEntry, DIGESTS, GroupEntry, LISTING, PLACES, STATS, first_path};
use super::limits::{BLOCK_BYTES, BLOCK_MEMBERS};
use super::listing::ListingWriter;
use super::member::CatalogMember;
use super::places::PlacesWriter;
use super::stats::StatsWriter;

/// Collects the members of a block, and makes the groups of it. The memory is used again for the next block.
#[derive(Debug, Default)]
pub(super) struct BlockWriter {
    listing: ListingWriter,
    places: PlacesWriter,
    stats: StatsWriter,
    digests: Vec<u8>,
    frames: FrameWriter,
    stored: Vec<u8>,
    /// The length of names and digests.
    held_bytes: usize,
    member_count: u64,
    first_path: Vec<u8>,
}

impl BlockWriter {
    pub(super) fn add(&mut self, member: &CatalogMember) {
        if self.is_empty() {
            self.first_path = first_path(&member.path).to_vec();
        }
        self.listing.add(member);
        self.places.add(member);
        self.stats.add(member);
        self.digests.extend(member.digest.iter().flatten());
        self.digests.extend_from_slice(member.pieces.as_flattened());
        let names = [&member.path, &member.link, &member.user, &member.group];
        self.held_bytes += names.map(Vec::len).iter().sum::<usize>() + member.pieces.as_flattened().len();
        self.member_count += 1;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.member_count == 0
    }

    pub(super) fn is_full(&self) -> bool {
        self.member_count == BLOCK_MEMBERS || self.held_bytes >= BLOCK_BYTES
    }

    /// Makes the groups of what was collected, and begins the next block. `offset` is where they will be.
    pub(super) fn end(&mut self, offset: u64) -> io::Result<(BlockEntry, &[u8])> {
        let mut entry = BlockEntry {
            offset,
            member_count: take(&mut self.member_count),
            first_path: take(&mut self.first_path),
            ..BlockEntry::default()
        };
        let (frames, stored) = (&mut self.frames, &mut self.stored);
        stored.clear();
        let mut end_group = |group: usize, plain_bytes: usize, stored: &[u8], begin: usize| {
            let frame = &stored[begin..];
            entry.groups[group] =
                GroupEntry { stored_bytes: frame.len(), plain_bytes, checksum: checksum(frame) };
            stored.len()
        };
        let plain_bytes = frames.append(&self.listing.columns, stored)?;
        let end = end_group(LISTING, plain_bytes, stored, 0);
        let plain_bytes = frames.append(&self.places.columns, stored)?;
        let end = end_group(PLACES, plain_bytes, stored, end);
        let plain_bytes = frames.append(&self.stats.columns, stored)?;
        let end = end_group(STATS, plain_bytes, stored, end);
        stored.extend_from_slice(&self.digests);
        end_group(DIGESTS, self.digests.len(), stored, end);
        self.clear();
        Ok((entry, &self.stored))
    }

    fn clear(&mut self) {
        self.listing.clear();
        self.places.clear();
        self.stats.clear();
        self.digests.clear();
        self.held_bytes = 0;
    }
}
