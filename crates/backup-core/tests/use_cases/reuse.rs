//! What a run takes over of the archive before, and when it reads everything.

use backup_core::manager::{ArchiveTotals, BackupState, Manager, OverviewRequest, ServiceManager};
use backup_core::model::archive::{CheckReport, DamagedMembers, MemberCheck, PackReport};
use backup_core::model::error::{Error, Failure, PortError};
use backup_core::model::history::{HistoryNote, Ledger, RunKey, RunRecord};
use backup_core::model::job::{RunJob, RunResult};
use backup_core::model::schedule::ScheduleEntry;
use backup_core::operation::disk_use::DiskUse;
use backup_core::operation::run::perform;
use backup_core::ports::{
    ArchiveBytes, Archiver, BackupStore, EndCheck, MockServiceControl, PackRequest, PackTarget, Progress,
    RunHistory, SeekableBytes, SilentProgress,
};
use backup_core::testing::{Faults, ManualClock, MemoryArchiver, MemoryBackups, at};

use crate::world::World;

/// Takes over everything if there is an earlier archive, and packs if not.
pub(crate) struct Reusing<'a>(pub(crate) &'a MemoryArchiver);

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
            out.comparable_parts().into_iter().for_each(|part| out.compare(part.start, part));
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
    ) -> Result<CheckReport, PortError> {
        self.0.check(archive, end_check, progress)
    }
}

/// Runs the backup once, and returns its record.
pub(crate) fn run(world: &World) -> RunRecord {
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
        let lines = world.schedules.bytes().unwrap_or_default();
        let is_taken_over = run.last_full.is_some();
        let is_read = !is_taken_over || String::from_utf8_lossy(&lines).contains("verify=yes");
        assert_eq!(run.sha256.is_some(), is_read, "{day}: the digest of what was read is known");
        assert!(!is_taken_over || run.shared_bytes > 0, "{day}");
        is_taken_over
    };
    days.iter().map(run_on).collect()
}

pub(crate) fn world(options: &str) -> World {
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
fn a_run_that_reads_everything_shares_what_is_the_same() {
    for (options, day, shares) in [
        ("", "04-07", true),
        (";full=daily", "03-03", true),
        (";full=never", "03-03", true),
        (";reuse=no", "03-03", false),
    ] {
        let world = world(options);
        taken_over(&world, &["03-01", "03-02"]);
        world.clock.set(at(&format!("2026-{day}T16:07:00Z")));
        let archiver = Reusing(&world.archiver);
        let mut ports = world.ports();
        ports.archiver = &archiver;
        let made = Manager::new(ports).run_in_full("docs", &[], &SilentProgress).expect("it can be made");
        let run = made.record.expect("it was made");
        assert_eq!((run.last_full, run.sha256.is_some()), (None, true), "{options}");
        assert_eq!(run.shared_bytes, if shares { run.archive_bytes } else { 0 }, "{options}");
        assert_eq!(run.new_bytes(), run.archive_bytes - run.shared_bytes);
    }
    // Without being asked, once it is time.
    let world = world(";full=weekly");
    assert_eq!(taken_over(&world, &["03-01", "03-02", "03-08"]), [false, true, false]);
    let notes = world.history.load().expect("the history can be read");
    let HistoryNote::Ended(run) = notes.last().expect("there is one") else { panic!("{notes:?}") };
    assert_eq!((run.shared_bytes, run.last_full), (run.archive_bytes, None));
}

/// A base that was damaged since is found out while it is copied. As a drill or a verify would, the run notes that.
#[test]
fn a_base_that_turns_out_to_be_damaged_is_noted() {
    let mut world = world(";keep=last:9");
    let faults = Faults::only("take over");
    world.backups = MemoryBackups::failing(ManualClock::utc(at("2026-03-01 00:00")), &faults);
    assert_eq!(taken_over(&world, &["03-01"]), [false]);
    world.backups.damage("docs.tar");
    faults.fail_from(0, Failure::Damaged);
    assert_eq!(taken_over(&world, &["03-02"]), [false], "everything is read");
    let said = world.journal.sentences();
    let found: Vec<_> = said.iter().filter(|line| line.starts_with("Verified backups/docs.tar: ")).collect();
    assert!(found.len() == 1 && (found[0].contains("DAMAGED") || found[0].contains("CHANGED")), "{said:?}");
    let notes = world.history.load().expect("the history can be read");
    let ledger = Ledger::new(&notes);
    let flawed: Vec<_> = ledger
        .generations(&"docs".parse().expect("a name"))
        .into_iter()
        .map(|(_, run)| ledger.flaw_of(run).is_some())
        .collect();
    assert_eq!(flawed, [true, false], "the older one is condemned, and the new one is good");
}

#[test]
fn a_damaged_base_is_reported_and_status_shows_it_while_it_exists() {
    let older = "docs.2026-03-01T16-07+0000.tar";
    for (options, kept) in [("", None), (";keep=last:2", Some(older))] {
        let mut world = world(options);
        let faults = Faults::only("take over");
        world.backups = MemoryBackups::failing(ManualClock::utc(at("2026-03-01 00:00")), &faults);
        let report = |world: &World, day: &str| {
            world.clock.set(at(&format!("2026-{day}T16:07:00Z")));
            let archiver = Reusing(&world.archiver);
            let mut ports = world.ports();
            ports.archiver = &archiver;
            Manager::new(ports).run("docs", &SilentProgress).expect("the backup can be made").bad_base
        };
        assert_eq!(report(&world, "03-01"), None);
        world.backups.damage("docs.tar");
        faults.fail_next(Failure::Damaged);
        let bad = report(&world, "03-02").expect("the run met the damage");
        assert_eq!((bad.name.as_str(), bad.archive.as_deref()), ("docs", kept));
        let mut control = MockServiceControl::new();
        control.expect_running().returning(|| Ok(None));
        let states = || {
            let status = ServiceManager::new(world.ports(), &control).status().expect("it can be read");
            (BackupState::of(&status.schedules[0]) == BackupState::OlderFlawed, status.is_all_right())
        };
        assert_eq!(states(), (kept.is_some(), true));
        assert_eq!(report(&world, "03-03"), None, "that base is good");
        assert_eq!(states(), (kept.is_some(), true), "no rule removes a damaged one");
        assert_eq!(world.backups.take(older), kept.is_some());
        assert_eq!(states(), (false, true), "it was removed by hand");
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

/// Returns how the next planned run ends if so many MiB are free. The last three archives have 900 MiB each. The runs of the
/// second and third day wrote only 20 and 50 MiB.
fn planned_run(options: &str, now: &str, free_mib: u64) -> Result<(), (u64, u64)> {
    let world = world(";reuse=auto;keep=last:9");
    three_generations(&world);
    let mut notes = world.history.notes();
    let mut new_bytes = [900, 20, 50].iter().map(|mib| mib << 20);
    for note in &mut notes {
        if let HistoryNote::Ended(run) = note {
            run.archive_bytes = 900 << 20;
            run.shared_bytes = run.archive_bytes - new_bytes.next().expect("there are three runs");
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

/// As [`Reusing`], with a base in which a file is damaged.
struct Rotten<'a>(Reusing<'a>);

impl Rotten<'_> {
    fn damaged() -> DamagedMembers {
        let mut damaged = DamagedMembers::default();
        damaged.add("docs/letter".into());
        damaged
    }
}

impl Archiver for Rotten<'_> {
    fn pack(
        &self,
        request: &PackRequest<'_>,
        out: &mut dyn PackTarget,
        progress: &dyn Progress,
    ) -> Result<PackReport, PortError> {
        self.0.pack(request, out, progress)
    }

    fn can_check(&self) -> bool {
        true
    }

    fn check_members(
        &self,
        archive: &mut dyn std::io::Read,
        _catalog: &mut dyn SeekableBytes,
        end_check: EndCheck,
        progress: &dyn Progress,
    ) -> Result<(CheckReport, Option<MemberCheck>), PortError> {
        let report = self.0.check(archive, end_check, progress)?;
        Ok((report, Some(MemberCheck { damaged: Self::damaged(), is_since_pack: true })))
    }

    fn damaged_members(
        &self,
        _archive: &mut dyn ArchiveBytes,
        _progress: &dyn Progress,
    ) -> Result<Option<DamagedMembers>, PortError> {
        Ok(Some(Self::damaged()))
    }
}

#[test]
fn a_base_in_which_a_file_is_damaged_is_not_taken_over_again() {
    let world = world(";reuse=auto;verify=yes");
    assert_eq!(taken_over(&world, &["03-01", "03-02"]), [false, true]);
    world.clock.set(at("2026-03-03T16:07:00Z"));
    let archiver = Rotten(Reusing(&world.archiver));
    let mut ports = world.ports();
    ports.archiver = &archiver;
    let failed = Manager::new(ports).run("docs", &SilentProgress).map(drop).unwrap_err();
    assert!(matches!(&failed, Error::BackupFailed { cause, .. } if cause.failure == Failure::Damaged));
    let said = world.journal.sentences();
    let found = "Verified backups/docs.tar: DAMAGED: docs/letter isn't what was stored";
    assert!(said.iter().any(|line| line == found), "{said:?}");
    assert_eq!(
        taken_over(&world, &["03-04", "03-05"]),
        [false, true],
        "all is read, and that is a base again"
    );
}
