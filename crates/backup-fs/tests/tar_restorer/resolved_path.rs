//! The way to the target: which links on it are followed, and that nobody leads a restore elsewhere meanwhile.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown, lchown, symlink};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use backup_core::model::error::{Failure, PortError};
use backup_core::model::restore::Links;
use backup_core::model::restore::{IfExists, RestoreJob, RestoreReport, RestoreTarget};
use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::process::geteuid;

use crate::own::try_preview;
use crate::place::Place;
use crate::tar_bytes::TarBytes;
use crate::tree::set_mode;

const ANN: u32 = 1_234;

fn archive() -> Vec<u8> {
    TarBytes::docs().file("docs/letter", "x").end()
}

fn request(place: &Place, target: RestoreTarget) -> RestoreJob {
    RestoreJob { target, existing: IfExists::Replace, ..place.request() }
}

/// Restores, and has the preview say the same: that it is refused, or where to.
fn restore(place: &Place, target: RestoreTarget) -> Result<RestoreReport, PortError> {
    let request = request(place, target);
    let promised = try_preview(&archive(), &request);
    let restored = place.restore_as(&archive(), &request);
    match (&promised, &restored) {
        (Ok(promised), Ok(report)) => assert_eq!(promised.real_target, report.real_target),
        (Err(promised), Err(error)) => assert_eq!(promised.to_string(), error.to_string()),
        other => panic!("{other:?}"),
    }
    restored
}

fn is_root() -> bool {
    if geteuid().is_root() {
        return true;
    }
    backup_core::testing::skipped("only root can give a link away");
    false
}

/// Returns the folder `ann`, which belongs to somebody else.
fn foreign_folder(place: &Place) -> PathBuf {
    let ann = place.path("target/ann");
    fs::create_dir_all(&ann).unwrap();
    chown(&ann, Some(ANN), Some(ANN)).unwrap();
    ann
}

#[track_caller]
fn check_refused(place: &Place, path: PathBuf, reason: &str) {
    for target in [RestoreTarget::Folder(path.clone()), RestoreTarget::Source(path)] {
        let error = restore(place, target).unwrap_err();
        assert_eq!(error.failure, Failure::Refused, "{error}");
        assert!(error.to_string().contains(reason), "{error}");
        assert!(error.to_string().contains("give the real folder: --to "), "{error}");
        place.assert_nothing_outside(reason);
    }
}

#[test]
fn no_link_of_somebody_else_is_followed() {
    if !is_root() {
        return;
    }
    let place = Place::new();
    let ann = foreign_folder(&place);
    for (name, owner, reason) in [
        ("hers", ANN, "/ann/hers belongs to the user 1234"),
        ("root's", 0, "/ann/root's is in "),
        ("to another", 0, "which other users may change"),
    ] {
        let outside = place.path("outside/folder");
        let leads_to = if name == "to another" { Path::new("hers") } else { &outside };
        symlink(leads_to, ann.join(name)).unwrap();
        lchown(ann.join(name), Some(owner), Some(owner)).unwrap();
        check_refused(&place, ann.join(name), reason);
        check_refused(&place, ann.join(name).join("below"), reason);
        check_refused(&place, ann.join(name).join("../folder"), reason);
    }
    // A link that everybody trusts leads to hers.
    symlink(ann.join("hers"), place.path("target/link")).unwrap();
    check_refused(&place, place.path("target/link"), "/ann/hers belongs to");
    // Who only compares follows them all.
    let request = request(&place, RestoreTarget::Source(ann.join("hers")));
    let compared = try_preview(&archive(), &RestoreJob { links: Links::All, ..request.clone() }).unwrap();
    assert_eq!(compared.real_target.as_deref(), Some(&*place.path("outside/folder").canonicalize().unwrap()));
    assert!(place.restore_as(&archive(), &RestoreJob { links: Links::All, ..request }).is_err());
    place.assert_nothing_outside("compared");
}

#[test]
fn who_can_rename_a_link_decides_where_it_leads() {
    if !is_root() {
        return;
    }
    let place = Place::new();
    let shared = place.path("target/shared");
    fs::create_dir_all(&shared).unwrap();
    symlink(place.path("target/real"), shared.join("link")).unwrap();
    fs::create_dir(place.path("target/real")).unwrap();
    for (mode, is_followed) in [(0o755, true), (0o1777, true), (0o777, false), (0o775, false)] {
        set_mode(&shared, mode);
        let restored = restore(&place, RestoreTarget::Folder(shared.join("link")));
        assert_eq!(restored.is_ok(), is_followed, "{mode:o} {restored:?}");
    }
}

#[test]
fn links_of_ones_own_are_followed_and_the_real_target_is_named() {
    let place = Place::new();
    let real = place.path("target").join("real");
    fs::create_dir_all(real.join("below")).unwrap();
    symlink("real", place.path("target/link")).unwrap();
    symlink(place.path("target/link"), place.path("target/second")).unwrap();
    let real = real.canonicalize().unwrap();
    let cases = [
        ("real", real.clone()),
        ("link", real.clone()),
        ("second", real.clone()),
        ("second/below", real.join("below")),
        ("second/new/folder", real.join("new/folder")),
        ("second/below/..", real.clone()),
        ("./link/./below/../below/", real.join("below")),
        // The folder above where the link leads, not above the link.
        ("second/../real", real.clone()),
    ];
    for (path, expected) in cases {
        let report = restore(&place, RestoreTarget::Folder(place.path("target").join(path))).unwrap();
        assert_eq!(report.real_target.as_deref(), Some(&*expected), "{path}");
        assert_eq!(fs::read(expected.join("letter")).unwrap(), b"x", "{path}");
        fs::remove_file(expected.join("letter")).unwrap();
    }
    let beside = restore(&place, RestoreTarget::Beside(place.path("target/link"))).unwrap_err();
    assert!(beside.to_string().contains("it is not a folder"), "{beside}");
    symlink("circle", place.path("target/circle")).unwrap();
    let circle = restore(&place, RestoreTarget::Folder(place.path("target/circle"))).unwrap_err();
    assert_eq!(circle.failure, Failure::Refused, "{circle}");
}

#[test]
fn a_file_goes_back_to_where_its_link_leads() {
    let place = Place::new();
    fs::create_dir_all(place.path("target/real")).unwrap();
    symlink("real/letter", place.path("target/letter")).unwrap();
    let archive = TarBytes::default().file("letter", "x").end();
    for _ in 0..2 {
        let request = request(&place, RestoreTarget::Source(place.path("target/letter")));
        let report = place.restore_as(&archive, &request).unwrap();
        let letter = place.path("target/real/letter");
        assert_eq!(fs::read(&letter).unwrap(), b"x");
        assert_eq!(report.real_target, Some(letter.canonicalize().unwrap()));
        assert!(fs::symlink_metadata(place.path("target/letter")).unwrap().is_symlink());
        fs::remove_file(&letter).unwrap();
    }
}

/// As many rounds as it took, many times over, to be seen where the target is opened by its path.
const ROUNDS: usize = 300;

#[test]
fn who_exchanges_the_folder_above_the_target_leads_nothing_outside() {
    if !is_root() {
        return;
    }
    let place = Place::new();
    let ann = foreign_folder(&place);
    let (way, link) = (ann.join("way"), ann.join("bait"));
    fs::create_dir(&way).unwrap();
    symlink(place.path("outside/folder"), &link).unwrap();
    [&way, &link].iter().for_each(|path| lchown(path, Some(ANN), Some(ANN)).unwrap());
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                let _ = renameat_with(CWD, &way, CWD, &link, RenameFlags::EXCHANGE);
            }
        });
        for round in 0..ROUNDS {
            // What is refused is refused: nothing else counts here.
            let target = RestoreTarget::Folder(way.join(format!("{}/new", round % 7)));
            let _ = place.restore_as(&archive(), &request(&place, target));
            let _ = place.restore_as(&archive(), &request(&place, RestoreTarget::Source(way.clone())));
        }
        is_over.store(true, Ordering::Relaxed);
    });
    place.assert_nothing_outside("an attacker at work");
    assert_eq!(fs::metadata(place.path("outside/folder")).unwrap().uid(), 0);
}
