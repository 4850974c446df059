//! Every byte of a small archive flipped, and every length cut: what is found, and what can't be.

use std::fs;
use std::ops::Range;
use std::os::unix::fs::symlink;

use backup_core::model::archive::CheckReport;
use backup_core::model::error::{Failure, PortError};
use backup_core::ports::{Archiver, EndCheck, PackRequest, SilentProgress};
use backup_fs::{TarArchiver, TarReader, check_archive_against};
use sha2::{Digest, Sha256};

use crate::tree::set_modified;
use crate::view::try_view;

const BLOCK: usize = 512;

/// An archive with every kind of block that we write.
fn archive() -> Vec<u8> {
    let home = tempfile::tempdir().unwrap();
    let source = home.path().join("docs");
    fs::create_dir(&source).unwrap();
    fs::write(source.join("a"), "contents").unwrap();
    fs::write(source.join("b".repeat(120)), [b'x'; 600]).unwrap();
    fs::write(source.join("\u{fc}".repeat(60)), "a name that stands in a GNU header").unwrap();
    symlink("a", source.join("link")).unwrap();
    set_modified(&source.join("a"), 1_700_000_000, 5);
    set_modified(&source.join("link"), 1_700_000_000, 0);
    let mut bytes = Vec::new();
    TarArchiver::default().pack(&PackRequest::all_of(&source), &mut bytes, &SilentProgress).unwrap();
    bytes
}

/// What a byte of an archive belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Header,
    /// The field of a header that holds the sum of all others.
    Checksum,
    /// An extended header's records or name, and what fills their last block.
    Extension,
    /// A file's contents, and what fills their last block.
    Contents,
    /// The trailer, and the zeros behind it.
    End,
}

/// Tells what each byte belongs to, by going from header to header, independently of the reader.
fn parts(archive: &[u8]) -> Vec<Part> {
    let mut parts = Vec::new();
    while archive[parts.len()] != 0 {
        let header = &archive[parts.len()..][..BLOCK];
        let size = usize::from_str_radix(std::str::from_utf8(&header[124..135]).unwrap(), 8).unwrap();
        let body = if b"xgLK".contains(&header[156]) { Part::Extension } else { Part::Contents };
        parts.extend([Part::Header; BLOCK]);
        let checksum: Range<usize> = parts.len() - BLOCK + 148..parts.len() - BLOCK + 156;
        parts[checksum].fill(Part::Checksum);
        parts.resize(parts.len() + size.next_multiple_of(BLOCK), body);
    }
    parts.resize(archive.len(), Part::End);
    parts
}

fn check(archive: &[u8]) -> Result<CheckReport, PortError> {
    TarArchiver::default().check(&mut &archive[..], EndCheck::Exact, &SilentProgress)
}

/// Calls `act` with each byte changed; in a header in each of these ways, elsewhere in one of them.
fn each_flip(archive: &[u8], mut act: impl FnMut(usize, &[u8])) {
    let mut flipped = archive.to_vec();
    for (at, part) in parts(archive).into_iter().enumerate() {
        for (number, change) in [0x01, 0x10, 0xff].into_iter().enumerate() {
            if number == at % 3 || matches!(part, Part::Header | Part::Checksum) {
                flipped[at] = archive[at] ^ change;
                act(at, &flipped);
            }
        }
        flipped[at] = archive[at];
    }
}

#[test]
fn structure_alone_finds_what_it_promises_and_nothing_else() {
    let archive = archive();
    let parts = parts(&archive);
    let whole = check(&archive).unwrap();
    let seen = try_view(&archive[..]).unwrap();
    for part in [Part::Header, Part::Checksum, Part::Extension, Part::Contents, Part::End] {
        assert!(parts.contains(&part), "{part:?}");
    }
    each_flip(&archive, |at, flipped| match (parts[at], check(flipped)) {
        (Part::Header | Part::Checksum | Part::End, Err(error)) => {
            assert_eq!(error.failure, Failure::Damaged);
        }
        // A blank for a leading zero, say: nothing was lost.
        (Part::Checksum, Ok(_)) => assert!(try_view(flipped).unwrap() == seen, "byte {at}"),
        (Part::Contents, result) => assert_eq!(result.unwrap(), whole, "no tar can find that: byte {at}"),
        // Found or not, it does no harm.
        (Part::Extension, _) => drop(try_view(flipped)),
        (part, Ok(_)) => panic!("byte {at} was flipped in a {part:?} and not found"),
    });
}

#[test]
fn every_cut_is_found_and_named() {
    let archive = archive();
    for length in 0..archive.len() {
        let error = check(&archive[..length]).unwrap_err();
        assert_eq!(error.failure, Failure::Damaged, "cut after {length}");
        let expected = format!(": at byte {length}");
        assert!(error.to_string().contains(&expected), "cut after {length}: {error}");
    }
    let error = check(&[&archive[..], &[0; BLOCK]].concat()).unwrap_err();
    assert!(error.to_string().ends_with("the zeros behind the trailer are cut off"), "{error}");
}

#[test]
fn with_the_digest_every_flip_and_every_cut_is_found() {
    let archive = archive();
    let sha256: [u8; 32] = Sha256::digest(&archive).into();
    let check = |archive: &[u8]| check_archive_against(&sha256, &mut &archive[..], &SilentProgress);
    check(&archive).unwrap();
    each_flip(&archive, |at, flipped| {
        let error = check(flipped).expect_err("every flip is found");
        assert_eq!(error.failure, Failure::Damaged, "byte {at}");
    });
    for length in 0..archive.len() {
        assert_eq!(check(&archive[..length]).unwrap_err().failure, Failure::Damaged, "cut after {length}");
    }
}

#[test]
fn an_error_names_the_member_and_stays() {
    let mut archive = archive();
    let cut = archive.len() / BLOCK * BLOCK;
    let parts = parts(&archive);
    let last_header = parts.iter().rposition(|part| *part == Part::Header).unwrap() / BLOCK * BLOCK;
    archive[last_header] ^= 1;
    let mut reader = TarReader::new(&archive[..cut]);
    let error = loop {
        match reader.next_member() {
            Ok(member) => assert!(member.is_some(), "the damage is found before the end"),
            Err(error) => break error.to_string(),
        }
    };
    let expected = format!("at byte {last_header}, after docs/");
    assert!(
        error.starts_with(&expected) && error.ends_with("the checksum of the header is wrong"),
        "{error}"
    );
    assert_eq!(reader.next_member().unwrap_err().to_string(), error);
    let read = std::io::read_to_string(reader.contents()).unwrap_err();
    assert_eq!(read.to_string(), error);
}

#[test]
fn contents_end_with_an_error_where_they_are_cut() {
    let archive = archive();
    let whole = TarReader::new(&archive[..]).next_member().unwrap().unwrap();
    assert_eq!((whole.offset, whole.path), (0, b"docs/".to_vec()));
    let mut reader = TarReader::new(&archive[..]);
    let file = loop {
        let member = reader.next_member().unwrap().unwrap();
        if member.size_bytes == 600 {
            break member;
        }
    };
    let cut = usize::try_from(file.contents_offset).unwrap() + 100;
    let mut reader = TarReader::new(&archive[..cut]);
    while reader.next_member().unwrap().unwrap().path != file.path {}
    let mut contents = Vec::new();
    let error = std::io::copy(&mut reader.contents(), &mut contents).unwrap_err();
    assert_eq!(contents.len(), 100);
    let expected =
        format!("at byte {cut}, in docs/{}: the archive ends within a member's contents", "b".repeat(120));
    assert_eq!((error.kind(), error.to_string()), (std::io::ErrorKind::InvalidData, expected));
}
