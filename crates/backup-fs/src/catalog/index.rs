//! The index of a catalog, and what stands before and behind: where each block is, and what it begins with.

use std::io::{self, Read, Seek, SeekFrom};

use super::damage::{Damage, Nonsense};
use super::digest::{CHECKSUM_BYTES, Checksum, checksum};
use super::limits::{BLOCK_MEMBERS, FIRST_PATH_BYTES, MAX_DIGESTS_BYTES, MAX_GROUP_BYTES, MAX_INDEX_BYTES};
use super::order::{compare, trimmed};
use super::varint;

/// What a catalog begins and ends with.
const MAGIC: [u8; 8] = *b"\xcbcatalog";

const VERSION: u32 = 1;

/// The magic bytes and the version.
pub(super) const HEADER_BYTES: usize = MAGIC.len() + 4;

/// The length and the checksum of the index, and the magic bytes.
const FOOTER_BYTES: usize = 8 + CHECKSUM_BYTES + MAGIC.len();

/// How many groups a block has.
pub(super) const GROUPS: usize = 4;

/// The groups, in their order in a block and in its entry.
pub(super) const LISTING: usize = 0;
pub(super) const PLACES: usize = 1;
pub(super) const STATS: usize = 2;
pub(super) const DIGESTS: usize = 3;

/// What the index says of all members together.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Totals {
    pub(super) member_count: u64,
    /// What all members have stored in the archive.
    pub(super) stored_bytes: u64,
    pub(super) is_in_walk_order: bool,
}

/// What the index says of a block.
#[derive(Debug, Clone, Default)]
pub(super) struct BlockEntry {
    /// Its number among the blocks, from 0. It isn't stored.
    pub(super) number: usize,
    /// Where it begins. The groups follow each other.
    pub(super) offset: u64,
    pub(super) member_count: u64,
    pub(super) groups: [GroupEntry; GROUPS],
    /// What the first path begins with, without slashes at the end.
    pub(super) first_path: Vec<u8>,
}

/// What the index says of a group.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct GroupEntry {
    pub(super) stored_bytes: usize,
    pub(super) plain_bytes: usize,
    pub(super) checksum: Checksum,
}

/// Returns as much of a path as the index has.
pub(super) fn first_path(path: &[u8]) -> &[u8] {
    let path = trimmed(path);
    &path[..path.len().min(FIRST_PATH_BYTES)]
}

/// Returns what a catalog begins with.
pub(super) fn header() -> Vec<u8> {
    [&MAGIC[..], &VERSION.to_le_bytes()].concat()
}

impl BlockEntry {
    /// Appends the entry to an index.
    pub(super) fn put(&self, index: &mut Vec<u8>) {
        varint::put(index, self.member_count);
        for group in &self.groups {
            varint::put(index, group.stored_bytes as u64);
            varint::put(index, group.plain_bytes as u64);
            index.extend_from_slice(&group.checksum);
        }
        varint::put(index, self.first_path.len() as u64);
        index.extend_from_slice(&self.first_path);
    }

    fn take(index: &mut &[u8], number: usize, offset: u64) -> Result<Self, Nonsense> {
        let member_count = take(index)?;
        if member_count == 0 || member_count > BLOCK_MEMBERS {
            return Err(Nonsense);
        }
        let mut groups = [GroupEntry::default(); GROUPS];
        for (name, group) in groups.iter_mut().enumerate() {
            *group = GroupEntry::take(index, name)?;
        }
        let path_bytes = take_length(index, FIRST_PATH_BYTES)?;
        let first_path = take_bytes(index, path_bytes)?.to_vec();
        Ok(Self { number, offset, member_count, groups, first_path })
    }

    /// Returns where the group begins.
    pub(super) fn group_offset(&self, group: usize) -> u64 {
        self.offset + self.groups[..group].iter().map(|group| group.stored_bytes as u64).sum::<u64>()
    }
}

impl GroupEntry {
    fn take(index: &mut &[u8], group: usize) -> Result<Self, Nonsense> {
        let limit = if group == DIGESTS { MAX_DIGESTS_BYTES } else { MAX_GROUP_BYTES };
        // What can't be compressed gets a little longer.
        let stored_bytes = take_length(index, 2 * limit)?;
        let plain_bytes = take_length(index, limit)?;
        if group == DIGESTS && stored_bytes != plain_bytes {
            return Err(Nonsense);
        }
        let checksum = *take_bytes(index, CHECKSUM_BYTES)?.first_chunk().expect("it is that long");
        Ok(Self { stored_bytes, plain_bytes, checksum })
    }
}

/// Returns what follows the blocks: the totals, their entries, and the footer.
pub(super) fn written(totals: Totals, entries: &[u8]) -> io::Result<Vec<u8>> {
    let mut index = Vec::with_capacity(entries.len() + 64);
    varint::put(&mut index, totals.member_count);
    varint::put(&mut index, totals.stored_bytes);
    varint::put(&mut index, totals.is_in_walk_order.into());
    if index.len() + entries.len() > MAX_INDEX_BYTES {
        return Err(io::Error::other("the archive has too many members for a catalog"));
    }
    index.extend_from_slice(entries);
    let index_bytes = index.len() as u64;
    let checksum = checksum(&index);
    index.extend_from_slice(&index_bytes.to_le_bytes());
    index.extend_from_slice(&checksum);
    index.extend_from_slice(&MAGIC);
    Ok(index)
}

/// The index of a catalog.
#[derive(Debug)]
pub(super) struct Index {
    pub(super) totals: Totals,
    pub(super) blocks: Vec<BlockEntry>,
}

impl Index {
    /// Reads header, footer and index.
    pub(super) fn read(source: &mut (impl Read + Seek)) -> io::Result<Self> {
        let all_bytes = source.seek(SeekFrom::End(0))?;
        check_header(source)?;
        let end = all_bytes.checked_sub(FOOTER_BYTES as u64).ok_or(Damage::Cut)?;
        let mut footer = [0; FOOTER_BYTES];
        read_at(source, end, &mut footer)?;
        let footer = Footer::parse(&footer).ok_or(Damage::Cut)?;
        let offset = end.checked_sub(footer.index_bytes).ok_or(Damage::Cut)?;
        let index_bytes = usize::try_from(footer.index_bytes).ok().filter(|bytes| *bytes <= MAX_INDEX_BYTES);
        let mut index = vec![0; index_bytes.ok_or(Damage::Index)?];
        read_at(source, offset, &mut index)?;
        if checksum(&index) != footer.checksum {
            return Err(Damage::Index.into());
        }
        Ok(Self::parse(&index, offset).map_err(|Nonsense| Damage::Index)?)
    }

    /// `end` is where the blocks end.
    fn parse(mut index: &[u8], end: u64) -> Result<Self, Nonsense> {
        let index = &mut index;
        let (member_count, stored_bytes) = (take(index)?, take(index)?);
        let is_in_walk_order = match take(index)? {
            0 => false,
            1 => true,
            _ => return Err(Nonsense),
        };
        let mut blocks: Vec<BlockEntry> = Vec::new();
        let mut offset = HEADER_BYTES as u64;
        while !index.is_empty() {
            let block = BlockEntry::take(index, blocks.len(), offset)?;
            offset = block.group_offset(GROUPS);
            blocks.push(block);
        }
        let members: u64 = blocks.iter().map(|block| block.member_count).sum();
        let is_sorted = blocks.is_sorted_by(|one, other| compare(&one.first_path, &other.first_path).is_le());
        if offset != end || members != member_count || is_in_walk_order && !is_sorted {
            return Err(Nonsense);
        }
        Ok(Self { totals: Totals { member_count, stored_bytes, is_in_walk_order }, blocks })
    }
}

/// What a catalog ends with.
struct Footer {
    index_bytes: u64,
    checksum: Checksum,
}

impl Footer {
    fn parse(bytes: &[u8; FOOTER_BYTES]) -> Option<Self> {
        let (index_bytes, rest) = bytes.split_first_chunk()?;
        let (checksum, magic) = rest.split_first_chunk()?;
        let footer = Self { index_bytes: u64::from_le_bytes(*index_bytes), checksum: *checksum };
        (magic == MAGIC).then_some(footer)
    }
}

fn read_at(source: &mut (impl Read + Seek), offset: u64, bytes: &mut [u8]) -> io::Result<()> {
    source.seek(SeekFrom::Start(offset))?;
    source.read_exact(bytes)
}

fn check_header(source: &mut (impl Read + Seek)) -> io::Result<()> {
    source.rewind()?;
    let mut bytes = Vec::with_capacity(HEADER_BYTES);
    source.take(HEADER_BYTES as u64).read_to_end(&mut bytes)?;
    if bytes.is_empty() || !bytes.starts_with(&MAGIC[..bytes.len().min(MAGIC.len())]) {
        return Err(Damage::Foreign.into());
    }
    match bytes.get(MAGIC.len()..).and_then(|version| version.first_chunk()) {
        None => Err(Damage::Cut.into()),
        Some(version) if u32::from_le_bytes(*version) != VERSION => {
            Err(Damage::Version(u32::from_le_bytes(*version)).into())
        }
        Some(_) => Ok(()),
    }
}

fn take(index: &mut &[u8]) -> Result<u64, Nonsense> {
    let (number, bytes) = varint::read(index).ok_or(Nonsense)?;
    *index = &index[bytes..];
    Ok(number)
}

fn take_length(index: &mut &[u8], limit: usize) -> Result<usize, Nonsense> {
    usize::try_from(take(index)?).ok().filter(|length| *length <= limit).ok_or(Nonsense)
}

fn take_bytes<'i>(index: &mut &'i [u8], length: usize) -> Result<&'i [u8], Nonsense> {
    let (bytes, rest) = index.split_at_checked(length).ok_or(Nonsense)?;
    *index = rest;
    Ok(bytes)
}
