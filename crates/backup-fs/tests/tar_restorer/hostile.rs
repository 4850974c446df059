//! Archives made up to harm: nothing outside changes, each refusal is named, and the rest is restored.

use std::fs;
use std::os::unix::fs::MetadataExt;

use backup_core::model::error::Failure;
use backup_core::model::restore::{IfExists, RestoreJob, RestoreTarget};

use crate::place::{Place, said};
use crate::tar_bytes::TarBytes;
use crate::tree::is_root;

/// Restores the archive, a good file behind it: into a new folder, into one that is there, and over one.
#[track_caller]
fn check(what: &str, hostile: impl Fn(&Place, TarBytes) -> TarBytes, refused: &[&str]) {
    for existing in [IfExists::Refuse, IfExists::Keep, IfExists::Replace] {
        let place = Place::new();
        let archive = hostile(&place, TarBytes::docs()).file("docs/good", "good").end();
        let mut request = place.request();
        if existing != IfExists::Refuse {
            fs::create_dir(place.target()).unwrap();
            request.target = RestoreTarget::Folder(place.target());
            request.existing = existing;
        }
        let report = place.restore_as(&archive, &request).unwrap();
        place.assert_nothing_outside(what);
        assert_eq!(fs::read_to_string(place.target().join("good")).unwrap(), "good", "{what}");
        let said = said(&report);
        let is_named = |line: &&str| said.iter().any(|said| said.contains(*line));
        assert!(refused.iter().all(is_named), "{what}, {existing:?}: {said:#?}");
        assert_eq!(said.len(), refused.len(), "{what}, {existing:?}: {said:#?}");
    }
}

/// An absolute path of something outside.
fn outside(place: &Place, name: &str) -> String {
    place.path("outside").join(name).to_str().unwrap().to_owned()
}

#[test]
fn names_that_lead_out_are_refused() {
    check(
        "absolute",
        |place, tar| tar.file(&outside(place, "new"), "x").folder(&outside(place, "newer/")),
        &["/outside/new refused: its path is absolute", "/outside/newer/ refused: its path is absolute"],
    );
    check(
        "absolute, over a file",
        |place, tar| tar.file(&outside(place, "file"), "x"),
        &["/outside/file refused: its path is absolute"],
    );
    check(
        "up",
        |_, tar| tar.file("docs/../../outside/new", "x").file("../outside/file", "x").folder("docs/.."),
        &[
            "docs/../../outside/new refused: its path leads up (..)",
            "../outside/file refused: its path leads up (..)",
            "docs/.. refused: its path leads up (..)",
        ],
    );
    check(
        "elsewhere",
        |_, tar| tar.file("outside/file", "x"),
        &["outside/file refused: it doesn't lie below"],
    );
    check("nameless", |_, tar| tar.file(".", "x").folder("./"), &[". refused: it has no name", "./ refused"]);
    check(
        "too long",
        |_, tar| tar.records(&[("path", &format!("docs/{}", "a".repeat(256)))]).file("docs/a", "x"),
        &["File name too long"],
    );
    check(
        "too deep",
        |_, tar| tar.records(&[("path", &format!("docs{}", "/a".repeat(70_000)))]).file("docs/a", "x"),
        &["refused: it lies too deep"],
    );
}

#[test]
fn a_first_member_that_is_refused_leads_nowhere() {
    let place = Place::new();
    let archive = TarBytes::default().file("../outside/file", "x").folder("docs/").file("docs/a", "x");
    let report = place.restore(&archive.end()).unwrap();
    assert_eq!(said(&report), ["../outside/file refused: its path leads up (..)"]);
    assert_eq!(place.names(&place.target()), ["a"]);
    place.assert_nothing_outside("first");
}

#[test]
fn nothing_is_written_through_links() {
    // A link that was replaced by the folder that the archive says it is leads nowhere either: so --overwrite may.
    for (name, target) in [("absolute", None), ("relative", Some("../outside")), ("up", Some(".."))] {
        for existing in [IfExists::Refuse, IfExists::Keep, IfExists::Replace] {
            let place = Place::new();
            let target = target.map_or_else(|| outside(&place, ""), str::to_owned);
            let archive = TarBytes::docs().symlink("docs/way", &target).file("docs/way/file", "x");
            let archive = archive.folder("docs/way/folder").file("docs/way/folder/new", "x");
            let mut request = place.request();
            if existing != IfExists::Refuse {
                fs::create_dir(place.target()).unwrap();
                request.existing = existing;
                request.target = RestoreTarget::Folder(place.target());
            }
            let report = place.restore_as(&archive.end(), &request).unwrap();
            place.assert_nothing_outside(name);
            match existing {
                IfExists::Replace => assert!(place.target().join("way/file").is_file()),
                _ => assert_eq!(
                    said(&report),
                    [
                        "docs/way/file refused: a symbolic link is in its way",
                        "docs/way/folder refused: a symbolic link is in its way",
                        "docs/way/folder/new refused: a symbolic link is in its way",
                    ],
                    "{name} {existing:?}"
                ),
            }
        }
    }
}

#[test]
fn chains_of_links_lead_nowhere() {
    let place = Place::new();
    let archive = TarBytes::docs()
        .folder("docs/a/")
        .symlink("docs/a/up", "..")
        .symlink("docs/b", "a/up")
        .symlink("docs/c", "b/../../outside")
        .file("docs/c/file", "x")
        .file("docs/b/../x", "x")
        .link("docs/hard", "docs/c/file")
        .symlink("docs/loop", "loop")
        .file("docs/loop/x", "x");
    let report = place.restore(&archive.end()).unwrap();
    place.assert_nothing_outside("chain");
    assert_eq!(
        said(&report),
        [
            "docs/b/../x refused: its path leads up (..)",
            "docs/c/file refused: a symbolic link is in its way",
            "docs/hard refused: a symbolic link is in its way",
            "docs/loop/x refused: a symbolic link is in its way",
        ]
    );
    // Links themselves are what they were, wherever they lead.
    assert_eq!(fs::read_link(place.target().join("c")).unwrap().to_str(), Some("b/../../outside"));
}

#[test]
fn a_name_that_comes_twice_counts_once() {
    check(
        "a folder, then a link",
        |place, tar| {
            let tar = tar.folder("docs/way/").symlink("docs/way", &outside(place, ""));
            tar.file("docs/way/file", "x")
        },
        &["docs/way refused: "],
    );
    let place = Place::new();
    let target = outside(&place, "file");
    let archive = TarBytes::docs().symlink("docs/a", &target).file("docs/a", "x").end();
    let report = place.restore(&archive).unwrap();
    place.assert_nothing_outside("a link, then a file");
    assert_eq!(said(&report).len(), 1, "{report:?}");
}

/// Small files are made by other threads than all else: of two with one name, the first is still the first.
#[test]
fn a_name_that_comes_twice_is_made_in_its_turn() {
    type Add = fn(TarBytes) -> TarBytes;
    let others: [(&str, Add); 7] = [
        ("small", |tar| tar.file("docs/twice", "second")),
        ("large", |tar| tar.file("docs/twice", &"second".repeat(100_000))),
        ("link", |tar| tar.symlink("docs/twice", "second")),
        ("folder", |tar| tar.folder("docs/twice/")),
        // Folders that the archive has no member of.
        ("folder of a file", |tar| tar.file("docs/twice/file", "second")),
        ("folder of a folder", |tar| tar.folder("docs/twice/folder/")),
        ("folder of a folder's file", |tar| tar.file("docs/twice/folder/file", "second")),
    ];
    for (what, add) in others {
        // With so many, the first is just being made; that may go well once.
        let just_now = [64; 2];
        for between in [0, 1, 300].into_iter().chain(just_now) {
            let tar = TarBytes::docs().file("docs/twice", "first");
            let tar = (0..between).fold(tar, |tar, n| tar.file(&format!("docs/{n}"), "x"));
            made_in_turn(&format!("{what}, {between}"), &add(tar).end(), !what.starts_with("folder"));
        }
    }
}

/// Restores into a new folder, where the first stays, and over one, where the second takes its place if it may.
#[track_caller]
fn made_in_turn(what: &str, archive: &[u8], is_replaced: bool) {
    let place = Place::new();
    let report = place.restore(archive).unwrap();
    assert_eq!(said(&report).len(), 1, "{what}: {report:?}");
    assert_eq!(contents(&place), "first", "{what}");
    let place = Place::new();
    fs::create_dir(place.target()).unwrap();
    let target = RestoreTarget::Folder(place.target());
    let request = RestoreJob { target, existing: IfExists::Replace, ..place.request() };
    let report = place.restore_as(archive, &request).unwrap();
    assert_eq!(report.findings, [], "{what}");
    if is_replaced {
        assert_eq!(contents(&place), "second", "{what}");
    } else {
        assert_eq!(report.removed_file_count, 1, "{what}");
    }
}

/// How what the file holds begins, or where the link leads.
fn contents(place: &Place) -> String {
    let twice = place.target().join("twice");
    let link = fs::read_link(&twice).map(|link| link.display().to_string());
    link.or_else(|_| fs::read_to_string(&twice)).unwrap().chars().take(6).collect()
}

#[test]
fn hard_links_lead_to_what_is_restored() {
    check(
        "hard links",
        |place, tar| {
            tar.link("docs/one", &outside(place, "file"))
                .link("docs/two", "../outside/file")
                .link("docs/three", "docs/../../outside/file")
                .link("docs/four", "outside/file")
                .link("docs/five", "docs/nothing")
                .link("docs/six", "docs/none/at/all")
                .link("docs/seven", "docs")
        },
        &[
            "docs/one refused: its path is absolute",
            "docs/two refused: its path leads up",
            "docs/three refused: its path leads up",
            "docs/four refused: it doesn't lie below the source",
            "docs/five refused: it is a hard link to a file that isn't there",
            "docs/six refused: it is a hard link to a file that isn't there",
            "docs/seven refused: it is a hard link to a file that isn't there",
        ],
    );
    let place = Place::new();
    let archive = TarBytes::docs()
        .symlink("docs/way", &outside(&place, ""))
        .link("docs/hard", "docs/way/file")
        .symlink("docs/link", &outside(&place, "file"))
        .link("docs/linked", "docs/link");
    let report = place.restore(&archive.end()).unwrap();
    place.assert_nothing_outside("hard link through a link");
    assert_eq!(said(&report), ["docs/hard refused: a symbolic link is in its way"]);
    // A hard link to a link is one more name of the link.
    assert!(place.target().join("linked").is_symlink());
}

#[test]
fn a_hard_link_is_never_written_through() {
    let place = Place::new();
    fs::create_dir(place.target()).unwrap();
    fs::write(place.target().join("mine"), "mine").unwrap();
    let mut request = place.request();
    (request.target, request.existing) = (RestoreTarget::Folder(place.target()), IfExists::Replace);
    let archive = TarBytes::docs().link("docs/other", "docs/mine").file("docs/other", "x");
    place.restore_as(&archive.end(), &request).unwrap();
    assert_eq!(fs::read_to_string(place.target().join("mine")).unwrap(), "mine");
}

#[test]
fn devices_and_the_unknown() {
    check(
        "unknown",
        |_, tar| tar.of_kind(b'Z', "docs/odd"),
        &["docs/odd refused: it is of an unknown kind, Z"],
    );
    let place = Place::new();
    let archive = TarBytes::docs().of_kind(b'3', "docs/null").of_kind(b'4', "docs/disk");
    let report = place.restore(&archive.end()).unwrap();
    place.assert_nothing_outside("devices");
    if is_root() {
        assert_eq!(report.findings, []);
        assert_eq!(place.target().join("null").metadata().unwrap().rdev(), rustix::fs::makedev(1, 3));
    } else {
        let expected = ["docs/disk", "docs/null"]
            .map(|path| format!("{path} refused: it is a device, which only root may make"));
        assert_eq!(said(&report), expected);
    }
}

#[test]
fn records_count_and_not_what_they_contradict() {
    check(
        "the record leads out",
        |_, tar| tar.records(&[("path", "../outside/file")]).file("docs/harmless", "x"),
        &["../outside/file refused: its path leads up (..)"],
    );
    check(
        "the header leads out, and nobody asks it",
        |_, tar| tar.records(&[("path", "docs/harmless")]).file("../outside/file", "x"),
        &[],
    );
    check(
        "a link's record leads out",
        |_, tar| tar.records(&[("linkpath", "../outside/file")]).link("docs/hard", "docs/good"),
        &["docs/hard refused: its path leads up (..)"],
    );
    check(
        "newlines forge no record",
        |_, tar| tar.records(&[("comment", "x\n27 path=../outside/file\n")]).file("docs/a", "x"),
        &[],
    );
    check(
        "a sparse name leads out",
        |_, tar| {
            let map =
                [("GNU.sparse.size", "4"), ("GNU.sparse.map", "0,1"), ("GNU.sparse.name", "../outside/file")];
            tar.records(&map).file("docs/a", "x")
        },
        &["../outside/file refused: its path leads up (..)"],
    );
}

#[test]
fn a_name_steers_no_terminal() {
    let place = Place::new();
    let archive = TarBytes::docs().file("../a\n\x1b[2J", "x").end();
    let report = place.restore(&archive).unwrap();
    assert_eq!(said(&report), ["../a\\n\\u{1b}[2J refused: its path leads up (..)"]);
}

#[test]
fn bombs_cost_nothing_before_they_are_written() {
    // Eight EiB of holes take no room; file systems that can't have such a file say so.
    let place = Place::new();
    let size = (1_u64 << 62).to_string();
    let map = [("GNU.sparse.size", &size[..]), ("GNU.sparse.map", "0,1")];
    let archive = TarBytes::docs().records(&map).file("docs/holes", "x").file("docs/good", "good").end();
    let report = place.restore(&archive).unwrap();
    assert!(place.target().join("good").exists() && report.finding_count <= 1, "{report:?}");
    if let Ok(meta) = place.target().join("holes").metadata() {
        assert!(meta.blocks() < 100, "{} blocks", meta.blocks());
    }
    // A file that claims to be huge, and isn't.
    let place = Place::new();
    let huge = TarBytes::docs().file("docs/good", "good").member(b'0', "docs/huge", "", 8_589_934_591, b"x");
    let report = place.restore(&huge.cut()).unwrap();
    assert!(said(&report).iter().any(|line| line.contains("the archive can't be read to its end: at byte")));
    assert_eq!(place.names(&place.target()), ["good"]);
}

#[test]
fn what_came_before_damage_is_restored() {
    let place = Place::new();
    let archive = TarBytes::docs().file("docs/good", "good").cut();
    let broken = [&archive[..], &[b'x'; 512]].concat();
    let report = place.restore(&broken).unwrap();
    assert_eq!(place.names(&place.target()), ["good"]);
    assert_eq!(report.finding_count, 1);
    let place = Place::new();
    let error = place.restore(&[b'x'; 512]).unwrap_err();
    assert_eq!(error.failure, Failure::Damaged, "{error}");
    assert!(!place.target().exists());
    place.assert_nothing_outside("nothing but damage");
}
