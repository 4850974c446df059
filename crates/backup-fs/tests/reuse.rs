//! What is taken over from an earlier archive: nothing that has changed, and everything else.
#![expect(clippy::unwrap_used, reason = "tests, and what they need, outside a test function")]

#[path = "tar_reader/maker.rs"]
mod maker;
#[expect(dead_code, reason = "the tests of the reader need more of it")]
#[path = "tar_reader/random.rs"]
mod random;
#[expect(dead_code, reason = "the tests of the reader need more of it")]
#[path = "tar_reader/tree.rs"]
mod tree;

use std::fs::{self, File};
use std::io::{self, Cursor, Read, Write};
use std::ops::Range;
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use backup_core::model::archive::{Compression, Grade, PackReport, Selection};
use backup_core::model::restore::{IfExists, Links, RestoreJob, RestoreTarget};
use backup_core::ports::{
    Archiver, BackupStore, Draft, EndCheck, PackRequest, PackTarget, Restorer, SeekableBytes, SilentProgress,
};
use backup_core::testing::{at, skipped};
use backup_core::time::Moment;
use backup_fs::{BackupDir, Home, TarArchiver, TarRestorer, ZstdReader};
use tempfile::TempDir;
use tree::{is_root, see, set_attribute};

/// An archive and its catalog, which may take over from an earlier one.
#[derive(Debug, Default, Clone)]
struct Archive {
    bytes: Vec<u8>,
    catalog: Vec<u8>,
    base: Option<Box<Archive>>,
    taken_over_bytes: u64,
    stretches: usize,
}

impl Write for Archive {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl PackTarget for Archive {
    fn keeps_catalog(&self) -> bool {
        true
    }

    fn open_base(&mut self) -> Option<Box<dyn SeekableBytes>> {
        Some(Box::new(Cursor::new(self.base.as_ref()?.catalog.clone())))
    }

    fn take_over(&mut self, part: Range<u64>) -> io::Result<()> {
        let base = &self.base.as_ref().unwrap().bytes;
        let range = usize::try_from(part.start).unwrap()..usize::try_from(part.end).unwrap();
        let has_phase = part.start % 4096 == self.bytes.len() as u64 % 4096;
        assert!(has_phase || part.end - part.start < 16 * 1024, "a long stretch can be cloned");
        self.taken_over_bytes += part.end - part.start;
        self.stretches += 1;
        self.bytes.extend_from_slice(&base[range]);
        Ok(())
    }

    fn shared_block_bytes(&self) -> u64 {
        4096
    }

    fn write_catalog(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.catalog.write_all(bytes)
    }
}

struct Place {
    home: TempDir,
}

/// A moment before which everything in a test has changed.
fn later() -> Moment {
    at("2199-01-01 00:00")
}

impl Place {
    fn new() -> Self {
        let this = Self { home: tempfile::tempdir().unwrap() };
        fs::create_dir(this.docs()).unwrap();
        this
    }

    /// Makes a tree with a bit of everything.
    fn with_a_tree() -> Self {
        let this = Self::new();
        for folder in ["a", "a/deep/er", "b", "empty"] {
            fs::create_dir_all(this.file(folder)).unwrap();
        }
        for number in 0..40 {
            let folder = ["a", "a/deep", "b"][number % 3];
            this.write(&format!("{folder}/{number}"), &vec![u8::try_from(number).unwrap(); number * 997]);
        }
        let pattern: Vec<u8> = (0..253).collect();
        this.write("a/large", &pattern.repeat(12_000)[..3_000_000]);
        let sparse = File::create(this.file("b/sparse")).unwrap();
        sparse.write_all_at(b"data", 2_000_000).unwrap();
        fs::hard_link(this.file("a/0"), this.file("b/link")).unwrap();
        fs::hard_link(this.file("a/3"), this.file("b/other link")).unwrap();
        symlink("a/0", this.file("symlink")).unwrap();
        this
    }

    fn docs(&self) -> PathBuf {
        self.home.path().join("docs")
    }

    fn file(&self, name: &str) -> PathBuf {
        self.docs().join(name)
    }

    fn write(&self, name: &str, contents: &[u8]) {
        fs::write(self.file(name), contents).unwrap();
    }

    fn pack(&self, base: Option<&Archive>, base_began: Option<Moment>) -> (Archive, PackReport) {
        let base = base.cloned().map(|base| Box::new(Archive { base: None, ..base }));
        let mut archive = Archive { base, ..Archive::default() };
        let docs = self.docs();
        let request = PackRequest { base_began, ..PackRequest::all_of(&docs) };
        let report = TarArchiver::default().pack(&request, &mut archive, &SilentProgress).unwrap();
        (archive, report)
    }

    fn restored(&self, archive: &Archive, name: &str) -> tree::Tree {
        let target = self.home.path().join(name);
        let job = RestoreJob {
            target: RestoreTarget::Folder(target.clone()),
            chosen: Vec::new(),
            links: Links::Trusted,
            existing: IfExists::Refuse,
            keep_setuid: true,
            identity: "docs".to_owned(),
            home: self.home.path().to_owned(),
            selection: Selection::default(),
            digests: false,
        };
        let mut bytes = Cursor::new(archive.bytes.clone());
        let report = TarRestorer.restore(&mut bytes, &job, &SilentProgress).unwrap();
        assert_eq!(report.finding_count, 0, "{:?}", report.findings);
        let seen = see(&target, ".");
        tree::make_writable(&target);
        fs::remove_dir_all(&target).unwrap();
        seen
    }

    /// Backs up into the home, compressed. Takes over from the archive that is there, if it is to.
    fn back_up(&self, takes_over: bool) -> (Archive, PackReport, Vec<u8>) {
        let store = BackupDir::new(&Home::open(self.home.path()).unwrap());
        let mut draft = store.draft(&"docs".parse().unwrap(), Compression::Zstd).unwrap();
        assert!(!takes_over || draft.base_on(&store.list().unwrap().pop().unwrap()));
        let docs = self.docs();
        let request = PackRequest { base_began: takes_over.then(later), ..PackRequest::all_of(&docs) };
        let report = TarArchiver::default().pack(&request, &mut *draft, &SilentProgress).unwrap();
        draft.publish(Grade::Complete).unwrap();
        let stored = fs::read(self.home.path().join("backups/docs.tar.zst")).unwrap();
        let mut bytes = Vec::new();
        ZstdReader::new(&stored[..]).unwrap().read_to_end(&mut bytes).unwrap();
        let mut seekable = Vec::new();
        store.open("docs.tar.zst").unwrap().read_to_end(&mut seekable).unwrap();
        assert!(seekable == bytes, "the list of frames is right");
        (Archive { bytes, ..Archive::default() }, report, stored)
    }

    /// Backs up, compressed, and checks that what comes out is what comes out without the archive that was there.
    #[track_caller]
    fn check_compressed(&self, what: &str) -> (PackReport, Vec<u8>) {
        let (with, report, stored) = self.back_up(true);
        let (without, full) = self.pack(None, None);
        let (found, expected) = (self.restored(&with, "with"), self.restored(&without, "without"));
        tree::same(&found, &expected, what);
        assert_eq!((report.entries, report.content_bytes), (full.entries, full.content_bytes), "{what}");
        // No padding is needed.
        assert_eq!(with.bytes.len(), without.bytes.len(), "{what}");
        (report, stored)
    }

    /// Packs with a base, and checks that what comes out is what comes out without.
    #[track_caller]
    fn check(&self, base: &Archive, what: &str) -> (Archive, PackReport) {
        let (with, report) = self.pack(Some(base), Some(later()));
        let (without, full) = self.pack(None, None);
        let (found, expected) = (self.restored(&with, "with"), self.restored(&without, "without"));
        tree::same(&found, &expected, what);
        assert_eq!((report.entries, report.content_bytes), (full.entries, full.content_bytes), "{what}");
        assert_eq!(report.findings, full.findings, "{what}");
        let checked = TarArchiver::default().check(&mut &with.bytes[..], EndCheck::Exact, &SilentProgress);
        assert_eq!(checked.unwrap().entries, full.entries, "{what}");
        (with, report)
    }
}

/// Sets the modification time of an entry back to what it was.
fn set_back(path: &Path, seen: &fs::Metadata) {
    tree::set_modified(path, seen.mtime(), seen.mtime_nsec());
}

#[test]
fn short_stretches_follow_each_other_without_end() {
    let place = Place::new();
    (0..200).for_each(|number| place.write(&format!("{number:03}"), b"letter"));
    let (base, _) = place.pack(None, None);
    (0..200).step_by(2).for_each(|number| fs::remove_file(place.file(&format!("{number:03}"))).unwrap());
    let (archive, _) = place.pack(Some(&base), Some(later()));
    assert!(archive.stretches >= 100, "{}", archive.stretches);
    assert_eq!(archive.bytes, place.pack(None, None).0.bytes);
}

#[test]
fn an_unchanged_tree_is_taken_over_as_a_whole() {
    let place = Place::with_a_tree();
    let (base, _) = place.pack(None, None);
    let (again, _) = place.check(&base, "unchanged");
    assert_eq!(again.bytes, base.bytes);
    assert_eq!(again.catalog, base.catalog);
    assert_eq!(again.stretches, 1);
    assert!(again.taken_over_bytes + 20 * 512 > base.bytes.len() as u64);
}

#[test]
fn what_changed_when_the_base_was_made_is_read_again() {
    let place = Place::with_a_tree();
    let (base, _) = place.pack(None, None);
    let changed = fs::metadata(place.file("a/0")).unwrap().ctime();
    for (seconds, is_taken_over) in [(-60, false), (0, false), (1, false), (60, true)] {
        let began = chrono::DateTime::from_timestamp(changed + seconds, 0).unwrap().fixed_offset();
        let (archive, report) = place.pack(Some(&base), Some(began));
        assert_eq!(report.taken_over_entries > 0, is_taken_over, "{seconds}");
        assert_eq!(archive.bytes, base.bytes);
    }
    assert_eq!(place.pack(Some(&base), None).0.taken_over_bytes, 0);
}

/// A change that somebody makes to the tree.
type Change = (&'static str, fn(&Place));

const CHANGES: [Change; 24] = [
    ("other contents of the same length and time", |place| {
        let (path, other) = (place.file("a/deep/1"), [9; 997]);
        let seen = fs::metadata(&path).unwrap();
        fs::write(&path, other).unwrap();
        set_back(&path, &seen);
    }),
    ("a byte in the middle, at the same time", |place| {
        let path = place.file("a/large");
        let seen = fs::metadata(&path).unwrap();
        File::options().write(true).open(&path).unwrap().write_all_at(b"x", 1_234_567).unwrap();
        set_back(&path, &seen);
    }),
    ("a byte through a mapping, at the same time", |place| {
        let path = place.file("a/large");
        let seen = fs::metadata(&path).unwrap();
        let script =
            "import mmap,sys\nf=open(sys.argv[1],'r+b')\nm=mmap.mmap(f.fileno(),0)\nm[777777]=1\nm.flush()";
        let done = Command::new("python3").args(["-c", script]).arg(&path).status();
        if !done.is_ok_and(|status| status.success()) {
            skipped("there is no Python");
        }
        set_back(&path, &seen);
    }),
    ("another file in its place, with its time", |place| {
        let (path, other) = (place.file("b/2"), place.file("new"));
        let seen = fs::metadata(&path).unwrap();
        fs::write(&other, vec![7; 2 * 997]).unwrap();
        set_back(&other, &seen);
        fs::rename(&other, &path).unwrap();
    }),
    ("two files that exchanged their names", |place| {
        let (one, other, kept) = (place.file("a/6"), place.file("a/9"), place.file("kept"));
        for (from, to) in [(&one, &kept), (&other, &one), (&kept, &other)] {
            fs::rename(from, to).unwrap();
        }
    }),
    ("hard links that exchanged their files", |place| {
        let (one, other, kept) = (place.file("b/link"), place.file("b/other link"), place.file("kept"));
        for (from, to) in [(&one, &kept), (&other, &one), (&kept, &other)] {
            fs::rename(from, to).unwrap();
        }
    }),
    ("a further hard link", |place| fs::hard_link(place.file("a/12"), place.file("z")).unwrap()),
    ("a further hard link before its file", |place| {
        fs::hard_link(place.file("b/2"), place.file("a/0 first")).unwrap();
    }),
    ("the first of two hard links removed", |place| fs::remove_file(place.file("a/0")).unwrap()),
    ("another mode", |place| {
        fs::set_permissions(place.file("b/5"), fs::Permissions::from_mode(0o600)).unwrap();
    }),
    ("another mode of a folder", |place| {
        fs::set_permissions(place.file("a/deep"), fs::Permissions::from_mode(0o700)).unwrap();
    }),
    ("another owner", |place| {
        if is_root() {
            std::os::unix::fs::chown(place.file("b/5"), Some(1234), Some(4321)).unwrap();
        }
    }),
    ("an attribute", |place| set_attribute(&place.file("b/8"), b"user.note", b"seen")),
    ("an attribute of a folder", |place| set_attribute(&place.file("empty"), b"user.note", b"seen")),
    ("an access control list", |place| {
        let done = Command::new("setfacl").args(["-m", "u:1234:r"]).arg(place.file("b/11")).status();
        if !done.is_ok_and(|status| status.success()) {
            skipped("there is no setfacl, or the disk has no lists");
        }
    }),
    ("a hole where data was, at the same time", |place| {
        let path = place.file("a/large");
        let seen = fs::metadata(&path).unwrap();
        let hole = ["-p", "-o", "1048576", "-l", "524288"];
        let done = Command::new("fallocate").args(hole).arg(&path).status();
        if !done.is_ok_and(|status| status.success()) {
            skipped("there is no fallocate, or the disk can't punch holes");
        }
        set_back(&path, &seen);
    }),
    ("data where a hole was", |place| {
        File::options()
            .write(true)
            .open(place.file("b/sparse"))
            .unwrap()
            .write_all_at(b"x", 500_000)
            .unwrap();
    }),
    ("another target of a symbolic link", |place| {
        fs::remove_file(place.file("symlink")).unwrap();
        symlink("a/9", place.file("symlink")).unwrap();
    }),
    ("a folder in the place of a file", |place| {
        fs::remove_file(place.file("a/15")).unwrap();
        fs::create_dir(place.file("a/15")).unwrap();
        place.write("a/15/x", b"x");
    }),
    ("a file in the place of a folder", |place| {
        fs::remove_dir(place.file("empty")).unwrap();
        place.write("empty", b"");
    }),
    ("a file that grew", |place| {
        let mut file = File::options().append(true).open(place.file("a/large")).unwrap();
        file.write_all(&[5; 100_000]).unwrap();
    }),
    ("a file that shrank", |place| {
        File::options().write(true).open(place.file("a/large")).unwrap().set_len(7).unwrap();
    }),
    ("files that are new, everywhere", |place| {
        for name in [" first", "a/0.5", "a/deep/er/new", "zzz"] {
            place.write(name, name.as_bytes());
        }
    }),
    ("everything removed", |place| {
        for name in ["a", "b", "empty"] {
            fs::remove_dir_all(place.file(name)).unwrap();
        }
    }),
];

#[test]
fn no_change_is_missed() {
    for (what, change) in CHANGES {
        let place = Place::with_a_tree();
        let (base, _) = place.pack(None, None);
        change(&place);
        let (archive, _) = place.check(&base, what);
        let is_most = archive.taken_over_bytes * 10 > archive.bytes.len() as u64;
        let is_all_small = what.contains("removed") || what.contains("shrank");
        assert!(
            is_most || is_all_small || archive.bytes.len() > 2_000_000,
            "{what}: {}",
            archive.taken_over_bytes
        );
        // The next one takes over from this one, padding and all.
        let (next, _) = place.check(&archive, what);
        assert_eq!(next.stretches, 1, "{what}");
    }
}

/// Writes or removes up to four files.
fn change_some_files(place: &Place, random: &mut random::Random) {
    for _ in 0..=random.below(3) {
        let folder = *random.pick(&["a", "a/deep", "b"]);
        let name = format!("{folder}/{}", random.below(60));
        let length = random_length(random);
        let contents = random.bytes(length);
        match random.below(5) {
            0 => drop(fs::remove_file(place.file(&name))),
            _ => place.write(&name, &contents),
        }
    }
}

#[test]
fn generations_build_on_each_other() {
    for seed in 0..4 {
        let place = Place::with_a_tree();
        let mut random = random::Random::new(seed);
        maker::Maker::make(seed, &place.file("made up"));
        let (mut base, _) = place.pack(None, None);
        for generation in 0..12 {
            change_some_files(&place, &mut random);
            let what = format!("seed {seed}, generation {generation}");
            (base, _) = place.check(&base, &what);
        }
        let (full, _) = place.pack(None, None);
        let limit = full.bytes.len() + 12 * 3 * 2 * 5_000;
        assert!(base.bytes.len() < limit, "{} bytes of padding", base.bytes.len() - full.bytes.len());
    }
}

const MIB: usize = 1024 * 1024;

/// A large file's contents, made once: byte by byte, they take a while without optimization.
static LOG: LazyLock<Vec<u8>> = LazyLock::new(|| random::Random::new(1).bytes(8_500_000));

/// How a large file changes, and how many bytes may be written for that besides a piece and the headers.
type LargeChange = (&'static str, usize, fn(&Path));

const LARGE_CHANGES: [LargeChange; 8] = [
    ("it grew a bit", 0, |file| append(file, 1000)),
    ("it grew much", 2 * MIB, |file| append(file, 2 * MIB)),
    ("it shrank", 0, |file| File::options().write(true).open(file).unwrap().set_len(5_500_000).unwrap()),
    ("it shrank to a small one", MIB, |file| {
        File::options().write(true).open(file).unwrap().set_len(500_000).unwrap();
    }),
    ("a byte at the front, one in the middle", MIB, |file| {
        let file = File::options().write(true).open(file).unwrap();
        file.write_all_at(b"#", 0).unwrap();
        file.write_all_at(b"#", 4_000_000).unwrap();
    }),
    ("the last byte", 0, |file| {
        File::options().write(true).open(file).unwrap().write_all_at(b"#", 8_499_999).unwrap();
    }),
    ("another file with the same contents", 0, |file| {
        let contents = fs::read(file).unwrap();
        fs::remove_file(file).unwrap();
        fs::write(file, contents).unwrap();
    }),
    ("a byte more at the front", 8 * MIB, |file| {
        let contents = fs::read(file).unwrap();
        fs::write(file, [b"#", &contents[..]].concat()).unwrap();
    }),
];

/// In a compressed archive, unchanged frames are taken over as they are.
#[test]
fn no_change_is_missed_in_a_compressed_archive() {
    let small = CHANGES.iter().map(|(what, change)| (*what, Some(change), None));
    let large = LARGE_CHANGES.iter().map(|(what, _, change)| (*what, None, Some(change)));
    for (what, of_tree, of_file) in small.chain(large) {
        let place = Place::with_a_tree();
        place.write("b/log", &LOG);
        let (_, _, first) = place.back_up(false);
        of_tree.into_iter().for_each(|change| change(&place));
        of_file.into_iter().for_each(|change| change(&place.file("b/log")));
        place.check_compressed(what);
        // Everything is taken over, frame by frame.
        let (_, _, whole) = place.back_up(false);
        let (report, again) = place.check_compressed(what);
        assert!(again == whole, "{what}");
        assert!(report.taken_over_bytes > 0, "{what}");
        assert!(first.len() > 1000);
    }
}

#[test]
fn compressed_generations_build_on_each_other() {
    let place = Place::with_a_tree();
    let mut random = random::Random::new(5);
    maker::Maker::make(5, &place.file("made up"));
    place.back_up(false);
    for generation in 0..12 {
        change_some_files(&place, &mut random);
        place.check_compressed(&format!("generation {generation}"));
    }
    let stored = place.home.path().join("backups/docs.tar.zst");
    for arguments in [&["zstd", "-t", "-q"][..], &["tar", "--zstd", "-tf"], &["bsdtar", "-tf"]] {
        let Ok(done) = Command::new(arguments[0]).args(&arguments[1..]).arg(&stored).output() else {
            skipped(format!("there is no {}", arguments[0]));
            continue;
        };
        assert!(done.status.success() && done.stderr.is_empty(), "{arguments:?}: {done:?}");
    }
}

/// A frame that is damaged is never taken over where it must be read anyway.
#[test]
fn a_damaged_frame_is_not_copied() {
    let place = Place::with_a_tree();
    place.back_up(false);
    let path = place.home.path().join("backups/docs.tar.zst");
    let seen = fs::metadata(&path).unwrap();
    let file = File::options().write(true).open(&path).unwrap();
    file.write_all_at(b"damage", 3000).unwrap();
    set_back(&path, &seen);
    let store = BackupDir::new(&Home::open(place.home.path()).unwrap());
    let mut draft = store.draft(&"docs".parse().unwrap(), Compression::Zstd).unwrap();
    assert!(draft.base_on(&store.list().unwrap().pop().unwrap()));
    let docs = place.docs();
    let with_base = PackRequest { base_began: Some(later()), ..PackRequest::all_of(&docs) };
    let pack = |request: &PackRequest<'_>, draft: &mut dyn Draft| {
        TarArchiver::default().pack(request, draft, &SilentProgress).map(drop)
    };
    if pack(&with_base, &mut *draft).is_ok() {
        return skipped("this disk shares blocks, and so nothing is copied");
    }
    draft.restart().unwrap();
    pack(&PackRequest::all_of(&docs), &mut *draft).unwrap();
    draft.publish(Grade::Complete).unwrap();
    place.check_compressed("after damage");
}

fn append(file: &Path, bytes: usize) {
    let contents = random::Random::new(bytes as u64).bytes(bytes);
    File::options().append(true).open(file).unwrap().write_all(&contents).unwrap();
}

#[test]
fn a_large_file_is_written_where_it_changed() {
    for (what, written, change) in LARGE_CHANGES {
        let place = Place::with_a_tree();
        place.write("b/log", &LOG);
        let (base, _) = place.pack(None, None);
        change(&place.file("b/log"));
        let (archive, report) = place.check(&base, what);
        assert_eq!(report.taken_over_bytes, archive.taken_over_bytes, "{what}");
        let rest = archive.bytes.len() - usize::try_from(archive.taken_over_bytes).unwrap();
        assert!(rest < written + MIB + 40_000, "{what}: {rest} bytes were written");
        let (next, _) = place.check(&archive, what);
        assert_eq!((next.stretches, next.bytes), (1, archive.bytes), "{what}");
    }
}

/// A change takes no more than the blocks that it touches: what moves the rest to its place stands in the headers of what changed.
#[test]
fn a_change_needs_no_member_of_its_own_to_move_the_rest() {
    for length in [10_000, 10_600, 11_100, 14_000] {
        let place = Place::with_a_tree();
        place.write("b/11", &vec![1; 200_000]);
        let (base, _) = place.pack(None, None);
        place.write("a/12", &vec![2; length]);
        let (archive, _) = place.check(&base, "another length");
        let (full, _) = place.pack(None, None);
        let more = archive.bytes.len() - full.bytes.len();
        assert!(more < 4096 + 10_240, "{length}: {more}");
        let is_there = |bytes: &[u8]| bytes.windows(17).any(|name| name == b"pax_global_header");
        assert!(!is_there(&archive.bytes), "{length}");
        let rest = archive.bytes.len() as u64 - archive.taken_over_bytes;
        assert!(rest < length as u64 + 4096 + 20_000, "{length}: {rest}");
    }
}

fn random_length(random: &mut random::Random) -> usize {
    if random.one_in(5) { random.below(300_000) } else { random.below(4_000) }
}

#[test]
fn a_damaged_catalog_is_no_base() {
    let place = Place::with_a_tree();
    let (base, _) = place.pack(None, None);
    let mut random = random::Random::new(1);
    for _ in 0..100 {
        let mut damaged = base.clone();
        let at = random.below(damaged.catalog.len());
        damaged.catalog[at] ^= 1 << random.below(8);
        let (archive, _) = place.pack(Some(&damaged), Some(later()));
        assert_eq!(archive.bytes, base.bytes, "byte {at}");
    }
}
