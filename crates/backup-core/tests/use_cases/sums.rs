//! When the SHA-256 of what was taken over is found out.

use std::cell::RefCell;

use backup_core::manager::Verify;
use backup_core::model::error::Failure;
use backup_core::model::history::Ledger;
use backup_core::model::job::{RunJob, VerifyJob};
use backup_core::operation::run::perform;
use backup_core::ports::{BackupStore, Progress, RunHistory, SilentProgress};
use backup_core::service::{Service, ServiceSettings};
use backup_core::testing::{Faults, InstantRunner, MemoryArchiver, MemorySource, at};
use backup_core::time::Clock;
use chrono::TimeDelta;

use crate::reuse::{Reusing, run, world};
use crate::world::World;

/// Runs the service over a day, and returns when it verified which archives.
fn served(world: &World, until: &str, verifies: bool) -> Vec<String> {
    let archiver = Reusing(&world.archiver);
    let mut ports = world.ports();
    ports.archiver = &archiver;
    let verified = RefCell::new(Vec::new());
    let verify = |job: &VerifyJob, progress: &dyn Progress| {
        let now = world.clock.now().format("%d %H:%M");
        verified.borrow_mut().push(format!("{now} {}", job.archive));
        Verify::new(ports).perform(job, progress);
    };
    let work = |job: &RunJob, progress: &dyn Progress| perform(&ports, job, progress);
    let runner = InstantRunner::new(&world.clock, at(until), work).taking(|_| TimeDelta::minutes(2));
    let runner = if verifies { runner.verifying(verify, TimeDelta::minutes(1)) } else { runner };
    Service::new(ports, ServiceSettings::default()).run(&runner);
    drop(runner);
    verified.into_inner()
}

/// Returns the file names in the list of checksums.
fn listed(world: &World) -> Vec<String> {
    let list = world.backups.checksum_list();
    list.lines().filter_map(|line| Some(line.split_once("  ")?.1.to_owned())).collect()
}

#[test]
fn the_service_finds_out_the_sum_of_what_was_taken_over() {
    let world = world(";keep=last:3");
    run(&world);
    assert_eq!(listed(&world), ["docs.tar"]);
    let verified = served(&world, "2026-03-02T23:00:00Z", true);
    assert_eq!(verified, ["01 16:10 docs.tar", "02 16:10 docs.tar"], "once each, after the run");
    assert_eq!(
        listed(&world),
        ["docs.2026-03-01T00-00+0000.tar", "docs.2026-03-01T16-07+0000.tar", "docs.tar"]
    );
    let notes = world.history.load().expect("the history can be read");
    let ledger = Ledger::new(&notes);
    assert!(ledger.unsummed().is_empty());
    for (archive, run) in ledger.generations(&"docs".parse().expect("a name")) {
        let stored = world.backups.digest(archive, &SilentProgress).expect("it can be read");
        assert_eq!(ledger.sha256_of(run), Some(stored.sha256), "{archive}");
    }
}

#[test]
fn a_later_service_catches_up_with_the_newest_first_and_a_verify_by_hand_counts() {
    let world = world(";keep=last:4");
    run(&world);
    assert!(served(&world, "2026-03-03T15:00:00Z", false).is_empty());
    assert_eq!(
        listed(&world),
        ["docs.2026-03-01T00-00+0000.tar"],
        "no line tells of an archive that nobody has read"
    );
    let archives = world.backups.list().expect("they can be listed");
    let older =
        archives.iter().find(|archive| archive.file_name.contains("03-01T16-07")).expect("it was kept");
    Verify::new(world.ports()).verify(older, &SilentProgress).expect("it can be verified");
    assert_eq!(listed(&world), ["docs.2026-03-01T00-00+0000.tar", "docs.2026-03-01T16-07+0000.tar"]);
    assert_eq!(served(&world, "2026-03-03T15:30:00Z", true), ["03 15:01 docs.tar"]);
    assert_eq!(listed(&world).len(), 3);
}

#[test]
fn a_verify_that_a_stop_interrupts_says_nothing_and_is_done_again() {
    let world = world("");
    run(&world);
    served(&world, "2026-03-01T16:09:30Z", false);
    // Begun at 16:10, and stopped before it ends.
    let before =
        (world.history.load().expect("the history can be read").len(), world.journal.sentences().len());
    assert_eq!(served(&world, "2026-03-01T16:10:00Z", true), ["01 16:10 docs.tar"]);
    let said = world.journal.sentences().split_off(before.1);
    assert_eq!(said, ["the service started", "the service stopped"]);
    assert_eq!(world.history.load().expect("the history can be read").len(), before.0);
    assert!(listed(&world).is_empty());
    assert_eq!(served(&world, "2026-03-01T17:00:00Z", true).len(), 1, "the next service does it");
    assert_eq!(listed(&world), ["docs.tar"]);
}

#[test]
fn what_is_damaged_gets_no_sum_and_is_not_read_over_and_over() {
    let mut world = world("");
    let faults = Faults::only("check");
    world.archiver = MemoryArchiver::failing(&faults)
        .with("/home/docs", MemorySource::folder().file("letter", "Dear all"));
    run(&world);
    served(&world, "2026-03-01T18:00:00Z", false);
    faults.fail_from(0, Failure::Damaged);
    let verified = served(&world, "2026-03-01T23:00:00Z", true);
    assert_eq!(verified.len(), 1);
    assert!(listed(&world).is_empty());
}
