//! Each kind of metadata, where it differs from what a new file would have.

use std::fs;
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt, lchown, symlink};
use std::path::Path;
use std::process::Command;

use backup_core::model::restore::{IfExists, RestoreTarget};
use rustix::fs::{CWD, FileType, Mode, XattrFlags, lgetxattr, lsetxattr, mknodat};

use crate::place::{Place, pack, said};
use crate::tar_bytes::TarBytes;
use crate::tree::{is_root, same, see, set_attribute, set_mode, set_modified};

#[test]
fn rights_come_back_only_when_that_was_said() {
    let place = Place::new();
    let docs = place.path("source/docs");
    fs::create_dir_all(docs.join("shared")).unwrap();
    fs::write(docs.join("program"), "x").unwrap();
    set_mode(&docs.join("program"), 0o6755);
    set_mode(&docs.join("shared"), 0o2775);
    let archive = pack(&docs);
    let mode = |path: &str| place.path(path).metadata().unwrap().permissions().mode() & 0o7777;
    let mut request = place.request();
    request.keep_setuid = false;
    let report = place.restore_as(&archive, &request).unwrap();
    assert_eq!((mode("target/program"), report.deprivileged_entries), (0o755, 1));
    assert_eq!(mode("target/shared"), 0o2775, "a folder's setgid is no right");
    // What has them already isn't what this restore makes.
    request.target = RestoreTarget::Source(docs.clone());
    request.existing = IfExists::Keep;
    let report = place.restore_as(&archive, &request).unwrap();
    assert_eq!(
        (report.present_entries, report.left_entries, report.deprivileged_entries),
        (1, 1, 0),
        "{report:?}"
    );
    assert_eq!(said(&report), ["docs/program existed already, differed, and stayed"]);
    request.existing = IfExists::Replace;
    let report = place.restore_as(&archive, &request).unwrap();
    assert_eq!((mode("source/docs/program"), report.entries), (0o755, 1), "{report:?}");
    // And what stands without them is told.
    let report = place.restore_as(&archive, &request).unwrap();
    assert_eq!((report.present_entries, report.deprivileged_entries), (2, 1), "{report:?}");
    request.keep_setuid = true;
    let report = place.restore_as(&archive, &request).unwrap();
    assert_eq!((mode("source/docs/program"), report.entries, report.deprivileged_entries), (0o6755, 1, 0));
    let other = Place::new();
    other.restore(&archive).unwrap();
    assert_eq!(other.target().join("program").metadata().unwrap().mode() & 0o7777, 0o6755);
}

#[test]
fn holes_come_back_as_holes() {
    let place = Place::new();
    fs::create_dir(place.path("source")).unwrap();
    let file = fs::File::create(place.path("source/docs")).unwrap();
    file.write_all_at(b"in the middle", 5 << 20).unwrap();
    file.set_len(64 << 20).unwrap();
    if file.metadata().unwrap().blocks() > 1_000 {
        return backup_core::testing::skipped("this file system has no holes");
    }
    place.restore(&pack(&place.path("source/docs"))).unwrap();
    let restored = place.target().join("docs");
    assert!(restored.metadata().unwrap().blocks() < 1_000);
    assert!(fs::read(restored).unwrap() == fs::read(place.path("source/docs")).unwrap());
}

#[test]
fn lists_of_access_come_back() {
    const ACCESS: &[u8] = b"\x02\0\0\0\
        \x01\0\x07\0\xff\xff\xff\xff\x02\0\x07\0\x01\0\0\0\x04\0\x04\0\xff\xff\xff\xff\
        \x10\0\x07\0\xff\xff\xff\xff\x20\0\0\0\xff\xff\xff\xff";
    let place = Place::new();
    let docs = place.path("source/docs");
    fs::create_dir_all(docs.join("folder")).unwrap();
    fs::write(docs.join("folder/file"), "x").unwrap();
    for (path, name) in [("folder/file", "access"), ("folder", "access"), ("folder", "default")] {
        let name = format!("system.posix_acl_{name}");
        if lsetxattr(docs.join(path), name, ACCESS, XattrFlags::empty()).is_err() {
            return backup_core::testing::skipped("this file system has no ACLs");
        }
    }
    // What the folder above gives on is not what the archive says.
    lsetxattr(place.path("."), "system.posix_acl_default", ACCESS, XattrFlags::empty()).unwrap();
    fs::write(docs.join("plain"), "x").unwrap();
    rustix::fs::lremovexattr(docs.join("plain"), "system.posix_acl_access").unwrap();
    set_mode(&docs.join("plain"), 0o640);
    let report = place.restore(&pack(&docs)).unwrap();
    assert_eq!(report.findings, []);
    let list = |path: &str, name: &str| {
        let mut value = [0; 1_000];
        let name = format!("system.posix_acl_{name}");
        lgetxattr(place.target().join(path), name, &mut value[..]).map(|bytes| value[..bytes].to_vec()).ok()
    };
    for (path, name) in [("folder/file", "access"), ("folder", "access"), ("folder", "default")] {
        assert_eq!(list(path, name).as_deref(), Some(ACCESS), "{path} {name}");
    }
    assert_eq!((list("plain", "access"), list("plain", "default")), (None, None));
    assert_eq!(place.target().join("plain").metadata().unwrap().mode() & 0o7777, 0o640);
}

/// Who is nobody here: root is the one user that every machine has.
const LISTED: &[u8] = b"\x02\0\0\0\
    \x01\0\x07\0\xff\xff\xff\xff\x02\0\x06\0\0\0\0\0\x02\0\x04\0\x39\x30\0\0\x04\0\x04\0\xff\xff\xff\xff\
    \x10\0\x07\0\xff\xff\xff\xff\x20\0\0\0\xff\xff\xff\xff";

fn list(file: &Path, name: &str) -> Option<Vec<u8>> {
    let mut value = [0; 1_000];
    let name = format!("system.posix_acl_{name}");
    lgetxattr(file, name, &mut value[..]).map(|bytes| value[..bytes].to_vec()).ok()
}

#[test]
fn lists_that_are_only_text_come_back() {
    let place = Place::new();
    if lsetxattr(place.path("."), "system.posix_acl_default", LISTED, XattrFlags::empty()).is_err() {
        return backup_core::testing::skipped("this file system has no ACLs");
    }
    let text = "user::rwx,user:root:rw-:777,user:no such name:r--:12345,group::r--,mask::rwx,other::---";
    let archive = TarBytes::docs()
        .records(&[("SCHILY.acl.access", text), ("SCHILY.acl.default", &text.replace(',', "\n"))])
        .folder("docs/folder/")
        .records(&[("SCHILY.acl.access", text), ("SCHILY.acl.default", text)])
        .file("docs/file", "x")
        .records(&[("SCHILY.acl.access", "user::rw-,group::r--,other::r--")])
        .file("docs/plain", "x")
        .records(&[("SCHILY.acl.access", "user::rw-,group::r--,other::r--,user:gone:r--,mask::r--")])
        .file("docs/unknown", "x")
        .records(&[("SCHILY.acl.access", "what?"), ("SCHILY.acl.default", "and that?")])
        .folder("docs/odd/")
        .records(&[("SCHILY.acl.access", "what?")])
        .symlink("docs/link", "file")
        .end();
    let report = place.restore(&archive).unwrap();
    assert_eq!(
        said(&report),
        [
            "can't set the access control list of docs/odd: and that? is not an entry of an ACL",
            "can't set the access control list of docs/odd: what? is not an entry of an ACL",
            "can't set the access control list of docs/unknown: this machine doesn't know gone",
        ]
    );
    let found = |path: &str, name: &str| list(&place.target().join(path), name);
    assert_eq!(found("file", "access").as_deref(), Some(LISTED));
    assert_eq!(found("folder", "access").as_deref(), Some(LISTED));
    assert_eq!(found("folder", "default").as_deref(), Some(LISTED));
    for path in ["plain", "unknown", "odd"] {
        assert_eq!((found(path, "access"), found(path, "default")), (None, None), "{path}");
    }
    assert_eq!(fs::read(place.target().join("unknown")).unwrap(), b"x", "its contents are there");
}

#[test]
fn attributes_that_fail_are_told_once_for_a_file() {
    let place = Place::new();
    let bogus: Vec<(String, &str)> = (0..9).map(|at| (format!("SCHILY.xattr.bogus.{at}"), "x")).collect();
    let bogus: Vec<(&str, &str)> = bogus.iter().map(|(key, value)| (key.as_str(), *value)).collect();
    let archive = TarBytes::docs().records(&bogus).file("docs/a", "x").end();
    let report = place.restore(&archive).unwrap();
    let told = "can't set the extended attributes of docs/a: Operation not supported (os error 95)";
    assert_eq!(said(&report), [told]);
    assert_eq!(report.entries, 1);
}

#[test]
fn lists_in_the_archives_of_other_tools_come_back() {
    for tool in [&["bsdtar", "--acls"][..], &["tar", "--acls", "--format=posix"]] {
        let place = Place::new();
        let docs = place.path("source/docs");
        fs::create_dir_all(docs.join("folder")).unwrap();
        fs::write(docs.join("file"), "x").unwrap();
        fs::write(docs.join("plain"), "x").unwrap();
        for (path, name) in [("file", "access"), ("folder", "access"), ("folder", "default")] {
            let name = format!("system.posix_acl_{name}");
            if lsetxattr(docs.join(path), name, LISTED, XattrFlags::empty()).is_err() {
                return backup_core::testing::skipped("this file system has no ACLs");
            }
        }
        let mut packing = Command::new(tool[0]);
        packing.args(&tool[1..]).args(["-cf", "-", "docs"]).current_dir(place.path("source"));
        let Ok(packed) = packing.output() else {
            backup_core::testing::skipped(format_args!("{} is not installed", tool[0]));
            continue;
        };
        let text = packed.stdout.windows(17).any(|bytes| bytes == b"SCHILY.acl.access");
        let value = packed.stdout.windows(23).any(|bytes| bytes == b"system.posix_acl_access");
        assert!(text && !value, "{tool:?} has only the text");
        let report = place.restore(&packed.stdout).unwrap();
        assert_eq!(report.findings, [], "{tool:?}");
        let found = |path: &str, name: &str| list(&place.target().join(path), name);
        assert_eq!(found("file", "access").as_deref(), Some(LISTED), "{tool:?}");
        assert_eq!(found("folder", "access").as_deref(), Some(LISTED), "{tool:?}");
        assert_eq!(found("folder", "default").as_deref(), Some(LISTED), "{tool:?}");
        assert_eq!(found("plain", "access"), None, "{tool:?}");
    }
}

#[test]
fn folders_keep_times_and_modes_though_things_were_made_in_them() {
    let place = Place::new();
    let docs = place.path("source/docs");
    fs::create_dir_all(docs.join("a/b/c")).unwrap();
    for at in 0..300 {
        fs::write(docs.join(format!("a/b/{at}")), "x").unwrap();
        fs::write(docs.join(format!("a/{at}")), "x").unwrap();
    }
    for (folder, mode) in [("a/b/c", 0o500), ("a/b", 0o555), ("a", 0o711), ("", 0o555)] {
        set_modified(&docs.join(folder), 1_234_567_890, 987_654_321);
        set_mode(&docs.join(folder), mode);
    }
    let expected = see(&place.path("source"), "docs");
    let report = place.restore(&pack(&docs)).unwrap();
    assert_eq!(report.findings, []);
    same(&place.see_target(), &expected, "closed folders");
}

#[test]
fn what_root_alone_can_set() {
    if !is_root() {
        return backup_core::testing::skipped("only root can make devices and give files away");
    }
    let place = Place::new();
    let docs = place.path("source/docs");
    fs::create_dir_all(&docs).unwrap();
    mknodat(
        CWD,
        docs.join("null"),
        FileType::CharacterDevice,
        Mode::from_raw_mode(0o620),
        rustix::fs::makedev(1, 3),
    )
    .unwrap();
    symlink("/nowhere", docs.join("link")).unwrap();
    lchown(docs.join("link"), Some(12), Some(34)).unwrap();
    fs::write(docs.join("file"), "x").unwrap();
    lchown(docs.join("file"), Some(4_000_000), Some(56)).unwrap();
    set_mode(&docs.join("file"), 0o4711);
    set_attribute(&docs.join("file"), b"trusted.x", b"y");
    set_mode(&docs.join("null"), 0o626);
    set_modified(&docs.join("link"), -5, 6);
    let expected = see(&place.path("source"), "docs");
    let archive = pack(&docs);
    place.restore(&archive).unwrap();
    same(&place.see_target(), &expected, "root's");
    let trusted = |place: &Place| {
        let mut value = [0; 10];
        lgetxattr(place.target().join("file"), "trusted.x", &mut value[..]).ok()
    };
    let is_kept = trusted(&place);
    let tame = Place::new();
    let mut request = tame.request();
    request.keep_setuid = false;
    let report = tame.restore_as(&archive, &request).unwrap();
    assert_eq!((trusted(&tame), report.deprivileged_entries), (None, 1));
    if is_kept.is_none() {
        backup_core::testing::skipped("this file system has no trusted attributes");
    }
}
