//! A restore that was ended, and one that finds somebody else's folder in the place of its own.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};

use backup_core::model::error::{Failure, Remedy};
use backup_core::model::restore::{IfExists, RestoreJob, RestoreTarget};
use backup_core::ports::Progress;

use crate::maker::Maker;
use crate::place::{Place, pack};
use crate::tree::{same, see, set_mode};
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
    fs::create_dir_all(place.path("source/docs")).unwrap();
    for seed in 0..4 {
        Maker::make(seed, &place.path(format!("source/docs/{seed}")));
    }
    fs::write(place.path("source/docs/large"), vec![7; 3 << 20]).unwrap();
    pack(&place.path("source/docs"))
}

fn cancelled(archive: &[u8], request: &RestoreJob, at: i64) -> bool {
    match restore(archive, request, &CancelAt(AtomicI64::new(at))) {
        Ok(_) => false,
        Err(error) => {
            assert_eq!(error.failure, Failure::Interrupted, "{error}");
            true
        }
    }
}

/// Leaves an attempt in which something was made.
fn attempt(place: &Place, archive: &[u8]) {
    let is_begun = |at: &i64| {
        assert!(cancelled(archive, &place.request(), *at));
        place.path(".target.restoring").exists()
    };
    assert!((2..).find(is_begun).is_some());
}

#[test]
fn it_goes_on_where_it_was_ended() {
    let place = Place::new();
    let archive = source(&place);
    let expected = see(&place.path("source"), "docs");
    let mut at = 2;
    while cancelled(&archive, &place.request(), at) {
        assert!(!place.target().exists(), "a new target appears whole or not at all");
        // Half a file, as a kill leaves it.
        let tree = place.path(".target.restoring/tree");
        if at % 3 == 0 && tree.exists() {
            fs::write(tree.join("large"), "half").unwrap();
        }
        place.restore(&archive).unwrap();
        same(&place.see_target(), &expected, &format!("ended at {at}"));
        place.assert_nothing_outside("ended");
        crate::tree::make_writable(&place.target());
        fs::remove_dir_all(place.target()).unwrap();
        at += 1;
    }
    assert!(at > 10, "{at}");
}

#[test]
fn what_stands_is_not_written_again() {
    let place = Place::new();
    let archive = source(&place);
    fs::create_dir(place.target()).unwrap();
    let request = RestoreJob {
        target: RestoreTarget::Folder(place.target()),
        existing: IfExists::Keep,
        ..place.request()
    };
    let first = place.restore_as(&archive, &request).unwrap();
    let second = place.restore_as(&archive, &request).unwrap();
    assert_eq!((second.entries, second.left_entries), (0, 0), "{second:?}");
    assert!(first.entries > 5 && second.present_entries >= first.entries, "{first:?} {second:?}");
}

/// Looks whether a file has its name before it is whole.
struct Onlooker {
    file: std::path::PathBuf,
    saw_half: AtomicI64,
}

impl Progress for Onlooker {
    fn advanced(&self, _path: &Path, _content_bytes: u64) {
        let is_half = self.file.metadata().is_ok_and(|file| file.len() < 3 << 20);
        self.saw_half.fetch_add(is_half.into(), Ordering::Relaxed);
    }

    fn is_cancelled(&self) -> bool {
        false
    }
}

#[test]
fn nobody_sees_half_a_file() {
    let place = Place::new();
    let archive = source(&place);
    fs::create_dir(place.target()).unwrap();
    for existing in [IfExists::Keep, IfExists::Replace] {
        let target = RestoreTarget::Folder(place.target());
        let request = RestoreJob { target, existing, ..place.request() };
        let onlooker = Onlooker { file: place.target().join("large"), saw_half: AtomicI64::new(0) };
        restore(&archive, &request, &onlooker).unwrap();
        assert_eq!(onlooker.saw_half.into_inner(), 0, "{existing:?}");
        // As large as it was, and to be replaced.
        fs::write(place.target().join("large"), vec![8; 3 << 20]).unwrap();
    }
}

#[test]
fn no_half_file_has_its_name_in_a_target_that_was_there() {
    let place = Place::new();
    let archive = source(&place);
    for at in 2..30 {
        fs::create_dir(place.target()).unwrap();
        let target = RestoreTarget::Folder(place.target());
        let request = RestoreJob { target, existing: IfExists::Keep, ..place.request() };
        let was_ended = cancelled(&archive, &request, at);
        let large = place.target().join("large");
        assert!(!large.exists() || large.metadata().unwrap().len() == 3 << 20, "ended at {at}");
        place.restore_as(&archive, &request).unwrap();
        let report = place.restore_as(&archive, &request).unwrap();
        assert_eq!((report.entries, report.left_entries), (0, 0), "ended at {at}");
        crate::tree::make_writable(&place.target());
        fs::remove_dir_all(place.target()).unwrap();
        if !was_ended {
            break;
        }
    }
}

#[test]
fn another_restore_is_not_gone_on_with() {
    let place = Place::new();
    let archive = source(&place);
    attempt(&place, &archive);
    let request = RestoreJob { identity: "another\n".to_owned(), ..place.request() };
    let error = place.restore_as(&archive, &request).unwrap_err();
    assert_eq!(error.failure, Failure::Refused);
    let begun = place.target().with_file_name(".target.restoring");
    assert_eq!(error.remedy.as_deref(), Some(&Remedy::FinishRestore(begun)), "{error}");
    assert!(place.restore(&archive).is_ok());
}

#[test]
fn a_trap_in_its_place_is_refused() {
    let place = Place::new();
    let archive = source(&place);
    let trap = place.path(".target.restoring");
    let traps: [(&str, &dyn Fn()); 4] = [
        ("link", &|| symlink(place.path("outside"), &trap).unwrap()),
        ("file", &|| fs::write(&trap, "x").unwrap()),
        ("open to others", &|| {
            fs::create_dir(&trap).unwrap();
            set_mode(&trap, 0o777);
        }),
        ("a link in it", &|| {
            fs::create_dir(&trap).unwrap();
            set_mode(&trap, 0o700);
            fs::write(trap.join("request"), place.request().identity).unwrap();
            symlink(place.path("outside"), trap.join("tree")).unwrap();
        }),
    ];
    for (what, plant) in traps {
        plant();
        let error = place.restore(&archive).unwrap_err();
        assert!(matches!(error.failure, Failure::Refused), "{what}: {error}");
        fs::remove_file(&trap).or_else(|_| fs::remove_dir_all(&trap)).unwrap();
        place.assert_nothing_outside(what);
        assert!(!place.target().exists(), "{what}");
    }
}

#[test]
fn only_one_restores_at_a_time() {
    let place = Place::new();
    let archive = source(&place);
    attempt(&place, &archive);
    let held = fs::File::open(place.path(".target.restoring")).unwrap();
    held.try_lock().unwrap();
    assert_eq!(place.restore(&archive).unwrap_err().failure, Failure::Busy);
    drop(held);
    place.restore(&archive).unwrap();
}
