//! What a catalog that was made of a finished archive changes for whoever looks into the archive: nothing but the time.
#![expect(clippy::unwrap_used, reason = "tests, and what they need, outside a test function")]

#[path = "tar_reader/maker.rs"]
mod maker;
#[path = "tar_reader/random.rs"]
#[expect(dead_code, reason = "the tests of the reader need more of it")]
mod random;
#[expect(dead_code, reason = "the tests of the reader need more of it")]
#[path = "tar_reader/tree.rs"]
mod tree;

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::ops::RangeInclusive;
use std::path::Path;
use std::time::SystemTime;

use backup_core::model::archive::{ArchivedEntry, EntryKind, Selection};
use backup_core::model::error::Failure;
use backup_core::model::restore::{IfExists, Links, RestoreJob, RestoreTarget};
use backup_core::ports::{
    ArchiveBytes, Archiver, PackRequest, Restorer, SeekableBytes, SilentProgress, Viewer,
};
use backup_fs::{TarArchiver, TarReader, TarRestorer, TarViewer};
use maker::Maker;
use random::Random;
use tempfile::TempDir;
use tree::see;

/// An archive, and its catalog if it has one.
struct Archive {
    bytes: Cursor<Vec<u8>>,
    catalog: Option<Vec<u8>>,
    read_bytes: u64,
}

impl Read for Archive {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.bytes.read(buffer)?;
        self.read_bytes += read as u64;
        Ok(read)
    }
}

impl Seek for Archive {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.bytes.seek(to)
    }
}

impl ArchiveBytes for Archive {
    fn open_catalog(&mut self) -> Option<Box<dyn SeekableBytes>> {
        Some(Box::new(Cursor::new(self.catalog.clone()?)))
    }
}

fn open(bytes: &[u8], catalog: Option<&[u8]>) -> Archive {
    Archive { bytes: Cursor::new(bytes.to_vec()), catalog: catalog.map(<[u8]>::to_vec), read_bytes: 0 }
}

/// Makes the catalog of an archive, if it has one.
fn catalog(mut archive: &[u8]) -> Result<Vec<u8>, Failure> {
    let mut catalog = Vec::new();
    let made = TarArchiver::default().write_catalog(&mut archive, &mut catalog, &SilentProgress);
    let is_catalog = TarArchiver::default().is_catalog(&mut Cursor::new(catalog.clone()));
    assert_eq!(is_catalog, made.is_ok());
    made.map(|_| catalog).map_err(|error| error.failure)
}

fn listed(archive: &mut Archive, chosen: &[Vec<u8>]) -> String {
    let mut entries = Vec::new();
    let visit = &mut |entry: &_| {
        entries.push(format!("{entry:?}"));
        true
    };
    let report = TarViewer.list(archive, chosen, visit, &SilentProgress);
    format!("{entries:#?} {report:?}")
}

/// Reads all entries, and of every other file the contents.
fn digested(archive: &mut Archive) -> String {
    let mut entries = match TarViewer.entries(archive, &SilentProgress) {
        Ok(entries) => entries,
        Err(error) => return error.to_string(),
    };
    let mut told = String::new();
    loop {
        match entries.next_entry() {
            Ok(Some(entry)) => {
                told += &format!("{entry:?}");
                if entry.kind == EntryKind::File && told.len().is_multiple_of(2) {
                    told += &format!("{:?}", entries.digest());
                }
                told.push('\n');
            }
            ended => return format!("{told}{ended:?} {:?}", entries.report()),
        }
    }
}

fn shown(archive: &mut Archive, path: &[u8]) -> String {
    let mut out = Vec::new();
    let report = TarViewer.copy(archive, path, &mut out, &SilentProgress);
    format!("{report:?} {out:?}")
}

fn restored(archive: &mut Archive, chosen: &[Vec<u8>]) -> String {
    let home = tempfile::tempdir().unwrap();
    let target = home.path().join("target");
    let job = RestoreJob {
        target: RestoreTarget::Folder(target.clone()),
        chosen: chosen.to_vec(),
        links: Links::Trusted,
        existing: IfExists::Refuse,
        keep_setuid: false,
        identity: "docs".to_owned(),
        home: home.path().to_owned(),
        selection: Selection::default(),
        digests: false,
    };
    let began = now();
    let report = TarRestorer.restore(archive, &job, &SilentProgress);
    let tree = target.exists().then(|| told(&target, began..=now()));
    format!("{report:?} {tree:?}").replace(&*home.path().to_string_lossy(), "home")
}

/// Tells a tree without its own entry, and without the times of folders that were made on the way.
fn told(target: &Path, restore: RangeInclusive<i64>) -> String {
    let told = see(target, ".").into_iter().filter(|(path, _)| path != b".").map(|(path, seen)| {
        let tree::Seen { kind, mode, owner, modified, first_name, body, attributes, .. } = seen;
        let modified = modified.filter(|modified| !restore.contains(&modified.seconds));
        format!("{path:?} {kind:?} {mode:o} {owner:?} {modified:?} {first_name:?} {attributes:?} {body:?}\n")
    });
    told.collect()
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    i64::try_from(since.as_secs()).unwrap()
}

/// Compares all that one can do with an archive and a catalog. Returns whether there is one.
#[track_caller]
fn check(name: &str, bytes: &[u8]) -> bool {
    let whole = listed(&mut open(bytes, None), &[]);
    let catalog = match catalog(bytes) {
        Ok(catalog) => catalog,
        Err(Failure::Damaged) => {
            assert!(whole.contains("BrokenOff") || whole.contains("Err("), "{name}: {whole}");
            return false;
        }
        Err(failure) => panic!("{name}: {failure:?}"),
    };
    let same = |what: &str, act: &dyn Fn(&mut Archive) -> String| {
        let [by_catalog, read] = [Some(&catalog[..]), None].map(|catalog| act(&mut open(bytes, catalog)));
        assert!(by_catalog == read, "{name}: {what}\nby the catalog: {by_catalog}\nread: {read}");
    };
    same("all", &|archive| listed(archive, &[]));
    same("contents", &digested);
    let mut paths = BTreeSet::new();
    let visit = &mut |entry: &ArchivedEntry| {
        paths.insert(entry.path.clone());
        true
    };
    TarViewer.list(&mut open(bytes, None), &[], visit, &SilentProgress).unwrap();
    paths.insert(b"nothing".to_vec());
    for path in paths.iter().step_by(1 + paths.len() / 6) {
        let what = String::from_utf8_lossy(path);
        let chosen = [path.clone()];
        same(&format!("list {what}"), &|archive| listed(archive, &chosen));
        same(&format!("show {what}"), &|archive| shown(archive, path));
        same(&format!("restore {what}"), &|archive| restored(archive, &chosen));
    }
    for lines in [&["*a*"][..], &["[a-m]*", "!*e*"]] {
        let lines: Vec<_> = lines.iter().map(|line| line.as_bytes().to_vec()).collect();
        same(&format!("find {lines:?}"), &|archive| listed(archive, &lines));
        same(&format!("restore {lines:?}"), &|archive| restored(archive, &lines));
    }
    true
}

#[test]
fn archives_of_every_tool_are_the_same() {
    let (mut with, mut without) = (0, Vec::new());
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        // Some of its contents are terabytes of holes.
        if name == "right-sparse-to-63-bits.tar" {
            continue;
        }
        if check(&name, &fs::read(entry.path()).unwrap()) {
            with += 1;
        } else {
            without.push(name);
        }
    }
    assert!(with > 25, "{with}");
    assert!(without.iter().all(|name| name.starts_with("wrong-")), "{without:?}");
}

/// Packs a made-up tree, and returns its members.
fn members(seed: u64) -> Vec<Vec<u8>> {
    let home = TempDir::new().unwrap();
    let (source, mut archive) = (home.path().join("docs"), Vec::new());
    Maker::make(seed, &source);
    TarArchiver::default().pack(&PackRequest::all_of(&source), &mut archive, &SilentProgress).unwrap();
    let mut reader = TarReader::new(&archive[..]);
    let mut places = Vec::new();
    while let Some(member) = reader.next_member().unwrap() {
        let end = (member.contents_offset + member.stored_bytes).next_multiple_of(512);
        places.push(usize::try_from(member.offset).unwrap()..usize::try_from(end).unwrap());
    }
    // What stands between two members belongs to the first: the map of a sparse file, for example.
    places.into_iter().map(|place| archive[place].to_vec()).collect()
}

fn archive(members: &[Vec<u8>]) -> Vec<u8> {
    [members.concat(), vec![0; 1024]].concat()
}

#[test]
fn members_in_any_order_are_the_same() {
    for seed in 0..24 {
        let (mut members, mut random) = (members(seed), Random::new(seed));
        assert!(check(&format!("tree {seed}"), &archive(&members)));
        if random.one_in(2) {
            let twice = random.pick(&members).clone();
            members.push(twice);
        }
        if random.one_in(2) {
            for at in 0..members.len() {
                let other = random.below(members.len());
                members.swap(at, other);
            }
        } else {
            let begin = random.below(members.len());
            members.rotate_left(begin);
        }
        check(&format!("tree {seed}, in disorder"), &archive(&members));
    }
}

/// Records for all members to come.
fn global(records: &str) -> Vec<u8> {
    let mut header = vec![0; 512];
    header[..6].copy_from_slice(b"global");
    for (at, field) in [(100, "0000644"), (108, "0000000"), (116, "0000000"), (136, "00000000000")] {
        header[at..at + field.len()].copy_from_slice(field.as_bytes());
    }
    header[124..135].copy_from_slice(format!("{:011o}", records.len()).as_bytes());
    header[148..156].fill(b' ');
    header[156] = b'g';
    header[257..265].copy_from_slice(b"ustar\x0000");
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    let mut contents = records.as_bytes().to_vec();
    contents.resize(512, 0);
    [header, contents].concat()
}

#[test]
fn records_for_members_to_come_are_the_same() {
    for records in
        [&["uid=4242", "uname=nobody at all"][..], &["mtime=4242"], &["gid=4242", "gname=none at all"]]
    {
        let records: String =
            records.iter().map(|record| format!("{} {record}\n", record.len() + 4)).collect();
        for seed in 0..6 {
            let mut members = members(seed);
            let at = 1.min(members.len());
            members.insert(at, global(&records));
            assert!(check(&format!("tree {seed} with {records}"), &archive(&members)));
        }
    }
}

#[test]
fn entries_are_read_without_the_archive() {
    let bytes = archive(&members(3));
    let catalog = catalog(&bytes).unwrap();
    let mut opened = open(&bytes, Some(&catalog));
    let mut entries = TarViewer.entries(&mut opened, &SilentProgress).unwrap();
    let mut known = 0;
    while entries.next_entry().unwrap().is_some() {
        known += usize::from(entries.known_contents().is_some());
    }
    drop(entries);
    assert!(known > 3);
    assert_eq!(opened.read_bytes, 0);
}

#[test]
fn holes_are_told_apart_from_zeros_only_until_they_are_read() {
    let home = TempDir::new().unwrap();
    let zeros = vec![0; 200_000];
    let of = |make: &dyn Fn(&Path)| {
        let (source, mut archive) = (home.path().join("docs"), Vec::new());
        make(&source);
        TarArchiver::default().pack(&PackRequest::all_of(&source), &mut archive, &SilentProgress).unwrap();
        let mut opened = open(&archive, Some(&catalog(&archive).unwrap()));
        let mut entries = TarViewer.entries(&mut opened, &SilentProgress).unwrap();
        entries.next_entry().unwrap().unwrap();
        (entries.known_contents().unwrap(), entries.digest().unwrap())
    };
    let (holes, holes_read) = of(&|source| fs::File::create(source).unwrap().set_len(200_000).unwrap());
    let (stored, stored_read) = of(&|source| fs::write(source, &zeros).unwrap());
    assert_eq!((holes.has_holes, stored.has_holes), (true, false));
    assert_ne!(holes.digest, stored.digest);
    assert_eq!(holes_read, stored_read);
}

#[test]
fn a_damaged_catalog_is_given_up_midway() {
    let members: Vec<_> = (0..9).flat_map(members).collect();
    let bytes = archive(&members);
    let whole = catalog(&bytes).unwrap();
    let mut random = Random::new(1);
    let expected = digested(&mut open(&bytes, None));
    for _ in 0..60 {
        let mut damaged = whole.clone();
        let at = random.below(whole.len());
        damaged[at] ^= 1 << random.below(8);
        let read = digested(&mut open(&bytes, Some(&damaged)));
        assert!(read == expected, "byte {at} of {}", whole.len());
    }
}
