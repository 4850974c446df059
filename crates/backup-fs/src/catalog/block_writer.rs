//! Collects the members of a block, and makes the groups of it.

use std::io;
use std::mem::take;

use super::columns::Columns;
use super::digest::checksum;
use super::frame::FrameWriter;
use super::index::{BlockEntry, GroupEntry, first_path};
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
        self.stored.clear();
        let groups = [
            end_columns(&mut self.frames, &self.listing.columns, &mut self.stored)?,
            end_columns(&mut self.frames, &self.places.columns, &mut self.stored)?,
            end_columns(&mut self.frames, &self.stats.columns, &mut self.stored)?,
            end_group(&self.digests, self.digests.len()),
        ];
        self.stored.extend_from_slice(&self.digests);
        let (member_count, first_path) = (take(&mut self.member_count), take(&mut self.first_path));
        self.clear();
        Ok((BlockEntry { number: 0, offset, member_count, groups, first_path }, &self.stored))
    }

    fn clear(&mut self) {
        self.listing.clear();
        self.places.clear();
        self.stats.clear();
        self.digests.clear();
        self.held_bytes = 0;
    }
}

/// Appends a group of columns.
fn end_columns<const N: usize>(
    frames: &mut FrameWriter,
    columns: &Columns<N>,
    stored: &mut Vec<u8>,
) -> io::Result<GroupEntry> {
    let begin = stored.len();
    let plain_bytes = frames.append(columns, stored)?;
    Ok(end_group(&stored[begin..], plain_bytes))
}

fn end_group(stored: &[u8], plain_bytes: usize) -> GroupEntry {
    GroupEntry { stored_bytes: stored.len(), plain_bytes, checksum: checksum(stored) }
}
