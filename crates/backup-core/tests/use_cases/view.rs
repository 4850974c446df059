//! Looking into backups.

use backup_core::manager::{ArchiveQuery, View};
use backup_core::model::archive::Suggestion;
use backup_core::model::error::{Error, Failure};
use backup_core::ports::SilentProgress;
use backup_core::testing::{Faults, MemoryViewer};

use crate::world::World;

/// A world in which docs was made twice and music before it.
fn world() -> World {
    let world = World::at("2026-03-10 09:30").with_schedules("docs;16:07;docs;keep=last:5\na;16:07;music\n");
    for name in ["music", "docs", "docs"] {
        world.manager().run(name, &SilentProgress).expect("it can be made");
        world.clock.advance(chrono::TimeDelta::days(1));
    }
    world
}

const NEWEST: ArchiveQuery<'_> = ArchiveQuery { name: "docs", generation: None, at: None };

#[test]
fn what_is_in_it_is_shown_until_nobody_wants_more() {
    let (world, viewer) = (world(), MemoryViewer::default());
    viewer.put("a", 0);
    viewer.put("b", 86_400);
    let desk = View::new(world.ports(), &viewer);
    let archive = desk.find(&NEWEST).unwrap().archive;
    let logged = world.journal.lines();
    let seen = |chosen: &[&str], most: usize| {
        let (mut seen, chosen) = (Vec::new(), chosen.iter().map(|line| Vec::from(*line)).collect::<Vec<_>>());
        let mut visit = |viewed: backup_core::manager::Viewed<'_>| {
            seen.push(viewed.entry.line(viewed.modified).split_off(28));
            seen.len() < most
        };
        desk.show(&archive, &chosen, &mut visit, &SilentProgress).unwrap();
        seen
    };
    assert_eq!(seen(&[], 9), [" 1 1970-01-01 00:00 a", " 1 1970-01-02 00:00 b"]);
    assert_eq!(seen(&[], 1).len(), 1);
    assert_eq!(seen(&["b"], 9).len(), 1);
    assert_eq!(world.journal.lines(), logged, "who only looks leaves no line");
}

#[test]
fn a_file_s_bytes_come_out_of_the_archive_that_was_picked() {
    let (world, viewer) = (world(), MemoryViewer::default());
    viewer.put("a", 0);
    let desk = View::new(world.ports(), &viewer);
    let slip = ArchiveQuery { generation: Some("music.tar"), ..NEWEST };
    let error = desk.find(&slip).map(|_| ()).unwrap_err();
    assert_eq!(error.to_string(), "backups/music.tar is a backup of music, not of docs");
    let pick = ArchiveQuery { name: "music", ..slip };
    let (archive, mut out) = (desk.find(&pick).unwrap().archive, Vec::new());
    desk.copy(&archive, b"a", &mut out, &SilentProgress).unwrap();
    assert_eq!(Some(out), world.backups.contents("music.tar"));
    let error = desk.copy(&archive, b"b", &mut Vec::new(), &SilentProgress).unwrap_err();
    assert_eq!(error.to_string(), "can't show it in backups/music.tar");
    // The folder of music is called a.
    for path in ["a/a", "./a/a"] {
        let mut out = Vec::new();
        desk.copy(&archive, path.as_bytes(), &mut out, &SilentProgress).unwrap();
        assert_eq!(Some(out), world.backups.contents("music.tar"), "{path}");
    }
    let error = desk.copy(&archive, b"a/b", &mut Vec::new(), &SilentProgress).unwrap_err();
    assert_eq!(error.to_string(), "can't show it in backups/music.tar");
    assert_eq!(desk.nothing_matches(&archive, b"b").to_string(), "can't find b in backups/music.tar");
}

#[test]
fn something_is_looked_for_in_every_archive_the_oldest_first() {
    let (world, viewer) = (world(), MemoryViewer::default());
    // Nobody knows when this one was made: it goes by its file.
    world.backups.put("docs.incomplete.tar", Vec::new());
    let desk = View::new(world.ports(), &viewer);
    let named = |name| desk.archives(name).unwrap().into_iter().map(|one| one.file_name).collect::<Vec<_>>();
    let docs = ["docs.2026-03-11T09-30+0000.tar", "docs.tar", "docs.incomplete.tar"];
    assert_eq!(named(Some("docs")), docs);
    assert_eq!(named(None), [&docs[..], &["music.tar"]].concat());
    assert!(matches!(desk.archives(Some("photos")), Err(Error::NoSuchBackup(_))));
    let named = desk.archives(Some("music.tar")).unwrap_err();
    assert!(
        matches!(&named, Error::NotABackup { suggestion: Suggestion::Name(name), .. } if name == "music"),
        "{named:?}"
    );
}

#[test]
fn what_fails_is_reported_and_not_logged() {
    let world = world();
    let faults = Faults::none();
    let viewer = MemoryViewer::failing(&faults);
    let desk = View::new(world.ports(), &viewer);
    let archive = desk.find(&NEWEST).unwrap().archive;
    faults.fail_next(Failure::Damaged);
    let logged = world.journal.lines();
    let error = desk.show(&archive, &[], &mut |_| true, &SilentProgress).unwrap_err();
    assert!(matches!(&error, Error::Port(error) if error.failure == Failure::Damaged));
    assert!(desk.archives(Some("films")).is_err());
    assert_eq!(world.journal.lines(), logged, "who only looks leaves no line");
}
