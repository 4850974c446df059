//! A target in which something stands already.

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};

use backup_core::model::error::Failure;
use backup_core::model::restore::{IfExists, RestoreJob, RestoreTarget};
use backup_core::ports::{Restorer, SilentProgress};
use backup_fs::TarRestorer;

use crate::nobody::goes_on;
use crate::place::{Place, pack, said};
use crate::tree::{same, see, set_mode, set_modified};

fn source(place: &Place) -> Vec<u8> {
    let docs = place.path("source/docs");
    fs::create_dir_all(docs.join("letters")).unwrap();
    for file in ["a", "b", "letters/c", "letters/d"] {
        fs::write(docs.join(file), format!("{file} as it was")).unwrap();
        set_modified(&docs.join(file), 1_000_000_000, 5);
    }
    fs::hard_link(docs.join("a"), docs.join("hard")).unwrap();
    symlink("a", docs.join("link")).unwrap();
    set_modified(&docs.join("letters"), 1_000_000_000, 5);
    set_modified(&docs, 1_000_000_000, 5);
    pack(&docs)
}

fn request(place: &Place, existing: IfExists) -> RestoreJob {
    RestoreJob { target: RestoreTarget::Folder(place.target()), existing, ..place.request() }
}

/// A target with one file that differs, one that is the same, one more, and something else in two places.
fn begun(place: &Place, archive: &[u8]) {
    place.restore(archive).unwrap();
    fs::write(place.target().join("b"), "mine").unwrap();
    fs::write(place.target().join("extra"), "mine").unwrap();
    fs::remove_file(place.target().join("letters/c")).unwrap();
    fs::remove_file(place.target().join("letters/d")).unwrap();
    fs::create_dir(place.target().join("letters/d")).unwrap();
}

#[test]
fn a_new_target_must_not_be_there() {
    let place = Place::new();
    let archive = source(&place);
    for plant in ["folder", "file", "link", "dangling"] {
        let target = place.target();
        match plant {
            "folder" => fs::create_dir(&target).unwrap(),
            "file" => fs::write(&target, "x").unwrap(),
            "link" => symlink(place.path("outside"), &target).unwrap(),
            _ => symlink("nowhere", &target).unwrap(),
        }
        let error = place.restore(&archive).unwrap_err();
        assert_eq!(error.failure, Failure::Refused, "{plant}: {error}");
        place.assert_nothing_outside(plant);
        fs::remove_file(&target).or_else(|_| fs::remove_dir(&target)).unwrap();
    }
    symlink(place.path("outside"), place.target()).unwrap();
    let over = RestoreJob { existing: IfExists::Replace, ..place.request() };
    let error = place.restore_as(&archive, &over).unwrap_err();
    assert_eq!(error.failure, Failure::Refused, "--overwrite follows no planted link: {error}");
    place.assert_nothing_outside("over a link");
}

#[test]
fn what_was_there_stays() {
    let place = Place::new();
    let archive = source(&place);
    begun(&place, &archive);
    let report = place.restore_as(&archive, &request(&place, IfExists::Keep)).unwrap();
    let expected = [
        "docs/b existed already, differed, and stayed",
        "docs/letters/d refused: a folder exists in its place; move it away",
    ];
    assert_eq!(said(&report), expected);
    assert!(!report.is_complete(), "what was asked for isn't there");
    assert_eq!((report.entries, report.left_entries), (1, 1), "{report:?}");
    let read = |name: &str| fs::read_to_string(place.target().join(name)).unwrap();
    assert_eq!(
        (read("b"), read("extra"), read("letters/c")),
        ("mine".into(), "mine".into(), "letters/c as it was".into())
    );
}

#[test]
fn what_differs_is_replaced_and_nothing_removed() {
    let place = Place::new();
    let archive = source(&place);
    begun(&place, &archive);
    let inode = place.target().join("a").metadata().unwrap().ino();
    let held = fs::File::open(place.target().join("b")).unwrap();
    let report = place.restore_as(&archive, &request(&place, IfExists::Replace)).unwrap();
    assert_eq!(said(&report).len(), 1, "a folder never gives way: {report:?}");
    assert_eq!(report.entries, 2);
    let read = |name: &str| fs::read_to_string(place.target().join(name)).unwrap();
    assert_eq!((read("b"), read("extra")), ("b as it was".into(), "mine".into()));
    assert_eq!(place.target().join("a").metadata().unwrap().ino(), inode, "what is the same is left alone");
    assert_eq!(std::io::read_to_string(held).unwrap(), "mine", "whoever reads it reads on");
    assert_eq!(place.names(&place.target()), ["a", "b", "extra", "hard", "letters", "link"]);
}

#[test]
fn in_place_it_is_what_it_was() {
    let place = Place::new();
    let archive = source(&place);
    let expected = see(&place.path("source"), "docs");
    let docs = place.path("source/docs");
    fs::remove_dir_all(docs.join("letters")).unwrap();
    symlink(place.path("outside"), docs.join("letters")).unwrap();
    fs::remove_file(docs.join("a")).unwrap();
    fs::write(docs.join("a"), "new").unwrap();
    set_mode(&docs.join("b"), 0o600);
    set_mode(&docs, 0o700);
    let target = RestoreTarget::Source(docs.clone());
    let request = RestoreJob { target, existing: IfExists::Replace, ..place.request() };
    let report = place.restore_as(&archive, &request).unwrap();
    assert_eq!(report.findings, []);
    same(&see(&place.path("source"), "docs"), &expected, "in place");
    place.assert_nothing_outside("in place");
    // And where it is gone altogether.
    fs::remove_dir_all(&docs).unwrap();
    place.restore_as(&archive, &request).unwrap();
    same(&see(&place.path("source"), "docs"), &expected, "in place anew");
    assert_eq!(place.names(&place.path("source")), ["docs"]);
}

#[test]
fn a_single_file_goes_back_to_its_place() {
    let place = Place::new();
    fs::create_dir(place.path("source")).unwrap();
    let file = place.path("source/docs");
    fs::write(&file, "as it was").unwrap();
    let archive = pack(&file);
    let expected = see(&place.path("source"), "docs");
    fs::write(place.path("source/beside"), "x").unwrap();
    let target = RestoreTarget::Source(file.clone());
    let request = RestoreJob { target, existing: IfExists::Replace, ..place.request() };
    for change in
        [|file: &Path| fs::write(file, "new").unwrap(), |file: &Path| fs::remove_file(file).unwrap()]
    {
        change(&file);
        place.restore_as(&archive, &request).unwrap();
        same(&see(&place.path("source"), "docs"), &expected, "a file");
    }
    assert_eq!(place.names(&place.path("source")), ["beside", "docs"]);
}

#[test]
fn a_preview_tells_and_changes_nothing() {
    let place = Place::new();
    let archive = source(&place);
    begun(&place, &archive);
    let before = see(place.target().parent().unwrap(), "target");
    let request = request(&place, IfExists::Replace);
    let mut bytes = std::io::Cursor::new(archive);
    let preview = TarRestorer.preview(&mut bytes, &request, &SilentProgress).unwrap();
    same(&see(place.target().parent().unwrap(), "target"), &before, "a preview");
    let names = |paths: &[PathBuf]| paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>();
    assert_eq!(names(&preview.new), ["letters/c"]);
    assert_eq!(names(&preview.changed), ["b"]);
    let refused: Vec<_> = preview.refused.iter().map(ToString::to_string).collect();
    assert_eq!(refused, ["docs/letters/d refused: a folder exists in its place; move it away"]);
    assert_eq!(names(&preview.extra), ["extra"]);
    let counts = (preview.new_entries, preview.changed_entries, preview.extra_entries, preview.same_entries);
    assert_eq!(counts, (1, 1, 1, 4));
    let anew = RestoreJob { target: RestoreTarget::Beside(place.path("new")), ..place.request() };
    bytes.set_position(0);
    let preview = TarRestorer.preview(&mut bytes, &anew, &SilentProgress).unwrap();
    assert_eq!((preview.new_entries, preview.extra_entries), (7, 0));
    place.assert_nothing_outside("a preview");
}

#[test]
fn a_preview_tells_of_a_folder_that_is_shut() {
    if !goes_on("existing::a_preview_tells_of_a_folder_that_is_shut") {
        return;
    }
    for (packed, standing, unlike) in [(0o755, 0o000, 1), (0o755, 0o300, 1), (0o000, 0o000, 0)] {
        let place = Place::new();
        let docs = place.path("source/docs");
        fs::create_dir_all(docs.join("folder")).unwrap();
        set_mode(&docs.join("folder"), packed);
        let archive = pack(&docs);
        place.restore(&archive).unwrap();
        let folder = place.target().join("folder");
        set_mode(&folder, standing);
        let request = request(&place, IfExists::Replace);
        let preview = || {
            let mut bytes = std::io::Cursor::new(archive.clone());
            TarRestorer.preview(&mut bytes, &request, &SilentProgress).unwrap()
        };
        let first = preview();
        assert_eq!((first.unlike_folders, first.refused), (unlike, vec![]), "{packed:o} {standing:o}");
        assert_eq!(place.restore_as(&archive, &request).unwrap().findings, [], "{packed:o} {standing:o}");
        assert_eq!(folder.metadata().unwrap().mode() & 0o7777, packed);
        assert_eq!(preview().unlike_folders, 0, "{packed:o} {standing:o}");
    }
}

#[test]
fn what_stands_in_the_place_of_a_folder_is_named() {
    for plant in ["file", "link"] {
        let place = Place::new();
        let archive = source(&place);
        let expected = see(&place.path("source"), "docs");
        fs::create_dir(place.target()).unwrap();
        let letters = place.target().join("letters");
        match plant {
            "file" => fs::write(&letters, "mine").unwrap(),
            _ => symlink(place.path("outside"), &letters).unwrap(),
        }
        let report = place.restore_as(&archive, &request(&place, IfExists::Keep)).unwrap();
        let way = if plant == "file" { "something that isn't a folder" } else { "a symbolic link" };
        let refused = |path: &str| format!("docs/{path} refused: {way} is in its way");
        let below = [refused("letters/"), refused("letters/c"), refused("letters/d")];
        assert_eq!(said(&report), below, "{plant}");
        assert!(!letters.symlink_metadata().unwrap().is_dir(), "what stands stays");
        assert_eq!(report.removed_file_count, 0);
        let report = place.restore_as(&archive, &request(&place, IfExists::Replace)).unwrap();
        assert_eq!(report.findings, [], "{plant}");
        assert_eq!(report.removed_files, [Path::new("docs/letters")], "{plant}");
        assert_eq!(report.removed_file_count, 1);
        set_modified(&place.target(), 1_000_000_000, 5);
        same(&place.see_target(), &expected, plant);
        place.assert_nothing_outside(plant);
    }
}
