//! The catalogs of archives that have none.

use std::path::Path;

use backup_core::manager::{CatalogState, Catalogs};
use backup_core::model::archive::{BackupRecord, Compression};
use backup_core::model::error::{Error, Failure};
use backup_core::model::history::RunRecord;
use backup_core::ports::{BackupStore, Progress, SilentProgress};
use chrono::TimeDelta;

use crate::world::World;

/// A world with two archives of docs and one of music, which have no catalogs.
fn world() -> World {
    let world = World::at("2026-03-10 09:30").with_schedules("docs;16:07;docs;keep=last:5\na;16:07;music\n");
    for name in ["docs", "docs", "music"] {
        world.manager().run(name, &SilentProgress).expect("it can be made");
        world.clock.advance(TimeDelta::days(1));
    }
    world.backups.lose_catalogs();
    world
}

const FIRST: &str = "docs.2026-03-10T09-30+0000.tar";

/// Returns what becomes of each archive that is meant.
fn rebuilt(world: &World, words: &[&str]) -> Vec<String> {
    let desk = Catalogs::new(world.ports());
    let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    let plan = desk.plan(&words).expect("they are there");
    let state = |archive: &BackupRecord| {
        let state = desk.rebuild(&plan, archive, &SilentProgress).expect("nobody cancels");
        let state = match state {
            CatalogState::Made { entries } => format!("made, {entries}"),
            CatalogState::Present => "present".to_owned(),
            CatalogState::NotMade(error) => format!("{:?}: {error}", error.failure),
        };
        format!("{} {state}", archive.file_name)
    };
    plan.archives.iter().map(state).collect()
}

fn described(world: &World, file_name: &str) -> Option<RunRecord> {
    let listed = world.backups.list().expect("they are there");
    let found = listed.iter().find(|backup| backup.file_name == file_name).expect("it is there");
    world.backups.described(found)
}

#[test]
fn every_archive_without_a_catalog_gets_one() {
    let world = world();
    world.backups.put_catalog("music.tar", Some(b"end\n".to_vec()));
    let first = format!("{FIRST} made, 2");
    assert_eq!(rebuilt(&world, &[]), [&first, "docs.tar made, 2", "music.tar present"]);
    assert_eq!(world.backups.catalog(FIRST).as_deref(), Some(&b"letter 8\nend\n"[..]));
    let present = format!("{FIRST} present");
    assert_eq!(rebuilt(&world, &[]), [&present, "docs.tar present", "music.tar present"]);
    world.backups.put_catalog("docs.tar", Some(b"letter 8\ne".to_vec()));
    assert_eq!(rebuilt(&world, &[]), [&present, "docs.tar made, 2", "music.tar present"]);
}

#[test]
fn what_is_named_is_made_anew() {
    let world = world();
    rebuilt(&world, &[]);
    assert_eq!(rebuilt(&world, &["music"]), ["music.tar made, 2"]);
    assert_eq!(rebuilt(&world, &["0"]).len(), 2);
    let first = format!("{FIRST} made, 2");
    let path = format!("backups/{FIRST}");
    assert_eq!(rebuilt(&world, &[&path, "docs", FIRST]), [&first, "docs.tar made, 2"]);
    let plan = |word: &str| Catalogs::new(world.ports()).plan(&[word.to_owned()]).unwrap_err();
    assert!(matches!(plan("films.tar"), Error::NoSuchBackup(name) if name == "films.tar"));
    assert!(matches!(plan("films"), Error::NoSuchBackup(_)));
}

#[test]
fn the_run_that_made_it_stays_known() {
    let world = world();
    rebuilt(&world, &["docs"]);
    let run = described(&world, "docs.tar").expect("the history knows it");
    assert_eq!((run.archive.as_deref(), run.entries), (Some("docs.tar"), 2));
    world.history.clear();
    rebuilt(&world, &["docs"]);
    assert_eq!(described(&world, "docs.tar"), Some(run), "the catalog before knew it");
}

#[test]
fn an_archive_of_another_size_is_not_what_the_run_made() {
    let world = world();
    let mut other = world.backups.stored("music.tar").expect("it is there");
    other.splice(0..0, *b"more 4\nmore");
    world.backups.put("music.tar", other);
    assert_eq!(rebuilt(&world, &["music"]), ["music.tar made, 3"]);
    assert_eq!(described(&world, "music.tar"), None);
}

#[test]
fn an_archive_that_is_damaged_or_being_made_gets_none() {
    let world = world();
    let cut = world.backups.stored("music.tar").expect("it is there")[..12].to_vec();
    world.backups.put("music.tar", cut);
    let draft = world.backups.draft(&"docs".parse().expect("it is a name"), Compression::None);
    let said = rebuilt(&world, &[]);
    assert!(said[0].starts_with(&format!("{FIRST} Busy")), "{said:?}");
    assert!(said[1].starts_with("docs.tar Busy"), "{said:?}");
    assert!(said[2].starts_with("music.tar Damaged"), "{said:?}");
    assert_eq!(world.backups.catalog("music.tar"), None);
    drop(draft);
}

/// Cancels at once.
struct Cancelled;

impl Progress for Cancelled {
    fn advanced(&self, _path: &Path, _content_bytes: u64) {}

    fn is_cancelled(&self) -> bool {
        true
    }
}

#[test]
fn it_can_be_cancelled() {
    let world = world();
    let desk = Catalogs::new(world.ports());
    let plan = desk.plan(&[]).expect("they are there");
    let error = desk.rebuild(&plan, &plan.archives[0], &Cancelled).unwrap_err();
    assert!(matches!(error, Error::Port(error) if error.failure == Failure::Interrupted));
    assert_eq!(world.backups.catalog(FIRST), None);
}
