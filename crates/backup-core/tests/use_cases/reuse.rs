//! What a run takes over of the archive before, and when it reads everything.

use std::cell::RefCell;

use backup_core::manager::Verify;
use backup_core::model::archive::PackReport;
use backup_core::model::error::{Failure, PortError};
use backup_core::model::history::{HistoryNote, Ledger, RunRecord};
use backup_core::model::job::{RunJob, VerifyJob};
use backup_core::operation::run::perform;
use backup_core::ports::{
    Archiver, BackupStore, EndCheck, PackRequest, PackTarget, Progress, RunHistory, SilentProgress,
};
use backup_core::service::{Service, ServiceSettings};
use backup_core::testing::{
    Faults, InstantRunner, ManualClock, MemoryArchiver, MemoryBackups, MemorySource, at,
};
use backup_core::time::Clock;
use chrono::TimeDelta;

use crate::world::World;

/// Takes over everything if there is an earlier archive, and packs if not.
struct Reusing<'a>(&'a MemoryArchiver);

impl Archiver for Reusing<'_> {
    fn pack(
        &self,
        request: &PackRequest<'_>,
        out: &mut dyn PackTarget,
        progress: &dyn Progress,
    ) -> Result<PackReport, PortError> {
        let failed = |error| PortError::io("write the archive", error);
        let mut packed = Vec::new();
        let mut report = self.0.pack(request, &mut packed, progress)?;
        out.write_catalog(b"a catalog").map_err(failed)?;
        if request.base_began.is_some() && out.open_base().is_some() {
            out.take_over(0..packed.len() as u64).map_err(failed)?;
            (report.taken_over_entries, report.taken_over_bytes) = (report.entries, packed.len() as u64);
        } else {
            out.write_all(&packed).map_err(failed)?;
        }
        Ok(report)
    }

    fn can_check(&self) -> bool {
        true
    }

    fn check(
        &self,
        archive: &mut dyn std::io::Read,
        end_check: EndCheck,
        progress: &dyn Progress,
    ) -> Result<backup_core::model::archive::CheckReport, PortError> {
        self.0.check(archive, end_check, progress)
    }
}

/// Runs the backup once, and returns its record.
fn run(world: &World) -> RunRecord {
    let archiver = Reusing(&world.archiver);
    let mut ports = world.ports();
    ports.archiver = &archiver;
    backup_core::manager::Manager::new(ports).run("docs", &SilentProgress).expect("the backup can be made");
    let notes = world.history.load().expect("the history can be read");
    let ended = notes.into_iter().rev().find_map(|note| match note {
        HistoryNote::Ended(run) => Some(run),
        _ => None,
    });
    ended.expect("the run has ended")
}

/// Runs at the same time of each of these days, and returns on which of them parts were taken over.
fn taken_over(world: &World, days: &[&str]) -> Vec<bool> {
    let run_on = |day: &&str| {
        world.clock.set(at(&format!("2026-{day}T16:07:00Z")));
        let run = run(world);
        assert_eq!(
            run.sha256.is_none(),
            run.taken_over_bytes > 0,
            "{day}: nobody has read what was taken over"
        );
        assert_eq!(run.last_full.is_some(), run.taken_over_bytes > 0, "{day}");
        run.taken_over_bytes > 0
    };
    days.iter().map(run_on).collect()
}

fn world(options: &str) -> World {
    World::at("2026-03-01T00:00:00Z").with_schedules(&format!("docs;16:07;docs{options}\n"))
}

#[test]
fn what_is_unchanged_is_taken_over_unless_the_schedule_says_no() {
    for (options, expected) in
        [("", true), (";reuse=auto", true), (";reuse=no", false), (";reuse=auto;compress=zstd", false)]
    {
        assert_eq!(taken_over(&world(options), &["03-01", "03-02"]), [false, expected], "{options}");
    }
}

#[test]
fn everything_is_read_once_in_a_period() {
    let days = ["03-01", "03-02", "03-08", "03-09", "04-07", "04-08", "05-09"];
    for (options, expected) in [
        (";reuse=auto", [false, true, true, true, false, true, false]),
        (";full=weekly", [false, true, false, true, false, true, false]),
        (";full=daily", [false; 7]),
        (";full=never", [false, true, true, true, true, true, true]),
    ] {
        assert_eq!(taken_over(&world(options), &days), expected, "{options}");
    }
}

#[test]
fn what_can_not_be_taken_over_is_read() {
    let mut world = world(";reuse=auto");
    let faults = Faults::only("take over");
    world.backups = MemoryBackups::failing(ManualClock::utc(at("2026-03-01 00:00")), &faults);
    assert_eq!(taken_over(&world, &["03-01", "03-02"]), [false, true]);
    faults.fail_from(1, Failure::Other);
    assert_eq!(taken_over(&world, &["03-03"]), [false]);
    let said = world.journal.sentences();
    assert!(said.iter().any(|line| line.contains("write the archive")), "{said:?}");
    assert_eq!(said.last().map(String::as_str), Some("Backup done for docs in backups/docs.tar"));
    faults.fail_from(usize::MAX, Failure::Other);
    assert_eq!(taken_over(&world, &["03-04"]), [true], "the next one is a base again");
}

#[test]
fn an_archive_that_somebody_changed_is_no_base() {
    let world = world(";reuse=auto");
    assert_eq!(taken_over(&world, &["03-01", "03-02"]), [false, true]);
    let stored = world.backups.stored("docs.tar").expect("it was made");
    world.backups.put("docs.tar", stored);
    assert_eq!(taken_over(&world, &["03-03"]), [false], "it has no catalog any more");
    assert_eq!(world.backups.list().expect("they can be listed").len(), 1);
}

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
