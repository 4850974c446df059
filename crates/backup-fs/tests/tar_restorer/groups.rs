//! Owners and groups, where the folder above gives its own on.

use std::fs;
use std::os::unix::fs::{MetadataExt, lchown, symlink};
use std::path::{Path, PathBuf};

use backup_core::model::restore::{IfExists, RestoreJob, RestoreTarget};

use crate::place::{Place, pack};
use crate::tree::{is_root, same, see, set_mode, set_modified};

fn source(place: &Place, own: u32) -> Vec<u8> {
    let docs = place.path("source/docs");
    fs::create_dir_all(docs.join("folder")).unwrap();
    for file in ["file", "folder/file"] {
        fs::write(docs.join(file), "x").unwrap();
    }
    fs::write(docs.join("large"), vec![7; 300_000]).unwrap();
    symlink("file", docs.join("link")).unwrap();
    fs::create_dir(docs.join("shared")).unwrap();
    fs::write(docs.join("shared/file"), "x").unwrap();
    lchown(docs.join("shared"), None, Some(own)).unwrap();
    set_mode(&docs.join("shared"), 0o2775);
    for folder in ["shared", "folder", ""] {
        set_modified(&docs.join(folder), 1_000_000_000, 5);
    }
    pack(&docs)
}

/// Makes a folder whose group goes on to what is made in it.
fn giving(path: PathBuf) -> PathBuf {
    fs::create_dir(&path).unwrap();
    lchown(&path, None, Some(1_234)).unwrap();
    set_mode(&path, 0o2775);
    path
}

fn check(place: &Place, target: &Path, existing: IfExists) {
    let archive = source(place, 1_235);
    let expected = see(&place.path("source"), "docs");
    let target_is = RestoreTarget::Folder(target.to_owned());
    let request = RestoreJob { target: target_is, existing, ..place.request() };
    let report = place.restore_as(&archive, &request).unwrap();
    assert_eq!(report.findings, []);
    if existing == IfExists::Keep {
        set_modified(target, 1_000_000_000, 5);
        set_mode(target, 0o755);
        lchown(target, Some(0), Some(0)).unwrap();
    }
    let name = target.file_name().unwrap().to_str().unwrap();
    let found = crate::place::renamed(see(target.parent().unwrap(), name), name.as_bytes(), b"docs");
    same(&found, &expected, name);
}

#[test]
fn root_gives_everything_the_group_of_the_archive() {
    if !is_root() {
        return backup_core::testing::skipped("only root can give files another group");
    }
    let place = Place::new();
    check(&place, &giving(place.path("target")).join("new"), IfExists::Refuse);
    let place = Place::new();
    check(&place, &giving(place.path("target")), IfExists::Keep);
}

#[test]
fn what_is_gone_on_with_gets_it_as_well() {
    if !is_root() {
        return backup_core::testing::skipped("only root can give files another group");
    }
    let place = Place::new();
    let target = giving(place.path("target")).join("new");
    let attempt = giving(place.path("target/.new.restoring"));
    set_mode(&attempt, 0o2700);
    fs::write(attempt.join("request"), place.request().identity).unwrap();
    fs::create_dir(attempt.join("tree")).unwrap();
    giving(attempt.join("tree/folder"));
    check(&place, &target, IfExists::Refuse);
}

/// A test of who is in two groups needs a process that is.
#[test]
fn others_give_what_they_may() {
    let place = Place::new();
    let docs = place.path("source/docs");
    fs::create_dir_all(docs.join("folder")).unwrap();
    let own = rustix::process::getegid().as_raw();
    let groups = rustix::process::getgroups().unwrap();
    let Some(other) = groups.iter().map(|group| group.as_raw()).find(|group| *group != own) else {
        return again_in_two_groups();
    };
    if is_root() {
        return again_in_two_groups();
    }
    for file in ["file", "folder/file", "own"] {
        fs::write(docs.join(file), "x").unwrap();
    }
    for name in ["file", "folder/file", "folder"] {
        lchown(docs.join(name), None, Some(other)).unwrap();
    }
    let archive = pack(&docs);
    for existing in [IfExists::Refuse, IfExists::Keep] {
        if existing == IfExists::Keep {
            fs::remove_dir_all(place.target()).unwrap();
            fs::create_dir(place.target()).unwrap();
        }
        let target = RestoreTarget::Folder(place.target());
        let request = RestoreJob { target, existing, ..place.request() };
        assert_eq!(place.restore_as(&archive, &request).unwrap().findings, []);
        let group = |name: &str| place.target().join(name).metadata().unwrap().gid();
        assert_eq!(["file", "folder/file", "folder", "own"].map(group), [other, other, other, own]);
        let again = place.restore_as(&archive, &RestoreJob { existing: IfExists::Replace, ..request });
        assert_eq!(again.unwrap().entries, 0, "it is as in the archive");
    }
}

fn again_in_two_groups() {
    if !is_root() {
        return backup_core::testing::skipped("this user is in one group alone");
    }
    // By the kernel's own link, for where cargo has put it, another user may not look.
    let this = format!("/proc/{}/exe", std::process::id());
    let mut again = std::process::Command::new("setpriv");
    again.args(["--reuid=65534", "--regid=65534", "--groups=65534,1234", &this]);
    again
        .args(["--nocapture", "--exact", "groups::others_give_what_they_may"])
        .current_dir(std::env::temp_dir());
    match again.output() {
        Ok(made) => {
            let said = String::from_utf8_lossy(&made.stdout).into_owned();
            assert!(made.status.success() && said.contains("1 passed"), "{said} {made:?}");
            assert!(!String::from_utf8_lossy(&made.stderr).contains("skipped"), "{made:?}");
        }
        Err(error) => backup_core::testing::skipped(format_args!(
            "root can't have it made by another user here: {error}"
        )),
    }
}
