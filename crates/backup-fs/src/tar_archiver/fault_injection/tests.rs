//! Tests that the archive stays whole if the source changes during a pack.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

use backup_core::model::archive::{Finding, FindingKind, PackReport, Selection};
use backup_core::model::error::{Failure, PortError};
use backup_core::ports::{PackRequest, SilentProgress};
use rustix::io::Errno;
use tar::EntryType;

use super::*;
use crate::tar_archiver::TarArchiver;

const SMALL: usize = 3_000;
const LARGE: usize = 1_500_000;

/// The folder `docs` with the file `victim` and two neighbours, which must never be damaged.
struct Scene {
    home: tempfile::TempDir,
    /// Whether sizes and inode numbers are reliable.
    is_exact: bool,
    tells_kinds: bool,
    scout_count: usize,
}

/// A member as the archive holds it.
#[derive(Debug, PartialEq)]
struct Stored {
    name: String,
    entry_type: EntryType,
    contents: Vec<u8>,
}

impl Scene {
    fn new(victim_bytes: usize) -> Self {
        let home = tempfile::tempdir().unwrap();
        let scene = Self { home, is_exact: true, tells_kinds: false, scout_count: 0 };
        fs::create_dir(scene.source()).unwrap();
        for name in ["a", "z"] {
            fs::write(scene.source().join(name), format!("this is {name}")).unwrap();
        }
        write_aged(&scene.victim(), &vec![b'o'; victim_bytes], 1);
        scene
    }

    fn source(&self) -> std::path::PathBuf {
        self.home.path().join("docs")
    }

    fn victim(&self) -> std::path::PathBuf {
        self.source().join("victim")
    }

    fn pack(
        &self,
        tamper: impl FnMut(Call, &CStr) -> io::Result<()> + Send,
    ) -> Result<(PackReport, Vec<Stored>), PortError> {
        let (mut disk, source, mut bytes) = (FaultyDisk::new(tamper), self.source(), Vec::new());
        if !self.is_exact {
            disk = disk.misreporting(|_, _| {});
        }
        if self.scout_count > 0 {
            disk = disk.scouted_by(self.scout_count);
        }
        if self.tells_kinds {
            disk = disk.telling_kinds();
        }
        let request = PackRequest::all_of(&source);
        let report = TarArchiver::default().pack_from(&disk, &request, &mut bytes, &SilentProgress)?;
        check_with_stock_tar(self.home.path(), &bytes);
        let stored = members(&bytes);
        assert_eq!(report.entries, stored.len() as u64);
        Ok((report, stored))
    }

    /// Packs the source, and applies `change` to the victim at the `nth` call of that kind. The neighbours must be
    /// exact.
    ///
    /// Returns the findings and the victim as stored.
    fn pack_hurt(&self, call: Call, nth: usize, change: Change) -> (Vec<Finding>, Option<Stored>) {
        let mut count = 0;
        let (report, mut stored) = self
            .pack(|now, name| {
                if now == call && name == c"victim" {
                    count += 1;
                    if count == nth {
                        change.make(self);
                    }
                }
                Ok(())
            })
            .unwrap();
        for name in ["a", "z"] {
            let at = stored.iter().position(|member| member.name == format!("docs/{name}")).unwrap();
            assert_eq!(stored.remove(at).contents, format!("this is {name}").as_bytes());
        }
        assert_eq!(stored.remove(0).name, "docs/");
        let victim = stored.iter().position(|member| member.name.starts_with("docs/victim"));
        (report.findings, victim.map(|at| stored.remove(at)))
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Change {
    Grow,
    Shrink,
    Empty,
    Rewrite,
    Replace,
    Remove,
    Symlink,
    Fifo,
    Folder,
}

const CHANGES: [Change; 9] = [
    Change::Grow,
    Change::Shrink,
    Change::Empty,
    Change::Rewrite,
    Change::Replace,
    Change::Remove,
    Change::Symlink,
    Change::Fifo,
    Change::Folder,
];

impl Change {
    fn make(self, scene: &Scene) {
        let victim = scene.victim();
        let open = || File::options().append(true).open(&victim).unwrap();
        match self {
            Self::Grow => open().write_all(&[b'n'; 700]).unwrap(),
            Self::Shrink => {
                let file = open();
                file.set_len(file.metadata().unwrap().len() / 2).unwrap();
            }
            Self::Empty => open().set_len(0).unwrap(),
            Self::Rewrite => {
                let size = fs::metadata(&victim).unwrap().len();
                write_aged(&victim, &vec![b'n'; usize::try_from(size).unwrap()], 2);
            }
            Self::Replace => {
                let fresh = scene.home.path().join("fresh");
                write_aged(&fresh, &[b'n'; 2_000], 2);
                fs::rename(fresh, victim).unwrap();
            }
            _ => {
                fs::remove_file(&victim).unwrap();
                self.put_instead(&victim);
            }
        }
    }

    fn put_instead(self, victim: &Path) {
        match self {
            Self::Symlink => std::os::unix::fs::symlink("a", victim).unwrap(),
            Self::Fifo => make_fifo(victim),
            Self::Folder => fs::create_dir(victim).unwrap(),
            _ => {}
        }
    }
}

fn make_fifo(path: &Path) {
    use rustix::fs::{CWD, Mode, mkfifoat};
    mkfifoat(CWD, path, Mode::from_raw_mode(0o644)).unwrap();
}

/// Gives each version a time of its own, because a test is faster than the clock that stamps files.
fn write_aged(path: &Path, contents: &[u8], version: u64) {
    let mut file = File::options().write(true).create(true).truncate(false).open(path).unwrap();
    file.write_all(contents).unwrap();
    file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(version)).unwrap();
}

/// Verifies that GNU tar extracts the whole archive without a message.
fn check_with_stock_tar(folder: &Path, bytes: &[u8]) {
    let target = tempfile::tempdir_in(folder).unwrap();
    let archive = target.path().join("archive.tar");
    fs::write(&archive, bytes).unwrap();
    let run = Command::new("tar").arg("-xf").arg(&archive).arg("-C").arg(target.path()).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&run.stderr), "");
    assert!(run.status.success());
}

fn members(bytes: &[u8]) -> Vec<Stored> {
    let mut stored = Vec::new();
    for entry in tar::Archive::new(bytes).entries().unwrap() {
        let mut entry = entry.unwrap();
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let entry_type = entry.header().entry_type();
        let mut contents = Vec::new();
        entry.read_to_end(&mut contents).unwrap();
        assert_eq!(contents.len() as u64, entry.size());
        stored.push(Stored { name, entry_type, contents });
    }
    stored
}

fn kinds(findings: &[Finding]) -> Vec<FindingKind> {
    findings.iter().map(|finding| finding.kind.clone()).collect()
}

fn is_one_version(contents: &[u8], old_bytes: usize) -> bool {
    let old = vec![b'o'; old_bytes];
    let grown = [&old[..], &[b'n'; 700]].concat();
    let versions = [&old, &grown[..], &old[..old_bytes / 2], b"", &vec![b'n'; old_bytes], &[b'n'; 2_000]];
    versions.contains(&contents)
}

/// Tries every change at every call: the archive is whole, the neighbours are exact, and a victim that is neither one
/// version nor gone is reported.
#[test]
fn changes_between_two_calls_never_damage_the_archive() {
    // Whether it is exact, whether it tells kinds, and how many scouts there are.
    let disks = [
        (true, false, 0),
        (false, false, 0),
        (true, true, 0),
        (false, true, 0),
        (true, true, 1),
        (true, true, 2),
    ];
    for (size, disk) in [SMALL, LARGE].into_iter().flat_map(|size| disks.map(|disk| (size, disk))) {
        let (is_exact, tells_kinds, scout_count) = disk;
        for (call, times) in [(Call::Stat, 1), (Call::Open, 1), (Call::StatOpen, 3), (Call::Read, 6)] {
            for (nth, change) in (1..=times).flat_map(|nth| CHANGES.map(|change| (nth, change))) {
                let scene = Scene { is_exact, tells_kinds, scout_count, ..Scene::new(size) };
                let (findings, victim) = scene.pack_hurt(call, nth, change);
                let case =
                    format!("{change:?} before {call:?} {nth} of {size} bytes, {disk:?}: {findings:?}");
                match victim {
                    Some(Stored { entry_type: EntryType::Regular, contents, .. }) if findings.is_empty() => {
                        assert!(is_one_version(&contents, size), "{case}");
                    }
                    Some(Stored { entry_type: EntryType::Regular, .. }) => {
                        assert_eq!(kinds(&findings), [FindingKind::Torn], "{case}");
                        assert_eq!(size, LARGE, "{case}: a small one is read again");
                    }
                    Some(_) => assert_eq!(findings, [], "{case}"),
                    None => assert_eq!(kinds(&findings), [FindingKind::Vanished], "{case}"),
                }
            }
        }
    }
}

#[test]
fn stores_the_new_kind_of_an_entry_that_was_replaced() {
    let cases = [
        (Change::Symlink, EntryType::Symlink),
        (Change::Fifo, EntryType::Fifo),
        (Change::Folder, EntryType::Directory),
        (Change::Replace, EntryType::Regular),
    ];
    for (call, tells_kinds) in [(Call::Stat, false), (Call::Open, false), (Call::Open, true)] {
        for (change, expected) in cases {
            let scene = Scene { tells_kinds, ..Scene::new(SMALL) };
            let (findings, victim) = scene.pack_hurt(call, 1, change);
            assert_eq!(findings, [], "{change:?} {call:?} {tells_kinds}");
            assert_eq!(victim.unwrap().entry_type, expected, "{change:?} {call:?} {tells_kinds}");
        }
    }
}

/// The calls for each name in a folder that tells kinds, and what is in the folder.
fn calls_for(scene: &Scene, selection: &Selection) -> Vec<(Call, String)> {
    let mut calls = Vec::new();
    let disk = FaultyDisk::new(|call, name| {
        calls.push((call, name.to_string_lossy().into_owned()));
        Ok(())
    });
    let source = scene.source();
    let request = PackRequest::selected(&source, selection);
    let disk = disk.telling_kinds();
    TarArchiver::default().pack_from(&disk, &request, &mut Vec::new(), &SilentProgress).unwrap();
    drop(disk);
    calls
}

#[test]
fn a_file_is_opened_and_read_once_and_nothing_else_is_opened() {
    let scene = Scene::new(0);
    make_fifo(&scene.source().join("fifo"));
    fs::create_dir(scene.source().join("folder")).unwrap();
    let asked = |selection: &Selection, entry: &str| {
        let calls = calls_for(&scene, selection).into_iter();
        calls.filter(|(_, name)| name == entry).map(|(call, _)| call).collect::<Vec<_>>()
    };
    let all = Selection::default();
    let mut once = asked(&all, "a");
    // A disk for tests returns half of what is asked for.
    once.dedup();
    assert_eq!(once, [Call::Open, Call::StatOpen, Call::Read, Call::StatOpen]);
    assert_eq!(asked(&all, "victim"), [Call::Open, Call::StatOpen], "an empty one isn't read");
    assert_eq!(asked(&all, "folder"), [Call::Open, Call::StatOpen, Call::List]);
    assert_eq!(asked(&all, "fifo"), [Call::Stat]);
    let without = Selection { exclude: vec!["a".into(), "folder/".into()], ..Selection::default() };
    assert_eq!([asked(&without, "a"), asked(&without, "folder")], [vec![], vec![]]);
    let one_disk = Selection { one_file_system: true, ..Selection::default() };
    assert_eq!(asked(&one_disk, "folder"), [Call::Stat, Call::Open, Call::StatOpen, Call::List]);
}

#[test]
fn a_small_file_that_changes_once_is_read_again() {
    let (findings, victim) = Scene::new(SMALL).pack_hurt(Call::Read, 2, Change::Rewrite);
    assert_eq!(findings, []);
    assert_eq!(victim.unwrap().contents, [b'n'; SMALL]);
}

#[test]
fn a_small_file_that_keeps_changing_is_torn() {
    let scene = Scene::new(SMALL);
    let (report, stored) = scene
        .pack(|call, name| {
            if call == Call::Read && name == c"victim" {
                Change::Grow.make(&scene);
            }
            Ok(())
        })
        .unwrap();
    assert_eq!(kinds(&report.findings), [FindingKind::Torn]);
    assert_eq!(report.torn_entries, 1);
    assert_eq!(stored.last().unwrap().contents, b"this is z");
}

#[test]
fn a_small_file_that_grows_large_is_still_stored() {
    let scene = Scene::new(SMALL);
    let mut grown = false;
    let (report, stored) = scene
        .pack(|call, name| {
            if call == Call::Read && name == c"victim" && !std::mem::replace(&mut grown, true) {
                write_aged(&scene.victim(), &[b'n'; LARGE], 2);
            }
            Ok(())
        })
        .unwrap();
    assert_eq!(report.findings, []);
    assert_eq!(stored[2].contents, [b'n'; LARGE]);
}

#[test]
fn a_large_file_keeps_its_declared_length() {
    let grown = Scene::new(LARGE).pack_hurt(Call::Read, 2, Change::Grow);
    assert_eq!(kinds(&grown.0), [FindingKind::Torn]);
    assert_eq!(grown.1.unwrap().contents, [b'o'; LARGE]);
    let emptied = Scene::new(LARGE).pack_hurt(Call::Read, 2, Change::Empty);
    assert_eq!(kinds(&emptied.0), [FindingKind::Torn]);
    let contents = emptied.1.unwrap().contents;
    assert_eq!(contents.len(), LARGE);
    assert_eq!((contents[0], contents[LARGE - 1]), (b'o', 0));
    let rewritten = Scene::new(LARGE).pack_hurt(Call::Read, 2, Change::Rewrite);
    assert_eq!(kinds(&rewritten.0), [FindingKind::Torn]);
}

#[test]
fn a_large_file_that_is_replaced_as_a_whole_is_not_torn() {
    for change in [Change::Replace, Change::Remove] {
        let (findings, victim) = Scene::new(LARGE).pack_hurt(Call::Read, 2, change);
        assert_eq!(findings, [], "{change:?}");
        assert_eq!(victim.unwrap().contents, [b'o'; LARGE]);
    }
}

/// Packs while the `nth` call of that kind fails for that name.
fn pack_failing(
    scene: &Scene,
    call: Call,
    failing: &CStr,
    nth: usize,
    errno: Errno,
) -> Result<(PackReport, Vec<Stored>), PortError> {
    let mut count = 0;
    scene.pack(move |now, name| {
        if now == call && name == failing {
            count += 1;
            if count == nth {
                return Err(errno.into());
            }
        }
        Ok(())
    })
}

fn unreadable(errno: Errno) -> FindingKind {
    FindingKind::Unreadable(io::Error::from(errno).to_string())
}

#[test]
fn a_file_with_a_read_error_is_filled_with_zeros() {
    for size in [SMALL, LARGE] {
        let scene = Scene::new(size);
        let (report, stored) = pack_failing(&scene, Call::Read, c"victim", 2, Errno::IO).unwrap();
        assert_eq!(kinds(&report.findings), [unreadable(Errno::IO)]);
        assert_eq!(report.unreadable_entries, 1);
        assert_eq!(stored[2].contents.len(), size);
        assert_eq!((stored[2].contents[0], stored[2].contents[size - 1]), (b'o', 0));
        assert_eq!(stored[3].contents, b"this is z");
    }
}

#[test]
fn skips_unreadable_entries() {
    for (call, errno) in
        [(Call::Stat, Errno::ACCESS), (Call::Open, Errno::ACCESS), (Call::StatOpen, Errno::IO)]
    {
        let (report, stored) = pack_failing(&Scene::new(SMALL), call, c"victim", 1, errno).unwrap();
        assert_eq!(kinds(&report.findings), [unreadable(errno)], "{call:?}");
        assert_eq!(report.findings[0].path, Path::new("victim"));
        let names: Vec<_> = stored.iter().map(|member| &*member.name).collect();
        assert_eq!(names, ["docs/", "docs/a", "docs/z"], "{call:?}");
    }
}

#[test]
fn stores_the_entry_of_an_unreadable_folder() {
    for (call, below) in [(Call::Open, 0), (Call::List, 1)] {
        let scene = Scene::new(SMALL);
        fs::create_dir(scene.source().join("m")).unwrap();
        fs::write(scene.source().join("m/below"), "").unwrap();
        let (report, stored) = pack_failing(&scene, call, c"m", 1, Errno::ACCESS).unwrap();
        assert_eq!(kinds(&report.findings), [unreadable(Errno::ACCESS)], "{call:?}");
        assert_eq!(stored[2].name, "docs/m/");
        assert_eq!(stored.len(), 5 + below, "{call:?}");
    }
}

#[test]
fn a_source_that_can_not_be_read_is_an_error() {
    for (call, errno, failure) in [
        (Call::Stat, Errno::NOENT, Failure::Missing),
        (Call::Open, Errno::ACCESS, Failure::Denied),
        (Call::Open, Errno::NOENT, Failure::Missing),
        (Call::List, Errno::IO, Failure::Other),
    ] {
        let error = pack_failing(&Scene::new(SMALL), call, c"docs", 1, errno).unwrap_err();
        assert_eq!(error.failure, failure, "{call:?} {errno:?}");
    }
}

#[test]
fn skips_an_entry_that_keeps_changing_its_kind() {
    let scene = Scene::new(SMALL);
    let (report, stored) = scene
        .pack(|call, name| {
            if call == Call::Open && name == c"victim" {
                Change::Replace.make(&scene);
            }
            Ok(())
        })
        .unwrap();
    assert_eq!(report.unreadable_entries, 1);
    assert_eq!(stored.len(), 3);
}

#[test]
fn a_symlink_that_turns_into_a_file_is_stored_as_one() {
    let scene = Scene::new(SMALL);
    let link = scene.source().join("m");
    std::os::unix::fs::symlink("a", &link).unwrap();
    let (report, stored) = scene
        .pack(|call, _| {
            if call == Call::LinkTarget {
                fs::remove_file(&link)?;
                fs::write(&link, "a file now")?;
            }
            Ok(())
        })
        .unwrap();
    assert_eq!(report.findings, []);
    assert_eq!(stored[2].contents, b"a file now");
}

/// Creates a file of 3 MB with data only in its middle third.
fn make_sparse(path: &Path) {
    let file = File::create(path).unwrap();
    file.set_len(3_000_000).unwrap();
    file.write_all_at(&[b'o'; 1_000_000], 1_000_000).unwrap();
}

/// Compares the data of a sparse member, without the blocks of its map.
#[test]
fn a_sparse_file_keeps_its_map_under_all_changes() {
    for (call, times) in [(Call::NextData, 2), (Call::Read, 3)] {
        for (nth, change) in (1..=times).flat_map(|nth| CHANGES.map(|change| (nth, change))) {
            let scene = Scene::new(SMALL);
            make_sparse(&scene.victim());
            let (findings, _) = scene.pack_hurt(call, nth, change);
            let is_new_file = matches!(
                change,
                Change::Replace | Change::Remove | Change::Symlink | Change::Fifo | Change::Folder
            );
            let expected = if is_new_file { vec![] } else { vec![FindingKind::Torn] };
            assert_eq!(kinds(&findings), expected, "{change:?} before {call:?} {nth}");
        }
    }
}

/// The map is read after the contents of a small file. Data that was written into a hole meanwhile must not be lost.
#[test]
fn a_small_sparse_file_is_stored_as_it_was_read() {
    let scene = Scene::new(SMALL);
    File::options().write(true).open(scene.victim()).unwrap().set_len(500_000).unwrap();
    write_aged(&scene.victim(), b"", 1);
    let (findings, victim) = scene.pack_hurt(Call::NextData, 1, Change::Empty);
    assert_eq!(findings, []);
    let victim = victim.unwrap();
    assert_eq!(victim.contents.len(), 500_000);
    assert_eq!(victim.contents[..SMALL], [b'o'; SMALL]);
}
