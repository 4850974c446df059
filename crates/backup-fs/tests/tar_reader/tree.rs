//! Trees on the disk, as values that can be compared.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::Path;

use backup_fs::{MemberKind, Timestamp};
use rustix::fs::{AtFlags, CWD, Timespec, Timestamps, XattrFlags};

/// All that is to be equal of an entry.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) kind: MemberKind,
    pub(crate) mode: u32,
    pub(crate) owner: (u64, u64),
    pub(crate) modified: Option<Timestamp>,
    /// Contents, or a link's target.
    pub(crate) body: Vec<u8>,
    pub(crate) device: (u32, u32),
    pub(crate) attributes: BTreeMap<Vec<u8>, Vec<u8>>,
    /// The least of its names.
    pub(crate) first_name: Vec<u8>,
}

/// Paths, and what stands there.
pub(crate) type Tree = BTreeMap<Vec<u8>, Seen>;

/// Returns what is below `home`, from the entry `name` on.
pub(crate) fn see(home: &Path, name: &str) -> Tree {
    let (mut tree, mut inodes) = (Tree::new(), BTreeMap::new());
    see_entry(home, name.as_bytes(), &mut tree, &mut inodes);
    tree
}

fn see_entry(home: &Path, name: &[u8], tree: &mut Tree, inodes: &mut BTreeMap<(u64, u64), Vec<u8>>) {
    let path = home.join(OsStr::from_bytes(name));
    let meta = fs::symlink_metadata(&path).unwrap();
    let kind = kind(meta.file_type());
    let body = match kind {
        MemberKind::Symlink => fs::read_link(&path).unwrap().as_os_str().as_bytes().to_vec(),
        MemberKind::File => fs::read(&path).unwrap(),
        _ => Vec::new(),
    };
    let is_device = matches!(kind, MemberKind::CharDevice | MemberKind::BlockDevice);
    let device = if is_device { meta.rdev() } else { 0 };
    let first_name = inodes.entry((meta.dev(), meta.ino())).or_insert_with(|| name.to_vec()).clone();
    let seen = Seen {
        kind,
        mode: meta.mode() & 0o7777,
        owner: (meta.uid().into(), meta.gid().into()),
        modified: Some(Timestamp { seconds: meta.mtime(), nanos: u32::try_from(meta.mtime_nsec()).unwrap() }),
        body,
        device: (rustix::fs::major(device), rustix::fs::minor(device)),
        attributes: attributes_of(&path),
        first_name,
    };
    tree.insert(name.to_vec(), seen);
    if kind == MemberKind::Folder {
        let mut names: Vec<_> =
            fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        for below in names {
            see_entry(home, &[name, b"/", below.as_bytes()].concat(), tree, inodes);
        }
    }
}

fn kind(kind: fs::FileType) -> MemberKind {
    match () {
        () if kind.is_dir() => MemberKind::Folder,
        () if kind.is_symlink() => MemberKind::Symlink,
        () if kind.is_fifo() => MemberKind::Fifo,
        () if kind.is_char_device() => MemberKind::CharDevice,
        () if kind.is_block_device() => MemberKind::BlockDevice,
        () => MemberKind::File,
    }
}

/// Those that tools store.
fn attributes_of(path: &Path) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let mut list = [0; 65_536];
    let Ok(bytes) = rustix::fs::llistxattr(path, &mut list[..]) else { return BTreeMap::new() };
    let names = list[..bytes].split(|byte| *byte == 0).filter(|name| name.starts_with(b"user."));
    names
        .map(|name| {
            let mut value = [0; 65_536];
            let bytes = rustix::fs::lgetxattr(path, name, &mut value[..]).unwrap();
            (name.to_vec(), value[..bytes].to_vec())
        })
        .collect()
}

/// Makes the first name of each thing the least of its names: tools don't agree on the order of a folder.
pub(crate) fn settle_names(tree: &mut Tree) {
    let mut least: BTreeMap<Vec<u8>, Vec<u8>> = BTreeMap::new();
    for (path, seen) in &*tree {
        let name = least.entry(seen.first_name.clone()).or_insert_with(|| path.clone());
        if path < name {
            name.clone_from(path);
        }
    }
    for seen in tree.values_mut() {
        seen.first_name = least[&seen.first_name].clone();
    }
}

/// Compares trees, and names the first difference; contents are too long for that.
#[track_caller]
pub(crate) fn same(found: &Tree, expected: &Tree, whose: &str) {
    let text = |bytes: &[u8]| bytes.escape_ascii().to_string();
    let missing = |one: &Tree, other: &Tree| {
        let paths = one.keys().filter(|path| !other.contains_key(*path));
        paths.map(|path| text(path)).collect::<Vec<_>>()
    };
    let (missing, more) = (missing(expected, found), missing(found, expected));
    assert!(missing.is_empty() && more.is_empty(), "{whose}: missing {missing:#?}, too many {more:#?}");
    for (path, expected) in expected {
        let found = &found[path];
        let about = |seen: &Seen| {
            let Seen { kind, mode, owner, modified, body, device, attributes, first_name } = seen;
            let attributes: Vec<_> =
                attributes.iter().map(|(name, value)| (text(name), text(value))).collect();
            let first_name = text(first_name);
            format!(
                "{kind:?} {mode:o} {owner:?} {modified:?} {} bytes {device:?} {attributes:?} {first_name}",
                body.len()
            )
        };
        assert_eq!(about(found), about(expected), "{whose}: {}", text(path));
        assert!(found.body == expected.body, "{whose}: the contents of {} differ", text(path));
    }
}

/// Gives way where a time is less than a microsecond off, as one that went through a floating-point number, or isn't
/// expected to be right.
pub(crate) fn nearly(mut found: Tree, expected: &Tree) -> Tree {
    let nanos = |time: Timestamp| i128::from(time.seconds) * 1_000_000_000 + i128::from(time.nanos);
    for (path, seen) in &mut found {
        match (seen.modified, expected.get(path).and_then(|seen| seen.modified)) {
            (Some(one), Some(other)) if (nanos(one) - nanos(other)).abs() >= 1_000 => {}
            (_, other) => seen.modified = other,
        }
    }
    found
}

pub(crate) fn set_modified(path: &Path, tv_sec: i64, tv_nsec: i64) {
    let time = Timespec { tv_sec, tv_nsec };
    let times = Timestamps { last_access: time, last_modification: time };
    rustix::fs::utimensat(CWD, path, &times, AtFlags::SYMLINK_NOFOLLOW).unwrap();
}

/// Sets an extended attribute where the file system has them.
pub(crate) fn set_attribute(path: &Path, name: &[u8], value: &[u8]) {
    let _ = rustix::fs::lsetxattr(path, name, value, XattrFlags::empty());
}

pub(crate) fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// So that a temporary folder can be removed by others than root, too.
pub(crate) fn make_writable(root: &Path) {
    set_mode(root, 0o700);
    for entry in fs::read_dir(root).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            make_writable(&entry.path());
        }
    }
}
