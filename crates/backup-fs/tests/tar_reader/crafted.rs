//! Archives made up by hand: each thing that can be wrong, and what must be read all the same.

use std::fs;

use backup_fs::{ArchiveDamage, Fault, MAX_NAME_BYTES, MemberKind, Place, ReadError, TarReader};

use crate::corpus;
use crate::view::try_view;

const BLOCK: usize = 512;

/// Puts an archive together, block by block.
#[derive(Default)]
pub(crate) struct Crafted(Vec<u8>);

impl Crafted {
    /// Adds a ustar header with the fields that `more` changes.
    fn header(mut self, flag: u8, name: &[u8], size: usize, more: &[(usize, &[u8])]) -> Self {
        let mut block = [0; BLOCK];
        block[..name.len()].copy_from_slice(name);
        block[100..108].copy_from_slice(b"0000644\0");
        block[108..116].copy_from_slice(b"0000000\0");
        block[116..124].copy_from_slice(b"0000000\0");
        block[124..136].copy_from_slice(format!("{size:011o}\0").as_bytes());
        block[136..148].copy_from_slice(b"00000000000\0");
        block[156] = flag;
        block[257..265].copy_from_slice(b"ustar\x0000");
        for (at, bytes) in more {
            block[*at..at + bytes.len()].copy_from_slice(bytes);
        }
        set_checksum(&mut block);
        self.0.extend_from_slice(&block);
        self
    }

    /// Adds bytes, and fills up their last block.
    fn data(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self.0.resize(self.0.len().next_multiple_of(BLOCK), 0);
        self
    }

    fn file(self, name: &[u8], contents: &[u8]) -> Self {
        self.header(b'0', name, contents.len(), &[]).data(contents)
    }

    fn extension(self, flag: u8, bytes: &[u8]) -> Self {
        self.header(flag, b"extension", bytes.len(), &[]).data(bytes)
    }

    fn pax(self, records: &[(&str, &str)]) -> Self {
        let records: Vec<u8> =
            records.iter().flat_map(|(key, value)| record(key, value.as_bytes())).collect();
        self.extension(b'x', &records)
    }

    fn end(mut self) -> Vec<u8> {
        self.0.extend_from_slice(&[0; 2 * BLOCK]);
        self.0
    }
}

/// Puts in the sum that the other bytes have.
pub(crate) fn set_checksum(block: &mut [u8]) {
    block[148..156].fill(b' ');
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
}

fn record(key: &str, value: &[u8]) -> Vec<u8> {
    let rest = [b" ", key.as_bytes(), b"=", value, b"\n"].concat();
    let length = (rest.len()..).find(|length| length.to_string().len() + rest.len() == *length).unwrap();
    [length.to_string().as_bytes(), &rest].concat()
}

fn new() -> Crafted {
    Crafted::default()
}

fn sparse_0_1(map: &str, size: &str, data: &[u8]) -> Vec<u8> {
    new().pax(&[("GNU.sparse.size", size), ("GNU.sparse.map", map)]).file(b"a", data).end()
}

fn old_sparse(segments: &[(u64, u64)], size: u64, goes_on: u8, data: &[u8]) -> Crafted {
    let mut fields = Vec::new();
    for (offset, length) in segments {
        fields.extend_from_slice(format!("{offset:011o}\0{length:011o}\0").as_bytes());
    }
    let size = format!("{size:011o}\0");
    let more = [(257, &b"ustar  \0"[..]), (386, &fields), (482, &[goes_on]), (483, size.as_bytes())];
    new().header(b'S', b"a", data.len(), &more)
}

/// Names, archives, and what is wrong with them at which byte, and how that is placed.
#[expect(clippy::too_many_lines, reason = "a table, one row a case")]
fn wrong() -> Vec<(&'static str, Vec<u8>, Fault, usize, Place)> {
    use Fault as F;
    let at_start = |name, archive, fault| (name, archive, fault, 0, Place::Start);
    let in_a = |name, archive, fault, offset| (name, archive, fault, offset, Place::In(b"a".to_vec()));
    let after_a = |name, archive, fault, offset| (name, archive, fault, offset, Place::After(b"a".to_vec()));
    let file = || new().file(b"a", b"x");
    let whole = file().end();
    let ustar_number = |at, bytes: &'static [u8]| new().header(b'0', b"a", 0, &[(at, bytes)]).end();
    vec![
        at_start("empty", vec![], F::NoTrailer),
        after_a("no-trailer", whole[..1024].to_vec(), F::NoTrailer, 1024),
        after_a("lone-zero-block", file().data(&[0; 512]).file(b"b", b"").end(), F::HalfTrailer, 1536),
        after_a("second-archive", [&whole[..], &whole].concat(), F::AfterTrailer, 2048),
        after_a("something-at-the-end", [&whole[..], b"\0\0x"].concat(), F::AfterTrailer, 2050),
        at_start("cut-header", whole[..511].to_vec(), F::CutHeader).with_offset(511),
        in_a("cut-contents", whole[..600].to_vec(), F::CutContents, 600),
        in_a("size-beyond-the-end", new().header(b'0', b"a", 0o7_777_777, &[]).end(), F::CutContents, 1536),
        at_start(
            "no-checksum",
            new().header(b'0', b"a", 0, &[]).0.iter().map(|byte| byte | 1).collect(),
            F::Checksum,
        ),
        in_a("size-over-63-bits", ustar_number(124, b"\x80\0\0\0\x80\0\0\0\0\0\0\0"), F::Number("size"), 0),
        in_a(
            "negative-size",
            ustar_number(124, b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"),
            F::Number("size"),
            0,
        ),
        in_a("size-no-number", ustar_number(124, b"0x000000001"), F::Number("size"), 0),
        in_a(
            "negative-owner",
            ustar_number(108, b"\xff\xff\xff\xff\xff\xff\xff\xff"),
            F::Number("user id"),
            0,
        ),
        in_a(
            "time-over-64-bits",
            ustar_number(136, b"\x80\0\0\x80\0\0\0\0\0\0\0\0"),
            F::Number("modification time"),
            0,
        ),
        in_a(
            "device-over-32-bits",
            new().header(b'3', b"a", 0, &[(329, b"\x80\0\0\x01\0\0\0\0")]).end(),
            F::Number("device number"),
            0,
        ),
        at_start("value-no-number", new().pax(&[("size", "1e3")]).file(b"a", b"").end(), F::Value("size")),
        at_start(
            "value-no-time",
            new().pax(&[("mtime", "soon")]).file(b"a", b"").end(),
            F::Value("modification time"),
        ),
        at_start("record-too-long", new().extension(b'x', b"99 path=b\n").file(b"a", b"").end(), F::Record),
        at_start("record-too-short", new().extension(b'x', b"8 path=b\n").file(b"a", b"").end(), F::Record),
        at_start("large-extension", new().header(b'x', b"a", 0o77_777_777_777, &[]).end(), F::LargeExtension),
        at_start(
            "large-long-name",
            new().header(b'L', b"a", MAX_NAME_BYTES + 2, &[]).end(),
            F::LargeExtension,
        ),
        at_start("lost-records", new().pax(&[("path", "b")]).end(), F::LostExtension).with_offset(1024),
        at_start("lost-long-name", new().extension(b'L', b"b\0").end(), F::LostExtension).with_offset(1024),
        at_start(
            "double-records",
            new().pax(&[("uid", "1")]).pax(&[("uid", "2")]).file(b"a", b"").end(),
            F::DoubleExtension,
        )
        .with_offset(1024),
        at_start(
            "double-long-name",
            new().extension(b'L', b"b\0").extension(b'L', b"c\0").file(b"a", b"").end(),
            F::DoubleExtension,
        )
        .with_offset(1024),
        at_start(
            "global-path",
            new().extension(b'g', &record("path", b"b")).file(b"a", b"").end(),
            F::Global,
        ),
        at_start(
            "global-size",
            new().extension(b'g', &record("size", b"9")).file(b"a", b"").end(),
            F::Global,
        ),
        at_start("no-name", new().file(b"", b"").end(), F::NoName),
        in_a("no-target", new().header(b'2', b"a", 0, &[]).end(), F::NoName, 0),
        at_start("nul-in-path", new().pax(&[("path", "a\0b")]).file(b"a", b"").end(), F::NulInName),
        at_start("nul-in-long-name", new().extension(b'L', b"a\0b\0").file(b"a", b"").end(), F::NulInName),
        at_start(
            "long-path",
            new().pax(&[("path", &"a".repeat(MAX_NAME_BYTES + 1))]).file(b"a", b"").end(),
            F::LongName,
        ),
        in_a("folder-with-contents", new().header(b'5', b"a", 1, &[]).data(b"x").end(), F::NoContents, 0),
        in_a(
            "link-with-contents",
            new().header(b'1', b"a", 1, &[(157, b"b")]).data(b"x").end(),
            F::NoContents,
            0,
        ),
        in_a("map-over-size", sparse_0_1("5,6", "10", b"abcdef"), F::SparseMap, 1536),
        in_a("map-over-data", sparse_0_1("0,4", "10", b"abc"), F::SparseMap, 0),
        in_a("map-overlaps", sparse_0_1("0,4,3,1", "10", b"abcde"), F::SparseMap, 1536),
        in_a(
            "map-without-size",
            new().pax(&[("GNU.sparse.map", "0,1")]).file(b"a", b"x").end(),
            F::SparseMap,
            1536,
        ),
        in_a(
            "map-of-a-folder",
            new().pax(&[("GNU.sparse.map", "0,1")]).header(b'5', b"a", 0, &[]).end(),
            F::SparseMap,
            1024,
        ),
        in_a("map-in-ustar", new().header(b'S', b"a", 0, &[]).end(), F::SparseMap, 0),
        in_a(
            "map-block-empty",
            old_sparse(&[(0, 1)], 1, 1, b"x").data(&[0; 512]).data(b"x").end(),
            F::SparseMap,
            0,
        ),
        in_a("map-block-cut", old_sparse(&[(0, 1)], 1, 1, b"x").0, F::CutHeader, 512),
        in_a(
            "map-text-cut",
            new().pax(&[("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0")]).header(b'0', b"a", 512, &[]).0,
            F::CutContents,
            1536,
        ),
        in_a(
            "many-segments",
            new()
                .pax(&[("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0")])
                .file(b"a", &[&b"1048577\n"[..], &[0; 504]].concat())
                .end(),
            F::ManySegments,
            1536,
        ),
    ]
}

trait WithOffset {
    fn with_offset(self, offset: usize) -> Self;
}

impl WithOffset for (&'static str, Vec<u8>, Fault, usize, Place) {
    fn with_offset(mut self, offset: usize) -> Self {
        self.3 = offset;
        self
    }
}

fn damage(archive: &[u8]) -> ArchiveDamage {
    match try_view(archive) {
        Err(ReadError::Damaged(damage)) => damage,
        other => panic!("not damaged: {:?}", other.map(|tree| tree.len())),
    }
}

#[test]
fn each_fault_is_reported_with_its_byte_and_its_member() {
    for (name, archive, what, offset, member) in wrong() {
        let expected = ArchiveDamage { offset: offset as u64, member, what };
        assert_eq!(damage(&archive), expected, "{name}");
        if archive.len() < 10_000 {
            corpus::holds(&format!("wrong-{name}.tar"), &archive);
        }
    }
}

/// One fault of every kind; a new one doesn't compile here, so that it is put among the archives above. Attributes, and
/// segments beyond their limit, are counted in tests of their own; short padding is a fault of our own archives alone.
#[test]
fn every_kind_of_fault_is_among_the_archives() {
    let kind = |fault: Fault| match fault {
        Fault::NoTrailer => 0,
        Fault::HalfTrailer => 1,
        Fault::AfterTrailer => 2,
        Fault::CutHeader => 3,
        Fault::CutContents => 4,
        Fault::Checksum => 5,
        Fault::Number(_) => 6,
        Fault::Value(_) => 7,
        Fault::Record => 8,
        Fault::LargeExtension => 9,
        Fault::LostExtension => 10,
        Fault::DoubleExtension => 11,
        Fault::Global => 12,
        Fault::NoName => 13,
        Fault::NulInName => 14,
        Fault::LongName => 15,
        Fault::NoContents => 16,
        Fault::SparseMap => 17,
        Fault::ManySegments => 18,
        Fault::ManyAttributes => 19,
        Fault::ShortPadding => 20,
    };
    let mut kinds: Vec<_> = wrong().into_iter().map(|(_, _, fault, ..)| kind(fault)).collect();
    kinds.sort_unstable();
    kinds.dedup();
    assert_eq!(kinds, (0..19).collect::<Vec<_>>());
}

/// What must be read all the same: a name, an archive, and its members as path, kind, size and link.
type Right = (&'static str, Vec<u8>, Vec<(&'static [u8], MemberKind, u64, &'static [u8])>);

#[expect(clippy::too_many_lines, reason = "a table, one row a case")]
fn right() -> Vec<Right> {
    use MemberKind::{CharDevice, File, Folder, Other, Symlink};
    let forged = record("SCHILY.xattr.user.x", b"\n16 path=forged\n");
    let v7 = [(257, &[0; 8][..])];
    vec![
        ("no-members", new().end(), vec![]),
        ("one-zero-block", new().file(b"a", b"x").data(&[0; BLOCK]).0, vec![(b"a", File, 1, b"")]),
        ("short-padding", [&new().file(b"a", b"x").end()[..], b"\0\0"].concat(), vec![(b"a", File, 1, b"")]),
        ("global-and-no-members", new().extension(b'g', &record("comment", b"x")).end(), vec![]),
        ("forged-record", new().extension(b'x', &forged).file(b"a", b"").end(), vec![(b"a", File, 0, b"")]),
        ("empty-record", new().pax(&[("path", "")]).file(b"a", b"").end(), vec![(b"a", File, 0, b"")]),
        ("no-records", new().extension(b'x', b"").file(b"a", b"").end(), vec![(b"a", File, 0, b"")]),
        (
            "size-in-records",
            new().pax(&[("size", "3")]).header(b'0', b"a", 0, &[]).data(b"abc").end(),
            vec![(b"a", File, 3, b"")],
        ),
        ("v7-folder", new().header(0, b"a/", 0, &v7).end(), vec![(b"a/", Folder, 0, b"")]),
        ("folder-by-its-slash", new().header(b'0', b"a/", 0, &[]).end(), vec![(b"a/", Folder, 0, b"")]),
        ("contiguous", new().header(b'7', b"a", 1, &[]).data(b"x").end(), vec![(b"a", File, 1, b"")]),
        (
            "volume-label",
            new().header(b'V', b"label", 0, &[]).file(b"a", b"x").end(),
            vec![(b"label", Other(b'V'), 0, b""), (b"a", File, 1, b"")],
        ),
        (
            "dump-folder",
            new().header(b'D', b"a", 4, &[]).data(b"Yb\0\0").end(),
            vec![(b"a", Other(b'D'), 4, b"")],
        ),
        (
            "junk-in-unused-fields",
            new().header(b'0', b"a", 0, &[(157, b"junk"), (329, b"junk")]).end(),
            vec![(b"a", File, 0, b"")],
        ),
        ("v7-device", new().header(b'3', b"a", 0, &v7).end(), vec![(b"a", CharDevice, 0, b"")]),
        ("signed-checksum", signed(), vec![(b"\xff\xff", File, 0, b"")]),
        (
            "long-target",
            new().extension(b'K', b"t\0").header(b'2', b"a", 0, &[(157, b"cut")]).end(),
            vec![(b"a", Symlink, 0, b"t")],
        ),
        (
            "records-over-long-name",
            new().extension(b'L', b"b\0").pax(&[("path", "c")]).file(b"a", b"").end(),
            vec![(b"c", File, 0, b"")],
        ),
        ("sparse", sparse_0_1("1,2,5,1", "9", b"abc"), vec![(b"a", File, 9, b"")]),
        (
            "sparse-to-63-bits",
            sparse_0_1("9223372036854775806,1", "9223372036854775807", b"x"),
            vec![(b"a", File, i64::MAX as u64, b"")],
        ),
        (
            "old-sparse",
            old_sparse(&[(512, 3), (9_000, 0)], 9_000, 0, b"abc").data(b"abc").end(),
            vec![(b"a", File, 9_000, b"")],
        ),
    ]
}

fn signed() -> Vec<u8> {
    let mut archive = new().header(b'0', b"\xff\xff", 0, &[]).end();
    archive[148..156].fill(b' ');
    let sum: i32 = archive[..BLOCK].iter().map(|byte| i32::from(byte.cast_signed())).sum();
    archive[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    archive
}

#[test]
fn what_is_odd_and_allowed_is_read() {
    for (name, archive, expected) in right() {
        let (mut members, mut reader) = (Vec::new(), TarReader::new(&archive[..]));
        while let Some(member) = reader.next_member().unwrap_or_else(|error| panic!("{name}: {error}")) {
            members.push((member.path, member.kind, member.size_bytes, member.link));
        }
        let expected: Vec<_> = expected
            .into_iter()
            .map(|(path, kind, size, link)| (path.to_vec(), kind, size, link.to_vec()))
            .collect();
        assert_eq!(members, expected, "{name}");
        corpus::holds(&format!("right-{name}.tar"), &archive);
    }
}

#[test]
fn a_global_header_holds_until_it_is_taken_back() {
    let owner = |name: &[u8]| record("uname", name);
    let archive = new()
        .extension(b'g', &[owner(b"ada"), record("uid", b"7")].concat())
        .file(b"a", b"")
        .pax(&[("uname", "eve"), ("uid", "")])
        .file(b"b", b"")
        .file(b"c", b"")
        .extension(b'g', &owner(b""))
        .file(b"d", b"")
        .end();
    let (mut owners, mut reader) = (Vec::new(), TarReader::new(&archive[..]));
    while let Some(member) = reader.next_member().unwrap() {
        owners.push((String::from_utf8(member.user).unwrap(), member.uid));
    }
    let expected = [("ada", 7), ("eve", 0), ("ada", 7), ("", 7)];
    assert_eq!(owners, expected.map(|(name, uid)| (name.to_owned(), uid)));
    corpus::holds("right-globals.tar", &archive);
}

#[test]
fn the_corpus_can_be_read_from_its_folder() {
    assert!(fs::read_dir(corpus::FOLDER).unwrap().count() > 60);
}
