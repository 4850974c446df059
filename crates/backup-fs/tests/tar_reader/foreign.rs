//! Archives that stock tools made, in every format they know.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileExt, chown, lchown, symlink};
use std::path::Path;

use rustix::fs::{CWD, FileType, Mode};

use crate::tools::Tool;
use crate::tree::{is_root, nearly, same, see, set_attribute, set_mode, set_modified};
use crate::view::view;

/// What a format can hold, beyond what all can.
#[derive(Debug, Clone, Copy, Default)]
struct Holds {
    /// FIFOs and devices.
    specials: bool,
    /// Paths of up to 255 bytes, if they can be parted.
    parted_paths: bool,
    /// Paths and targets of any length.
    long_names: bool,
    large_ids: bool,
    old_times: bool,
    /// Fractions of a second: as they are, or as floating-point numbers.
    nanos: bool,
    /// The same before 1970.
    old_nanos: bool,
    attributes: bool,
    is_inexact: bool,
}

const V7: Holds = Holds {
    specials: false,
    parted_paths: false,
    long_names: false,
    large_ids: false,
    old_times: false,
    nanos: false,
    old_nanos: false,
    attributes: false,
    is_inexact: false,
};
const USTAR: Holds = Holds { specials: true, parted_paths: true, ..V7 };
const GNU: Holds = Holds { long_names: true, large_ids: true, old_times: true, ..USTAR };
const PAX: Holds = Holds { nanos: true, old_nanos: true, ..GNU };
const ALL: Holds = Holds { attributes: true, ..PAX };

fn build(source: &Path, holds: Holds) {
    fs::create_dir_all(source).unwrap();
    for size in [0, 1, 511, 512, 513, 10_240, 70_000] {
        let contents: Vec<u8> = (0..size).map(|at: usize| u8::try_from(at % 251).unwrap()).collect();
        fs::write(source.join(format!("size {size}")), contents).unwrap();
    }
    for name in [&b" "[..], b"-rf", b"new\nline", b"back\\slash", "\u{fc}ml\u{e4}ut".as_bytes(), b"trailing "]
    {
        fs::write(source.join(OsStr::from_bytes(name)), name).unwrap();
    }
    fs::create_dir(source.join("empty")).unwrap();
    fs::create_dir(source.join("folder")).unwrap();
    fs::write(source.join("folder/inside"), "x").unwrap();
    set_mode(&source.join("folder"), 0o2755);
    fs::hard_link(source.join("folder/inside"), source.join("another name")).unwrap();
    set_mode(&source.join("folder/inside"), 0o4711);
    symlink("nowhere", source.join("dangling")).unwrap();
    build_sparse(source);
    build_names(source, holds);
    build_specials(source, holds);
    build_owners(source, holds);
    if holds.attributes {
        set_attribute(&source.join("size 1"), b"user.binary", b"\n9 path=x\n\0\xff");
        set_attribute(&source.join("size 1"), b"user.name=with%signs", b"");
        set_attribute(&source.join("folder"), b"user.of a folder", b"value");
    }
    build_times(source, holds);
}

/// More segments than a header and one block after it have room for.
fn build_sparse(source: &Path) {
    for (name, count) in [("sparse", 3u64), ("sparser", 60)] {
        let file = File::create(source.join(name)).unwrap();
        for at in 0..count {
            file.write_all_at(format!("data {at}").as_bytes(), at * 16_384 + 8_192).unwrap();
        }
        file.set_len(count * 16_384 + 100_000).unwrap();
    }
    File::create(source.join("hole")).unwrap().set_len(50_000).unwrap();
}

fn build_names(source: &Path, holds: Holds) {
    let folder = source.join("d".repeat(80));
    if holds.parted_paths {
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("f".repeat(90)), "x").unwrap();
    }
    if holds.long_names {
        for length in [99, 100, 101, 200, 255] {
            fs::write(folder.join("g".repeat(length)), "x").unwrap();
            symlink("t".repeat(length * 3), folder.join(format!("to {length}"))).unwrap();
            fs::create_dir(source.join("e".repeat(length))).unwrap();
        }
        fs::write(source.join("\u{fc}".repeat(100)), "x").unwrap();
        fs::hard_link(source.join("\u{fc}".repeat(100)), folder.join("h".repeat(120))).unwrap();
        let deep = (0..20).map(|_| "p".repeat(100)).collect::<Vec<_>>().join("/");
        fs::create_dir_all(source.join(deep)).unwrap();
    }
}

fn build_specials(source: &Path, holds: Holds) {
    if !holds.specials {
        return;
    }
    let node = |name: &str, kind, device| {
        rustix::fs::mknodat(CWD, source.join(name), kind, Mode::from_raw_mode(0o640), device).unwrap();
    };
    node("fifo", FileType::Fifo, 0);
    if is_root() {
        node("char", FileType::CharacterDevice, rustix::fs::makedev(1, 3));
        node("block", FileType::BlockDevice, rustix::fs::makedev(259, 70_000));
    }
}

fn build_owners(source: &Path, holds: Holds) {
    if is_root() {
        chown(source.join("size 0"), Some(1234), Some(4321)).unwrap();
        let (uid, gid) = if holds.large_ids { (2_097_152, 4_000_000_000) } else { (262_143, 7) };
        chown(source.join("empty"), Some(uid), Some(gid)).unwrap();
        lchown(source.join("dangling"), Some(uid), Some(gid)).unwrap();
    }
}

fn build_times(source: &Path, holds: Holds) {
    let whole = |path: &Path| set_modified(path, 1_700_000_000, 0);
    let mut folders = Vec::new();
    each(source, &mut |path| {
        whole(path);
        folders.push(path.to_owned());
    });
    folders.iter().for_each(|path| whole(path));
    set_modified(&source.join("size 0"), 0, 0);
    set_modified(&source.join("size 1"), 0o77_777_777_777, 0);
    if holds.old_times {
        set_modified(&source.join("size 511"), -1, 0);
        set_modified(&source.join("size 512"), 0o100_000_000_000, 0);
    }
    if holds.nanos {
        set_modified(&source.join("size 513"), 1_700_000_000, 123_456_789);
        set_modified(&source.join("another name"), 0, 1);
    }
    if holds.old_nanos {
        set_modified(&source.join("dangling"), -1, 750_000_000);
        set_modified(&source.join("folder"), -2, 500_000_000);
    }
}

fn each(folder: &Path, act: &mut impl FnMut(&Path)) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            each(&entry.path(), act);
        }
        act(&entry.path());
    }
    act(folder);
}

fn check(tool: Tool, options: &[&str], holds: Holds) {
    if !tool.is_there() {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let source = home.path().join("in/tree");
    build(&source.join("docs"), holds);
    let archives = home.path().join("out");
    tool.create(&home.path().join("in"), &archives, options);
    let mut found = view(&fs::read(archives.join("tree")).unwrap());
    let mut expected = see(&source, "docs");
    if !holds.attributes {
        expected.values_mut().for_each(|seen| seen.attributes.clear());
    }
    if holds.is_inexact {
        found = nearly(found, &expected);
    }
    same(&found, &expected, &format!("{tool:?} {options:?}"));
}

#[test]
fn gnu_tar_in_all_its_formats() {
    let tar = |options: &[&str], holds| check(Tool::GnuTar, options, holds);
    tar(&["--format=v7"], V7);
    tar(&["--format=oldgnu"], GNU);
    tar(&["--format=gnu"], GNU);
    tar(&["--format=ustar"], USTAR);
    tar(&["--format=posix"], PAX);
    tar(&["--format=posix", "--xattrs", "--acls"], ALL);
}

#[test]
fn gnu_tar_with_sparse_files_in_all_its_formats() {
    let tar = |options: &[&str], holds| check(Tool::GnuTar, options, holds);
    tar(&["--format=oldgnu", "--sparse"], GNU);
    tar(&["--format=gnu", "--sparse"], GNU);
    for version in ["0.0", "0.1", "1.0"] {
        tar(&["--format=posix", "--sparse", &format!("--sparse-version={version}")], PAX);
    }
}

#[test]
fn gnu_tar_with_what_it_adds() {
    let tar = |options: &[&str], holds| check(Tool::GnuTar, options, holds);
    tar(&["--format=posix", "--pax-option=comment=of all"], PAX);
    tar(&["--format=posix", "--label=volume"], PAX);
    tar(&["--format=gnu", "--label=volume"], GNU);
    tar(&["--format=gnu", "--blocking-factor=1"], GNU);
}

#[test]
fn bsdtar_in_all_its_formats() {
    let bsdtar = |format: &str, holds| check(Tool::BsdTar, &["--format", format], holds);
    // It writes a fraction before 1970 as if it were one after the second.
    bsdtar("pax", Holds { old_nanos: false, ..ALL });
    bsdtar("gnutar", Holds { old_times: false, ..GNU });
    bsdtar("ustar", USTAR);
}

#[test]
fn python_in_all_its_formats() {
    let python = |format: &str, holds| check(Tool::Python, &[format], holds);
    python("0", USTAR);
    python("1", GNU);
    python("2", Holds { is_inexact: true, ..PAX });
}
