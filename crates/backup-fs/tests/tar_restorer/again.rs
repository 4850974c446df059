//! A restore that was ended and is repeated, where somebody's things stand beside what it had made.

use std::fs;
use std::os::unix::fs::{MetadataExt, lchown};
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};

use backup_core::model::error::Failure;
use backup_core::model::restore::{IfExists, RestoreJob, RestoreTarget};
use backup_core::ports::Progress;

use crate::own::preview;
use crate::place::{Place, pack, said};
use crate::tree::{is_root, same, see, set_attribute, set_mode, set_modified};
use crate::way::restore;

/// Cancels once it was asked so often.
struct CancelAt(AtomicI64);

impl Progress for CancelAt {
    fn advanced(&self, _path: &Path, _content_bytes: u64) {}

    fn is_cancelled(&self) -> bool {
        self.0.fetch_sub(1, Ordering::Relaxed) <= 1
    }
}

fn source(place: &Place) -> Vec<u8> {
    let docs = place.path("source/docs");
    for folder in ["deep/er/still", "closed", "plain"] {
        fs::create_dir_all(docs.join(folder)).unwrap();
        fs::write(docs.join(folder).join("file"), folder).unwrap();
        fs::write(docs.join(folder).join("large"), vec![7; 300_000]).unwrap();
    }
    set_attribute(&docs.join("deep"), b"user.x", b"y");
    let modes =
        [("deep/er/still", 0o750), ("deep/er", 0o1777), ("deep", 0o711), ("closed", 0o700), ("plain", 0o755)];
    for (folder, mode) in modes {
        set_modified(&docs.join(folder), 1_000_000_000, 5);
        set_mode(&docs.join(folder), mode);
        if is_root() {
            lchown(docs.join(folder), Some(1_000), Some(1_001)).unwrap();
        }
    }
    // The target is nobody's business.
    set_modified(&docs, 1_000_000_000, 5);
    set_mode(&docs, 0o755);
    pack(&docs)
}

fn kept(place: &Place) -> RestoreJob {
    RestoreJob { target: RestoreTarget::Folder(place.target()), existing: IfExists::Keep, ..place.request() }
}

#[test]
fn in_a_folder_that_was_there_it_finishes_the_folders_that_it_made() {
    for at in 2.. {
        let place = Place::new();
        let archive = source(&place);
        fs::create_dir(place.target()).unwrap();
        let ended = restore(&archive, &kept(&place), &CancelAt(AtomicI64::new(at)));
        let was_ended = ended.is_err();
        let promised = preview(&archive, &kept(&place));
        let report = place.restore_as(&archive, &kept(&place)).unwrap();
        assert_eq!(said(&report), [""; 0], "ended at {at}");
        assert_eq!(promised.new_entries, report.entries, "ended at {at}");
        set_modified(&place.target(), 1_000_000_000, 5);
        set_mode(&place.target(), 0o755);
        same(&place.see_target(), &see(&place.path("source"), "docs"), &format!("ended at {at}"));
        if !was_ended {
            assert!(at > 10, "{at}");
            return;
        }
    }
}

#[test]
fn an_unfinished_folder_is_distinguished_from_those_of_others() {
    // Private or sticky, but not both; and one that only looks so.
    for (mode, owner, is_finished) in
        [(0o1700, 0, true), (0o3700, 0, true), (0o700, 0, false), (0o1777, 0, false), (0o1700, 77, false)]
    {
        if owner != 0 && !is_root() {
            backup_core::testing::skipped("only root can give a folder away");
            continue;
        }
        let place = Place::new();
        let archive = source(&place);
        let plain = place.target().join("plain");
        fs::create_dir_all(&plain).unwrap();
        if owner != 0 {
            lchown(&plain, Some(owner), Some(owner)).unwrap();
        }
        set_mode(&plain, mode);
        let promised = preview(&archive, &kept(&place));
        place.restore_as(&archive, &kept(&place)).unwrap();
        let found = plain.metadata().unwrap();
        assert_eq!(found.mode() & 0o7777, if is_finished { 0o755 } else { mode }, "{mode:o} {owner}");
        assert_eq!(found.mtime() == 1_000_000_000, is_finished, "{mode:o} {owner}");
        assert_eq!(promised.unlike_folders, u64::from(is_finished), "{mode:o} {owner}");
    }
}

#[test]
fn a_file_marks_no_folder_on_a_disk_that_keeps_modes() {
    let place = Place::new();
    let archive = source(&place);
    let plain = place.target().join("plain");
    fs::create_dir_all(&plain).unwrap();
    fs::write(plain.join(".restoring-e3b0c44298fc1c14"), "").unwrap();
    set_mode(&plain, 0o750);
    place.restore_as(&archive, &kept(&place)).unwrap();
    assert_eq!(plain.metadata().unwrap().mode() & 0o7777, 0o750, "anybody could have put it there");
    assert!(plain.join("file").exists());
}

/// Leaves beside a target what tells of an attempt, as one that was killed before it tidied.
fn untidied(place: &Place) {
    let attempt = place.path(".target.restoring");
    fs::create_dir(&attempt).unwrap();
    set_mode(&attempt, 0o700);
    fs::write(attempt.join("request"), place.request().identity).unwrap();
}

#[test]
fn what_has_its_name_is_never_replaced_because_an_attempt_was_not_tidied() {
    let place = Place::new();
    let archive = source(&place);
    place.restore(&archive).unwrap();
    fs::write(place.target().join("plain/file"), "mine").unwrap();
    untidied(&place);
    let refused = place.restore(&archive).unwrap_err();
    assert_eq!(refused.failure, Failure::Refused);
    assert!(refused.to_string().contains("it exists already"), "{refused}");
    assert_eq!(fs::read_to_string(place.target().join("plain/file")).unwrap(), "mine");
    place.assert_nothing_outside("it is tidied");
}

#[test]
fn what_has_its_name_alone_gets_its_mode_and_time_and_nothing_of_it_is_replaced() {
    let place = Place::new();
    let archive = source(&place);
    place.restore(&archive).unwrap();
    fs::write(place.target().join("plain/file"), "mine").unwrap();
    untidied(&place);
    // As it is before its own metadata is set.
    set_modified(&place.target(), 2_000_000_000, 0);
    set_mode(&place.target(), 0o1700);
    let report = place.restore(&archive).unwrap();
    assert_eq!(said(&report), ["docs/plain/file existed already, differed, and stayed"]);
    assert_eq!(fs::read_to_string(place.target().join("plain/file")).unwrap(), "mine");
    let target = place.target().metadata().unwrap();
    assert_eq!((target.mode() & 0o7777, target.mtime()), (0o755, 1_000_000_000));
    place.assert_nothing_outside("it is tidied");
}

#[test]
fn what_came_meanwhile_is_nobodys_attempt() {
    let place = Place::new();
    let archive = source(&place);
    untidied(&place);
    fs::create_dir_all(place.target().join("plain")).unwrap();
    fs::write(place.target().join("plain/file"), "mine").unwrap();
    assert_eq!(place.restore(&archive).unwrap_err().failure, Failure::Refused);
    assert_eq!(fs::read_to_string(place.target().join("plain/file")).unwrap(), "mine");
}
