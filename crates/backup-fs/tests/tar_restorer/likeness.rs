//! Extended attributes and ACLs of what stands, compared as all else.

use std::fs;
use std::path::Path;

use backup_core::model::restore::{IfExists, RestoreJob, RestoreTarget};
use rustix::fs::{CWD, FileType, Mode, XattrFlags, lgetxattr, lremovexattr, lsetxattr, mknodat};

use crate::own::{agree, preview};
use crate::place::{Place, pack};
use crate::tree::{set_mode, set_modified};

/// Somebody who may do nothing, so that the mode stays 0640.
const LIST: &[u8] = b"\x02\0\0\0\
    \x01\0\x06\0\xff\xff\xff\xff\x02\0\0\0\xe8\x03\0\0\x04\0\x04\0\xff\xff\xff\xff\
    \x10\0\x04\0\xff\xff\xff\xff\x20\0\0\0\xff\xff\xff\xff";
const ACCESS: &str = "system.posix_acl_access";

fn set(path: &Path, name: &str, value: &[u8]) -> bool {
    lsetxattr(path, name, value, XattrFlags::empty()).is_ok()
}

fn get(path: &Path, name: &str) -> Option<Vec<u8>> {
    let mut value = [0; 1_000];
    lgetxattr(path, name, &mut value[..]).map(|bytes| value[..bytes].to_vec()).ok()
}

fn remove(path: &Path, name: &str) {
    lremovexattr(path, name).unwrap();
}

/// A source with a file that has attributes, one that has none, and a FIFO; `None` where there are no attributes.
fn source(place: &Place) -> Option<Vec<u8>> {
    let docs = place.path("source/docs");
    fs::create_dir_all(&docs).unwrap();
    for file in ["rich", "plain"] {
        fs::write(docs.join(file), file).unwrap();
    }
    mknodat(CWD, docs.join("fifo"), FileType::Fifo, Mode::from_raw_mode(0o640), 0).unwrap();
    for file in ["rich", "plain", "fifo"] {
        set_mode(&docs.join(file), 0o640);
    }
    let is_rich = set(&docs.join("rich"), "user.k", b"v")
        && set(&docs.join("rich"), ACCESS, LIST)
        && set(&docs.join("fifo"), ACCESS, LIST);
    for file in ["rich", "plain", "fifo"] {
        set_modified(&docs.join(file), 1_000_000_000, 5);
    }
    set_modified(&docs, 1_000_000_000, 5);
    is_rich.then(|| pack(&docs))
}

fn in_place(place: &Place) -> RestoreJob {
    let target = RestoreTarget::Source(place.path("source/docs"));
    RestoreJob { target, existing: IfExists::Replace, ..place.request() }
}

/// Changes something, which has to be told and mended, once.
#[track_caller]
fn check(what: &str, file: &str, change: &dyn Fn(&Path)) {
    let place = Place::new();
    let Some(archive) = source(&place) else {
        return backup_core::testing::skipped("this file system has no extended attributes or ACLs");
    };
    let path = place.path("source/docs").join(file);
    let seen =
        || (get(&path, "user.k"), get(&path, ACCESS), fs::symlink_metadata(&path).unwrap().permissions());
    let before = seen();
    change(&path);
    let promised = preview(&archive, &in_place(&place));
    assert_eq!((promised.changed_entries, promised.same_entries), (1, 2), "{what}");
    let report = place.restore_as(&archive, &in_place(&place)).unwrap();
    agree(&promised, &report);
    assert_eq!(seen(), before, "{what}");
    let again = place.restore_as(&archive, &in_place(&place)).unwrap();
    assert_eq!((again.entries, again.present_entries), (0, 3), "{what}: it is mended");
}

#[test]
fn what_lost_or_changed_them_is_restored() {
    check("lost", "rich", &|path| remove(path, "user.k"));
    check("changed", "rich", &|path| assert!(set(path, "user.k", b"w")));
    check("longer", "rich", &|path| assert!(set(path, "user.k", b"vv")));
    check("added", "plain", &|path| assert!(set(path, "user.new", b"x")));
    check("list added", "plain", &|path| assert!(set(path, ACCESS, LIST)));
    let other = [&LIST[..22], &[0], &LIST[23..]].concat();
    check("list changed", "rich", &|path| assert!(set(path, ACCESS, &other)));
    let lost = |path: &Path| {
        remove(path, ACCESS);
        set_mode(path, 0o640);
    };
    check("list lost", "rich", &lost);
    check("list of a FIFO lost", "fifo", &lost);
}

#[test]
fn what_gives_rights_is_a_difference_where_it_is_left_out() {
    let place = Place::new();
    let Some(_) = source(&place) else {
        return backup_core::testing::skipped("this file system has no extended attributes or ACLs");
    };
    let rich = place.path("source/docs/rich");
    // Capabilities, which root alone can set and which need --keep-setuid.
    let capability = b"\x01\0\0\x02\0\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
    if !set(&rich, "security.capability", capability) {
        return backup_core::testing::skipped("only root can give a file capabilities");
    }
    let archive = pack(&place.path("source/docs"));
    let tame = RestoreJob { keep_setuid: false, ..in_place(&place) };
    remove(&rich, "security.capability");
    let report = place.restore_as(&archive, &tame).unwrap();
    assert_eq!((report.entries, report.present_entries, report.deprivileged_entries), (0, 3, 1), "left out");
    let report = place.restore_as(&archive, &in_place(&place)).unwrap();
    assert_eq!((report.entries, get(&rich, "security.capability").as_deref()), (1, Some(&capability[..])));
    let report = place.restore_as(&archive, &tame).unwrap();
    assert_eq!((report.entries, get(&rich, "security.capability")), (1, None), "and what has it loses it");
}
