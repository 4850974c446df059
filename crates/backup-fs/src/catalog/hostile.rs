//! Tests: a catalog that was made to harm, with right checksums, gives an error or other members, and nothing worse.

use std::io::{self, Cursor, Read, Seek, SeekFrom};

use zstd::bulk::compress;

use super::block_writer::BlockWriter;
use super::index::{BlockEntry, DIGESTS, HEADER_BYTES, Index, Totals, header, written};
use super::limits::{BLOCK_MEMBERS, MAX_DIGESTS_BYTES, MAX_GROUP_BYTES, MAX_INDEX_BYTES};
use super::made_up::{Random, catalog_of, extreme_members, ordinary_tree};
use super::tampering::{Parts, check_error, read_all, read_any};
use super::{CatalogMember, SourceStat, digest, varint};
use crate::tar_reader::{MAX_NAME_BYTES, Timestamp};

/// The checksums are right, so the columns have to be checked.
#[test]
fn columns_that_make_no_sense_are_an_error_or_other_members() {
    let original = ordinary_tree(4, 3).into_iter().chain(extreme_members(20, 8)).collect::<Vec<_>>();
    let catalog = catalog_of(&original);
    assert!(read_all(&Parts::of(&catalog).catalog()).unwrap() == original);
    let mut random = Random(4);
    let mut errors = 0;
    for _ in 0..3000 {
        let group = usize::try_from(random.below(4)).unwrap();
        let changed = Parts::of(&catalog).with_plain(group, |plain| {
            let at = usize::try_from(random.below(plain.len() as u64)).unwrap();
            match random.below(4) {
                0 => plain.truncate(at),
                1 => plain[at] = 0xff,
                _ => plain[at] ^= 1 << random.below(8),
            }
        });
        errors += usize::from(read_any(&changed.catalog()).is_err());
    }
    assert!(errors > 500 && errors < 3000, "{errors}");
}

#[test]
fn an_index_that_makes_no_sense_is_an_error() {
    let catalog = catalog_of(&extreme_members(12, 5));
    let index = Index::read(&mut Cursor::new(&catalog)).unwrap();
    let (block, totals) = (&index.blocks[0], index.totals);
    let blocks_end = usize::try_from(block.group_offset(4)).unwrap();
    let with_index =
        |entries: &[u8], totals| [&catalog[..blocks_end], &written(totals, entries).unwrap()].concat();
    let mut entries = Vec::new();
    block.put(&mut entries);
    assert_eq!(with_index(&entries, totals), catalog);
    for at in 0..entries.len() {
        for wrong in [1, 0x7f, 0x80, 0xff] {
            let mut changed = entries.clone();
            changed[at] ^= wrong;
            // The beginning of the first path matters only for finding.
            let read = read_any(&with_index(&changed, totals));
            assert!(read.is_err() || read.unwrap() == 12);
        }
        assert!(read_any(&with_index(&entries[..at], totals)).is_err());
    }
    let mut of_more = totals;
    of_more.member_count += 1;
    assert!(read_any(&with_index(&entries, of_more)).is_err());
}

/// Puts another index behind the blocks of two members that don't fit into one block.
fn check_index(change: impl FnOnce(&mut Index), expected: &str) {
    let path = |first| [&[first][..], &[b'x'; MAX_NAME_BYTES - 1]].concat();
    let members = [b'a', b'b'].map(|first| CatalogMember { path: path(first), ..CatalogMember::default() });
    let catalog = catalog_of(&members);
    let mut index = Index::read(&mut Cursor::new(&catalog)).unwrap();
    let blocks_end = usize::try_from(index.blocks[1].group_offset(4)).unwrap();
    change(&mut index);
    let mut entries = Vec::new();
    index.blocks.iter().for_each(|block| block.put(&mut entries));
    let changed = [&catalog[..blocks_end], &written(index.totals, &entries).unwrap()].concat();
    assert_eq!(read_any(&changed).map_err(|error| error.to_string()), Err(expected.to_owned()));
}

#[test]
fn an_index_that_does_not_fit_to_the_blocks_is_an_error() {
    let index_error = "the index of the catalog is damaged";
    let unsorted = |index: &mut Index| index.blocks[0].first_path = b"c".to_vec();
    check_index(unsorted, index_error);
    check_index(|index| index.blocks[0].groups[DIGESTS].plain_bytes += 1, index_error);
    check_index(|index| index.blocks[1].groups[DIGESTS].stored_bytes += 1, index_error);
    let of_too_many = |index: &mut Index| {
        index.blocks[0].member_count = BLOCK_MEMBERS + 1;
        index.totals.member_count = BLOCK_MEMBERS + 2;
    };
    check_index(of_too_many, index_error);
    let block_error = "block 1 of the catalog makes no sense";
    check_index(|index| index.blocks[1].groups[0].plain_bytes += 1, block_error);
    check_index(|index| index.blocks[1].groups[2].plain_bytes -= 1, block_error);
}

/// Nothing is allocated for lengths beyond the limits or beyond the file.
#[test]
fn huge_lengths_are_refused_at_once() {
    let mut block = BlockEntry { offset: HEADER_BYTES as u64, member_count: 1, ..BlockEntry::default() };
    for group in 0..4 {
        let limit = if group == DIGESTS { MAX_DIGESTS_BYTES } else { MAX_GROUP_BYTES };
        for (stored_bytes, plain_bytes) in
            [(0, limit + 1), (2 * limit + 1, 0), (0, usize::MAX), (usize::MAX, 0)]
        {
            let before = block.groups[group];
            (block.groups[group].stored_bytes, block.groups[group].plain_bytes) = (stored_bytes, plain_bytes);
            let mut entries = Vec::new();
            block.put(&mut entries);
            let totals = Totals { member_count: 1, ..Totals::default() };
            check_error(
                &[header(), written(totals, &entries).unwrap()].concat(),
                "the index of the catalog is damaged",
            );
            block.groups[group] = before;
        }
    }
}

/// A source of any length that is empty between its begin and its end, as a sparse file is.
struct Sparse {
    begin: Vec<u8>,
    end: Vec<u8>,
    all_bytes: u64,
    position: u64,
}

impl Read for Sparse {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let of_end = self.position.checked_sub(self.all_bytes - self.end.len() as u64);
        let rest = match of_end {
            Some(at) => &self.end[usize::try_from(at).unwrap()..],
            None => &self.begin[usize::try_from(self.position).unwrap()..],
        };
        let count = rest.len().min(bytes.len());
        bytes[..count].copy_from_slice(&rest[..count]);
        self.position += count as u64;
        Ok(count)
    }
}

impl Seek for Sparse {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.position = match to {
            SeekFrom::Start(at) => at,
            SeekFrom::End(0) => self.all_bytes,
            _ => unreachable!(),
        };
        Ok(self.position)
    }
}

/// The index isn't read, so nothing is allocated for it.
#[test]
fn an_index_that_is_too_long_is_refused_at_once() {
    let catalog = catalog_of(&[]);
    let (begin, end) = (header(), catalog[catalog.len() - 24..].to_vec());
    let all_bytes = 1 << 60;
    for (index_bytes, expected) in [
        (MAX_INDEX_BYTES as u64 + 1, "the index of the catalog is damaged"),
        (1 << 50, "the index of the catalog is damaged"),
        (all_bytes, "the catalog is cut off, or something was added to it"),
        (u64::MAX, "the catalog is cut off, or something was added to it"),
    ] {
        let mut source = Sparse { begin: begin.clone(), end: end.clone(), all_bytes, position: 0 };
        source.end[..8].copy_from_slice(&index_bytes.to_le_bytes());
        assert_eq!(Index::read(&mut source).unwrap_err().to_string(), expected);
    }
}

/// A small frame can't become a large group.
#[test]
fn a_group_that_is_longer_than_the_index_says_is_an_error() {
    let catalog = catalog_of(&extreme_members(12, 5));
    let mut parts = Parts::of(&catalog);
    let bomb = compress(&vec![0; 64 << 20], 3).unwrap();
    let groups = &mut parts.index.blocks[0].groups;
    (groups[0].stored_bytes, groups[0].checksum) = (bomb.len(), digest::checksum(&bomb));
    let begin =
        HEADER_BYTES + Index::read(&mut Cursor::new(&catalog)).unwrap().blocks[0].groups[0].stored_bytes;
    let rest: usize = groups[1..].iter().map(|group| group.stored_bytes).sum();
    let mut entries = Vec::new();
    parts.index.blocks[0].put(&mut entries);
    let end = written(parts.index.totals, &entries).unwrap();
    check_error(
        &[&header()[..], &bomb, &catalog[begin..begin + rest], &end].concat(),
        "block 0 of the catalog makes no sense",
    );
}

/// Columns that say they are longer than the group are refused.
#[test]
fn columns_beyond_their_group_are_an_error() {
    let catalog = catalog_of(&extreme_members(2, 5));
    for length in [1 << 20, u64::MAX, u64::MAX - 3] {
        let changed = Parts::of(&catalog).with_plain(1, |plain| {
            let mut changed = Vec::new();
            varint::put(&mut changed, length);
            changed.extend_from_slice(&plain[1..]);
            *plain = changed;
        });
        assert!(read_any(&changed.catalog()).is_err());
    }
}

/// Returns a catalog of a member that no writer accepts.
fn unchecked_catalog(member: &CatalogMember) -> Vec<u8> {
    let mut block = BlockWriter::default();
    block.add(member);
    let (entry, stored) = block.end(0).unwrap();
    let mut entries = Vec::new();
    entry.put(&mut entries);
    let totals = Totals { member_count: 1, ..Totals::default() };
    [&header()[..], stored, &written(totals, &entries).unwrap()].concat()
}

#[test]
fn members_that_no_writer_accepts_are_an_error() {
    let fine = CatalogMember { path: b"a".to_vec(), ..CatalogMember::default() };
    assert!(read_all(&unchecked_catalog(&fine)).unwrap() == [fine.clone()]);
    let modified = |seconds| Timestamp { seconds, nanos: 1_000_000_000 };
    for member in [
        CatalogMember { path: b"a\0".to_vec(), ..fine.clone() },
        CatalogMember { link: b"\0".to_vec(), ..fine.clone() },
        CatalogMember { path: vec![b'x'; MAX_NAME_BYTES + 1], ..fine.clone() },
        CatalogMember { modified: modified(7), ..fine.clone() },
        CatalogMember { modified: modified(i64::MAX), ..fine.clone() },
    ] {
        check_error(&unchecked_catalog(&member), "block 0 of the catalog makes no sense");
    }
}

/// The first column of the stats is a flag for each member, behind the lengths of eleven short columns.
#[test]
fn flags_that_nobody_knows_are_an_error() {
    let changed = CatalogMember::default().modified;
    let source = Some(SourceStat { changed, inode: 1, device: (0, 0) });
    let catalog = catalog_of(&[CatalogMember { source, ..CatalogMember::default() }]);
    for flags in [0, 2, 3, 5, 0x81] {
        let changed = Parts::of(&catalog).with_plain(2, |plain| plain[11] = flags);
        check_error(&changed.catalog(), "block 0 of the catalog makes no sense");
    }
}

/// A column with more than its members need is a sign of a wrong reader or writer.
#[test]
fn what_is_left_in_a_column_is_an_error() {
    let members = extreme_members(20, 8);
    for group in 0..4 {
        let longer = Parts::of(&catalog_of(&members)).with_plain(group, |plain| {
            if group == DIGESTS {
                plain.extend([0; 16]);
            } else {
                lengthen_last_column(plain, [18, 4, 11][group]);
            }
        });
        check_error(&longer.catalog(), "block 0 of the catalog makes no sense");
    }
}

/// Adds a byte to the last of so many columns.
fn lengthen_last_column(plain: &mut Vec<u8>, columns: usize) {
    let (mut lengths, mut at) = (Vec::new(), 0);
    for _ in 0..columns {
        let (length, bytes) = varint::read(&plain[at..]).unwrap();
        lengths.push(length);
        at += bytes;
    }
    *lengths.last_mut().unwrap() += 1;
    let mut longer = Vec::new();
    lengths.iter().for_each(|length| varint::put(&mut longer, *length));
    longer.extend_from_slice(&plain[at..]);
    longer.push(0);
    *plain = longer;
}
