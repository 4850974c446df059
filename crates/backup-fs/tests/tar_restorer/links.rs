//! Other names of files of which somebody's own stand in the target.

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};

use backup_core::model::restore::{IfExists, RestoreJob, RestoreTarget};
use rustix::fs::{Mode, mkfifoat};

use crate::own::{agree, preview};
use crate::place::{Place, pack, said};
use crate::tar_bytes::TarBytes;
use crate::tree::{set_mode, set_modified};

/// Sizes that go through the workers and past it.
const SIZES: [usize; 2] = [5, 300_000];

/// `a` has the names `far/hard`, `hard` and `more`.
fn source(place: &Place, size: usize) -> Vec<u8> {
    let docs = place.path("source/docs");
    fs::create_dir_all(docs.join("far")).unwrap();
    fs::write(docs.join("a"), vec![b'a'; size]).unwrap();
    fs::write(docs.join("other"), "other").unwrap();
    set_mode(&docs.join("a"), 0o640);
    set_modified(&docs.join("a"), 1_000_000_000, 5);
    for name in ["far/hard", "hard", "more"] {
        fs::hard_link(docs.join("a"), docs.join(name)).unwrap();
    }
    set_modified(&docs.join("far"), 1_000_000_000, 5);
    pack(&docs)
}

fn kept(place: &Place) -> RestoreJob {
    let target = RestoreTarget::Folder(place.target());
    RestoreJob { target, existing: IfExists::Keep, ..place.request() }
}

/// Restores, and holds it against what a preview promised.
fn restore(place: &Place, archive: &[u8], request: &RestoreJob) -> (Vec<String>, (u64, u64, u64)) {
    let mut promised = preview(archive, request);
    let report = place.restore_as(archive, request).unwrap();
    let left = promised.changed_entries;
    assert_eq!(left, report.left_entries, "{promised:?} {report:?}");
    let mut without_findings = report.clone();
    without_findings.findings.clear();
    (promised.changed_entries, promised.refused) = (0, vec![]);
    agree(&promised, &without_findings);
    (said(&report), (report.entries, report.present_entries, report.left_entries))
}

#[test]
fn they_get_the_contents_of_the_archive() {
    for size in SIZES {
        let place = Place::new();
        let archive = source(&place, size);
        fs::create_dir(place.target()).unwrap();
        fs::write(place.target().join("a"), "mine").unwrap();
        let left = ["docs/a existed already, differed, and stayed"];
        // The folder, three names and the other file.
        assert_eq!(restore(&place, &archive, &kept(&place)), (left.map(str::to_owned).into(), (5, 0, 1)));
        assert_eq!(fs::read(place.target().join("a")).unwrap(), b"mine");
        let stat = |name: &str| place.target().join(name).metadata().unwrap();
        for name in ["far/hard", "hard", "more"] {
            assert_eq!(fs::read(place.target().join(name)).unwrap(), vec![b'a'; size], "{name}");
            assert_eq!(stat(name).ino(), stat("hard").ino(), "{name} is one file with the others");
            assert_eq!((stat(name).mode() & 0o7777, stat(name).mtime()), (0o640, 1_000_000_000));
        }
        assert_eq!(stat("far").mtime(), 1_000_000_000, "its folder has its time");
        assert_eq!(fs::read(place.target().join("other")).unwrap(), b"other", "reading goes on");
        // Once more: they stand.
        assert_eq!(restore(&place, &archive, &kept(&place)), (left.map(str::to_owned).into(), (0, 5, 1)));
    }
}

#[test]
fn one_that_stands_differently_stays_too() {
    for size in SIZES {
        let place = Place::new();
        let archive = source(&place, size);
        fs::create_dir_all(place.target().join("far")).unwrap();
        fs::write(place.target().join("a"), "mine").unwrap();
        fs::hard_link(place.target().join("a"), place.target().join("hard")).unwrap();
        fs::write(place.target().join("far/hard"), "mine, too").unwrap();
        let left = ["a", "far/hard", "hard"]
            .map(|name| format!("docs/{name} existed already, differed, and stayed"));
        assert_eq!(restore(&place, &archive, &kept(&place)), (left.into(), (2, 1, 3)));
        assert_eq!(fs::read(place.target().join("hard")).unwrap(), b"mine");
        assert_eq!(fs::read(place.target().join("far/hard")).unwrap(), b"mine, too");
        assert_eq!(fs::read(place.target().join("more")).unwrap(), vec![b'a'; size]);
    }
}

#[test]
fn chosen_alone_likewise() {
    let place = Place::new();
    let archive = source(&place, 5);
    fs::create_dir_all(place.target().join("far")).unwrap();
    fs::write(place.target().join("far/hard"), "mine").unwrap();
    let chosen = vec![b"far/hard".to_vec(), b"hard".to_vec(), b"more".to_vec()];
    let request = RestoreJob { chosen, ..kept(&place) };
    let left = vec!["docs/far/hard existed already, differed, and stayed".to_owned()];
    assert_eq!(restore(&place, &archive, &request), (left, (2, 0, 1)));
    for name in ["hard", "more"] {
        assert_eq!(fs::read(place.target().join(name)).unwrap(), b"aaaaa", "{name}");
    }
}

#[test]
fn what_is_no_file_has_other_names_as_well() {
    let place = Place::new();
    let docs = place.path("source/docs");
    fs::create_dir_all(&docs).unwrap();
    symlink("nowhere", docs.join("a")).unwrap();
    mkfifoat(rustix::fs::CWD, docs.join("b"), Mode::RWXU).unwrap();
    rustix::fs::linkat(
        rustix::fs::CWD,
        docs.join("a"),
        rustix::fs::CWD,
        docs.join("link"),
        rustix::fs::AtFlags::empty(),
    )
    .unwrap();
    fs::hard_link(docs.join("b"), docs.join("pipe")).unwrap();
    let archive = pack(&docs);
    fs::create_dir(place.target()).unwrap();
    symlink("mine", place.target().join("a")).unwrap();
    fs::write(place.target().join("b"), "mine").unwrap();
    let left = ["a", "b"].map(|name| format!("docs/{name} existed already, differed, and stayed"));
    assert_eq!(restore(&place, &archive, &kept(&place)), (left.into(), (2, 0, 2)));
    assert_eq!(fs::read_link(place.target().join("link")).unwrap().to_str(), Some("nowhere"));
    assert_eq!(fs::read_link(place.target().join("a")).unwrap().to_str(), Some("mine"));
}

#[test]
fn a_file_whose_name_no_disk_has_is_there_by_its_other_names() {
    let long = format!("docs/{}", "x".repeat(300));
    let archive = TarBytes::docs()
        .records(&[("path", &long)])
        .file("docs/long", "both")
        .records(&[("linkpath", &long)])
        .link("docs/short", "docs/long")
        .link("docs/third", "docs/short")
        .end();
    for existing in [IfExists::Refuse, IfExists::Keep] {
        let place = Place::new();
        if existing == IfExists::Keep {
            fs::create_dir(place.target()).unwrap();
        }
        let report = place.restore_as(&archive, &RestoreJob { existing, ..place.request() }).unwrap();
        let failed = format!("can't restore {long}: File name too long (os error 36)");
        assert_eq!(said(&report), [failed], "{existing:?}");
        for name in ["short", "third"] {
            assert_eq!(fs::read(place.target().join(name)).unwrap(), b"both", "{existing:?} {name}");
        }
        assert_eq!(place.target().join("third").metadata().unwrap().nlink(), 2, "{existing:?}");
    }
}
