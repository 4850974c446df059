//! Small archives, checked in: of every tool, right and wrong. The start of every mutation, here and under cargo-fuzz.

use std::fmt::Write as _;
use std::fs;
use std::io::{Cursor, Read};
use std::path::Path;

use backup_fs::{Member, ReadError, TarReader};

use crate::crafted::set_checksum;
use crate::random::{Random, setting};

pub(crate) const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus");

/// Demands that the corpus holds this; `BACKUP_WRITE_CORPUS=1` makes it so.
pub(crate) fn holds(name: &str, archive: &[u8]) {
    let path = Path::new(FOLDER).join(name);
    if setting("BACKUP_WRITE_CORPUS", 0) == 1 {
        fs::write(&path, archive).unwrap();
    }
    assert!(fs::read(&path).is_ok_and(|held| held == archive), "{name} isn't what stands in the corpus");
}

fn corpus() -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(FOLDER).unwrap().map(Result::unwrap);
    let mut corpus: Vec<_> = entries
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()))
        .collect();
    corpus.sort();
    corpus
}

/// Reads members with the beginning of their contents, and goes back to each that came by in the midst of these.
fn members(archive: &[u8], goes_back: bool) -> Vec<(Member, Vec<u8>)> {
    let mut reader = TarReader::seeking(Cursor::new(archive)).unwrap();
    let mut seen: Vec<(Member, Vec<u8>)> = Vec::new();
    while let Some(member) = reader.next_member().unwrap() {
        let mut bytes = Vec::new();
        let half = member.size_bytes.min(MOST_READ) / 2;
        reader.contents().take(half).read_to_end(&mut bytes).unwrap();
        for (earlier, expected) in seen.iter().filter(|_| goes_back) {
            let (again, bookmark) = reader.go_back(earlier.offset).unwrap();
            assert_eq!((&again.kind, again.size_bytes), (&earlier.kind, earlier.size_bytes));
            let mut contents = Vec::new();
            reader.contents().take(MOST_READ).read_to_end(&mut contents).unwrap();
            assert!(contents == *expected);
            reader.go_on(bookmark).unwrap();
        }
        reader.contents().take(MOST_READ - half).read_to_end(&mut bytes).unwrap();
        seen.push((member, bytes));
    }
    seen
}

const MOST_READ: u64 = 64 * 1024;

#[test]
fn whoever_goes_back_to_a_member_goes_on_where_it_was() {
    let mut members_seen = 0;
    for (name, archive) in corpus().iter().filter(|(name, _)| !name.starts_with("wrong-")) {
        let expected = members(archive, false);
        assert!(members(archive, true) == expected, "{name}");
        members_seen += expected.len();
    }
    assert!(members_seen > 50, "{members_seen}");
}

/// How an archive was read to its end, or to where it breaks.
#[derive(Debug, PartialEq)]
struct Outcome {
    members: u64,
    content_bytes: u64,
    error: Option<String>,
}

/// Reads all of an archive, as whoever restores it would; holes are passed, for they may be endless.
fn read(archive: impl Read, length: usize) -> Outcome {
    let mut reader = TarReader::new(archive);
    let mut result = Outcome { members: 0, content_bytes: 0, error: None };
    loop {
        match reader.next_member() {
            Ok(None) => return result,
            Ok(Some(member)) => {
                result.members += 1;
                assert!(member.stored_bytes <= i64::MAX as u64 && member.contents_offset <= length as u64);
                assert!(result.members <= length as u64 / 512, "more members than headers");
                result.content_bytes += read_contents(&mut reader, length);
            }
            Err(error) => {
                if let ReadError::Damaged(damage) = &error {
                    assert!(damage.offset <= length as u64, "{error}");
                }
                result.error = Some(error.to_string());
                return result;
            }
        }
    }
}

fn read_contents(reader: &mut TarReader<impl Read>, length: usize) -> u64 {
    let (mut contents, mut piece, mut bytes) = (reader.contents(), [0; 700], 0);
    loop {
        contents.pass_hole();
        match contents.read(&mut piece) {
            Ok(0) | Err(_) => break,
            Ok(count) => bytes += count as u64,
        }
    }
    assert!(bytes <= length as u64, "more data than there is");
    bytes
}

/// Gives one to three bytes at a time.
struct Crumbs<'a>(&'a [u8], usize);

impl Read for Crumbs<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.1 = self.1 % 3 + 1;
        let limit = buffer.len().min(self.1);
        self.0.read(&mut buffer[..limit])
    }
}

#[test]
fn the_corpus_of_stock_tools_is_read() {
    let mut text = String::new();
    for (name, archive) in corpus() {
        let result = read(&archive[..], archive.len());
        assert_eq!(read(Crumbs(&archive, 0), archive.len()), result, "{name}");
        assert_eq!(result.error.is_some(), name.starts_with("wrong-"), "{name}: {result:?}");
        if !name.starts_with("wrong-") && !name.starts_with("right-") {
            writeln!(text, "{name}: {} members, {} bytes", result.members, result.content_bytes).unwrap();
        }
    }
    insta::assert_snapshot!(text, @r"
    bsdtar-gnutar.tar: 11 members, 15 bytes
    bsdtar-pax.tar: 11 members, 15 bytes
    bsdtar-sparse.tar: 1 members, 4096 bytes
    python-gnu.tar: 11 members, 15 bytes
    python-pax.tar: 11 members, 15 bytes
    tar-gnu.tar: 12 members, 20495 bytes
    tar-posix-0.0.tar: 1 members, 4096 bytes
    tar-posix-0.1.tar: 1 members, 4096 bytes
    tar-posix-1.0.tar: 12 members, 4111 bytes
    tar-posix-label.tar: 1 members, 9 bytes
    tar-ustar.tar: 6 members, 10 bytes
    tar-v7.tar: 6 members, 10 bytes
    ");
}

/// How many archives are mutated; `BACKUP_MUTATIONS=1000000 BACKUP_MUTATIONS_SEED=2` for more, and for others.
const MUTATIONS: u64 = 6_000;

#[test]
fn no_mutation_does_harm() {
    let (count, seed) = (setting("BACKUP_MUTATIONS", MUTATIONS), setting("BACKUP_MUTATIONS_SEED", 1));
    let (corpus, mut broken) = (corpus(), 0);
    for number in 0..count {
        println!("to have this mutation again: BACKUP_MUTATIONS={} BACKUP_MUTATIONS_SEED={seed}", number + 1);
        let mut random = Random::new(seed.wrapping_mul(1_000_003).wrapping_add(number));
        let archive = mutated(&corpus, &mut random);
        let result = read(&archive[..], archive.len());
        if random.one_in(10) {
            assert_eq!(read(Crumbs(&archive, 0), archive.len()), result);
        }
        broken += u64::from(result.error.is_some());
    }
    // Neither everything nor nothing: else the mutations would be too wild or too tame to try anything.
    assert!(broken * 10 > count && broken * 100 < count * 99, "{broken} of {count} are broken");
}

fn mutated(corpus: &[(String, Vec<u8>)], random: &mut Random) -> Vec<u8> {
    let mut archive = random.pick(corpus).1.clone();
    archive.truncate(16_384);
    for _ in 0..=random.below(4) {
        mutate(&mut archive, corpus, random);
    }
    // Behind wrong checksums nothing is tried, so mostly they are made right.
    if !random.one_in(8) {
        archive.chunks_exact_mut(512).filter(|block| block[257..262] == *b"ustar").for_each(set_checksum);
    }
    archive
}

fn mutate(archive: &mut Vec<u8>, corpus: &[(String, Vec<u8>)], random: &mut Random) {
    if archive.is_empty() {
        return archive.extend_from_slice(&random.pick(corpus).1);
    }
    // Most of an archive is padding.
    let lively = archive.iter().rposition(|byte| *byte != 0).map_or(1, |at| at + 1);
    let at = random.below(lively);
    let block = at / 512 * 512;
    match random.below(9) {
        0 => archive[at] ^= 1 << random.below(8),
        1 => archive[at] = random.byte(),
        2 => archive[at] = *random.pick(b"0179 \0=\n,.-x\xff\x80"),
        3 => archive.truncate(at),
        4 => drop(archive.drain(block..(block + 512).min(archive.len()))),
        5 => {
            let copy = archive[block..].iter().take(512).copied().collect::<Vec<_>>();
            drop(archive.splice(block..block, copy));
        }
        6 => {
            let other = &random.pick(corpus).1;
            let from = if other.is_empty() { 0 } else { random.below(other.len()) / 512 * 512 };
            archive.truncate(block);
            archive.extend_from_slice(&other[from..]);
        }
        // A size, in a header.
        7 => field(archive, block + 124, &format!("{:011o}\0", random.next() >> (31 + random.below(33)))),
        // What kind of member it is.
        _ => field(archive, block + 156, &char::from(*random.pick(b"0123456LKSxgVD\0")).to_string()),
    }
}

fn field(archive: &mut [u8], at: usize, text: &str) {
    if let Some(field) = archive.get_mut(at..at + text.len()) {
        field.copy_from_slice(text.as_bytes());
    }
}
