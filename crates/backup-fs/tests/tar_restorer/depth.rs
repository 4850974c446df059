//! Trees that are deeper than a process may have folders open.

use std::fs;
use std::io::Cursor;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use backup_core::model::restore::{IfExists, RestoreJob, RestoreTarget};
use backup_core::ports::{Progress, Restorer};
use backup_fs::TarRestorer;

use crate::own::{agree, preview};
use crate::place::{Place, pack};
use crate::tree::{set_mode, set_modified};

const DEPTH: usize = 150;

/// Of which up to 56 are those of queued files.
const MOST_OPEN: usize = 100;

/// `docs/d/d/...`, with a file in each folder that comes before the next folder and one that comes behind it.
fn deep_source(place: &Place) -> PathBuf {
    let docs = place.path("source/docs");
    let mut folders = vec![docs.clone()];
    for _ in 0..DEPTH {
        folders.push(folders[folders.len() - 1].join("d"));
    }
    fs::create_dir_all(&folders[DEPTH]).unwrap();
    for (level, folder) in folders.iter().enumerate() {
        fs::write(folder.join("a"), level.to_string()).unwrap();
        fs::write(folder.join("z"), level.to_string()).unwrap();
    }
    fs::hard_link(folders[DEPTH / 2].join("a"), folders[DEPTH].join("another name")).unwrap();
    fs::hard_link(folders[DEPTH].join("a"), docs.join("z another name")).unwrap();
    for folder in folders.iter().rev() {
        set_mode(folder, 0o750);
        set_modified(folder, 1_000_000_000, 5);
    }
    docs
}

/// Counts what is open below a folder: other tests run at the same time.
struct CountsOpen<'p> {
    below: &'p Path,
    most: AtomicUsize,
}

impl Progress for CountsOpen<'_> {
    fn advanced(&self, _: &Path, _: u64) {
        let open = fs::read_dir("/proc/self/fd").unwrap().flatten();
        let open = open.filter(|fd| fs::read_link(fd.path()).is_ok_and(|path| path.starts_with(self.below)));
        self.most.fetch_max(open.count(), Ordering::Relaxed);
    }

    fn is_cancelled(&self) -> bool {
        false
    }
}

fn assert_is_back(target: &Path) {
    let mut folder = target.to_owned();
    for level in 0..=DEPTH {
        let stat = fs::symlink_metadata(&folder).unwrap();
        let seen = (stat.permissions().mode() & 0o7777, stat.mtime(), stat.mtime_nsec());
        assert_eq!(seen, (0o750, 1_000_000_000, 5), "level {level}");
        for name in ["a", "z"] {
            assert_eq!(fs::read_to_string(folder.join(name)).unwrap(), level.to_string());
        }
        folder.push("d");
    }
}

#[test]
fn a_deep_tree_comes_back_with_few_folders_open() {
    let place = Place::new();
    let archive = pack(&deep_source(&place));
    let target = RestoreTarget::Folder(place.target());
    for existing in [IfExists::Refuse, IfExists::Keep, IfExists::Replace] {
        let request = RestoreJob { target: target.clone(), existing, ..place.request() };
        if existing == IfExists::Replace {
            let deep = (0..DEPTH / 2).fold(place.target(), |path, _| path.join("d"));
            fs::write(deep.join("a"), "changed").unwrap();
            set_mode(&deep, 0o700);
        }
        let progress = CountsOpen { below: &place.target(), most: AtomicUsize::new(0) };
        let promised = TarRestorer.preview(&mut Cursor::new(&archive[..]), &request, &progress).unwrap();
        let report = TarRestorer.restore(&mut Cursor::new(&archive[..]), &request, &progress).unwrap();
        assert!(report.is_complete(), "{existing:?}: {:?}", report.findings.first());
        agree(&promised, &report);
        assert_is_back(&place.target());
        let open = progress.most.into_inner();
        assert!(existing == IfExists::Refuse || (3..MOST_OPEN).contains(&open), "{existing:?}: {open} open");
    }
}

#[test]
fn a_hidden_target_is_filled_with_few_folders_open() {
    let place = Place::new();
    let archive = pack(&deep_source(&place));
    let hidden = place.path(".target.restoring");
    let progress = CountsOpen { below: &hidden, most: AtomicUsize::new(0) };
    TarRestorer.restore(&mut Cursor::new(&archive[..]), &place.request(), &progress).unwrap();
    let open = progress.most.into_inner();
    assert!((3..MOST_OPEN).contains(&open), "{open} open");
    assert_is_back(&place.target());
}

#[test]
fn extra_entries_are_reported_at_any_depth() {
    let place = Place::new();
    let docs = deep_source(&place);
    let archive = pack(&docs);
    let deep = (0..DEPTH / 2).fold(docs.clone(), |path, _| path.join("d"));
    for name in ["0 new", "zz new"] {
        fs::write(deep.join(name), "x").unwrap();
    }
    let target = RestoreTarget::Source(docs.clone());
    let promised = preview(&archive, &RestoreJob { target, existing: IfExists::Replace, ..place.request() });
    let mut extra: Vec<_> = promised.extra.iter().map(|path| path.file_name().unwrap().as_bytes()).collect();
    extra.sort_unstable();
    assert_eq!(extra, [&b"0 new"[..], b"zz new"]);
    assert_eq!((promised.extra_entries, promised.new_entries, promised.changed_entries), (2, 0, 0));
    assert!(promised.extra[0].starts_with(deep.strip_prefix(&docs).unwrap()));
}

/// Moves folders once the deepest one is reached.
struct Moves<'p> {
    place: &'p Place,
    is_done: AtomicBool,
}

impl Progress for Moves<'_> {
    fn advanced(&self, path: &Path, _: u64) {
        if !path.ends_with("another name") || self.is_done.swap(true, Ordering::Relaxed) {
            return;
        }
        let at = |level: usize| (0..level).fold(self.place.target(), |path, _| path.join("d"));
        for level in [51, 50] {
            fs::rename(at(level), self.place.path("source").join(format!("moved {level}"))).unwrap();
        }
        // Another folder in its place must not be taken for it.
        fs::create_dir(at(50)).unwrap();
    }

    fn is_cancelled(&self) -> bool {
        false
    }
}

#[test]
fn a_folder_that_is_moved_meanwhile_leads_nothing_into_another() {
    let place = Place::new();
    let archive = pack(&deep_source(&place));
    fs::create_dir(place.target()).unwrap();
    let target = RestoreTarget::Folder(place.target());
    let request = RestoreJob { target, existing: IfExists::Keep, ..place.request() };
    let progress = Moves { place: &place, is_done: AtomicBool::new(false) };
    let report = TarRestorer.restore(&mut Cursor::new(&archive[..]), &request, &progress).unwrap();
    let moved = "a folder above it was moved or removed in the meantime";
    let mut found: Vec<_> = report.findings.iter().map(ToString::to_string).collect();
    let level_50 = "docs".to_owned() + &"/d".repeat(50);
    // Some of the folders below it may still be open, and then some aren't.
    found.retain(|finding| !finding.starts_with(&format!("can't set the mode of {level_50}/")));
    let expected = [
        format!("can't restore {level_50}/z: {moved}"),
        format!("can't set the mode of {level_50}: {moved}"),
        // What it is another name of was moved away, too.
        "docs/z another name refused: it is a hard link to a file that isn't there".to_owned(),
    ];
    assert_eq!(found, expected);
    let at_50 = (0..50).fold(place.target(), |path, _| path.join("d"));
    assert_eq!(place.names(&at_50), [""; 0], "what took its place gets nothing");
    assert_eq!(place.names(&place.path("source/moved 50")), ["a"]);
    assert_eq!(
        fs::read_to_string(at_50.parent().unwrap().join("z")).unwrap(),
        "49",
        "what lies above goes on"
    );
    assert_eq!(
        fs::read_to_string(place.path("source/moved 51/z")).unwrap(),
        "51",
        "and so does what was open"
    );
}
