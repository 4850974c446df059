//! Some of the entries.

use std::fs;
use std::io::Cursor;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use backup_core::model::error::Failure;
use backup_core::model::restore::{IfExists, RestoreJob, RestoreReport, RestoreTarget};
use backup_core::ports::{SilentProgress, Viewer};
use backup_fs::TarViewer;

use crate::own::preview;
use crate::place::{Place, pack, said};
use crate::tar_bytes::TarBytes;
use crate::tree::{same, see, set_attribute, set_mode, set_modified};

fn source(place: &Place) -> Vec<u8> {
    let docs = place.path("source/docs");
    fs::create_dir_all(docs.join("letters/old")).unwrap();
    fs::create_dir_all(docs.join("cache")).unwrap();
    for file in ["a.txt", "letters/may.txt", "letters/june.odt", "letters/old/x.txt", "cache/y"] {
        fs::write(docs.join(file), file).unwrap();
    }
    fs::hard_link(docs.join("cache/y"), docs.join("letters/hard")).unwrap();
    fs::hard_link(docs.join("cache/y"), docs.join("letters/more")).unwrap();
    for folder in ["letters/old", "letters", "cache", ""] {
        set_modified(&docs.join(folder), 1_000_000_000, 7);
    }
    pack(&docs)
}

fn check(lines: &[&str], expected: &[&str], unmatched: &[&str]) {
    let place = Place::new();
    let archive = source(&place);
    let mut request = place.request();
    request.chosen = lines.iter().map(|line| Vec::from(*line)).collect();
    let report = place.restore_as(&archive, &request).unwrap();
    assert_eq!(report.findings, [], "{lines:?}");
    assert_eq!(report.unmatched, unmatched, "{lines:?}");
    let found = see(place.target().parent().unwrap(), "target");
    let paths: Vec<String> = found.keys().map(|path| String::from_utf8(path.clone()).unwrap()).collect();
    let expected: Vec<String> = std::iter::once("target".to_owned())
        .chain(expected.iter().map(|path| format!("target/{path}")))
        .collect();
    assert_eq!(paths, expected, "{lines:?}");
    // What is there is what it was, folders on the way too.
    let whole = see(&place.path("source"), "docs");
    for (path, seen) in &found {
        let path = [b"docs", &path[b"target".len()..]].concat();
        assert_eq!((seen.modified, seen.mode), (whole[&path].modified, whole[&path].mode), "{lines:?}");
        assert!(seen.body == whole[&path].body, "{lines:?}");
    }
}

#[test]
fn only_what_was_chosen_comes_back() {
    check(&["letters/may.txt"], &["letters", "letters/may.txt"], &[]);
    check(&["*.txt"], &["a.txt", "letters", "letters/may.txt", "letters/old", "letters/old/x.txt"], &[]);
    check(&["/cache/"], &["cache", "cache/y"], &[]);
    check(&["letters/old", "nothing"], &["letters", "letters/old", "letters/old/x.txt"], &["nothing"]);
    check(&["letters", "!*.txt", "!hard", "!more"], &["letters", "letters/june.odt", "letters/old"], &[]);
}

#[test]
fn a_hard_link_whose_file_was_not_chosen_has_its_contents() {
    check(&["letters/hard"], &["letters", "letters/hard"], &[]);
    let place = Place::new();
    let archive = source(&place);
    let mut request = place.request();
    request.chosen = vec![b"letters".to_vec()];
    place.restore_as(&archive, &request).unwrap();
    let inode = |name: &str| place.target().join(name).metadata().unwrap().ino();
    assert_eq!(inode("letters/hard"), inode("letters/more"));
    assert!(!place.target().join("cache").exists());
}

/// Links that lead to links, as some tools store them; to a link that leads elsewhere; and to nothing.
fn chain() -> Vec<u8> {
    TarBytes::docs()
        .file("docs/a", "contents")
        .symlink("docs/s", "/nowhere")
        .link("docs/b", "docs/a")
        .link("docs/c", "./docs/b")
        .link("docs/d", "docs/c")
        .link("docs/t", "docs/s")
        .link("docs/lost", "docs/gone")
        .file("docs/a", "other contents")
        .end()
}

fn chosen(lines: &[&str]) -> (Place, RestoreReport) {
    let place = Place::new();
    let mut request = place.request();
    request.chosen = lines.iter().map(|line| Vec::from(*line)).collect();
    let report = place.restore_as(&chain(), &request).unwrap();
    (place, report)
}

#[test]
fn any_link_of_a_chain_has_the_contents() {
    let inode = |place: &Place, name: &str| place.target().join(name).metadata().unwrap().ino();
    for lines in [&["b"][..], &["c"], &["d"], &["b", "d"], &["c", "d"], &["b", "c", "d"]] {
        let (place, report) = chosen(lines);
        assert_eq!(said(&report), [""; 0], "{lines:?}");
        assert_eq!(place.names(&place.target()), lines);
        for name in lines {
            assert_eq!(fs::read(place.target().join(name)).unwrap(), b"contents", "{lines:?}");
            assert_eq!(inode(&place, name), inode(&place, lines[0]), "{lines:?}: one file");
        }
    }
}

#[test]
fn a_link_to_a_link_of_another_kind_is_one_too() {
    let (place, report) = chosen(&["t"]);
    assert_eq!(said(&report), [""; 0]);
    assert_eq!(fs::read_link(place.target().join("t")).unwrap(), Path::new("/nowhere"));
}

#[test]
fn a_link_without_contents_is_reported() {
    let (place, report) = chosen(&["lost", "b"]);
    assert_eq!(said(&report), ["docs/lost refused: it is a hard link to a file that isn't there"]);
    assert_eq!(place.names(&place.target()), ["b"]);
}

#[test]
fn nothing_is_made_where_nothing_matches() {
    let place = Place::new();
    let archive = source(&place);
    let mut request = place.request();
    request.chosen = vec![b"nothing".to_vec(), b"none".to_vec()];
    let error = place.restore_as(&archive, &request).unwrap_err();
    assert_eq!(error.failure, Failure::Missing);
    assert_eq!(error.to_string(), "can't find nothing, none: nothing in the archive matches");
    place.assert_nothing_outside("nothing");
    assert!(!place.target().exists());
}

#[test]
fn a_source_that_is_a_file_comes_back_in_a_folder() {
    let place = Place::new();
    fs::create_dir(place.path("source")).unwrap();
    fs::write(place.path("source/docs"), "x").unwrap();
    set_modified(&place.path("source/docs"), 1, 2);
    let expected = see(&place.path("source"), "docs");
    let archive = pack(&place.path("source/docs"));
    place.restore(&archive).unwrap();
    same(&see(&place.target(), "docs"), &expected, "a file");
}

#[test]
fn folders_on_the_way_that_stand_and_were_not_chosen_stay_as_they_are() {
    for (lines, is_set) in [(&["letters/may.txt"][..], false), (&["letters", "!old"], true)] {
        let place = Place::new();
        let archive = source(&place);
        let (docs, letters) = (place.path("source/docs"), place.path("source/docs/letters"));
        set_mode(&letters, 0o700);
        set_attribute(&letters, b"user.mine", b"x");
        fs::remove_file(letters.join("may.txt")).unwrap();
        let mut request = RestoreJob {
            target: RestoreTarget::Source(docs),
            existing: IfExists::Replace,
            chosen: lines.iter().map(|line| Vec::from(*line)).collect(),
            ..place.request()
        };
        let promised = preview(&archive, &request);
        assert_eq!((promised.new_entries, promised.unlike_folders), (1, u64::from(is_set)), "{lines:?}");
        place.restore_as(&archive, &request).unwrap();
        let found = letters.metadata().unwrap();
        assert_eq!(found.mode() & 0o7777, if is_set { 0o755 } else { 0o700 }, "{lines:?}");
        assert_eq!(found.mtime() == 1_000_000_000, is_set, "something came into it: {lines:?}");
        // And where it has to be made, it is what it was.
        fs::remove_dir_all(&letters).unwrap();
        place.restore_as(&archive, &request).unwrap();
        let found = letters.metadata().unwrap();
        assert_eq!((found.mode() & 0o7777, found.mtime()), (0o755, 1_000_000_000), "{lines:?}");
        request.chosen.clear();
        place.restore_as(&archive, &request).unwrap();
    }
}

#[test]
fn a_folder_that_is_made_before_its_turn_gets_what_the_archive_says_of_it() {
    let archive = TarBytes::docs()
        .file("docs/a", "x")
        .folder("docs/z/")
        .link("docs/z/hard", "docs/a")
        .file("docs/y/b", "x")
        .folder("docs/other/")
        .folder("docs/y/")
        .end();
    for existing in [IfExists::Refuse, IfExists::Keep, IfExists::Replace] {
        let place = Place::new();
        if existing != IfExists::Refuse {
            fs::create_dir(place.target()).unwrap();
        }
        let chosen = vec![b"z/hard".to_vec(), b"/y/b".to_vec(), b"/y".to_vec()];
        let target = RestoreTarget::Folder(place.target());
        let request = RestoreJob { target, existing, chosen, ..place.request() };
        let report = place.restore_as(&archive, &request).unwrap();
        assert_eq!(report.findings, [], "{existing:?}");
        for folder in ["z", "y"] {
            let modified = place.target().join(folder).metadata().unwrap().mtime();
            assert_eq!(modified, 0o12345670123, "{folder} {existing:?}");
        }
    }
}

#[test]
fn a_folder_that_stood_is_not_set_because_the_archive_names_it_late() {
    let archive = TarBytes::docs().file("docs/y/b", "x").folder("docs/y/").end();
    let place = Place::new();
    fs::create_dir_all(place.target().join("y")).unwrap();
    set_mode(&place.target().join("y"), 0o711);
    let target = RestoreTarget::Folder(place.target());
    let request = RestoreJob { target, existing: IfExists::Keep, ..place.request() };
    place.restore_as(&archive, &request).unwrap();
    assert_eq!(place.target().join("y").metadata().unwrap().mode() & 0o7777, 0o711);
}

#[test]
fn however_many_may_be_meant_only_those_are_shown_that_are() {
    for (odd, expected) in [(None, 10_050), (Some("[0-9]*"), 1)] {
        let files =
            (0..10_050).fold(TarBytes::docs(), |bytes, number| bytes.file(&format!("docs/{number}"), ""));
        let files = odd.into_iter().fold(files, |bytes, name| bytes.file(&format!("docs/{name}"), ""));
        let (mut seen, chosen) = (0, [b"[0-9]*".to_vec()]);
        let mut see = |_: &backup_core::model::archive::ArchivedEntry| {
            seen += 1;
            true
        };
        let report =
            TarViewer.list(&mut Cursor::new(files.end()), &chosen, &mut see, &SilentProgress).unwrap();
        assert_eq!((seen, report.is_complete()), (expected, true));
    }
}
