//! What `TarArchiver` writes, as stock tools extract it.
#![expect(clippy::unwrap_used, reason = "tests, and what they need, outside a test function")]

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileExt, FileTypeExt, MetadataExt, PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use backup_core::model::archive::{FindingKind, Grade, PackReport, SourceProfile};
use backup_core::model::error::{Failure, PortError};
use backup_core::ports::{ArchiveOnly, Archiver, PackRequest, Progress, SilentProgress};
use backup_fs::{Home, TarArchiver};
use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, Timespec, Timestamps, XattrFlags};

// ---- The stock tools ----

/// A tool that extracts archives.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Tool {
    GnuTar,
    BsdTar,
    Python,
}

const PYTHON: &str = "
import sys, tarfile
archive = tarfile.open(sys.argv[1])
more = {'filter': 'fully_trusted'} if hasattr(tarfile, 'fully_trusted_filter') else {}
archive.extractall(sys.argv[2], **more)
";

impl Tool {
    fn command(self, archive: &Path, target: &Path) -> Command {
        let (program, arguments) = match self {
            Self::GnuTar => ("tar", &["--xattrs", "--acls", "-xpf"][..]),
            Self::BsdTar => ("bsdtar", &["-xpf"][..]),
            Self::Python => ("python3", &["-c", PYTHON][..]),
        };
        let mut command = Command::new(program);
        command.args(arguments).arg(archive).env("LC_ALL", "C");
        if self != Self::Python {
            command.arg("-C");
        }
        command.arg(target);
        command
    }

    fn is_there(self) -> bool {
        let (Self::GnuTar | Self::BsdTar | Self::Python) = self;
        let program = self.command(Path::new(""), Path::new("")).get_program().to_owned();
        let there = Command::new(&program).arg("--version").output().is_ok();
        if !there {
            backup_core::testing::skipped(format_args!("{} is not installed", program.display()));
        }
        there
    }

    fn extract(self, archive: &Path) -> tempfile::TempDir {
        let target = tempfile::tempdir().unwrap();
        let run = self.command(archive, target.path()).output().unwrap();
        assert!(run.status.success(), "{self:?}: {}", String::from_utf8_lossy(&run.stderr));
        target
    }
}

// ---- Trees, and how to compare them ----

/// All that is to be equal of an entry.
#[derive(Debug, Clone, PartialEq)]
struct Seen {
    mode: u32,
    modified: Option<(i64, i64)>,
    /// Contents, link target, or device number.
    body: Vec<u8>,
    /// The first path, in order, of the same inode.
    first_name: PathBuf,
    attributes: BTreeMap<String, Vec<u8>>,
}

type Tree = BTreeMap<PathBuf, Seen>;

fn see(root: &Path) -> Tree {
    let (mut tree, mut inodes) = (Tree::new(), BTreeMap::new());
    see_below(root, Path::new(""), &mut tree, &mut inodes);
    tree
}

fn see_below(root: &Path, below: &Path, tree: &mut Tree, inodes: &mut BTreeMap<u64, PathBuf>) {
    let path = root.join(below);
    let meta = fs::symlink_metadata(&path).unwrap();
    let kind = meta.file_type();
    let body = match () {
        () if kind.is_symlink() => fs::read_link(&path).unwrap().as_os_str().as_bytes().to_vec(),
        () if kind.is_file() => fs::read(&path).unwrap(),
        () if kind.is_char_device() || kind.is_block_device() => meta.rdev().to_le_bytes().to_vec(),
        () => Vec::new(),
    };
    let first_name = inodes.entry(meta.ino()).or_insert_with(|| below.to_owned()).clone();
    let modified = Some((meta.mtime(), meta.mtime_nsec()));
    let attributes = attributes_of(&path);
    tree.insert(below.to_owned(), Seen { mode: meta.mode(), modified, body, first_name, attributes });
    if kind.is_dir() {
        let mut names: Vec<_> =
            fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        for name in names {
            see_below(root, &below.join(name), tree, inodes);
        }
    }
}

fn attributes_of(path: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut list = [0; 4096];
    let Ok(bytes) = rustix::fs::llistxattr(path, &mut list[..]) else { return BTreeMap::new() };
    let names = list[..bytes].split(|byte| *byte == 0).filter(|name| !name.is_empty());
    names
        .filter(|name| name.starts_with(b"user.") || name.starts_with(b"system.posix_acl"))
        .map(|name| {
            let mut value = [0; 4096];
            let bytes = rustix::fs::lgetxattr(path, name, &mut value[..]).unwrap();
            (String::from_utf8(name.to_vec()).unwrap(), value[..bytes].to_vec())
        })
        .collect()
}

/// Takes out of what was packed what the tool can't restore.
fn as_far_as(tool: Tool, tree: Tree) -> Tree {
    let limit = |(path, mut seen): (PathBuf, Seen)| {
        if tool == Tool::Python {
            seen.attributes.clear();
            let is_link = FileType::from_raw_mode(seen.mode) == FileType::Symlink;
            // It gives no time to a symbolic link.
            seen.modified = seen.modified.filter(|_| !is_link);
            // It makes a hard link to a dangling symbolic link a symbolic link of its own.
            if is_link {
                seen.first_name.clone_from(&path);
            }
        }
        if tool == Tool::BsdTar {
            // It takes the fraction of a time before 1970 for one after the second.
            seen.modified = seen.modified.filter(|(seconds, nanos)| *seconds >= 0 || *nanos == 0);
        }
        (path, seen)
    };
    tree.into_iter().map(limit).collect()
}

/// Takes times that are a microsecond apart for equal: Python's are floating-point numbers.
fn even_out(tree: &mut Tree, expected: &Tree) {
    let nanos = |(seconds, nanos): (i64, i64)| i128::from(seconds) * 1_000_000_000 + i128::from(nanos);
    for (path, seen) in tree {
        let expected = expected.get(path).and_then(|seen| seen.modified);
        if let (Some(one), Some(other)) = (seen.modified, expected)
            && (nanos(one) - nanos(other)).abs() < 1_000
        {
            seen.modified = Some(other);
        }
    }
}

fn set_modified(path: &Path, tv_sec: i64, tv_nsec: i64) {
    let time = Timespec { tv_sec, tv_nsec };
    let times = Timestamps { last_access: time, last_modification: time };
    rustix::fs::utimensat(CWD, path, &times, AtFlags::SYMLINK_NOFOLLOW).unwrap();
}

fn pack_with(archiver: &TarArchiver, source: &Path, out: &Path) -> PackReport {
    let mut file = File::create(out).unwrap();
    archiver.pack(&PackRequest::all_of(source), &mut ArchiveOnly(&mut file), &SilentProgress).unwrap()
}

fn pack(source: &Path) -> (PackReport, Vec<u8>) {
    let mut bytes = Vec::new();
    let report =
        TarArchiver::default().pack(&PackRequest::all_of(source), &mut bytes, &SilentProgress).unwrap();
    (report, bytes)
}

fn pack_error(source: &Path) -> PortError {
    TarArchiver::default().pack(&PackRequest::all_of(source), &mut io::sink(), &SilentProgress).unwrap_err()
}

/// The names of the members in the archive, in its order.
fn members(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut archive = tar::Archive::new(bytes);
    archive.entries().unwrap().map(|entry| entry.unwrap().path_bytes().into_owned()).collect()
}

/// Packs what `build` puts into a folder, and has every tool extract it to the same tree.
fn check(build: impl Fn(&Path)) {
    let home = tempfile::tempdir().unwrap();
    let source = home.path().join("docs");
    fs::create_dir(&source).unwrap();
    build(&source);
    let archive = home.path().join("docs.tar");
    let report = pack_with(&TarArchiver::default(), &source, &archive);
    assert_eq!(report.findings, []);
    let packed = see(&source);
    assert_eq!(report.entries, packed.len() as u64);
    assert_eq!(fs::metadata(&archive).unwrap().len() % 10_240, 0);
    for tool in [Tool::GnuTar, Tool::BsdTar, Tool::Python] {
        if tool.is_there() {
            let target = tool.extract(&archive);
            let expected = as_far_as(tool, packed.clone());
            let mut extracted = as_far_as(tool, see(&target.path().join("docs")));
            if tool == Tool::Python {
                even_out(&mut extracted, &expected);
            }
            assert_eq!(extracted, expected, "{tool:?}");
            make_writable(target.path());
        }
    }
    make_writable(home.path());
}

/// So that a temporary folder can be removed by others than root, too.
fn make_writable(root: &Path) {
    for entry in fs::read_dir(root).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            fs::set_permissions(entry.path(), Permissions::from_mode(0o700)).unwrap();
            make_writable(&entry.path());
        }
    }
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

// ---- Exact ----

#[test]
fn names_of_every_length_and_of_any_bytes() {
    check(|source| {
        // `docs/` takes five of the hundred bytes that a header has room for, the slash of a folder one more.
        for length in [1, 93, 94, 95, 96, 99, 100, 101, 255] {
            fs::write(source.join("f".repeat(length)), "x").unwrap();
            fs::create_dir(source.join("d".repeat(length))).unwrap();
        }
        let deep = ["e".repeat(200), "f".repeat(200), "g".repeat(200)].iter().collect::<PathBuf>();
        fs::create_dir_all(source.join(&deep)).unwrap();
        fs::write(source.join(deep).join("h"), "x").unwrap();
        let long = [&[0xff][..], &[b'l'; 200], &[0xfe]].concat();
        let umlauts = "ü".repeat(100);
        let names: [&[u8]; 7] =
            [b"\xff\xfe", &long, umlauts.as_bytes(), "ü".as_bytes(), b"new\nline", b" ", b"-rf\\\"*"];
        for name in names {
            fs::write(source.join(OsStr::from_bytes(name)), "x").unwrap();
            symlink(OsStr::from_bytes(name), source.join(OsStr::from_bytes(&[b"to ", name].concat())))
                .unwrap();
        }
    });
}

#[test]
fn links_of_all_kinds() {
    check(|source| {
        symlink("nowhere", source.join("dangling")).unwrap();
        symlink("loop", source.join("loop")).unwrap();
        symlink("x/".repeat(150), source.join("long")).unwrap();
        fs::write(source.join("one"), "contents").unwrap();
        let deep = source.join("a".repeat(120));
        fs::create_dir(&deep).unwrap();
        fs::hard_link(source.join("one"), source.join("two")).unwrap();
        fs::hard_link(source.join("one"), deep.join("three")).unwrap();
        fs::hard_link(source.join("dangling"), source.join("dangling too")).unwrap();
        rustix::fs::mkfifoat(CWD, source.join("fifo"), Mode::from_raw_mode(0o640)).unwrap();
        fs::hard_link(source.join("fifo"), source.join("fifo too")).unwrap();
        fs::write(source.join("outside"), "one of its names is not in the source").unwrap();
        fs::hard_link(source.join("outside"), source.parent().unwrap().join("name")).unwrap();
    });
}

#[test]
fn hard_links_hold_their_contents_once() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("one"), "contents").unwrap();
    fs::hard_link(home.path().join("one"), home.path().join("two")).unwrap();
    let (report, _) = pack(home.path());
    assert_eq!((report.entries, report.content_bytes), (3, 8));
}

#[test]
fn modes_and_read_only_folders() {
    check(|source| {
        for mode in [0o4755, 0o2755, 0o1755, 0o6711, 0o600, 0o400] {
            fs::write(source.join(format!("f{mode:o}")), "x").unwrap();
            fs::set_permissions(source.join(format!("f{mode:o}")), Permissions::from_mode(mode)).unwrap();
        }
        for mode in [0o1777, 0o2755, 0o555] {
            let folder = source.join(format!("d{mode:o}"));
            fs::create_dir(&folder).unwrap();
            fs::write(folder.join("inside"), "x").unwrap();
            fs::set_permissions(folder, Permissions::from_mode(mode)).unwrap();
        }
        fs::create_dir(source.join("empty")).unwrap();
    });
}

#[test]
fn times_of_any_age_to_the_nanosecond() {
    check(|source| {
        let times =
            [(1_700_000_000, 123_456_789), (0, 0), (0, 1), (-1, 0), (-2, 500_000_000), (8_589_934_592, 0)];
        for (at, (seconds, nanos)) in times.into_iter().enumerate() {
            let path = source.join(at.to_string());
            fs::write(&path, "x").unwrap();
            set_modified(&path, seconds, nanos);
            symlink("x", source.join(format!("link{at}"))).unwrap();
            set_modified(&source.join(format!("link{at}")), seconds, nanos);
        }
        let folder = source.join("folder");
        fs::create_dir(&folder).unwrap();
        set_modified(&folder, 1_500_000_000, 987_654_321);
    });
}

#[test]
fn contents_of_every_length() {
    check(|source| {
        for length in [0, 1, 511, 512, 513, 1_048_575, 1_048_576, 1_048_577, 3_000_000] {
            let contents: Vec<u8> =
                (0..length).map(|at: u32| at.wrapping_mul(2_654_435_761).to_le_bytes()[3]).collect();
            fs::write(source.join(length.to_string()), contents).unwrap();
        }
    });
}

#[test]
fn fifos_are_recorded_and_never_waited_on() {
    check(|source| {
        rustix::fs::mkfifoat(CWD, source.join("fifo"), Mode::from_raw_mode(0o640)).unwrap();
    });
}

#[test]
fn devices_are_recorded() {
    let home = tempfile::tempdir().unwrap();
    let device = rustix::fs::makedev(1, 3);
    let path = home.path().join("probe");
    let made = rustix::fs::mknodat(CWD, &path, FileType::CharacterDevice, Mode::from_raw_mode(0o600), device);
    if made.is_err() {
        return backup_core::testing::skipped("making a device needs root");
    }
    check(|source| {
        for (name, kind) in [("char", FileType::CharacterDevice), ("block", FileType::BlockDevice)] {
            let device = rustix::fs::makedev(250, 70_000);
            rustix::fs::mknodat(CWD, source.join(name), kind, Mode::from_raw_mode(0o600), device).unwrap();
        }
    });
}

#[test]
fn owners_over_two_million() {
    if !is_root() {
        return backup_core::testing::skipped("giving files away needs root");
    }
    let home = tempfile::tempdir().unwrap();
    let source = home.path().join("docs");
    fs::write(&source, "x").unwrap();
    std::os::unix::fs::chown(&source, Some(3_000_000_000), Some(2_097_152)).unwrap();
    let archive = home.path().join("docs.tar");
    pack_with(&TarArchiver::default(), &source, &archive);
    for tool in [Tool::GnuTar, Tool::BsdTar, Tool::Python] {
        if tool.is_there() {
            let target = tool.extract(&archive);
            let meta = fs::metadata(target.path().join("docs")).unwrap();
            assert_eq!((meta.uid(), meta.gid()), (3_000_000_000, 2_097_152), "{tool:?}");
        }
    }
}

/// `u::rw-,u:1:rw-,g::r--,m::rw-,o::r--` as Linux keeps it.
const ACL: &[u8] = b"\x02\0\0\0\x01\0\x06\0\xff\xff\xff\xff\x02\0\x06\0\x01\0\0\0\
    \x04\0\x04\0\xff\xff\xff\xff\x10\0\x06\0\xff\xff\xff\xff\x20\0\x04\0\xff\xff\xff\xff";

#[test]
fn extended_attributes_and_acls() {
    let set =
        |path: &Path, name: &str, value: &[u8]| rustix::fs::setxattr(path, name, value, XattrFlags::empty());
    let probe = tempfile::tempdir().unwrap();
    if set(probe.path(), "user.probe", b"").is_err()
        || set(probe.path(), "system.posix_acl_default", ACL).is_err()
    {
        return backup_core::testing::skipped("no extended attributes on this file system");
    }
    check(|source| {
        fs::write(source.join("file"), "x").unwrap();
        fs::create_dir(source.join("folder")).unwrap();
        for name in ["file", "folder"] {
            let path = source.join(name);
            set(&path, "user.binary", b"\n9 path=x\n\0\xff\n").unwrap();
            set(&path, "user.empty", b"").unwrap();
            set(&path, "user.large", &[0xaa; 3_000]).unwrap();
            set(&path, "system.posix_acl_access", ACL).unwrap();
        }
        set(&source.join("folder"), "system.posix_acl_default", ACL).unwrap();
        rustix::fs::mkfifoat(CWD, source.join("fifo"), Mode::from_raw_mode(0o644)).unwrap();
        set(&source.join("fifo"), "system.posix_acl_access", ACL).unwrap();
    });
}

#[test]
fn paths_of_any_length() {
    let home = tempfile::tempdir().unwrap();
    let name = "n".repeat(200);
    let mut folder = rustix::fs::open(home.path(), OFlags::DIRECTORY, Mode::empty()).unwrap();
    for _ in 0..100 {
        rustix::fs::mkdirat(&folder, &*name, Mode::RWXU).unwrap();
        folder = rustix::fs::openat(&folder, &*name, OFlags::DIRECTORY, Mode::empty()).unwrap();
    }
    let flags = OFlags::CREATE | OFlags::WRONLY;
    let file = rustix::fs::openat(&folder, "file", flags, Mode::RUSR | Mode::WUSR).unwrap();
    rustix::io::write(file, b"down here").unwrap();
    let (report, bytes) = pack(home.path());
    assert_eq!((report.entries, report.findings.len()), (102, 0));
    assert!(members(&bytes).last().unwrap().len() > 20_000);
    let archive = home.path().join("x.tar");
    fs::write(&archive, bytes).unwrap();
    let printed = Command::new("tar").arg("-xOf").arg(archive).output().unwrap();
    assert_eq!((printed.status.success(), &printed.stdout[..]), (true, &b"down here"[..]));
}

#[test]
fn two_runs_give_the_same_bytes_in_the_order_of_names() {
    let home = tempfile::tempdir().unwrap();
    let source = home.path().join("docs");
    fs::create_dir_all(source.join("b")).unwrap();
    for name in ["b/2", "b/10", "B", "a", "c", "b.txt"] {
        fs::write(source.join(name), name).unwrap();
    }
    let (first, second) = (pack(&source), pack(&source));
    assert_eq!(first, second);
    let names: [&[u8]; 8] =
        [b"docs/", b"docs/B", b"docs/a", b"docs/b/", b"docs/b/10", b"docs/b/2", b"docs/b.txt", b"docs/c"];
    assert_eq!(members(&first.1), names);
}

// ---- Sparse files ----

/// Makes a file of that size with data at those places only.
fn write_sparse(path: &Path, size: u64, data: &[(u64, &[u8])]) {
    let file = File::create(path).unwrap();
    file.set_len(size).unwrap();
    for (offset, bytes) in data {
        file.write_all_at(bytes, *offset).unwrap();
    }
}

fn has_holes(path: &Path) -> bool {
    let meta = fs::metadata(path).unwrap();
    meta.blocks() * 512 < meta.size()
}

#[test]
fn holes_take_no_room_and_come_back_as_holes() {
    const MIB: u64 = 1 << 20;
    let home = tempfile::tempdir().unwrap();
    let source = home.path().join("docs");
    fs::create_dir(&source).unwrap();
    let block = vec![7; 64 * 1024];
    let odd = OsStr::from_bytes(b"\xff \xc3\xbc");
    let long = "n".repeat(150);
    let odd_long = OsStr::from_bytes(&[0xfe; 150]);
    for name in [OsStr::new("middle"), odd, OsStr::new(&long), odd_long] {
        write_sparse(&source.join(name), 5 * MIB, &[(2 * MIB, &block)]);
    }
    write_sparse(&source.join("first"), 5 * MIB + 1, &[(0, &block)]);
    write_sparse(&source.join("last"), 5 * MIB + 65_536, &[(5 * MIB, &block)]);
    write_sparse(&source.join("nothing"), 5 * MIB + 3, &[]);
    write_sparse(&source.join("small"), 400_000, &[(100_000, b"some data"), (300_000, &block)]);
    let pieces: Vec<(u64, &[u8])> = (0..300).map(|at| (at * 16_384, &block[..4096])).collect();
    write_sparse(&source.join("many"), 5 * MIB, &pieces);
    fs::write(source.join("z"), "dense").unwrap();
    if !has_holes(&source.join("middle")) {
        return backup_core::testing::skipped("no holes on this file system");
    }
    let archive = home.path().join("docs.tar");
    let report = pack_with(&TarArchiver::default(), &source, &archive);
    assert_eq!(report.findings, []);
    assert!(fs::metadata(&archive).unwrap().len() < 2 * MIB);
    let packed = see(&source);
    for tool in [Tool::GnuTar, Tool::BsdTar, Tool::Python] {
        if tool.is_there() {
            let target = tool.extract(&archive);
            let mut extracted = as_far_as(tool, see(&target.path().join("docs")));
            let expected = as_far_as(tool, packed.clone());
            even_out(&mut extracted, &expected);
            assert!(extracted == expected, "{tool:?}: {:?}", extracted.keys());
            for name in packed.keys().filter(|name| has_holes(&source.join(name))) {
                assert!(has_holes(&target.path().join("docs").join(name)), "{tool:?}: {}", name.display());
            }
        }
    }
}

#[test]
fn a_huge_sparse_file_makes_a_small_archive() {
    let home = tempfile::tempdir().unwrap();
    let source = home.path().join("disk.img");
    write_sparse(&source, 10 << 30, &[(5 << 30, &vec![1; 1 << 20]), ((9 << 30) + 1, b"x")]);
    if !has_holes(&source) {
        return backup_core::testing::skipped("no holes on this file system");
    }
    let (report, bytes) = pack(&source);
    assert_eq!(report.content_bytes, (1 << 20) + 4096);
    assert!(bytes.len() < 1_100_000, "{}", bytes.len());
    let archive = home.path().join("x.tar");
    fs::write(&archive, bytes).unwrap();
    for tool in [Tool::GnuTar, Tool::BsdTar, Tool::Python] {
        if tool.is_there() {
            let file = File::open(tool.extract(&archive).path().join("disk.img")).unwrap();
            assert_eq!(file.metadata().unwrap().len(), 10 << 30, "{tool:?}");
            let mut byte = [0];
            for (offset, expected) in [(5 << 30, 1), ((9 << 30) + 1, b'x'), (9 << 30, 0), (0, 0)] {
                file.read_exact_at(&mut byte, offset).unwrap();
                assert_eq!(byte, [expected], "{tool:?} {offset}");
            }
        }
    }
}

// ---- What is left out ----

#[test]
fn sockets_are_left_out_with_a_note() {
    let home = tempfile::tempdir().unwrap();
    let _listener = UnixListener::bind(home.path().join("socket")).unwrap();
    fs::write(home.path().join("z"), "").unwrap();
    let (report, bytes) = pack(home.path());
    assert_eq!(report.findings[0].kind, FindingKind::Socket);
    assert_eq!(report.findings[0].path, Path::new("socket"));
    assert_eq!((report.findings.len(), members(&bytes).len()), (1, 2));
    assert_eq!(report.grade(), Grade::Complete);
}

#[test]
fn own_folders_are_left_out_by_what_they_are() {
    let home = tempfile::tempdir().unwrap();
    let source = home.path().join("docs");
    fs::create_dir_all(source.join("a/backups")).unwrap();
    fs::create_dir(source.join("backups")).unwrap();
    symlink("a/backups", source.join("named otherwise")).unwrap();
    let archive = source.join("a/backups/docs.tar");
    let own = vec![source.join("named otherwise"), source.join("not there")];
    let archiver = TarArchiver::new(own);
    let mut sizes = Vec::new();
    for _ in 0..3 {
        let report = pack_with(&archiver, &source, &archive);
        assert_eq!(report.findings.len(), 1);
        assert_eq!(report.findings[0].kind, FindingKind::Own);
        assert_eq!(report.findings[0].path, Path::new("a/backups"));
        sizes.push(fs::metadata(&archive).unwrap().len());
    }
    assert_eq!(sizes, [10_240; 3]);
    let names: [&[u8]; 4] = [b"docs/", b"docs/a/", b"docs/backups/", b"docs/named otherwise"];
    assert_eq!(members(&fs::read(&archive).unwrap()), names);
    fs::create_dir(source.join("a/backups/old")).unwrap();
    symlink("a/backups/old", source.join("link")).unwrap();
    for own in ["a/backups", "a/backups/docs.tar", "a/backups/old", "link", "named otherwise"] {
        let path = source.join(own);
        let request = PackRequest::all_of(&path);
        let error = archiver.pack(&request, &mut io::sink(), &SilentProgress).unwrap_err();
        assert_eq!(error.failure, Failure::Refused, "{own}");
    }
}

#[test]
fn the_folders_of_a_home_are_left_out_wherever_it_is_by_then() {
    let place = tempfile::tempdir().unwrap();
    let (path, moved) = (place.path().join("home"), place.path().join("docs/moved"));
    for folder in ["home/backups", "home/logs", "docs", "new/backups"] {
        fs::create_dir_all(place.path().join(folder)).unwrap();
    }
    let archiver = TarArchiver::for_home(&Home::open(&path).unwrap());
    fs::rename(&path, &moved).unwrap();
    fs::rename(place.path().join("new"), &path).unwrap();
    let report = pack_with(&archiver, &place.path().join("docs"), &place.path().join("docs.tar"));
    let own: Vec<_> = report.findings.iter().map(|finding| (&finding.kind, finding.path.as_path())).collect();
    let left_out = ["moved/backups", "moved/logs"].map(|path| (&FindingKind::Own, Path::new(path)));
    assert_eq!(own, left_out);
}

#[test]
fn a_folder_without_permission_leaves_the_rest_whole() {
    if is_root() {
        return backup_core::testing::skipped("root may read everything; a unit test fails the call instead");
    }
    let home = tempfile::tempdir().unwrap();
    fs::create_dir(home.path().join("closed")).unwrap();
    fs::write(home.path().join("secret"), "x").unwrap();
    fs::write(home.path().join("z"), "x").unwrap();
    for name in ["closed", "secret"] {
        fs::set_permissions(home.path().join(name), Permissions::from_mode(0o000)).unwrap();
    }
    let (report, bytes) = pack(home.path());
    assert_eq!((report.unreadable_entries, report.grade()), (2, Grade::Incomplete));
    assert_eq!(members(&bytes).len(), 3);
    assert_eq!(pack_error(&home.path().join("closed")).failure, Failure::Denied);
    assert_eq!(pack_error(&home.path().join("secret")).failure, Failure::Denied);
}

// ---- The source ----

#[test]
fn a_source_is_named_by_its_last_component() {
    let home = tempfile::tempdir().unwrap();
    let real = home.path().join("real");
    fs::create_dir_all(real.join("below")).unwrap();
    fs::write(real.join("file"), "x").unwrap();
    symlink("real", home.path().join("link")).unwrap();
    symlink("real/file", home.path().join("link to file")).unwrap();
    let cases: [(&str, &[&[u8]]); 6] = [
        ("real", &[b"real/", b"real/below/", b"real/file"]),
        ("real/", &[b"real/", b"real/below/", b"real/file"]),
        ("link", &[b"link/", b"link/below/", b"link/file"]),
        ("real/below/..", &[b"real/", b"real/below/", b"real/file"]),
        ("real/file", &[b"file"]),
        ("link to file", &[b"link to file"]),
    ];
    for (path, expected) in cases {
        assert_eq!(members(&pack(&home.path().join(path)).1), expected, "{path}");
    }
}

#[test]
fn the_root_is_named_as_a_dot() {
    struct Enough;
    impl Progress for Enough {
        fn advanced(&self, path: &Path, _: u64) {
            assert!(path.is_relative());
        }
        fn is_cancelled(&self) -> bool {
            false
        }
    }
    struct First(Vec<u8>);
    impl io::Write for First {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.extend_from_slice(bytes);
            Err(io::ErrorKind::FileTooLarge.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut first = First(Vec::new());
    let request = PackRequest::all_of(Path::new("/"));
    let error = TarArchiver::default().pack(&request, &mut ArchiveOnly(&mut first), &Enough).unwrap_err();
    assert_eq!(error.failure, Failure::Full);
    let mut archive = tar::Archive::new(&first.0[..]);
    let mut names = archive.entries().unwrap().map(|entry| entry.unwrap().path_bytes().into_owned());
    assert_eq!(names.next().unwrap(), b"./");
    assert!(names.next().unwrap().starts_with(b"./"));
}

#[test]
fn a_source_that_is_no_folder_and_no_file_is_an_error() {
    let home = tempfile::tempdir().unwrap();
    rustix::fs::mkfifoat(CWD, home.path().join("fifo"), Mode::from_raw_mode(0o640)).unwrap();
    let _listener = UnixListener::bind(home.path().join("socket")).unwrap();
    symlink("nowhere", home.path().join("dangling")).unwrap();
    symlink("loop", home.path().join("loop")).unwrap();
    fs::write(home.path().join("file"), "x").unwrap();
    for (name, expected) in [
        ("missing", Failure::Missing),
        ("dangling", Failure::Missing),
        ("file/below", Failure::Missing),
        ("loop", Failure::Refused),
        ("fifo", Failure::Refused),
        ("socket", Failure::Refused),
    ] {
        let error = pack_error(&home.path().join(name));
        assert_eq!(error.failure, expected, "{name}");
        assert!(error.to_string().contains(name), "{error}");
    }
    assert_eq!(pack_error(Path::new("/dev/null")).failure, Failure::Refused);
}

// ---- Progress and failures ----

/// Counts, and cancels once that many bytes went by.
struct Counting {
    bytes: AtomicU64,
    limit: u64,
}

impl Progress for Counting {
    fn advanced(&self, path: &Path, content_bytes: u64) {
        assert!(path.is_relative());
        self.bytes.fetch_add(content_bytes, Ordering::Relaxed);
    }

    fn is_cancelled(&self) -> bool {
        self.bytes.load(Ordering::Relaxed) >= self.limit
    }
}

#[test]
fn progress_hears_of_every_byte_and_ends_a_large_file_within_a_mib() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("large"), vec![0; 10_000_000]).unwrap();
    fs::write(home.path().join("small"), vec![0; 10_000]).unwrap();
    for (limit, expected) in [(u64::MAX, 10_010_000), (3_000_000, 3_000_000)] {
        let progress = Counting { bytes: AtomicU64::new(0), limit };
        let request = PackRequest::all_of(home.path());
        let packed = TarArchiver::default().pack(&request, &mut io::sink(), &progress);
        let bytes = progress.bytes.into_inner();
        assert!((expected..expected + 1_048_577).contains(&bytes), "{bytes}");
        match packed {
            Ok(report) => assert_eq!((report.content_bytes, bytes), (10_010_000, 10_010_000)),
            Err(error) => assert_eq!((error.failure, limit), (Failure::Interrupted, 3_000_000)),
        }
    }
}

#[test]
fn what_out_fails_with_is_the_failure() {
    struct Full;
    impl io::Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(rustix::io::Errno::NOSPC.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let home = tempfile::tempdir().unwrap();
    let request = PackRequest::all_of(home.path());
    let error = TarArchiver::default().pack(&request, &mut ArchiveOnly(Full), &SilentProgress).unwrap_err();
    assert_eq!(error.failure, Failure::Full);
    assert_eq!(error.to_string(), "can't write the archive: No space left on device (os error 28)");
}

#[test]
fn a_busy_source_can_not_hurt_the_archive() {
    let home = tempfile::tempdir().unwrap();
    let source = home.path().join("docs");
    fs::create_dir_all(source.join("still")).unwrap();
    fs::create_dir_all(source.join("busy")).unwrap();
    for at in 0..500 {
        fs::write(source.join(format!("still/{at}")), at.to_string().repeat(at)).unwrap();
    }
    let deadline = SystemTime::now() + Duration::from_millis(1_500);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for turn in (0_usize..).take_while(|_| SystemTime::now() < deadline) {
                let path = source.join(format!("busy/{}", turn % 200));
                // Whatever fails here fails because another turn left something else there.
                let _ = match turn % 7 {
                    0 => fs::remove_file(&path),
                    1 => symlink("nowhere", &path),
                    2 => File::options().write(true).open(&path).and_then(|file| file.set_len(0)),
                    _ => fs::write(&path, vec![b'x'; turn * 37 % 60_000]),
                };
            }
        });
        while SystemTime::now() < deadline {
            let archive = home.path().join("docs.tar");
            pack_with(&TarArchiver::default(), &source, &archive);
            let target = Tool::GnuTar.extract(&archive);
            let mut extracted = see(&target.path().join("docs/still"));
            let mut expected = see(&source.join("still"));
            extracted.retain(|path, _| path != Path::new(""));
            expected.retain(|path, _| path != Path::new(""));
            assert_eq!(extracted, expected);
        }
    });
}

#[test]
fn root_packs_nothing_that_a_link_of_somebody_else_leads_to() {
    if !rustix::process::geteuid().is_root() {
        return backup_core::testing::skipped("only root can give a link away");
    }
    let home = tempfile::tempdir().unwrap();
    fs::set_permissions(home.path(), Permissions::from_mode(0o755)).unwrap();
    let [ann, secret] = ["ann", "secret"].map(|name| home.path().join(name));
    fs::create_dir(&ann).unwrap();
    fs::create_dir_all(secret.join("inner")).unwrap();
    fs::write(secret.join("file"), "x").unwrap();
    std::os::unix::fs::chown(&ann, Some(1_234), Some(1_234)).unwrap();
    for (name, owner) in [("hers", 1_234), ("root's", 0)] {
        let link = ann.join(name);
        symlink(&secret, &link).unwrap();
        std::os::unix::fs::lchown(&link, Some(owner), Some(owner)).unwrap();
        let owner = if owner == 0 { "root" } else { "the user 1234" };
        let reason = format!("{}, which leads to {}, belongs to {owner}", link.display(), secret.display());
        for source in [link.clone(), link.join("inner"), link.join("file")] {
            let error = pack_error(&source);
            assert_eq!(error.failure, Failure::Refused, "{error}");
            assert!(error.to_string().contains(&reason), "{error}");
        }
    }
    // What nobody else can change is followed, and what is hers without a link is packed.
    let link = home.path().join("link");
    symlink(&secret, &link).unwrap();
    let real = secret.canonicalize().unwrap();
    assert_eq!(pack(&link).0.real_source, Some(real.clone()));
    assert_eq!(pack(&link.join("file")).0.real_source, Some(real.join("file")));
    assert_eq!(pack(&ann).0.real_source, Some(ann.canonicalize().unwrap()));
}

// ---- What was seen of the files ----

/// Bytes that look like chance.
fn noise(seed: u64, bytes: usize) -> Vec<u8> {
    let mut state = seed;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.wrapping_mul(0x2545_F491_4F6C_DD1D).to_be_bytes()[0]
    };
    (0..bytes).map(|_| next()).collect()
}

fn profile_since(source: &Path, changed_since: Option<&str>) -> SourceProfile {
    let changed_since = changed_since.map(backup_core::testing::at);
    let request = PackRequest { changed_since, ..PackRequest::all_of(source) };
    let report = TarArchiver::default().pack(&request, &mut io::sink(), &SilentProgress).unwrap();
    report.profile.unwrap()
}

#[test]
fn the_files_are_profiled_whatever_their_size() {
    let home = tempfile::tempdir().unwrap();
    let source = home.path();
    let text = b"All work and no play. ".repeat(200_000);
    let old = |name: &str| set_modified(&source.join(name), 1_000_000_000, 0);
    fs::write(source.join("text"), &text[..2_000]).unwrap();
    fs::write(source.join("large text"), &text).unwrap();
    fs::write(source.join("noise"), noise(1, 2_000)).unwrap();
    fs::write(source.join("large noise"), noise(2, 3_000_000)).unwrap();
    fs::write(source.join("small"), noise(3, 100)).unwrap();
    fs::write(source.join("empty"), b"").unwrap();
    File::create(source.join("hole")).unwrap().set_len(5_000_000).unwrap();
    fs::hard_link(source.join("noise"), source.join("the same noise")).unwrap();
    symlink("noise", source.join("link")).unwrap();
    let bytes = 2_000 + text.len() as u64 + 2_000 + 3_000_000 + 100 + 5_000_000;
    let numbers = |seen: SourceProfile| {
        (seen.files, seen.file_bytes, seen.changed_files, seen.sampled_files, seen.incompressible_files)
    };
    // Nothing of a hole is stored, so there is nothing to look at.
    assert_eq!(numbers(profile_since(source, None)), (7, bytes, None, 4, 2));
    assert_eq!(profile_since(source, Some("2200-01-01 00:00")).changed_files, Some(0));
    assert_eq!(profile_since(source, Some("2020-01-01 00:00")).changed_files, Some(7));
    // With their times set back, only what looks encrypted counts as changed.
    ["text", "large text", "noise", "large noise", "small", "empty", "hole"].into_iter().for_each(old);
    assert_eq!(profile_since(source, Some("2020-01-01 00:00")).changed_files, Some(2));
    let survey = TarArchiver::default().survey(&PackRequest::all_of(source), &SilentProgress).unwrap();
    assert_eq!(survey.profile, None, "a survey reads nothing");
}
