//! What the history tells people: what ran, why a run did or didn't happen, and whether a backup is overdue.

use backup_core::manager::{BackupState, ListedRun, ScheduleStatus, ServiceManager};
use backup_core::model::archive::Compression;
use backup_core::model::history::{HistoryNote, LastName, Outcome, PastRun, RunEnd, RunKey, RunRecord};
use backup_core::policy::due::Due;
use backup_core::policy::integrity::ProblemKind;
use backup_core::ports::{BackupStore, MockServiceControl, RunHistory, RunningService, SilentProgress};
use backup_core::testing::{Zone, at, run_record};
use chrono::TimeDelta;

use crate::world::World;

const DOCS: &str = "docs;16:07;docs";

fn control(service_runs: bool) -> MockServiceControl {
    let mut control = MockServiceControl::new();
    let service = service_runs.then_some(RunningService { pid: Some(7), since: None });
    control.expect_running().returning(move || Ok(service));
    control
}

/// A world at noon of 12 March with `docs`, which counts since the first.
fn world() -> World {
    let world = World::at("2026-03-12 12:00").with_schedules(&format!("{DOCS}\n"));
    world.note(&adopted(DOCS, "2026-03-01 12:00"));
    world
}

fn adopted(entry: &str, since: &str) -> HistoryNote {
    HistoryNote::Adopted { entry: entry.to_owned(), since: at(since), at: at(since) + TimeDelta::seconds(20) }
}

fn key(entry: &str, planned: &str) -> RunKey {
    RunKey { entry: entry.to_owned(), planned: (!planned.is_empty()).then(|| at(planned)) }
}

fn began(planned: &str, began: &str) -> HistoryNote {
    HistoryNote::Began { key: key(DOCS, planned), at: at(began) }
}

/// A run of `docs` of two minutes.
fn run(planned: &str, began: &str, outcome: Outcome) -> RunRecord {
    let record = run_record(DOCS).planned(key(DOCS, planned).planned).began(at(began));
    record.took(TimeDelta::minutes(2)).outcome(outcome).usual_archive(0).build()
}

fn with_problems(problems: &[&str], mut run: RunRecord) -> RunRecord {
    run.problems = problems.iter().map(ToString::to_string).collect();
    run
}

fn making_up_for(missed_runs: u32, mut run: RunRecord) -> RunRecord {
    run.missed_runs = missed_runs;
    run
}

impl World {
    fn ends(self, run: RunRecord) -> Self {
        self.note(&HistoryNote::Ended(run));
        self
    }

    fn notes(self, note: &HistoryNote) -> Self {
        self.note(note);
        self
    }

    fn why_where(&self, service_runs: bool, key: &str, when: &str) -> String {
        self.why_by(&control(service_runs), key, when)
    }

    /// Where a service runs since that time.
    fn why_since(&self, since: &str, when: &str) -> String {
        let service = RunningService { pid: Some(7), since: Some(at(since)) };
        let mut control = MockServiceControl::new();
        control.expect_running().returning(move || Ok(Some(service)));
        self.why_by(&control, "docs", when)
    }

    fn why_by(&self, control: &MockServiceControl, key: &str, when: &str) -> String {
        match ServiceManager::new(self.ports(), control).why(key, when) {
            Ok(told) => told.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
            Err(error) => format!("Error: {error}"),
        }
    }

    /// Why, where the service runs.
    fn why(&self, when: &str) -> String {
        self.why_where(true, "docs", when)
    }
}

#[test]
fn it_ran_in_time() {
    let planned = "2026-03-10 16:07";
    let of = |outcome| world().ends(run(planned, "2026-03-10 16:07:03", outcome)).why("2026-03-10");
    insta::assert_snapshot!(of(Outcome::Done), @"docs;16:07;docs, planned for 2026-03-10 16:07: it ran in time. It began at 2026-03-10 16:07 and was done at 2026-03-10 16:09 in backups/docs.tar.");
    insta::assert_snapshot!(of(Outcome::Failed), @"docs;16:07;docs, planned for 2026-03-10 16:07: it ran in time. It began at 2026-03-10 16:07 and FAILED at 2026-03-10 16:09 without changing any backup.");
    let torn = with_problems(&["a\u{1b}[2J changed while it was read"], run(planned, planned, Outcome::Torn));
    insta::assert_snapshot!(world().ends(torn).why("2026-03-10 16:07"), @r"docs;16:07;docs, planned for 2026-03-10 16:07: it ran in time. It began at 2026-03-10 16:07 and was done at 2026-03-10 16:09 in backups/docs.tar, but something changed while it was read (a\u{1b}[2J changed while it was read).");
    let problems = ["can't read a", "can't read b", "can't read c", "can't read d", "can't read e"];
    let incomplete = with_problems(&problems, run(planned, planned, Outcome::Incomplete));
    insta::assert_snapshot!(world().ends(incomplete).why("2026-03-10"), @"docs;16:07;docs, planned for 2026-03-10 16:07: it ran in time. It began at 2026-03-10 16:07 and was INCOMPLETE at 2026-03-10 16:09 in backups/docs.incomplete.tar: something could not be read (can't read a; can't read b; can't read c; and 2 more).");
}

#[test]
fn a_first_run_that_failed_speaks_of_no_backup_before_it() {
    let planned = "2026-03-01 16:07";
    let failed = with_problems(&["path docs does not exist"], run(planned, planned, Outcome::Failed));
    insta::assert_snapshot!(world().ends(failed).why("2026-03-01"), @"docs;16:07;docs, planned for 2026-03-01 16:07: it ran in time. It began at 2026-03-01 16:07 and FAILED at 2026-03-01 16:09 without changing any backup (path docs does not exist).");
    let by_hand = with_problems(&["path docs does not exist"], run("", "2026-03-01 13:00", Outcome::Failed));
    insta::assert_snapshot!(world().ends(by_hand).why("2026-03-01 13:01"), @"docs;16:07;docs: nothing was planned, but a run by hand began at 2026-03-01 13:00 and FAILED at 2026-03-01 13:02 without changing any backup (path docs does not exist).");
}

#[test]
fn it_is_known_from_its_archive_alone() {
    let lost = || World::at("2026-03-12 12:00").with_schedules(&format!("{DOCS}\n"));
    let found = run("", "2026-03-10 16:09", Outcome::Done);
    let world = lost().notes(&HistoryNote::Found(found));
    insta::assert_snapshot!(world.why("2026-03-10"), @"docs;16:07;docs, planned for 2026-03-10 16:07: it isn't in the history, but its archive shows that it ran and was done at 2026-03-10 16:11 in backups/docs.tar.");
    let later = run("2026-03-11 16:07", "2026-03-11 16:07", Outcome::Done);
    let world_of_two = || {
        let found = run("", "2026-03-09 16:09", Outcome::Done);
        lost().notes(&HistoryNote::Found(found)).ends(later)
    };
    insta::assert_snapshot!(world_of_two().why("2026-03-10"), @"docs;16:07;docs, planned for 2026-03-10 16:07: the history says nothing about it, although it mentions this schedule since 2026-03-09 16:09. Lines of it may be lost (a long history is shortened), or the clock was wrong then.");
    // The day before it isn't in the archive, and after it nothing has run.
    insta::assert_snapshot!(world.why("2026-03-09"), @"docs;16:07;docs, planned for 2026-03-09 16:07: the history says nothing about it. What it says about this schedule begins at 2026-03-10 16:09.");
    insta::assert_snapshot!(world.why("2026-03-11"), @"docs;16:07;docs, planned for 2026-03-11 16:07: it is due now. The service makes it as soon as a worker is free and no other process is making this backup.");
}

#[test]
fn it_ran_late() {
    let late = || run("2026-03-10 16:07", "2026-03-10 18:00", Outcome::Done);
    insta::assert_snapshot!(world().ends(making_up_for(1, late())).why("2026-03-10"), @"docs;16:07;docs, planned for 2026-03-10 16:07: it ran late because nothing could run it in time: the service was down, or the machine was off or asleep. It began at 2026-03-10 18:00 and was done at 2026-03-10 18:02 in backups/docs.tar. It also made up for 1 missed run before it.");
    let mut music = run("2026-03-10 16:00", "2026-03-10 16:00", Outcome::Done);
    music.key = key("music;16:00;music", "2026-03-10 16:00");
    music.ended = at("2026-03-10 17:59:58");
    insta::assert_snapshot!(world().ends(music).ends(late()).why("2026-03-10"), @"docs;16:07;docs, planned for 2026-03-10 16:07: it ran late because it waited for other backups (music) to finish. It began at 2026-03-10 18:00 and was done at 2026-03-10 18:02 in backups/docs.tar.");
    let died = with_problems(
        &["the service died"],
        run("2026-03-10 16:07", "2026-03-10 16:07", Outcome::Interrupted),
    );
    insta::assert_snapshot!(world().ends(died).ends(late()).why("2026-03-10"), @"docs;16:07;docs, planned for 2026-03-10 16:07: it was interrupted (recorded at 2026-03-10 16:09: the service died). It was started again at 2026-03-10 18:00 and was done at 2026-03-10 18:02 in backups/docs.tar.");
}

#[test]
fn another_run_made_up_for_it() {
    let made_up = || making_up_for(3, run("2026-03-11 16:07", "2026-03-11 18:00", Outcome::Done));
    insta::assert_snapshot!(world().ends(made_up()).why("2026-03-10"), @"docs;16:07;docs, planned for 2026-03-10 16:07: it didn't run then. The run planned for 2026-03-11 16:07 made up for it and for 2 more. That run began at 2026-03-11 18:00 and was done at 2026-03-11 18:02 in backups/docs.tar.");
    insta::assert_snapshot!(world().ends(made_up()).why("2026-03-08"), @"docs;16:07;docs, planned for 2026-03-08 16:07: it didn't run then. The run planned for 2026-03-11 16:07 made up for it and for 2 more. That run began at 2026-03-11 18:00 and was done at 2026-03-11 18:02 in backups/docs.tar.");
    let one = making_up_for(1, run("2026-03-11 16:07", "2026-03-11 18:00", Outcome::Failed));
    insta::assert_snapshot!(world().ends(one).why("2026-03-10"), @"docs;16:07;docs, planned for 2026-03-10 16:07: it didn't run then. The run planned for 2026-03-11 16:07 made up for it. That run began at 2026-03-11 18:00 and FAILED at 2026-03-11 18:02 without changing any backup.");
    let interrupted = making_up_for(3, run("2026-03-10 16:07", "2026-03-10 18:00", Outcome::Interrupted));
    assert!(world().ends(interrupted.clone()).why("2026-03-09").contains("it is due now"));
    assert_eq!(
        world().ends(interrupted).ends(made_up()).why("2026-03-09"),
        world().ends(made_up()).why("2026-03-09"),
        "an interrupted run made up for nothing"
    );
    assert!(world().ends(made_up()).why("2026-03-07").contains("the history says nothing about it"));
}

#[test]
fn it_was_skipped() {
    let reason = "nothing was running at that time";
    let skip = with_problems(&[reason], run("2026-03-10 16:07", "2026-03-11 09:00", Outcome::Skipped));
    let world = world().ends(making_up_for(2, skip));
    insta::assert_snapshot!(world.why("2026-03-10"), @"docs;16:07;docs, planned for 2026-03-10 16:07: it was skipped at 2026-03-11 09:02 (nothing was running at that time), together with 2 more.");
    insta::assert_snapshot!(world.why("2026-03-09"), @"docs;16:07;docs, planned for 2026-03-09 16:07: it was skipped at 2026-03-11 09:02 (nothing was running at that time), together with 2 more.");
}

#[test]
fn it_was_interrupted() {
    let cut = run("2026-03-11 16:07", "2026-03-11 16:07", Outcome::Interrupted);
    let cut = with_problems(&["the service died before the backup was finished"], cut);
    insta::assert_snapshot!(world().ends(cut.clone()).why("yesterday"), @"docs;16:07;docs, planned for 2026-03-11 16:07: it was interrupted (recorded at 2026-03-11 16:09: the service died before the backup was finished); it is due now. The service makes it as soon as a worker is free and no other process is making this backup.");
    let begun = world().notes(&began("2026-03-11 16:07", "2026-03-11 16:07"));
    insta::assert_snapshot!(begun.why_where(false, "docs", "yesterday"), @"docs;16:07;docs, planned for 2026-03-11 16:07: it began at 2026-03-11 16:07, but its process died before the end; it is due, but the service doesn't run. It will be made once the service is started.");
    let anew = world().ends(cut).notes(&adopted(DOCS, "2026-03-12 09:00"));
    insta::assert_snapshot!(anew.why("yesterday"), @"docs;16:07;docs, planned for 2026-03-11 16:07: it was interrupted (recorded at 2026-03-11 16:09: the service died before the backup was finished). It is not due any more.");
}

#[test]
fn it_is_under_way() {
    let world = world().notes(&began("2026-03-11 16:07", "2026-03-12 11:00"));
    insta::assert_snapshot!(world.why("2026-03-11"), @"docs;16:07;docs, planned for 2026-03-11 16:07: it has been running since 2026-03-12 11:00.");
    insta::assert_snapshot!(world.why("2026-03-10"), @"docs;16:07;docs, planned for 2026-03-10 16:07: the run planned for 2026-03-11 16:07 makes up for it. That run has been running since 2026-03-12 11:00.");
}

#[test]
fn it_is_due() {
    let world = world().ends(run("2026-03-10 16:07", "2026-03-10 16:07", Outcome::Done));
    insta::assert_snapshot!(world.why_where(true, "docs", "yesterday"), @"docs;16:07;docs, planned for 2026-03-11 16:07: it is due now. The service makes it as soon as a worker is free and no other process is making this backup.");
    insta::assert_snapshot!(world.why_where(false, "docs", "yesterday"), @"docs;16:07;docs, planned for 2026-03-11 16:07: it is due, but the service doesn't run. It will be made once the service is started.");
    world.schedules.write(format!("{DOCS};catch-up=no\n"));
    insta::assert_snapshot!(world.why_where(true, "docs", "yesterday"), @"docs;16:07;docs, planned for 2026-03-11 16:07: it is due now. The service makes it as soon as a worker is free and no other process is making this backup.");
    insta::assert_snapshot!(world.why_since("2026-03-12 11:59", "yesterday"), @"docs;16:07;docs, planned for 2026-03-11 16:07: it is late, and its schedule doesn't catch up, so the service will skip it.");
    insta::assert_snapshot!(world.why_where(false, "docs", "yesterday"), @"docs;16:07;docs, planned for 2026-03-11 16:07: it didn't run because the service doesn't run. Its schedule doesn't catch up, so it will be skipped.");
}

#[test]
fn it_lies_ahead() {
    let world = world();
    insta::assert_snapshot!(world.why("16:07"), @"docs;16:07;docs, planned for 2026-03-12 16:07: it is in the future. The next run is at 2026-03-12 16:07.");
    insta::assert_snapshot!(world.why_where(false, "docs", "2026-03-20"), @"docs;16:07;docs, planned for 2026-03-20 16:07: it is in the future. The next run is at 2026-03-12 16:07. The service doesn't run.");
}

#[test]
fn the_schedule_did_not_count_yet_or_does_not_stand_any_more() {
    let ran = || world().ends(run("2026-03-10 16:07", "2026-03-10 16:07", Outcome::Done));
    insta::assert_snapshot!(ran().why("2026-03-01 16:07"), @"docs;16:07;docs, planned for 2026-03-01 16:07: the history says nothing about it, although it mentions this schedule since 2026-03-01 12:00. Lines of it may be lost (a long history is shortened), or the clock was wrong then.");
    insta::assert_snapshot!(ran().why("2026-02-28"), @"docs;16:07;docs, planned for 2026-02-28 16:07: the schedule didn't exist yet. It counts since 2026-03-01 12:00. Runs planned before that are not made up for.");
    insta::assert_snapshot!(ran().notes(&adopted(DOCS, "2026-03-12 09:00")).why("yesterday"), @"docs;16:07;docs, planned for 2026-03-11 16:07: the schedule was added again, changed or resumed after that. It counts since 2026-03-12 09:00. Runs planned before that are not made up for.");
    let world = ran();
    world.schedules.write("a;09:00;a\n");
    insta::assert_snapshot!(world.why("yesterday"), @"docs;16:07;docs, planned for 2026-03-11 16:07: the history knows of no such run, and the schedule doesn't exist any more. The history last mentions the schedule at 2026-03-10 16:07.");
    insta::assert_snapshot!(world.why("2026-03-10"), @"docs;16:07;docs, planned for 2026-03-10 16:07: it ran in time. It began at 2026-03-10 16:07 and was done at 2026-03-10 16:09 in backups/docs.tar.");
    insta::assert_snapshot!(world.why("2026-03-10 12:00"), @"docs;16:07;docs: the history knows of no such run, and the schedule doesn't exist any more. The history last mentions the schedule at 2026-03-10 16:07.");
    assert_eq!(world.why("2026-03-20"), world.why("yesterday").replace("03-11", "03-20"));
    let by_hand = World::at("2026-03-12 12:00").with_schedules(&format!("{DOCS}\n"));
    insta::assert_snapshot!(by_hand.why("yesterday"), @"docs;16:07;docs, planned for 2026-03-11 16:07: the schedule didn't exist yet. It counts since 2026-03-12 12:00. Runs planned before that are not made up for.");
}

#[test]
fn nothing_was_planned_then() {
    let world = world().ends(run("", "2026-03-10 09:30", Outcome::Done));
    insta::assert_snapshot!(world.why("2026-03-10 12:00"), @"docs;16:07;docs: nothing was planned for 2026-03-10 12:00. It runs every day at 16:07. The nearest planned time is 2026-03-10 16:07.");
    insta::assert_snapshot!(world.why("2026-03-10 02:00"), @"docs;16:07;docs: nothing was planned for 2026-03-10 02:00. It runs every day at 16:07. The nearest planned time is 2026-03-09 16:07.");
    insta::assert_snapshot!(world.why("2026-03-10 09:31"), @"docs;16:07;docs: nothing was planned, but a run by hand began at 2026-03-10 09:30 and was done at 2026-03-10 09:32 in backups/docs.tar.");
    let late = world.ends(run("2026-03-10 16:07", "2026-03-10 18:00", Outcome::Done));
    assert_eq!(late.why("2026-03-10 18:01"), late.why("2026-03-10 16:07"), "what ran then is meant");
}

#[test]
fn the_wall_clock_skipped_or_repeated_it() {
    let night = |now: &str| World::in_zone(now, Zone::berlin()).with_schedules("docs;02:30;docs\n");
    let spring = night("2026-03-30 12:00").notes(&adopted("docs;02:30;docs", "2026-03-01 12:00"));
    let planned = "2026-03-29T01:00:00Z";
    let mut record = run(planned, planned, Outcome::Done);
    record.key = key("docs;02:30;docs", planned);
    let spring = spring.ends(record);
    insta::assert_snapshot!(spring.why("2026-03-29 02:30"), @"docs;02:30;docs, planned for 2026-03-29 03:00: it ran in time. It began at 2026-03-29 03:00 and was done at 2026-03-29 03:02 in backups/docs.tar. Local time skipped 02:30 that day, so the run was planned for the moment right after the gap.");
    assert_eq!(spring.why("2026-03-29 03:00"), spring.why("2026-03-29"));
    assert_eq!(spring.why("2026-03-29 02:30"), spring.why("2026-03-29"));
    let autumn = night("2026-10-26 12:00").notes(&adopted("docs;02:30;docs", "2026-10-01 12:00"));
    let planned = "2026-10-25T00:30:00Z";
    let mut record = run(planned, planned, Outcome::Done);
    record.key = key("docs;02:30;docs", planned);
    let autumn = autumn.ends(record);
    insta::assert_snapshot!(autumn.why("2026-10-25T02:30:00+01:00"), @"docs;02:30;docs, planned for 2026-10-25 02:30: it ran in time. It began at 2026-10-25 02:30 and was done at 2026-10-25 02:32 in backups/docs.tar. Local time showed 02:30 twice that day. The first time counts.");
    assert_eq!(autumn.why("2026-10-25 02:30"), autumn.why("2026-10-25"));
    let toronto = World::in_zone("1919-04-02 12:00", Zone::changing_over_midnight())
        .with_schedules("docs;23:45;docs\n")
        .notes(&adopted("docs;23:45;docs", "1919-04-01 12:00"));
    insta::assert_snapshot!(toronto.why("1919-03-31 00:30"), @"docs;23:45;docs, planned for 1919-03-31 00:30: the schedule didn't exist yet. It counts since 1919-04-01 08:00. Runs planned before that are not made up for. Local time skipped 23:45 that day, so the run was planned for the moment right after the gap.");
    assert_eq!(toronto.why("1919-03-30 23:45"), toronto.why("1919-03-31 00:30"));
    let samoa = World::in_zone("2012-01-02 12:00", Zone::skipping_a_date()).with_schedules(DOCS);
    insta::assert_snapshot!(samoa.why("2011-12-30"), @"docs;16:07;docs: the time zone of this machine skipped the date 2011-12-30, so nothing was planned.");
}

#[test]
fn a_clock_that_was_ahead_explains_nothing() {
    let ahead = || run("2036-01-01 16:07", "2036-01-01 16:07", Outcome::Done);
    insta::assert_snapshot!(world().ends(ahead()).why("2036-01-01"), @"docs;16:07;docs, planned for 2036-01-01 16:07: a run was recorded for it while the clock was wrong: it showed 2036-01-01 16:07. This record doesn't count. The planned time is still in the future.");
    let early = run("2026-03-11 16:07", "2036-01-01 09:00", Outcome::Done);
    insta::assert_snapshot!(world().ends(early).why("yesterday"), @"docs;16:07;docs, planned for 2026-03-11 16:07: a run was recorded for it while the clock was wrong: it showed 2036-01-01 09:00. This record doesn't count.");
    // Long after, what came before and behind it in the history tells.
    let right = |day: &str| run(day, day, Outcome::Done);
    let later = world().ends(right("2026-03-10 16:07")).ends(ahead()).ends(right("2026-03-11 16:07"));
    later.clock.set(at("2036-01-02 12:00"));
    insta::assert_snapshot!(later.why("2036-01-01"), @"docs;16:07;docs, planned for 2036-01-01 16:07: a run was recorded for it while the clock was wrong: it showed 2036-01-01 16:07. This record doesn't count.");
}

#[test]
fn nothing_is_known() {
    let gap = world().ends(run("2026-03-05 16:07", "2026-03-05 16:07", Outcome::Done)).ends(run(
        "2026-03-10 16:07",
        "2026-03-10 16:07",
        Outcome::Done,
    ));
    insta::assert_snapshot!(gap.why("2026-03-07"), @"docs;16:07;docs, planned for 2026-03-07 16:07: the history says nothing about it, although it mentions this schedule since 2026-03-01 12:00. Lines of it may be lost (a long history is shortened), or the clock was wrong then.");
    let shortened = world().notes(&adopted(DOCS, "2026-03-09 16:07:01"));
    assert_eq!(
        shortened.why("2026-03-07"),
        gap.why("2026-03-07"),
        "a note in the place of a run is no adoption"
    );
    let lost = World::at("2026-03-12 12:00").with_schedules(&format!("{DOCS}\n"));
    let lost = lost.ends(run("2026-03-10 16:07", "2026-03-10 16:07", Outcome::Done));
    insta::assert_snapshot!(lost.why("2026-03-07"), @"docs;16:07;docs, planned for 2026-03-07 16:07: the history says nothing about it. What it says about this schedule begins at 2026-03-10 16:07.");
}

#[test]
fn what_is_meant() {
    let world = world();
    world.schedules.write("docs;16:07;docs\ndocs;20:00;docs\nb;24:00;bad\na;09:00;docs\n");
    insta::assert_snapshot!(world.why_where(true, "docs", "2026-03-20"), @"
    docs;16:07;docs, planned for 2026-03-20 16:07: it is in the future. The next run is at 2026-03-12 16:07.
    docs;20:00;docs, planned for 2026-03-20 20:00: it is in the future. The next run is at 2026-03-12 20:00.
    a;09:00;docs: it never runs: name docs already used for another folder at index 0: docs;16:07;docs.
    ");
    insta::assert_snapshot!(world.why_where(true, "1", "2026-03-20"), @"docs;20:00;docs, planned for 2026-03-20 20:00: it is in the future. The next run is at 2026-03-12 20:00.");
    insta::assert_snapshot!(world.why_where(true, "bad", "2026-03-20"), @r#"b;24:00;bad: it never runs: malformed schedule: b;24:00;bad (the time "24:00": column 1: expected a time as hh:mm between 00:00 and 23:59; did you mean "00:00"?)."#);
    insta::assert_snapshot!(world.why_where(true, "mu\u{1b}sic", "2026-03-20"), @r"Error: nothing is known of mu\u{1b}sic; known are: bad, docs");
    insta::assert_snapshot!(world.why_where(true, "docs", "so\u{1b}on"), @r"Error: can't tell which moment is meant by so\u{1b}on");
    insta::assert_snapshot!(World::at("2026-03-12 12:00").why("today"), @"Error: nothing is known of docs: there are no schedules and no history");
    assert!(world.journal.sentences().is_empty(), "who only looks leaves no line");
}

fn shown(listed: &[ListedRun]) -> Vec<String> {
    let end = |run: &PastRun| match &run.end {
        RunEnd::Ended(run) => format!("{:?}", run.outcome),
        end => format!("{end:?}"),
    };
    let runs = listed.iter().map(|listed| &listed.run);
    runs.map(|run| format!("{} {} {}", run.key.entry, run.began.to_rfc3339(), end(run))).collect()
}

#[test]
fn the_history_of_one_name_or_of_all() {
    let world = World::in_zone("2026-03-12 12:00", Zone::berlin());
    let desk_of = |key: Option<&str>, last| {
        let control = control(true);
        ServiceManager::new(world.ports(), &control).history(key, last).map(|listed| shown(&listed))
    };
    assert_eq!(desk_of(None, None).unwrap(), [] as [&str; 0], "no history yet");
    let unknown = desk_of(Some("docs"), None).unwrap_err();
    assert_eq!(unknown.to_string(), "nothing is known of docs: there are no schedules and no history");
    world.schedules.write("docs;16:07;docs\na;09:00;a\n");
    assert_eq!(desk_of(Some("docs"), None).unwrap(), [] as [&str; 0], "none of this one");
    for planned in ["2026-03-09 16:07", "2026-03-10 16:07"] {
        let ended = HistoryNote::Ended(run(planned, planned, Outcome::Done));
        world.note(&ended);
        world.note(&ended);
    }
    let mut gone = run("", "2026-03-10 20:00", Outcome::Failed);
    gone.key = key("docs;20:00;docs", "");
    world.note(&HistoryNote::Ended(gone));
    world.note(&began("2026-03-11 16:07", "2026-03-11 16:07"));
    let all = desk_of(None, None).unwrap();
    insta::assert_snapshot!(all.join("\n"), @"
    docs;16:07;docs 2026-03-09T17:07:00+01:00 Done
    docs;16:07;docs 2026-03-10T17:07:00+01:00 Done
    docs;20:00;docs 2026-03-10T21:00:00+01:00 Failed
    docs;16:07;docs 2026-03-11T17:07:00+01:00 UnderWay
    ");
    assert_eq!(desk_of(Some("docs"), None).unwrap(), all, "what was deleted since too");
    assert_eq!(desk_of(Some("docs"), Some(2)).unwrap(), all[2..]);
    assert_eq!(desk_of(None, Some(9)).unwrap(), all);
    assert_eq!(desk_of(Some("0"), None).unwrap(), all, "an index means the backup of its schedule");
    assert_eq!(desk_of(Some("a"), None).unwrap(), [] as [&str; 0]);
    assert_eq!(
        desk_of(Some("music"), None).unwrap_err().to_string(),
        "nothing is known of music; known are: a, docs"
    );
}

/// Whether all is right, with the schedules that are overdue.
fn check(world: &World, service_runs: bool) -> (bool, Vec<bool>) {
    let control = control(service_runs);
    let status = ServiceManager::new(world.ports(), &control).status().expect("everything can be read");
    (status.is_all_right(), status.schedules.iter().map(|schedule| schedule.overdue.is_some()).collect())
}

#[test]
fn status_says_what_is_overdue_whether_or_not_the_service_runs() {
    let world = World::at("2026-03-10 12:00");
    assert_eq!(check(&world, false), (false, vec![]), "nothing is scheduled");
    world.manager().create(DOCS).unwrap();
    assert_eq!(check(&world, false), (true, vec![false]), "it owes nothing for the time before");
    world.clock.set(at("2026-03-10 16:18"));
    assert_eq!(check(&world, false), (false, vec![true]));
    assert_eq!(check(&world, true), (false, vec![true]));
    world.note(&began("2026-03-10 16:07", "2026-03-10 16:18"));
    assert_eq!(check(&world, true), (true, vec![false]), "it is under way");
    assert_eq!(check(&world, false), (false, vec![true]), "nobody makes it");
    for outcome in [Outcome::Failed, Outcome::Incomplete, Outcome::Interrupted, Outcome::Skipped] {
        world.note(&HistoryNote::Ended(run("2026-03-10 16:07", "2026-03-10 16:18", outcome)));
        assert_eq!(check(&world, true), (false, vec![true]), "{outcome:?}");
    }
    world.manager().run("docs", &SilentProgress).unwrap();
    assert_eq!(check(&world, true), (true, vec![false]), "a backup by hand is a good one");
    world.schedules.write("docs;16:07;docs\ngarbage\n");
    assert_eq!(check(&world, true), (false, vec![false, false]), "a line that never runs");
}

#[test]
fn status_is_not_all_right_after_a_run_that_made_no_good_backup_before_it_is_overdue() {
    for outcome in [Outcome::Failed, Outcome::Incomplete] {
        let world = world().ends(run("2026-03-11 16:07", "2026-03-11 16:07", Outcome::Done));
        world.backups.put("docs.tar", Vec::new());
        assert_eq!(check(&world, true), (true, vec![false]), "{outcome:?}");
        world.note(&HistoryNote::Ended(run("", "2026-03-12 09:00", outcome)));
        assert_eq!(check(&world, true), (false, vec![false]), "{outcome:?}");
        world.note(&HistoryNote::Ended(run("", "2026-03-12 10:00", Outcome::Done)));
        assert_eq!(check(&world, true), (true, vec![false]), "{outcome:?}");
    }
}

#[test]
fn status_names_the_last_good_backup_after_a_run_that_made_none() {
    let last_good = |outcome| {
        let world = world().ends(run("2026-03-11 16:07", "2026-03-11 16:07", Outcome::Done));
        world.backups.put("docs.tar", Vec::new());
        world.note(&HistoryNote::Ended(run("", "2026-03-12 09:00", outcome)));
        let control = control(true);
        let status = ServiceManager::new(world.ports(), &control).status().expect("everything can be read");
        status.schedules[0].last_good.clone().map(|good| (good.file_name, good.finished))
    };
    let good = Some(("docs.tar".to_owned(), at("2026-03-11 16:09")));
    for outcome in [Outcome::Failed, Outcome::Incomplete, Outcome::Interrupted] {
        assert_eq!(last_good(outcome), good, "{outcome:?}");
    }
    assert_eq!(last_good(Outcome::Done), None, "the last run says it");
}

#[test]
fn a_backup_of_another_folder_is_none_of_this_one() {
    let world = world().ends(run("2026-03-11 16:07", "2026-03-11 16:07", Outcome::Torn));
    drop(world.draft(&"docs".parse().unwrap()));
    world.backups.put("docs.tar", Vec::new());
    assert_eq!(check(&world, true), (true, vec![false]));
    world.schedules.write("docs/;16:00;docs\n");
    world.note(&adopted("docs/;16:00;docs", "2026-03-01 12:00"));
    assert_eq!(
        check(&world, true),
        (true, vec![false]),
        "the same folder, otherwise written and at another time"
    );
    world.schedules.write("a;16:07;docs\n");
    world.note(&adopted("a;16:07;docs", "2026-03-01 12:00"));
    assert_eq!(check(&world, true), (false, vec![true]));
}

#[test]
fn status_says_what_is_gone_or_changed() {
    let world = World::at("2026-03-12 12:00").with_schedules("docs;16:07;docs;keep=last:3\n");
    let look = || {
        let control = control(true);
        let status = ServiceManager::new(world.ports(), &control).status().unwrap();
        let archive_problem =
            status.schedules[0].archive_problem.clone().map(|problem| (problem.kind, problem.older));
        (status.is_all_right(), archive_problem)
    };
    assert_eq!(look(), (true, None), "none was made");
    world.manager().run("docs", &SilentProgress).unwrap();
    assert_eq!(look(), (true, None));
    let bytes = world.backups.stored("docs.tar").unwrap();
    world.backups.take("docs.tar");
    assert_eq!(look(), (false, Some((ProblemKind::Missing, None))));
    world.backups.put("docs.tar", b"short".to_vec());
    assert_eq!(look(), (false, Some((ProblemKind::Changed(5), None))));
    world.backups.put("docs.tar", bytes);
    assert_eq!(look(), (true, None));
    world.clock.advance(TimeDelta::minutes(1));
    world.manager().run("docs", &SilentProgress).unwrap();
    world.backups.take("docs.tar");
    let older = "docs.2026-03-12T12-00+0000.tar".to_owned();
    assert_eq!(look(), (false, Some((ProblemKind::Missing, Some(older)))));
    world.manager().run("docs", &SilentProgress).unwrap();
    assert_eq!(look(), (true, None));
}

#[test]
fn where_the_history_cannot_tell_nothing_is_all_right() {
    let world = World::at("2026-03-12 12:00");
    world.manager().create(DOCS).unwrap();
    world.manager().run("docs", &SilentProgress).unwrap();
    assert_eq!(check(&world, false), (true, vec![false]));
    world.history.spoil(2);
    assert_eq!(check(&world, false), (false, vec![false]), "lines that can't be read");
    let gap = world.manager().history_gap().unwrap();
    assert!(gap.to_string().starts_with("2 lines of the history can't be read"), "{gap}");
    world.history.spoil(0);
    assert_eq!((check(&world, false), world.manager().history_gap()), ((true, vec![false]), None));
    world.history.clear();
    for service_runs in [false, true] {
        assert_eq!(check(&world, service_runs), (false, vec![false]), "an archive that nobody knows");
    }
    world.note(&adopted(DOCS, "2026-03-12 11:00"));
    assert_eq!(check(&world, false), (false, vec![false]), "an archive from before the schedule");
    world.manager().run("docs", &SilentProgress).unwrap();
    assert_eq!(check(&world, false), (true, vec![false]));
}

#[test]
fn what_a_schedule_will_skip_is_not_what_runs_next() {
    let plan = |options: &str, now: &str, service_runs: bool| {
        let world = world();
        world.schedules.write(format!("{DOCS}{options}\n"));
        world.note(&HistoryNote::Ended(run("2026-03-11 16:07", "2026-03-11 16:07", Outcome::Done)));
        world.clock.set(at(now));
        let control = control(service_runs);
        let status = ServiceManager::new(world.ports(), &control).status().unwrap();
        let [schedule] = &status.schedules[..] else { panic!("one schedule") };
        let moment = |due: Option<Due>| due.map(|due| due.planned);
        (moment(schedule.due), moment(schedule.skipped), schedule.next_run)
    };
    let [day_12, day_13] = ["2026-03-12 16:07", "2026-03-13 16:07"].map(|day| Some(at(day)));
    let (in_time, late) = ("2026-03-12 16:17", "2026-03-12 16:17:01");
    assert_eq!(plan(";catch-up=no", late, false), (None, day_12, day_13));
    assert_eq!(plan(";catch-up=no", in_time, false), (day_12, None, day_13));
    assert_eq!(plan(";catch-up=no", late, true), (day_12, None, day_13), "it waits for a worker");
    assert_eq!(plan("", late, false), (day_12, None, day_13));
}

#[test]
fn what_was_begun_is_not_what_a_schedule_will_skip() {
    let world = world().ends(run("2026-03-10 16:07", "2026-03-10 16:07", Outcome::Done));
    world.schedules.write(format!("{DOCS};catch-up=no\n"));
    let world = world.ends(run("2026-03-11 16:07", "2026-03-11 16:08", Outcome::Interrupted));
    insta::assert_snapshot!(world.why_where(false, "docs", "yesterday"), @"docs;16:07;docs, planned for 2026-03-11 16:07: it was interrupted (recorded at 2026-03-11 16:10); it is due, but the service doesn't run. It will be made once the service is started.");
    world.clock.set(at("2026-03-12 17:00"));
    insta::assert_snapshot!(world.why_where(false, "docs", "today"), @"docs;16:07;docs, planned for 2026-03-12 16:07: it didn't run because the service doesn't run. Its schedule doesn't catch up, so it will be skipped.");
    let control = control(false);
    let status = ServiceManager::new(world.ports(), &control).status().unwrap();
    let due = status.schedules[0].due.map(|due| (due.planned, due.missed_runs));
    assert_eq!(
        (due, status.schedules[0].skipped),
        (Some((at("2026-03-11 16:07"), 0)), Some(Due { planned: at("2026-03-12 16:07"), missed_runs: 0 }))
    );
}

#[test]
fn a_history_that_lost_the_adoption_excuses_nothing() {
    let world = World::at("2026-03-12 12:00").with_schedules(&format!("{DOCS}\n"));
    assert_eq!(check(&world, true), (true, vec![false]), "new, as far as anybody knows");
    let world = world.ends(run("2026-03-08 16:07", "2026-03-08 16:07", Outcome::Done));
    assert_eq!(check(&world, true), (false, vec![true]));
}

#[test]
fn a_run_by_hand_is_running_while_its_draft_is_open() {
    let world = World::at("2026-03-12 12:00").with_schedules("docs;16:07;docs\ndocs;20:00;docs\n");
    let shown = || {
        let control = control(false);
        let status = ServiceManager::new(world.ports(), &control).status().expect("it can be read");
        let shown = |line: &ScheduleStatus| (BackupState::of(line), line.under_way_since, line.is_by_hand);
        status.schedules.iter().map(shown).collect::<Vec<_>>()
    };
    let began = at("2026-03-12 11:00");
    let key = RunKey { entry: "docs;16:07;docs".to_owned(), planned: None };
    world.history.append(&HistoryNote::Began { key, at: began }).expect("it can be noted");
    let draft = world.backups.draft(&"docs".parse().expect("a name"), Compression::None).expect("it is free");
    let other = (BackupState::NeverRan, None, false);
    assert_eq!(shown(), [(BackupState::Running, Some(began), true), other]);
    drop(draft);
    assert_eq!(shown()[0], (BackupState::Interrupted, None, false), "its process died");
}

#[test]
fn the_history_says_what_became_of_each_archive() {
    let world = World::at("2026-03-10 12:00").with_schedules("docs;16:07;docs;keep=last:2\na;16:07;music\n");
    for name in ["docs", "music", "music", "docs", "docs"] {
        world.manager().run(name, &SilentProgress).unwrap();
        world.clock.advance(TimeDelta::hours(1));
    }
    let listed = || {
        let control = control(false);
        let runs = ServiceManager::new(world.ports(), &control).history(None, None).unwrap();
        let archive = |run: &ListedRun| {
            let gone = |gone: &LastName| {
                format!("{} ({})", gone.file_name, if gone.is_replaced { "replaced" } else { "gone" })
            };
            run.archive.clone().or_else(|| run.gone.as_ref().map(gone))
        };
        runs.iter().filter_map(archive).collect::<Vec<_>>().join("\n")
    };
    insta::assert_snapshot!(listed(), @"
    docs.2026-03-10T12-00+0000.tar (gone)
    music.tar (replaced)
    music.tar
    docs.2026-03-10T15-00+0000.tar
    docs.tar
    ");
    assert!(["docs.tar", "docs.2026-03-10T15-00+0000.tar"].iter().all(|name| world.backups.take(name)));
    insta::assert_snapshot!(listed(), @"
    docs.2026-03-10T12-00+0000.tar (gone)
    music.tar (replaced)
    music.tar
    docs.2026-03-10T15-00+0000.tar (gone)
    docs.tar (gone)
    ");
}
