//! What stands in the target and looks right by its size and times, but isn't.

use std::fs;
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::path::Path;

use backup_core::model::archive::ArchiveDigest;
use backup_core::model::restore::{IfExists, RestoreJob, RestoreTarget};
use backup_core::ports::{ArchiveBytes, Restorer, SilentProgress};
use backup_fs::TarRestorer;
use sha2::{Digest, Sha256};

use crate::place::{Place, pack};
use crate::tree::{same, see, set_modified};

const LARGE_BYTES: usize = 700_000;

/// A small file, an empty one, a large one, and one that is mostly a hole.
const FILES: [&str; 4] = ["empty", "holes", "large", "small"];

fn source(place: &Place) -> Vec<u8> {
    let docs = place.path("source/docs");
    fs::create_dir_all(&docs).unwrap();
    fs::write(docs.join("empty"), "").unwrap();
    fs::write(docs.join("small"), "as it was").unwrap();
    let large: Vec<u8> = (0..251).cycle().take(LARGE_BYTES).collect();
    fs::write(docs.join("large"), large).unwrap();
    let holes = fs::File::create(docs.join("holes")).unwrap();
    holes.write_all_at(b"in the middle", 3 << 20).unwrap();
    holes.set_len(8 << 20).unwrap();
    for name in FILES {
        set_modified(&docs.join(name), 1_000_000_000, 5);
    }
    set_modified(&docs, 1_000_000_000, 5);
    pack(&docs)
}

/// Changes a byte of a file, and neither its size nor its time.
fn spoil(file: &Path, at: u64) {
    let modified = file.metadata().unwrap().modified().unwrap();
    let open = fs::File::options().write(true).open(file).unwrap();
    open.write_all_at(b"!", at).unwrap();
    open.set_modified(modified).unwrap();
}

/// Where a byte is changed: at the start, at the end, in a hole before data, in the data and in a hole behind it.
const SPOILS: [(&str, u64); 8] = [
    ("small", 0),
    ("small", 8),
    ("large", 0),
    ("large", 300_000),
    ("large", LARGE_BYTES as u64 - 1),
    ("holes", 1 << 20),
    ("holes", 3 << 20),
    ("holes", (8 << 20) - 1),
];

/// Doesn't know its end, as an archive that another tool compressed.
struct Endless(Cursor<Vec<u8>>);

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl ArchiveBytes for Endless {}

impl Seek for Endless {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match to {
            SeekFrom::End(_) => Err(io::ErrorKind::Unsupported.into()),
            to => self.0.seek(to),
        }
    }
}

fn request(place: &Place, existing: IfExists) -> RestoreJob {
    RestoreJob { target: RestoreTarget::Folder(place.target()), existing, ..place.request() }
}

#[test]
fn what_was_changed_without_its_time_is_seen() {
    let place = Place::new();
    let archive = source(&place);
    let expected = see(&place.path("source"), "docs");
    place.restore(&archive).unwrap();
    for (number, (name, at)) in SPOILS.into_iter().enumerate() {
        spoil(&place.target().join(name), at);
        let mut archives: [Box<dyn ArchiveBytes>; 2] =
            [Box::new(Cursor::new(archive.clone())), Box::new(Endless(Cursor::new(archive.clone())))];
        let archive = &mut *archives[number % 2];
        let preview = TarRestorer.preview(archive, &request(&place, IfExists::Replace), &SilentProgress);
        let preview = preview.unwrap();
        assert_eq!(preview.changed, [Path::new(name)], "{name} {at}");
        assert_eq!(preview.same_entries, 3, "{name} {at}");
        archive.rewind().unwrap();
        let report = TarRestorer.restore(archive, &request(&place, IfExists::Keep), &SilentProgress);
        assert_eq!(report.unwrap().left_entries, 1, "{name} {at}");
        archive.rewind().unwrap();
        let report = TarRestorer.restore(archive, &request(&place, IfExists::Replace), &SilentProgress);
        let report = report.unwrap();
        assert_eq!((report.entries, report.present_entries), (1, 3), "{name} {at}");
        set_modified(&place.target(), 1_000_000_000, 5);
        same(&place.see_target(), &expected, &format!("{name} {at}"));
    }
}

#[test]
fn what_a_power_cut_left_is_written_again() {
    let place = Place::new();
    let archive = source(&place);
    let expected = see(&place.path("source"), "docs");
    // An attempt that made everything, and was ended before it was done.
    place.restore(&archive).unwrap();
    let own = place.path(".target.restoring");
    fs::create_dir(&own).unwrap();
    crate::tree::set_mode(&own, 0o700);
    fs::rename(place.target(), own.join("tree")).unwrap();
    fs::write(own.join("request"), place.request().identity).unwrap();
    for (name, at) in SPOILS {
        spoil(&own.join("tree").join(name), at);
    }
    let report = place.restore(&archive).unwrap();
    assert_eq!((report.entries, report.present_entries), (3, 1), "{report:?}");
    same(&place.see_target(), &expected, "after a power cut");
    place.assert_nothing_outside("after a power cut");
}

#[test]
fn the_archive_is_digested_whatever_of_it_is_passed_over() {
    let place = Place::new();
    let archive = source(&place);
    let digest = |request: &RestoreJob| {
        let request = RestoreJob { digests: true, ..request.clone() };
        place.restore_as(&archive, &request).unwrap().archive
    };
    let expected =
        ArchiveDigest { archive_bytes: archive.len() as u64, sha256: Sha256::digest(&archive).into() };
    assert_eq!(digest(&place.request()), Some(expected), "all of it is made");
    let keep = request(&place, IfExists::Keep);
    assert_eq!(digest(&keep), Some(expected), "all of it stands");
    fs::write(place.target().join("large"), "mine").unwrap();
    assert_eq!(digest(&keep), Some(expected), "what is large is passed over");
    spoil(&place.target().join("holes"), 3 << 20);
    assert_eq!(digest(&request(&place, IfExists::Replace)), Some(expected), "what is large is read twice");
    assert_eq!(digest(&RestoreJob { chosen: vec![b"small".to_vec()], ..keep }), None);
    assert_eq!(place.restore_as(&archive, &request(&place, IfExists::Keep)).unwrap().archive, None);
}
