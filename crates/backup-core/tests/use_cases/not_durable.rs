//! A run that failed once its archive had taken its place: nobody knows whether it stays there after a power cut, but it
//! stands now, and everybody tells so.

use backup_core::manager::{ScheduleStatus, ServiceManager, Verify, VerifyRequest};
use backup_core::model::archive::FindingKind;
use backup_core::model::error::{Error, Failure};
use backup_core::model::history::{Outcome, RunRecord, Verdict};
use backup_core::policy::retention::Retention;
use backup_core::ports::{MockServiceControl, SilentProgress};
use backup_core::service::ServiceSettings;
use backup_core::testing::{Faults, InstantRunner, MemoryBackups, MemorySource, at};

use crate::world::World;

const REASON: &str = "Input/output error";

/// A world in which the schedule was kept on 9 March, after which the source has changed. As of then the last step of each
/// publish fails as is scripted.
fn world(options: &str) -> (World, Faults) {
    let faults = Faults::only("sync");
    let mut world = World::at("2026-03-09T16:00:00Z");
    world.backups = MemoryBackups::failing(world.clock.clone(), &faults);
    world.manager().create(&format!("docs;16:07;docs{options}")).expect("the schedule is good");
    serve(&world, "2026-03-10T12:00:00Z");
    world.archiver.put("/home/docs", MemorySource::folder().file("letter", "new").file("other", "new"));
    faults.because(REASON).fail_next(Failure::Other);
    (world, faults)
}

fn serve(world: &World, end: &str) {
    let work = world.work();
    let runner = InstantRunner::new(&world.clock, at(end), &work);
    world.service(ServiceSettings::default()).run(&runner);
}

fn last(world: &World) -> RunRecord {
    world.ended().pop().expect("a run has ended")
}

fn control() -> MockServiceControl {
    let mut control = MockServiceControl::new();
    control.expect_running().returning(|| Ok(None));
    control
}

fn status(world: &World) -> ScheduleStatus {
    let mut status = ServiceManager::new(world.ports(), &control()).status().expect("no fault was scripted");
    status.schedules.remove(0)
}

fn verdict(world: &World) -> Verdict {
    let desk = Verify::new(world.ports());
    let order = VerifyRequest { name: None, all: true };
    let plan = desk.plan(&order).expect("there are backups");
    assert!(plan.missing.is_empty(), "{:?}", plan.missing);
    let verified = desk.verify(&plan.archives[0], &SilentProgress).expect("no fault was scripted");
    verified.expect("it stands").verdict
}

#[test]
fn the_history_holds_what_stands_now() {
    let (world, _) = world("");
    serve(&world, "2026-03-10T17:00:00Z");
    let run = last(&world);
    assert_eq!((run.outcome, run.archive.as_deref()), (Outcome::Failed, Some("docs.tar")));
    let stands = world.backups.stored("docs.tar").expect("it has taken its place");
    assert_eq!(usize::try_from(run.archive_bytes), Ok(stands.len()));
    assert!(
        world.backups.contents("docs.tar").is_some_and(|new| String::from_utf8_lossy(&new).contains("other"))
    );
    assert!(run.problems[0].contains(REASON), "{:?}", run.problems);
    assert!(matches!(verdict(&world), Verdict::Good(_)), "{:?}", verdict(&world));
    let sum: String = run.sha256.expect("it was sealed").iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(world.backups.checksum_list(), format!("{sum}  docs.tar\n"));
    let said = world.journal.sentences();
    let failed = format!("Error: can't back up docs: can't sync docs: {REASON}");
    assert_eq!(said.iter().filter(|line| **line == failed).count(), 1, "{said:?}");
}

#[test]
fn it_is_no_good_backup_and_the_next_one_is() {
    let (world, _) = world("");
    serve(&world, "2026-03-10T17:00:00Z");
    let schedule = status(&world);
    assert_eq!(schedule.archive_problem, None);
    assert_eq!(schedule.complete.map(|run| run.outcome), Some(Outcome::Failed));
    let overdue = schedule.overdue.expect("nothing good stands");
    assert_eq!((overdue.planned, overdue.last_good), (at("2026-03-10T16:07:00Z"), None));
    serve(&world, "2026-03-11T17:00:00Z");
    assert_eq!(last(&world).outcome, Outcome::Done);
    assert_eq!(status(&world).overdue, None);
}

#[test]
fn why_tells_what_it_changed() {
    let (world, _) = world("");
    serve(&world, "2026-03-10T17:00:00Z");
    let control = control();
    let told = ServiceManager::new(world.ports(), &control).why("docs", "2026-03-10").expect("it is known");
    insta::assert_snapshot!(told[0].to_string(), @"docs;16:07;docs, planned for 2026-03-10 16:07: it ran in time. It began at 2026-03-10 16:07 and FAILED at 2026-03-10 16:07 after the new archive was published in backups/docs.tar (can't back up docs: can't sync docs: Input/output error). That archive may not survive a power cut: run the backup again.");
}

#[test]
fn by_hand_it_fails_and_the_sums_are_right() {
    let (world, _) = world("");
    let error = world.manager().run("docs", &SilentProgress).expect_err("its last step failed");
    assert!(matches!(error, Error::BackupFailed { ref cause, .. } if cause.failure == Failure::NotDurable));
    assert_eq!((last(&world).outcome, last(&world).archive.as_deref()), (Outcome::Failed, Some("docs.tar")));
    assert!(matches!(verdict(&world), Verdict::Good(_)));
    let sum = last(&world).sha256.map(|sum| format!("{:02x}", sum[0]));
    assert!(
        sum.is_some_and(|sum| world.backups.checksum_list().starts_with(&sum)),
        "{}",
        world.backups.checksum_list()
    );
}

#[test]
fn an_incomplete_one_stays_incomplete() {
    let (world, _) = world("");
    let unreadable = FindingKind::Unreadable("Permission denied".to_owned());
    world.archiver.put("/home/docs", MemorySource::folder().file("a", "a").finding("b", unreadable));
    serve(&world, "2026-03-10T17:00:00Z");
    assert_eq!(last(&world).archive.as_deref(), Some("docs.incomplete.tar"));
    assert!(matches!(verdict(&world), Verdict::Incomplete(_)), "{:?}", verdict(&world));
    assert_eq!(world.backups.file_names(), ["docs.incomplete.tar", "docs.tar"]);
    assert_eq!(status(&world).complete.map(|run| run.outcome), Some(Outcome::Done), "the old one stands");
}

#[test]
fn as_a_generation_it_counts_for_no_rule_and_stays() {
    let (world, _) = world(";keep=last:2");
    serve(&world, "2026-03-10T17:00:00Z");
    assert_eq!(last(&world).set_aside.as_deref(), Some("docs.2026-03-09T16-07+0000.tar"));
    let last_good = status(&world).overdue.map(|overdue| overdue.last_good);
    assert_eq!(last_good, Some(Some(at("2026-03-09T16:07:00Z"))), "the older one is");
    serve(&world, "2026-03-11T17:00:00Z");
    let verdicts = || {
        let planned =
            world.manager().prune_plan("docs").expect("the schedule keeps some").generations.into_iter();
        planned.map(|one| (one.file_name, one.verdict == Retention::Doubtful)).collect::<Vec<_>>()
    };
    let named = |name: &str, is_doubtful: bool| (format!("docs{name}.tar"), is_doubtful);
    let [ninth, tenth] = [".2026-03-09T16-07+0000", ".2026-03-10T16-07+0000"];
    assert_eq!(verdicts(), [named(ninth, false), named(tenth, true), named("", false)]);
    serve(&world, "2026-03-12T17:00:00Z");
    let eleventh = ".2026-03-11T16-07+0000";
    assert_eq!(verdicts(), [named(tenth, true), named(eleventh, false), named("", false)]);
}
