//! Where an archive begins, and what comes back of it.

use std::io::Cursor;

use backup_core::ports::{Archiver, EndCheck, SilentProgress, Viewer};
use backup_fs::{TarArchiver, TarViewer};

use crate::own::{agree, preview};
use crate::place::{Place, said};
use crate::tar_bytes::TarBytes;
use crate::tree::see;

/// What the viewer shows.
fn shown(archive: &[u8]) -> Vec<String> {
    let mut paths = Vec::new();
    let mut visit = |entry: &backup_core::model::archive::ArchivedEntry| {
        paths.push(String::from_utf8(entry.path.clone()).unwrap());
        true
    };
    TarViewer.list(&mut Cursor::new(archive.to_vec()), &[], &mut visit, &SilentProgress).unwrap();
    paths
}

#[track_caller]
fn check(archive: &TarBytes, restored: &[&str], refused: &[&str]) {
    let (place, archive) = (Place::new(), archive.end());
    let preview = preview(&archive, &place.request());
    let report = place.restore(&archive).unwrap();
    assert_eq!(said(&report), refused);
    agree(&preview, &report);
    let found = see(place.target().parent().unwrap(), "target");
    let paths: Vec<_> = found.keys().map(|path| String::from_utf8(path.clone()).unwrap()).collect();
    let expected: Vec<_> = restored.iter().map(|path| format!("target{path}")).collect();
    assert_eq!(paths, expected);
    let mut listed: Vec<_> = shown(&archive).iter().map(|path| format!("/{path}")).collect();
    listed.retain(|path| path != "/");
    listed.sort();
    let expected: Vec<_> = restored.iter().copied().filter(|path| !path.is_empty()).collect();
    assert_eq!(listed, expected, "the viewer shows what is restored");
    let checked =
        TarArchiver::default().check(&mut &archive[..], EndCheck::Tolerant, &SilentProgress).unwrap();
    assert_eq!(checked.refused_entries, refused.len() as u64, "the check counts what is refused");
    place.assert_nothing_outside("a restore");
}

#[test]
fn the_current_folder_is_a_source() {
    let archive = TarBytes::default()
        .folder("./")
        .file("./a", "a")
        .folder("./b/")
        .file("./b/c", "c")
        .link("./d", "./a");
    check(&archive, &["", "/a", "/b", "/b/c", "/d"], &[]);
    let hostile = archive.file("/etc/x", "x").file("./../x", "x").file("b/e", "e").link("./f", "/a");
    let refused = [
        "./../x refused: its path leads up (..)",
        "./f refused: its path is absolute",
        "/etc/x refused: its path is absolute",
    ];
    check(&hostile, &["", "/a", "/b", "/b/c", "/b/e", "/d"], &refused);
}

#[test]
fn a_folder_below_others_is_a_source() {
    let archive = TarBytes::default().folder("home/ann/docs/").file("home/ann/docs/a", "a");
    check(&archive.clone().link("home/ann/docs/b", "home/ann/docs/a"), &["", "/a", "/b"], &[]);
    let refused = [
        "home/ann/music/a refused: it doesn't lie below the source",
        "home/bob refused: it doesn't lie below the source",
    ];
    check(&archive.file("home/ann/music/a", "a").file("home/bob", "b"), &["", "/a"], &refused);
}

#[test]
fn where_no_folder_comes_first_the_topmost_one_is_the_source() {
    check(
        &TarBytes::default().file("docs/a/b", "b").file("docs/c", "c").folder("docs/a/"),
        &["", "/a", "/a/b", "/c"],
        &[],
    );
}
