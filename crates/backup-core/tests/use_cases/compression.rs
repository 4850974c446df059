//! Archives that are stored compressed: the option reaches the store, and whatever looks at the last archive finds it
//! however it is stored.

use backup_core::manager::{ScheduleStatus, ServiceManager};
use backup_core::model::archive::Compression;
use backup_core::model::error::Error;
use backup_core::model::history::Outcome;
use backup_core::model::schedule::ScheduleOption;
use backup_core::ports::{MockServiceControl, SilentProgress};
use backup_core::testing::MemorySource;

use crate::world::World;

const PLAIN: &str = "docs;16:07;docs\n";
const COMPRESSED: &str = "docs;16:07;docs;compress=zstd\n";

fn world(schedules: &str) -> World {
    let world = World::at("2026-03-10T16:00:00Z").with_schedules(schedules);
    world.archiver.put("/home/docs", MemorySource::folder().file("a", "a"));
    world
}

fn run(world: &World) -> Outcome {
    world.manager().run("docs", &SilentProgress).expect("nothing stands in its way").outcome
}

fn status(world: &World) -> ScheduleStatus {
    let mut control = MockServiceControl::new();
    control.expect_running().returning(|| Ok(None));
    let mut status = ServiceManager::new(world.ports(), &control).status().expect("no fault was scripted");
    status.schedules.swap_remove(0)
}

#[test]
fn a_compressed_archive_holds_the_same_tar_under_its_own_name() {
    let world = world(COMPRESSED);
    assert_eq!(run(&world), Outcome::Done);
    let tar = MemorySource::folder().file("a", "a").archive();
    assert_eq!(world.backups.file_names(), ["docs.tar.zst"]);
    assert_eq!(world.backups.contents("docs.tar.zst"), Some(tar));
    let ended = &world.ended()[0];
    assert_eq!(ended.archive.as_deref(), Some("docs.tar.zst"));
    let stored = world.backups.stored("docs.tar.zst").unwrap();
    assert_eq!(usize::try_from(ended.archive_bytes).unwrap(), stored.len());
    assert_eq!(world.manager().backups().unwrap()[0].file_name, "docs.tar.zst");
    insta::assert_snapshot!(world.journal.sentences().join("\n"), @"
    Backup done for docs in backups/docs.tar.zst
    Show backups list
    ");
}

#[test]
fn one_complete_archive_stands_whenever_the_option_changes() {
    let world = world(PLAIN);
    let turns = [
        (PLAIN, "docs.tar"),
        (COMPRESSED, "docs.tar.zst"),
        (PLAIN, "docs.tar"),
        ("docs;16:07;docs;compress=no\n", "docs.tar"),
    ];
    for (schedules, archive) in turns {
        world.schedules.write(schedules);
        assert_eq!(run(&world), Outcome::Done);
        assert_eq!(world.backups.file_names(), [archive]);
        let complete = status(&world).complete.and_then(|run| run.archive);
        assert_eq!(complete.as_deref(), Some(archive));
    }
}

#[test]
fn a_run_by_hand_can_be_stored_otherwise() {
    for (schedules, more, archive) in [
        (PLAIN, Compression::Zstd, "docs.tar.zst"),
        (COMPRESSED, Compression::None, "docs.tar"),
        (COMPRESSED, Compression::Zstd, "docs.tar.zst"),
    ] {
        let world = world(schedules);
        world.manager().run_with("docs", &[ScheduleOption::Compress(more)], &SilentProgress).unwrap();
        assert_eq!(world.backups.file_names(), [archive], "{schedules}");
    }
}

#[test]
fn a_source_that_was_emptied_keeps_the_old_backup_however_it_is_stored() {
    for (before, after, archive) in [
        (PLAIN, COMPRESSED, "docs.tar"),
        (COMPRESSED, PLAIN, "docs.tar.zst"),
        (COMPRESSED, COMPRESSED, "docs.tar.zst"),
    ] {
        let world = world(before);
        run(&world);
        world.archiver.put("/home/docs", MemorySource::folder());
        world.schedules.write(after);
        let error = world.manager().run("docs", &SilentProgress).unwrap_err();
        assert!(matches!(error, Error::SourceEmpty { .. }), "{error}");
        assert_eq!(world.backups.file_names(), [archive]);
        // Once nobody has the old one any more, an empty folder is what there is.
        assert!(world.backups.take(archive));
        assert_eq!(run(&world), Outcome::Done);
    }
}

#[test]
fn the_size_of_the_last_tar_is_known_however_it_is_stored() {
    let world = world(PLAIN);
    assert_eq!(world.manager().last_archive_bytes("docs"), None);
    let tar_bytes = MemorySource::folder().file("a", "a").archive().len();
    let tar_bytes = Some(u64::try_from(tar_bytes).unwrap());
    for schedules in [PLAIN, COMPRESSED, PLAIN] {
        world.schedules.write(schedules);
        run(&world);
        assert_eq!(world.manager().last_archive_bytes("docs"), tar_bytes, "{schedules}");
    }
}
