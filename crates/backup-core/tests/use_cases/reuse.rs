//! What a run takes over of the archive before, and when it reads everything.

use backup_core::manager::Manager;
use backup_core::model::archive::{CheckReport, DamagedMembers, MemberCheck, PackReport};
use backup_core::model::error::{Error, Failure, PortError};
use backup_core::model::history::{HistoryNote, RunRecord};
use backup_core::ports::{
    ArchiveBytes, Archiver, BackupStore, EndCheck, PackRequest, PackTarget, Progress, RunHistory,
    SeekableBytes, SilentProgress,
};
use backup_core::testing::{Faults, ManualClock, MemoryArchiver, MemoryBackups, at};

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
    ) -> Result<CheckReport, PortError> {
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
        assert!(run.sha256.is_some(), "{day}: the digest is known all the same");
        assert_eq!(run.last_full.is_some(), run.taken_over_bytes > 0, "{day}");
        run.taken_over_bytes > 0
    };
    days.iter().map(run_on).collect()
}

fn world(options: &str) -> World {
    World::at("2026-03-01T00:00:00Z").with_schedules(&format!("docs;16:07;docs{options}\n"))
}

#[test]
fn nothing_is_taken_over_unless_the_schedule_says_so() {
    for options in ["", ";reuse=no", ";reuse=auto;compress=zstd"] {
        assert_eq!(taken_over(&world(options), &["03-01", "03-02"]), [false, false], "{options}");
    }
}

#[test]
fn everything_is_read_once_in_a_period() {
    let days = ["03-01", "03-02", "03-08", "03-09", "04-07", "04-08", "05-09"];
    for (options, expected) in [
        (";reuse=auto", [false, true, true, true, false, true, false]),
        (";reuse=auto;full=weekly", [false, true, false, true, false, true, false]),
        (";reuse=auto;full=daily", [false; 7]),
        (";reuse=auto;full=never", [false, true, true, true, true, true, true]),
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
