//! Copies of archives at a destination.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use backup_core::manager::Copied;
use backup_core::model::archive::BackupRecord;
use backup_core::model::destination::{DestinationFault, ObjectKey};
use backup_core::model::error::Error;
use backup_core::ports::{Destination, Progress, SilentProgress};
use backup_core::testing::MemoryDestination;
use chrono::TimeDelta;

use crate::world::World;

/// A world in which docs was made twice, and both archives stay.
fn world() -> World {
    let world = World::at("2026-03-10 09:30").with_schedules("docs;16:07;docs;keep=last:5\na;16:07;music\n");
    for name in ["docs", "docs", "music"] {
        world.manager().run(name, &SilentProgress).expect("it can be made");
        world.clock.advance(TimeDelta::days(1));
    }
    world
}

fn archives(world: &World) -> Vec<BackupRecord> {
    world.manager().backups().expect("they can be listed")
}

fn copy(world: &World, destination: &MemoryDestination, archive: &BackupRecord) -> Result<Copied, Error> {
    world.manager().copy(archive, destination, &SilentProgress)
}

fn keys(destination: &MemoryDestination) -> Vec<String> {
    let objects = destination.list(None).expect("they can be listed");
    objects.into_iter().map(|object| object.key.to_string()).collect()
}

#[track_caller]
fn fault(result: Result<Copied, Error>) -> DestinationFault {
    match result {
        Err(Error::Destination(error)) => error.fault,
        other => panic!("it should fail at the destination: {other:?}"),
    }
}

#[test]
fn every_archive_has_one_key_and_is_copied_once() {
    let (world, offsite) = (world(), MemoryDestination::new("offsite"));
    for archive in archives(&world) {
        let first = copy(&world, &offsite, &archive).unwrap();
        assert!(!first.was_there && first.archive_bytes == archive.archive_bytes);
        assert_eq!(offsite.contents(&first.key), world.backups.stored(&archive.file_name));
        let again = copy(&world, &offsite, &archive).unwrap();
        assert_eq!(again, Copied { was_there: true, ..first });
    }
    let archives: Vec<_> = keys(&offsite).into_iter().filter(|key| !key.ends_with(".catalog")).collect();
    assert_eq!(
        archives,
        [
            "docs/2026-03-10T09-30-00Z-00000000.tar",
            "docs/2026-03-11T09-30-00Z-00000000.tar",
            "music/2026-03-12T09-30-00Z-00000000.tar",
        ]
    );
    let copies = world.manager().copies(&offsite, Some(&"docs".parse().unwrap())).unwrap();
    assert_eq!(copies.len(), 2);
    assert_eq!(world.manager().copies(&offsite, None).unwrap().len(), 3);
}

/// The archive in place becomes an older one when it is rotated. It has its copy already then.
#[test]
fn a_rotated_archive_is_the_same_copy() {
    let (world, offsite) = (world(), MemoryDestination::new("offsite"));
    let newest = archives(&world).into_iter().find(|archive| archive.file_name == "docs.tar").unwrap();
    copy(&world, &offsite, &newest).unwrap();
    world.manager().run("docs", &SilentProgress).unwrap();
    let rotated = archives(&world).into_iter().find(|archive| archive.finished == newest.finished).unwrap();
    assert_ne!(rotated.file_name, "docs.tar");
    assert!(copy(&world, &offsite, &rotated).unwrap().was_there);
}

#[test]
fn a_catalog_is_copied_beside_its_archive() {
    let (world, offsite) = (world(), MemoryDestination::new("offsite"));
    world.backups.put_catalog("docs.tar", Some(b"its catalog".to_vec()));
    let newest = archives(&world).into_iter().find(|archive| archive.file_name == "docs.tar").unwrap();
    let copied = copy(&world, &offsite, &newest).unwrap();
    assert!(copied.has_catalog);
    let catalog: ObjectKey = format!("{}.catalog", copied.key).parse().unwrap();
    assert_eq!(offsite.contents(&catalog).as_deref(), Some(&b"its catalog"[..]));
    let listed = world.manager().copies(&offsite, None).unwrap();
    assert!(listed.len() == 1 && listed[0].has_catalog, "a catalog is no copy of its own: {listed:?}");
}

#[test]
fn what_is_wrong_at_the_destination_is_found() {
    let (world, offsite) = (world(), MemoryDestination::new("offsite"));
    let archive = &archives(&world)[0];
    let key = copy(&world, &offsite, archive).unwrap().key;
    let bytes = world.backups.stored(&archive.file_name).unwrap();
    let last = bytes.len() - 1;
    for at in [0, bytes.len() / 2, last] {
        let mut other = bytes.clone();
        other[at] ^= 1;
        offsite.spoil(&key, other);
        assert_eq!(fault(copy(&world, &offsite, archive)), DestinationFault::Damaged, "byte {at}");
    }
    offsite.spoil(&key, &bytes[..last]);
    assert_eq!(fault(copy(&world, &offsite, archive)), DestinationFault::Damaged);
    offsite.spoil(&key, bytes);
    assert!(copy(&world, &offsite, archive).unwrap().was_there);
}

#[test]
fn every_failure_is_told_and_the_next_try_completes() {
    let world = world();
    let archive = &archives(&world)[0];
    for operation in ["put", "stat", "get"] {
        let offsite = MemoryDestination::new("offsite");
        offsite.fail_next(operation, DestinationFault::Unreachable);
        assert_eq!(fault(copy(&world, &offsite, archive)), DestinationFault::Unreachable, "{operation}");
        let said = world.journal.lines().pop().unwrap();
        assert!(said.contains("destination offsite: can't"), "{said}");
        copy(&world, &offsite, archive).expect("nothing is in the way");
        let said = world.journal.lines().pop().unwrap();
        assert!(said.contains("Copied backups/docs."), "{said}");
    }
}

#[test]
fn an_archive_that_is_gone_or_incomplete_is_not_copied() {
    let (world, offsite) = (world(), MemoryDestination::new("offsite"));
    let archive = archives(&world).into_iter().find(|archive| archive.file_name == "music.tar").unwrap();
    world.backups.take("music.tar");
    assert!(matches!(copy(&world, &offsite, &archive), Err(Error::Port(_))));
    let incomplete = BackupRecord { file_name: "docs.incomplete.tar".to_owned(), ..archive };
    assert_eq!(fault(copy(&world, &offsite, &incomplete)), DestinationFault::Unsupported);
    assert_eq!(keys(&offsite), Vec::<String>::new());
}

/// Counts bytes, and cancels after so many.
struct Limited(AtomicU64, u64);

impl Progress for Limited {
    fn advanced(&self, _: &Path, content_bytes: u64) {
        self.0.fetch_add(content_bytes, Ordering::Relaxed);
    }

    fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed) >= self.1
    }
}

#[test]
fn the_bytes_of_the_archive_are_told_and_it_can_be_cancelled() {
    let (world, offsite) = (world(), MemoryDestination::new("offsite"));
    let archive = &archives(&world)[0];
    let counted = Limited(AtomicU64::new(0), u64::MAX);
    world.manager().copy(archive, &offsite, &counted).unwrap();
    assert_eq!(counted.0.into_inner(), archive.archive_bytes);
    let other = MemoryDestination::new("other");
    let cancelled = world.manager().copy(archive, &other, &Limited(AtomicU64::new(0), 0));
    assert_eq!(fault(cancelled), DestinationFault::Cancelled);
    assert_eq!((keys(&other), other.unfinished()), (Vec::new(), Ok(Vec::new())));
}
