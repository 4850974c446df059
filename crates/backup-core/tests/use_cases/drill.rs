//! Proving that backups come back: by hand, and by the service where a schedule wants it.

use std::path::Path;

use backup_core::manager::{Drill, DrillPlan, ServiceManager};
use backup_core::model::archive::BackupRecord;
use backup_core::model::archive::Suggestion;
use backup_core::model::error::{Error, Failure};
use backup_core::model::history::DrillReceipt;
use backup_core::model::history::Outcome;
use backup_core::policy::retention::Retention;
use backup_core::ports::{MockServiceControl, Progress, SilentProgress};
use backup_core::service::ServiceSettings;
use backup_core::testing::{Faults, InstantRunner, MemoryDriller, MemoryHistory, MemorySource, at};
use chrono::TimeDelta;

use crate::world::World;

/// Serves until `end`, with drills that take that long.
fn serve<'a>(
    world: &'a World,
    end: &str,
    takes: TimeDelta,
    script: impl FnOnce(InstantRunner<'a>) -> InstantRunner<'a>,
) -> Vec<String> {
    let runner = InstantRunner::new(&world.clock, at(end), world.work());
    let runner = script(runner.drilling(world.drill_work(), takes));
    world.service(ServiceSettings::default()).run(&runner);
    runner
        .begun()
        .iter()
        .map(|(moment, key)| format!("{} {}", moment.format("%d %H:%M"), key.entry))
        .collect()
}

const A_MINUTE: TimeDelta = TimeDelta::minutes(1);

fn days(receipts: &[DrillReceipt]) -> Vec<String> {
    receipts
        .iter()
        .map(|receipt| format!("{} {}", receipt.began.format("%d %H:%M"), receipt.archive))
        .collect()
}

#[test]
fn the_service_drills_each_week_what_wants_it() {
    let world =
        World::at("2026-03-01T12:00:00Z").with_schedules("docs;16:07;docs;drill=weekly\na;16:07;music\n");
    assert_eq!(serve(&world, "2026-03-16T12:00:00Z", A_MINUTE, |runner| runner).len(), 30);
    let receipts = world.receipts();
    assert_eq!(days(&receipts), ["01 16:08 docs.tar", "08 16:08 docs.tar", "15 16:08 docs.tar"]);
    assert!(receipts.iter().all(|receipt| receipt.passed() && receipt.is_summed));
    assert_eq!(receipts[0].key.planned, Some(at("2026-03-01T16:07:00Z")));
    let said = world.journal.sentences();
    let drilled = said.iter().filter(|line| line.starts_with("Drilled backups/docs.tar: came back whole"));
    assert_eq!(drilled.count(), 3, "{said:#?}");
    assert!(world.ended().iter().all(|run| run.outcome == Outcome::Done));
}

#[test]
fn each_schedule_has_its_own_turn() {
    let world = World::at("2026-03-01T12:00:00Z")
        .with_schedules("docs;16:07;docs;drill=weekly\na;17:00;music;drill=daily;compress=zstd\n");
    serve(&world, "2026-03-03T12:00:00Z", A_MINUTE, |runner| runner);
    let expected = ["01 16:08 docs.tar", "01 17:01 music.tar.zst", "02 17:01 music.tar.zst"];
    assert_eq!(days(&world.receipts()), expected);
}

#[test]
fn a_failed_drill_is_reported_and_repeated_and_the_run_stays_done() {
    let world = World::at("2026-03-01T12:00:00Z").with_schedules("docs;16:07;docs;drill=monthly\n");
    world.driller.spoil("letter", Some(b"Dear alX"));
    world.driller.spoil("x", Some(b""));
    let heals = || world.driller.mend();
    serve(&world, "2026-03-05T12:00:00Z", A_MINUTE, |runner| {
        runner.act_at(at("2026-03-03T00:00:00Z"), heals)
    });
    let passed: Vec<_> = world.receipts().iter().map(DrillReceipt::passed).collect();
    assert_eq!(passed, [false, false, true], "daily while it fails, and monthly again afterwards");
    assert!(world.ended().iter().all(|run| run.outcome == Outcome::Done));
    let said = world.journal.sentences();
    let error = "Error: drilled backups/docs.tar: DID NOT COME BACK WHOLE: 2 differences: letter: its contents differ \
                 from byte 7 on; x: it came back, but isn't in the archive; don't rely on this backup";
    assert_eq!(said.iter().filter(|line| *line == error).count(), 2, "{said:#?}");
}

#[test]
fn what_is_changed_after_it_was_made_fails() {
    let world = World::at("2026-03-01T12:00:00Z").with_schedules("docs;16:07;docs\n");
    world.manager().run("docs", &SilentProgress).unwrap();
    let mut bytes = world.backups.stored("docs.tar").unwrap();
    let at = bytes.windows(4).position(|four| four == b"Dear").unwrap();
    bytes[at] ^= 1;
    world.backups.put("docs.tar", bytes);
    let receipt = drill(&world, "docs").unwrap();
    assert!(!receipt.passed());
    assert_eq!(receipt.lines(9), ["the archive is not what was made: its SHA-256 is another"]);
}

#[test]
fn what_the_history_can_not_hear_of_is_no_other_archive() {
    let faults = Faults::only("append");
    let mut world = World::at("2026-03-01T12:00:00Z").with_schedules("docs;16:07;docs;drill=daily\n");
    world.history = MemoryHistory::failing(&faults);
    serve(&world, "2026-03-02T12:00:00Z", A_MINUTE, |runner| runner);
    world.archiver.put("/home/docs", MemorySource::folder().file("letter", "another"));
    faults.fail_from(1, Failure::Full);
    serve(&world, "2026-03-03T12:00:00Z", A_MINUTE, |runner| runner);
    let said = world.journal.sentences();
    let drilled: Vec<_> =
        said.iter().filter(|line| line.contains("WHOLE") || line.contains("whole")).collect();
    assert_eq!(drilled.len(), 2, "{said:#?}");
    assert!(drilled.iter().all(|line| !line.contains("DID NOT")), "{drilled:#?}");
}

#[test]
fn a_drill_that_can_not_be_made_leaves_no_receipt() {
    let faults = Faults::only("drill");
    faults.fail_nth(1, Failure::Other).because("it isn't installed");
    let mut world = World::at("2026-03-01T12:00:00Z").with_schedules("docs;16:07;docs;drill=weekly\n");
    world.driller = MemoryDriller::failing(&world.backups, &faults);
    serve(&world, "2026-03-04T12:00:00Z", A_MINUTE, |runner| runner);
    assert_eq!(days(&world.receipts()), ["02 16:08 docs.tar"], "it is due, and made with the next backup");
    let said = world.journal.sentences();
    let error = "Error: can't drill backups/docs.tar: can't drill docs.tar: it isn't installed";
    assert!(said.iter().any(|line| line == error), "{said:#?}");
    assert!(world.ended().iter().all(|run| run.outcome == Outcome::Done));
}

#[test]
fn drills_that_can_not_be_made_are_overdue_until_one_is() {
    let faults = Faults::only("drill");
    faults.fail_from(1, Failure::Other);
    let mut world = World::at("2026-03-01T12:00:00Z").with_schedules("docs;16:07;docs;drill=weekly\n");
    world.driller = MemoryDriller::failing(&world.backups, &faults);
    let mut control = MockServiceControl::new();
    control.expect_running().returning(|| Ok(None));
    let look = |end: &str| {
        serve(&world, end, A_MINUTE, |runner| runner);
        let status = ServiceManager::new(world.ports(), &control).status().unwrap();
        let since = status.schedules[0].drill_overdue_since;
        (status.is_all_right(), since.map(|since| since.format("%d %H:%M").to_string()))
    };
    assert_eq!(look("2026-03-03T16:00:00Z"), (true, None), "it is tried again with each backup");
    assert_eq!(look("2026-03-03T17:00:00Z"), (false, Some("01 16:07".to_owned())));
    world.schedules.write("docs;16:07;docs;drill=weekly\na;17:00;music\n");
    assert_eq!(look("2026-03-06T16:00:00Z"), (true, None), "drills may be wanted since then");
    assert_eq!(look("2026-03-06T16:01:00Z"), (true, None));
    assert_eq!(look("2026-03-06T17:30:00Z"), (false, Some("04 16:07".to_owned())));
    faults.clear();
    assert_eq!(look("2026-03-07T17:30:00Z"), (true, None), "it was made at last");
    assert_eq!(world.receipts().len(), 1);
}

#[test]
fn a_stop_ends_drills_at_once_and_leaves_them_owed() {
    let world = World::at("2026-03-01T12:00:00Z").with_schedules("docs;16:07;docs;drill=weekly\n");
    let hours = TimeDelta::hours(5);
    serve(&world, "2026-03-01T16:30:00Z", hours, |runner| runner.stop_at(at("2026-03-01T16:20:00Z")));
    assert_eq!(
        world.at_now().format("%Y-%m-%d %H:%M").to_string(),
        "2026-03-01 16:20",
        "it didn't wait for the drill"
    );
    assert_eq!(world.receipts(), []);
    let said = world.journal.sentences();
    assert!(
        said.contains(&"Drill interrupted for backups/docs.tar; the backup is untouched".to_owned()),
        "{said:#?}"
    );
    serve(&world, "2026-03-02T23:00:00Z", hours, |runner| runner);
    assert_eq!(days(&world.receipts()), ["02 21:07 docs.tar"], "with the next backup, five hours later");
}

#[test]
fn who_is_leaving_begins_no_drill() {
    let world = World::at("2026-03-01T12:00:00Z").with_schedules("docs;16:07;docs;drill=weekly\n");
    let begun = serve(&world, "2026-03-02T12:00:00Z", A_MINUTE, |runner| {
        runner.taking(|_| TimeDelta::hours(1)).stop_at(at("2026-03-01T16:20:00Z"))
    });
    assert_eq!((begun.len(), world.ended().len(), world.receipts().len()), (1, 1, 0));
}

#[test]
fn the_name_is_busy_while_it_is_drilled() {
    let world = World::at("2026-03-01T12:00:00Z")
        .with_schedules("docs;16:07;docs;drill=weekly\ndocs;16:30;docs\na;16:30;music\n");
    let begun = serve(&world, "2026-03-01T23:00:00Z", TimeDelta::hours(2), |runner| runner);
    assert_eq!(begun, ["01 16:07 docs;16:07;docs", "01 16:30 a;16:30;music", "01 18:07 docs;16:30;docs"]);
    assert_eq!(world.receipts().len(), 1);
}

#[test]
fn an_incomplete_backup_and_one_by_hand_are_not_drilled_by_the_service() {
    let world = World::at("2026-03-01T12:00:00Z").with_schedules("docs;16:07;docs;drill=daily\n");
    let unreadable = backup_core::model::archive::FindingKind::Unreadable("why not".to_owned());
    let source = MemorySource::folder().file("letter", "Dear all").finding("secret", unreadable);
    world.archiver.put("/home/docs", source);
    serve(&world, "2026-03-02T12:00:00Z", A_MINUTE, |runner| runner);
    assert_eq!(world.ended()[0].outcome, Outcome::Incomplete);
    assert_eq!(world.receipts(), []);
}

#[test]
fn a_receipt_of_a_clock_that_was_ahead_mutes_nothing() {
    let world = World::at("2036-03-01T12:00:00Z").with_schedules("docs;16:07;docs;drill=monthly\n");
    serve(&world, "2036-03-01T23:00:00Z", A_MINUTE, |runner| runner);
    world.clock.set(at("2026-03-01T12:00:00Z"));
    serve(&world, "2026-03-03T12:00:00Z", A_MINUTE, |runner| runner);
    let years: Vec<_> =
        world.receipts().iter().map(|receipt| receipt.began.format("%Y %d").to_string()).collect();
    assert_eq!(years, ["2036 01", "2026 01"]);
}

fn plan(world: &World, name: Option<&str>) -> Result<Vec<DrillPlan>, Error> {
    Drill::new(world.ports(), &world.driller).plan(name)
}

fn drill(world: &World, name: &str) -> Result<DrillReceipt, Error> {
    let plan = plan(world, Some(name))?.remove(0);
    let proof = Drill::new(world.ports(), &world.driller).drill(&plan, None, &SilentProgress)?;
    assert!(proof.history_error.is_none(), "{proof:?}");
    Ok(proof.receipt)
}

fn shown(plans: &[DrillPlan]) -> Vec<String> {
    plans.iter().map(|plan| format!("{} {} {:?}", plan.name, plan.archive.file_name, plan.entries)).collect()
}

/// A backup disk that is mounted read-only somewhere else.
#[test]
fn a_proof_without_a_receipt_is_a_proof() {
    let faults = Faults::only("append");
    let mut world = World::at("2026-03-01T12:00:00Z").with_schedules("docs;16:07;docs\n");
    world.history = MemoryHistory::failing(&faults);
    world.manager().run("docs", &SilentProgress).unwrap();
    faults.fail_from(1, Failure::Other);
    let plan = plan(&world, Some("docs")).unwrap().remove(0);
    let proof = Drill::new(world.ports(), &world.driller).drill(&plan, None, &SilentProgress).unwrap();
    assert!(proof.receipt.passed());
    assert!(
        proof.history_error.is_some_and(|error| error.to_string().contains("append")),
        "why there is none is told"
    );
    assert_eq!(world.receipts(), []);
    let said = world.journal.sentences();
    assert!(
        said.iter().any(|line| line.starts_with("Drilled backups/docs.tar: came back whole")),
        "{said:#?}"
    );
}

#[test]
fn without_a_name_all_that_have_a_backup_are_drilled_once() {
    let world = World::at("2026-03-01T12:00:00Z");
    assert!(matches!(plan(&world, None), Err(Error::BackupsMissing)));
    let world = world.with_schedules("docs;16:07;docs\ndocs;20:00;docs\na;16:07;music\nb;16:07;new\n");
    world.manager().run("docs", &SilentProgress).unwrap();
    world.manager().run("music", &SilentProgress).unwrap();
    let plans = plan(&world, None).unwrap();
    let expected =
        [r#"docs docs.tar ["docs;16:07;docs", "docs;20:00;docs"]"#, r#"music music.tar ["a;16:07;music"]"#];
    assert_eq!(shown(&plans), expected);
    let desk = Drill::new(world.ports(), &world.driller);
    plans
        .iter()
        .for_each(|plan| drop(desk.drill(plan, Some(Path::new("/scratch")), &SilentProgress).unwrap()));
    assert_eq!(world.driller.drilled(), ["docs.tar", "music.tar"]);
    let entries: Vec<_> = world.receipts().into_iter().map(|receipt| receipt.key.entry).collect();
    assert_eq!(entries, ["docs;16:07;docs", "docs;20:00;docs", "a;16:07;music"], "one receipt a schedule");
    let suggested = [("new", Suggestion::NotMadeYet), ("docs.tar", Suggestion::Name("docs".to_owned()))];
    for (name, suggestion) in suggested {
        let expected =
            |error: &Error| matches!(error, Error::NotABackup { suggestion: it, .. } if *it == suggestion);
        assert!(plan(&world, Some(name)).is_err_and(|error| expected(&error)), "{name}");
    }
    let none = world.with_schedules("b;16:07;new\n");
    assert!(matches!(plan(&none, None), Err(Error::NothingToDrill)));
    assert_eq!(shown(&plan(&none, Some("docs")).unwrap()), [r#"docs docs.tar ["docs;16:07;docs"]"#]);
}

#[test]
fn the_receipts_of_many_by_hand_do_not_let_the_history_grow() {
    let mut world = World::at("2026-03-01T12:00:00Z").with_schedules("docs;16:07;docs\ndocs;20:00;docs\n");
    world.history = MemoryHistory::new().holding(20);
    world.manager().run("docs", &SilentProgress).unwrap();
    (0..30).for_each(|_| drop(drill(&world, "docs").unwrap()));
    let notes = world.history.notes().len();
    assert!((2..=22).contains(&notes), "{notes}");
}

#[test]
fn a_schedule_without_anything_to_drill_is_reported() {
    let text = "docs;16:07;docs;keep=last:3\na;16:07;music\na;20:00;music\nb;16:07;new\n";
    let world = World::at("2026-03-01T12:00:00Z").with_schedules(text);
    let undrilled = || {
        let undrilled = Drill::new(world.ports(), &world.driller).undrilled().unwrap().into_iter();
        let told = undrilled.map(|one| (one.name.to_string(), one.is_missing, one.made, one.older));
        told.collect::<Vec<_>>()
    };
    let never = |name: &str| (name.to_owned(), false, None, None);
    assert_eq!(undrilled(), ["docs", "music", "new"].map(never));
    for name in ["docs", "music", "docs"] {
        world.manager().run(name, &SilentProgress).unwrap();
        world.clock.advance(A_MINUTE);
    }
    assert_eq!(undrilled(), [never("new")]);
    world.backups.take("docs.tar");
    world.backups.take("music.tar");
    let older = "docs.2026-03-01T12-00+0000.tar".to_owned();
    let docs = ("docs".to_owned(), true, Some("docs.tar".to_owned()), Some(older.clone()));
    let music = ("music".to_owned(), true, Some("music.tar".to_owned()), None);
    assert_eq!(undrilled(), [docs, music, never("new")]);
    let suggestion = Suggestion::Older(older.clone());
    let refused = Error::NotABackup { name: "docs".to_owned(), suggestion };
    assert_eq!(plan(&world, Some("docs")).unwrap_err(), refused);
    world.history.clear();
    assert_eq!(
        undrilled()[0],
        ("docs".to_owned(), true, None, Some(older)),
        "an older one was set aside for it"
    );
}

#[test]
fn one_whose_drill_failed_counts_for_no_rule_until_one_passes() {
    let world = World::at("2026-03-01T12:00:00Z").with_schedules("docs;16:07;docs;keep=last:1\n");
    let run = |letter: &str| {
        world.archiver.put("/home/docs", MemorySource::folder().file("letter", letter));
        world.clock.advance(A_MINUTE);
        world.manager().run("docs", &SilentProgress).unwrap();
    };
    let verdicts = || {
        let planned = world.manager().prune_plan("docs").unwrap().generations.into_iter();
        planned.map(|one| one.verdict).collect::<Vec<_>>()
    };
    let kept = || Retention::Kept(vec!["last 1".to_owned()]);
    run("one");
    assert_eq!(verdicts(), [kept()]);
    world.driller.spoil("letter", None);
    assert!(!drill(&world, "docs").unwrap().passed());
    assert_eq!(verdicts(), [Retention::DrillFailed]);
    run("two");
    assert_eq!(verdicts(), [Retention::DrillFailed, kept()], "it is no older one that is kept");
    world.clock.advance(A_MINUTE);
    assert!(!drill(&world, "docs").unwrap().passed());
    assert_eq!(verdicts(), [Retention::DrillFailed, Retention::DrillFailed]);
    world.driller.mend();
    assert!(drill(&world, "docs").unwrap().passed());
    assert_eq!(verdicts(), [Retention::DrillFailed, kept()]);
}

#[test]
fn a_receipt_names_the_run_that_made_the_archive() {
    let world = World::at("2026-03-01T12:00:00Z").with_schedules("docs;16:07;docs\n");
    world.manager().run("docs", &SilentProgress).unwrap();
    let run = world.ended().pop().unwrap();
    let made_by = Some((run.key, run.began));
    assert_eq!(drill(&world, "docs").unwrap().made_by, made_by);
    let notes = world.history.notes();
    world.history.clear();
    assert_eq!(drill(&world, "docs").unwrap().made_by, made_by, "its catalog tells");
    world.history.replace(notes);
    world.backups.lose_catalogs();
    assert_eq!(drill(&world, "docs").unwrap().made_by, made_by, "the history knows its identity");
    let stored = world.backups.stored("docs.tar").unwrap();
    world.clock.advance(A_MINUTE);
    world.backups.put("docs.tar", stored);
    assert_eq!(drill(&world, "docs").unwrap().made_by, None, "only the digest tells");
}

#[test]
fn a_damaged_one_stays_failed_though_the_same_bytes_were_made_anew() {
    let world = World::at("2026-03-01T12:00:00Z").with_schedules("docs;16:07;docs;keep=last:3\n");
    let mut control = MockServiceControl::new();
    control.expect_running().returning(|| Ok(None));
    let is_earlier = || {
        ServiceManager::new(world.ports(), &control).status().unwrap().schedules[0].is_drill_of_older_archive
    };
    let run = || {
        world.clock.advance(A_MINUTE);
        world.manager().run("docs", &SilentProgress).unwrap();
    };
    let verdicts = || {
        let planned = world.manager().prune_plan("docs").unwrap().generations.into_iter();
        planned.map(|one| one.verdict).collect::<Vec<_>>()
    };
    let kept = |place: u32| Retention::Kept(vec![format!("last {place}")]);
    run();
    let good = world.backups.stored("docs.tar").unwrap();
    let mut damaged = good.clone();
    let at = damaged.windows(4).position(|four| four == b"Dear").unwrap();
    damaged[at] ^= 1;
    world.backups.put("docs.tar", damaged);
    world.clock.advance(A_MINUTE);
    assert_eq!(
        drill(&world, "docs").unwrap().lines(1),
        ["the archive is not what was made: its SHA-256 is another"]
    );
    run();
    assert_eq!(world.backups.stored("docs.tar"), Some(good), "nothing has changed in the folder");
    assert_eq!(verdicts(), [Retention::DrillFailed, kept(1)]);
    assert!(is_earlier());
    world.clock.advance(A_MINUTE);
    assert!(drill(&world, "docs").unwrap().passed());
    assert_eq!(verdicts(), [Retention::DrillFailed, kept(1)], "it was another that passed");
    assert!(!is_earlier());
    run();
    run();
    assert_eq!(verdicts(), [Retention::DrillFailed, kept(3), kept(2), kept(1)]);
    run();
    assert_eq!(verdicts(), [Retention::DrillFailed, kept(3), kept(2), kept(1)], "it has no good one's place");
}

#[test]
fn status_tells_a_drill_of_the_backup_that_stands_from_an_earlier_one() {
    let world = World::at("2026-03-01T12:00:00Z").with_schedules("docs;16:07;docs\n");
    let mut control = MockServiceControl::new();
    control.expect_running().returning(|| Ok(None));
    let is_earlier = || {
        ServiceManager::new(world.ports(), &control).status().unwrap().schedules[0].is_drill_of_older_archive
    };
    world.manager().run("docs", &SilentProgress).unwrap();
    assert!(!is_earlier());
    drill(&world, "docs").unwrap();
    assert!(!is_earlier());
    world.archiver.put("/home/docs", MemorySource::folder().file("letter", "another"));
    world.clock.advance(A_MINUTE);
    world.manager().run("docs", &SilentProgress).unwrap();
    assert!(is_earlier());
}

/// Cancels at once.
struct Impatient;

impl Progress for Impatient {
    fn advanced(&self, _path: &Path, _content_bytes: u64) {}

    fn is_cancelled(&self) -> bool {
        true
    }
}

#[test]
fn one_by_hand_that_is_ended_leaves_no_receipt() {
    let world = World::at("2026-03-01T12:00:00Z").with_schedules("docs;16:07;docs\n");
    world.manager().run("docs", &SilentProgress).unwrap();
    let plan = plan(&world, Some("docs")).unwrap().remove(0);
    let desk = Drill::new(world.ports(), &world.driller);
    let ended = desk.drill(&plan, None, &Impatient).unwrap_err();
    assert!(matches!(&ended, Error::DrillFailed { cause, .. } if cause.failure == Failure::Interrupted));
    world.backups.take("docs.tar");
    let gone = DrillPlan { archive: BackupRecord { ..plan.archive.clone() }, ..plan };
    let gone = desk.drill(&gone, None, &SilentProgress).unwrap_err();
    assert!(matches!(&gone, Error::DrillFailed { cause, .. } if cause.failure == Failure::Missing));
    assert_eq!(world.receipts(), []);
}

#[test]
fn status_shows_the_last_drill_and_a_failed_one_is_not_all_right() {
    let world =
        World::at("2026-03-01T12:00:00Z").with_schedules("docs;16:07;docs\na;16:07;music;drill=weekly\n");
    world.manager().run("docs", &SilentProgress).unwrap();
    let mut control = MockServiceControl::new();
    control.expect_running().returning(|| Ok(None));
    let status = || ServiceManager::new(world.ports(), &control).status().unwrap();
    let before = status();
    assert_eq!(before.schedules[0].last_drill, None);
    assert!(before.is_all_right() && before.schedules[1].drills.is_some());
    world.driller.spoil("letter", None);
    drill(&world, "docs").unwrap();
    let failed = status();
    assert!(
        !failed.is_all_right() && failed.schedules[0].last_drill.as_ref().is_some_and(|last| !last.passed())
    );
    assert_eq!(failed.schedules[1].last_drill, None);
    world.driller.mend();
    world.clock.advance(A_MINUTE);
    let receipt = drill(&world, "docs").unwrap();
    assert!(status().is_all_right());
    let last = status().schedules.remove(0).last_drill.unwrap();
    assert_eq!(last, receipt);
}
