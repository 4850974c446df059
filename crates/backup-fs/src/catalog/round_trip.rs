//! Tests: what was written is read, found and listed again, in few bytes and little memory.

use std::cell::Cell;
use std::collections::HashMap;
use std::io::{self, ErrorKind, Write};

use super::index::{DIGESTS, GROUPS};
use super::limits::{BLOCK_BYTES, BLOCK_MEMBERS, MAX_GROUP_BYTES};
use super::made_up::{Random, catalog_of, extreme_members, open, ordinary_tree};
use super::order::trimmed;
use super::{CatalogMember, CatalogWriter, Listed, MAX_PIECES};
use crate::tar_reader::{MAX_NAME_BYTES, Timestamp};

fn check(members: &[CatalogMember]) {
    let catalog = catalog_of(members);
    let mut reader = open(&catalog).unwrap();
    assert_eq!(reader.member_count(), members.len() as u64);
    let read: Vec<_> = reader.members().map(Result::unwrap).collect();
    // Not assert_eq, which would print thousands of members.
    let first_wrong = (0..members.len()).find(|at| read.get(*at) != Some(&members[*at]));
    assert_eq!(first_wrong.map(|at| (at, &members[at], read.get(at))), None);
    assert_eq!(read.len(), members.len());
    let mut listed = Vec::new();
    let mut show = |member: Listed<'_>| {
        listed.push(owned(&member));
        true
    };
    reader.each_listed(&mut show).unwrap();
    assert!(listed == members.iter().map(shown).collect::<Vec<_>>());
}

/// What a listing shows, to be compared.
fn owned(listed: &Listed<'_>) -> CatalogMember {
    let mut member = CatalogMember::default();
    member.set_listed(listed);
    member
}

fn shown(member: &CatalogMember) -> CatalogMember {
    CatalogMember {
        offset: 0,
        contents_offset: 0,
        stored_bytes: 0,
        digest: None,
        source: None,
        pieces: Vec::new(),
        looks_incompressible: None,
        ..member.clone()
    }
}

#[test]
fn what_was_written_is_read_again() {
    check(&[]);
    check(&[CatalogMember::default()]);
    for seed in 0..40 {
        check(&extreme_members(50, seed));
    }
    check(&extreme_members(9000, 77));
    check(&ordinary_tree(600, 1));
}

#[test]
fn blocks_of_exactly_so_many_members_are_read_again() {
    for count in [4095, 4096, 4097, 8192] {
        check(&vec![CatalogMember { path: b"a".to_vec(), ..CatalogMember::default() }; count]);
    }
}

/// Compares what is found with the last member of that path.
fn check_find(members: &[CatalogMember], is_in_walk_order: bool) {
    let catalog = catalog_of(members);
    let mut reader = open(&catalog).unwrap();
    assert_eq!(reader.is_in_walk_order(), is_in_walk_order);
    let last: HashMap<&[u8], &CatalogMember> =
        members.iter().map(|member| (trimmed(&member.path), member)).collect();
    for member in members.iter().step_by(members.len() / 25 + 1).chain(members.last()) {
        let path = trimmed(&member.path);
        assert_eq!(reader.find(&member.path).unwrap().as_ref(), Some(last[path]));
        assert_eq!(reader.find(&[path, b"//"].concat()).unwrap().as_ref(), Some(last[path]));
        for missing in
            [[path, b"/\x01none"].concat(), [path, b"\x01none"].concat(), path[..path.len() / 2].to_vec()]
        {
            assert_eq!(reader.find(&missing).unwrap().as_ref(), last.get(trimmed(&missing)).copied());
        }
    }
}

#[test]
fn members_are_found_by_their_paths() {
    check_find(&[], true);
    let mut tree = ordinary_tree(700, 5);
    assert!(tree.len() > 8192);
    check_find(&tree, true);
    tree.rotate_left(100);
    check_find(&tree, false);
    check_find(&extreme_members(5000, 3), false);
}

/// The index has only the beginning of a path, which is the same in many blocks here.
#[test]
fn members_are_found_where_the_index_cannot_tell_their_blocks_apart() {
    let folder = "folder/".repeat(500);
    let members: Vec<_> = (0..2500u32)
        .map(|number| CatalogMember {
            // Some come several times, over the ends of blocks.
            path: format!("{folder}{:05}", number / 700 * 700 + number % 700 / 300).into_bytes(),
            uid: number.into(),
            ..CatalogMember::default()
        })
        .collect();
    assert!(open(&catalog_of(&members)).unwrap().members().count() == 2500);
    check_find(&members, true);
}

#[test]
fn a_listing_ends_when_nobody_wants_more() {
    let catalog = catalog_of(&extreme_members(10, 1));
    let mut count = 0;
    let mut show = |_: Listed<'_>| {
        count += 1;
        count < 4
    };
    open(&catalog).unwrap().each_listed(&mut show).unwrap();
    assert_eq!(count, 4);
}

#[test]
fn members_begin_anew_each_time() {
    let members = extreme_members(10, 1);
    let catalog = catalog_of(&members);
    let mut reader = open(&catalog).unwrap();
    for taken in [3, 10, 0, 1] {
        let read: Vec<_> = reader.members().take(taken).map(Result::unwrap).collect();
        assert_eq!(read, members[..taken]);
    }
}

/// Of which a digest takes 16. Without blocks of their own in a frame, the columns would take two bytes more.
#[test]
fn members_of_an_ordinary_tree_take_few_bytes() {
    let members = ordinary_tree(1300, 9);
    let catalog = catalog_of(&members);
    let reader = open(&catalog).unwrap();
    let mut groups = [0; GROUPS];
    for block in &reader.index.blocks {
        (0..GROUPS).for_each(|group| groups[group] += block.groups[group].stored_bytes);
    }
    let bytes_a_member = |bytes: usize| bytes as f64 / members.len() as f64;
    let all = bytes_a_member(catalog.len());
    assert!(members.len() > 16_384);
    assert!(all <= 33.0, "{all} bytes a member, by group {:?}", groups.map(bytes_a_member));
}

/// Counts what is written to it.
struct Counter<'c>(&'c Cell<usize>);

impl Write for Counter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.set(self.0.get() + bytes.len());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A block is written when it is full, by its members or by its bytes; after that, only its entry is held.
#[test]
fn no_more_than_a_block_is_held() {
    for (path_bytes, most_members) in [(10, BLOCK_MEMBERS), (100_000, 11), (MAX_NAME_BYTES, 1)] {
        let written = Cell::new(0);
        let mut writer = CatalogWriter::new(Counter(&written));
        let member = CatalogMember { path: vec![b'x'; path_bytes], ..CatalogMember::default() };
        for _ in 0..3 {
            let before = written.get();
            for number in 1..=most_members {
                assert_eq!(written.get(), before, "{number} of {path_bytes}");
                writer.add(&member).unwrap();
            }
            assert!(written.get() > before);
        }
        assert!(writer.entries.len() < 3 * 400);
    }
}

/// The longest names and most digests come out of a reader with its limits.
#[test]
fn the_largest_members_fit_the_limits() {
    let text = vec![b'x'; MAX_NAME_BYTES];
    let mut random = Random(1);
    let small = CatalogMember { path: vec![b'x'; BLOCK_BYTES / 2], ..CatalogMember::default() };
    let large = CatalogMember {
        path: [&text[1..], b"/"].concat(),
        link: text.clone(),
        user: text.clone(),
        group: text,
        pieces: (0..100_000).map(|_| random.digest()).collect(),
        ..CatalogMember::default()
    };
    let members = [small, large.clone(), large];
    check(&members);
    let catalog = catalog_of(&members);
    let reader = open(&catalog).unwrap();
    assert_eq!(reader.index.blocks.len(), 2);
    let groups = reader.index.blocks.iter().flat_map(|block| &block.groups[..DIGESTS]);
    assert!(groups.map(|group| group.plain_bytes).max().unwrap() <= MAX_GROUP_BYTES);
}

#[test]
fn what_no_catalog_can_hold_is_refused_and_harms_nothing() {
    let fine = CatalogMember { path: b"a".to_vec(), ..CatalogMember::default() };
    let long = vec![b'x'; MAX_NAME_BYTES + 1];
    let late = Timestamp { seconds: 0, nanos: 1_000_000_000 };
    let mut source = extreme_members(100, 1).into_iter().find_map(|member| member.source).unwrap();
    source.changed = late;
    let cases = [
        (CatalogMember { path: b"a\0".to_vec(), ..fine.clone() }, "a path in a catalog can't have a NUL"),
        (CatalogMember { link: b"\0".to_vec(), ..fine.clone() }, "a path in a catalog can't have a NUL"),
        (
            CatalogMember { path: long.clone(), ..fine.clone() },
            "a name of 1048577 bytes is too long for a catalog",
        ),
        (CatalogMember { user: long, ..fine.clone() }, "a name of 1048577 bytes is too long for a catalog"),
        (
            CatalogMember { pieces: vec![[0; 16]; MAX_PIECES + 1], ..fine.clone() },
            "4194305 pieces of a file are too many for a catalog",
        ),
        (
            CatalogMember { modified: late, ..fine.clone() },
            "a time in a catalog has fewer than 1,000,000,000 nanoseconds",
        ),
        (
            CatalogMember { source: Some(source), ..fine.clone() },
            "a time in a catalog has fewer than 1,000,000,000 nanoseconds",
        ),
    ];
    let mut writer = CatalogWriter::new(Vec::new());
    for (member, expected) in cases {
        let error = writer.add(&member).unwrap_err();
        assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::InvalidInput, expected));
        writer.add(&fine).unwrap();
    }
    assert!(writer.finish().unwrap() == catalog_of(&vec![fine; 7]));
}

/// Fails once, and would take everything after that.
struct FailsOnce(bool);

impl Write for FailsOnce {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if std::mem::replace(&mut self.0, true) { Ok(bytes.len()) } else { Err(io::Error::other("full")) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_writer_that_has_failed_writes_nothing_more() {
    let mut writer = CatalogWriter::new(FailsOnce(false));
    let member = CatalogMember { path: vec![b'x'; MAX_NAME_BYTES], ..CatalogMember::default() };
    assert_eq!(writer.add(&member).unwrap_err().to_string(), "full");
    let later = writer.add(&member).unwrap_err();
    assert_eq!(later.to_string(), "an earlier write of the catalog has failed");
    assert!(writer.finish().is_err());
}
