//! What a run takes over of the archive before, and when it reads everything.

use std::cell::RefCell;

use backup_core::manager::{ArchiveTotals, Manager, OverviewRequest, ServiceManager, Verify};
use backup_core::model::archive::PackReport;
use backup_core::model::error::{Error, Failure, PortError};
use backup_core::model::history::{HistoryNote, Ledger, RunKey, RunRecord};
use backup_core::model::job::{RunJob, RunResult, VerifyJob};
use backup_core::model::schedule::ScheduleEntry;
use backup_core::operation::disk_use::DiskUse;
use backup_core::operation::run::perform;
use backup_core::ports::{
    Archiver, BackupStore, EndCheck, MockServiceControl, PackRequest, PackTarget, Progress, RunHistory,
    SilentProgress,
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
    Manager::new(ports).run("docs", &SilentProgress).expect("the backup can be made");
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

/// Runs three times, on days in a row.
fn three_generations(world: &World) -> Manager<'_> {
    assert_eq!(taken_over(world, &["03-01", "03-02", "03-03"]), [false, true, true]);
    world.manager()
}

#[test]
fn what_archives_share_is_on_the_disk_once() {
    let world = world(";reuse=auto;keep=last:9");
    let manager = three_generations(&world);
    let listed = manager.backups().expect("they can be listed");
    let bytes = listed[0].archive_bytes;
    let uses = manager.disk_uses(&listed).expect("they can be listed");
    assert_eq!((listed.len(), uses.together_bytes), (3, Some(bytes)));
    let shared = DiskUse { disk_bytes: bytes, exclusive_bytes: 0 };
    assert!(listed.iter().all(|backup| uses.each[&backup.file_name] == shared), "{uses:?}");
    // One of two others is left out of the view, and shares all the same.
    let uses = manager.disk_uses(&listed[..1]).expect("they can be listed");
    assert_eq!(
        (uses.each.len(), uses.each[&listed[0].file_name], uses.together_bytes),
        (1, shared, Some(bytes))
    );
    let mut control = MockServiceControl::new();
    control.expect_running().returning(|| Ok(None));
    let status = ServiceManager::new(world.ports(), &control).overview(&OverviewRequest::default());
    let totals = status.expect("it can be read").backups[0].archives.as_deref().copied();
    let expected = ArchiveTotals { archives: 3, archive_bytes: 3 * bytes, disk_bytes: Some(bytes) };
    assert_eq!(totals, Some(expected));
    // A copy shares nothing.
    world.backups.copy("docs.tar", "copied.tar");
    let listed = manager.backups().expect("they can be listed");
    assert_eq!(manager.disk_uses(&listed).expect("they can be listed").together_bytes, Some(2 * bytes));
}

#[test]
fn a_prune_frees_what_stays_nowhere_else() {
    let world = world(";reuse=auto;keep=last:9");
    three_generations(&world);
    world.schedules.write("docs;16:07;docs;reuse=auto;keep=last:1\n");
    let plan = || world.manager().prune_plan("docs").expect("it can be planned");
    let bytes = world.manager().backups().expect("they can be listed")[0].archive_bytes;
    assert_eq!((plan().going_bytes, plan().freed_bytes), (2 * bytes, Some(0)));
    // Once the newest shares nothing, two names of the same bytes are free together.
    let stored = world.backups.stored("docs.tar").expect("it was made");
    world.backups.put("docs.tar", stored);
    assert_eq!((plan().going_bytes, plan().freed_bytes), (2 * bytes, Some(bytes)));
    let _ = world.backups.clone().hiding_space();
    assert_eq!((plan().going_bytes, plan().freed_bytes), (2 * bytes, None));
}

/// Returns how the next planned run ends if so many MiB are free. The last three archives have 900 MiB each, of which the runs
/// of the second and third day wrote 20 and 50 MiB.
fn planned_run(options: &str, now: &str, free_mib: u64) -> Result<(), (u64, u64)> {
    let world = world(";reuse=auto;keep=last:9");
    three_generations(&world);
    let mut notes = world.history.notes();
    let mut new_bytes = [900, 20, 50].iter().map(|mib| mib << 20);
    for note in &mut notes {
        if let HistoryNote::Ended(run) = note {
            run.archive_bytes = 900 << 20;
            run.taken_over_bytes = run.archive_bytes - new_bytes.next().expect("there are three runs");
        }
    }
    world.backups.set_free_bytes(Some(free_mib << 20));
    let entry: ScheduleEntry = format!("docs;16:07;docs;keep=last:9{options}").parse().expect("it is one");
    let key = RunKey { entry: entry.identity(), planned: Some(at(now)) };
    let job = RunJob::new(key, entry, 0, &Ledger::new(&notes), at(now));
    match perform(&world.ports(), &job, &SilentProgress) {
        RunResult::NotMade(Error::NoRoom { needed_bytes, free_bytes, .. }) => {
            Err((needed_bytes >> 20, free_bytes >> 20))
        }
        RunResult::NotMade(error) => panic!("{error:?}"),
        _ => Ok(()),
    }
}

#[test]
fn a_run_that_takes_over_most_needs_room_for_what_is_new() {
    let next_day = "2026-03-04T16:07:00Z";
    assert_eq!(planned_run(";reuse=auto", next_day, 100), Ok(()));
    assert_eq!(planned_run(";reuse=auto", next_day, 99), Err((100, 99)));
    // Everything is read: nothing may be taken over, or it is time for that.
    assert_eq!(planned_run(";reuse=no", next_day, 899), Err((900, 899)));
    assert_eq!(planned_run(";reuse=auto", "2026-04-04T16:07:00Z", 899), Err((900, 899)));
    assert_eq!(planned_run(";reuse=auto;full=never", "2026-04-04T16:07:00Z", 100), Ok(()));
    assert_eq!(planned_run(";reuse=auto;full=daily", next_day, 899), Err((900, 899)));
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
