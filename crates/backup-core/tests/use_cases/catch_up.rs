//! Schedules that don't catch up: what waits or was begun is made all the same, and skipped runs are reported correctly.

use backup_core::model::error::Failure;
use backup_core::model::history::{HistoryNote, Outcome, RunKey};
use backup_core::service::ServiceSettings;
use backup_core::testing::{Faults, InstantRunner, MemoryHistory, MemorySchedules, at};
use backup_core::time::Moment;
use chrono::TimeDelta;

use crate::world::World;

const DOCS: &str = "docs;10:05;docs";
const ONE: ServiceSettings = ServiceSettings { workers: Some(1), retry: TimeDelta::seconds(45) };

fn said(world: &World, sentence: &str) -> bool {
    world.journal.sentences().iter().any(|line| line.contains(sentence))
}

/// The outcome of each run of docs, and what it was planned for.
fn told(world: &World) -> Vec<(Outcome, Option<Moment>)> {
    let ended = world.ended().into_iter().filter(|run| run.key.entry == DOCS);
    ended.map(|run| (run.outcome, run.key.planned)).collect()
}

fn on(day: &str) -> Option<Moment> {
    Some(at(&format!("{day}T10:05:00Z")))
}

/// A world on 10 March with docs, which doesn't catch up.
fn world() -> World {
    let world = World::at("2026-03-10T09:00:00Z");
    world.manager().create("docs;10:05;docs;catch-up=no").expect("the schedule is good");
    world
}

/// `a` takes an hour and the only worker; docs waits for it, over looks that fail.
#[track_caller]
fn check_failed_look(world: &World, faults: &Faults, text: &str) {
    world.schedules.write(text);
    let work = world.work();
    let runner = InstantRunner::new(&world.clock, at("2026-03-10T13:00:00Z"), &work)
        .taking(|_| TimeDelta::hours(1))
        .act_at(at("2026-03-10T10:06:00Z"), || {
            faults.fail_from(1, Failure::Other);
        })
        .reload_at(at("2026-03-10T10:07:00Z"))
        .act_at(at("2026-03-10T10:30:00Z"), || faults.clear())
        .reload_at(at("2026-03-10T10:31:00Z"));
    world.service(ONE).run(&runner);
    assert!(said(world, "can be read again"), "{:?}", world.journal.sentences());
    assert_eq!(told(world), [(Outcome::Done, on("2026-03-10"))], "{:?}", world.journal.sentences());
}

#[test]
fn what_waits_for_a_worker_goes_on_waiting_over_a_look_that_fails() {
    const BOTH: &str = "a;10:05;a\ndocs;10:05;docs;catch-up=no\n";
    let faults = Faults::only("load");
    let mut world = World::at("2026-03-10T09:00:00Z");
    world.schedules = MemorySchedules::failing(&faults).stamped_by(&world.clock);
    check_failed_look(&world, &faults, BOTH);
    let faults = Faults::only("read");
    let mut world = World::at("2026-03-10T09:00:00Z");
    world.history = MemoryHistory::failing(&faults);
    check_failed_look(&world, &faults, BOTH);
}

#[test]
fn what_waits_is_not_begun_while_looks_fail_and_goes_with_its_schedule() {
    let faults = Faults::only("load");
    let mut world = World::at("2026-03-10T09:00:00Z");
    world.schedules = MemorySchedules::failing(&faults).stamped_by(&world.clock);
    world.schedules.write("a;10:05;a\ndocs;10:05;docs;catch-up=no\n");
    let work = world.work();
    let runner = InstantRunner::new(&world.clock, at("2026-03-10T13:00:00Z"), &work)
        .taking(|_| TimeDelta::minutes(5))
        .act_at(at("2026-03-10T10:06:00Z"), || {
            faults.fail_from(1, Failure::Other);
        })
        .act_at(at("2026-03-10T10:30:00Z"), || {
            world.schedules.write("a;10:05;a\n");
            faults.clear();
        })
        .reload_at(at("2026-03-10T10:31:00Z"));
    world.service(ONE).run(&runner);
    let begun: Vec<_> = runner.begun().into_iter().map(|(_, key)| key.entry).collect();
    assert_eq!(begun, ["a;10:05;a"]);
}

/// Serves until `end`; a run takes an hour, and the service is ended at once at `stop`.
fn serve(world: &World, stop: Option<&str>, end: &str) {
    let work = world.work();
    let runner = InstantRunner::new(&world.clock, at(end), &work).taking(|_| TimeDelta::hours(1));
    let runner = stop.into_iter().fold(runner, |runner, stop| runner.stop_now_at(at(stop)));
    world.service(ONE).run(&runner);
}

#[test]
fn a_run_that_was_ended_is_made_at_the_next_start_however_late() {
    let world = world();
    serve(&world, Some("2026-03-10T10:30:00Z"), "2026-03-10T11:00:00Z");
    assert_eq!(told(&world), [(Outcome::Interrupted, on("2026-03-10"))]);
    world.clock.set(at("2026-03-12T12:00:00Z"));
    serve(&world, None, "2026-03-12T18:00:00Z");
    let ended = told(&world);
    assert_eq!(ended[1..], [(Outcome::Done, on("2026-03-10")), (Outcome::Skipped, on("2026-03-12"))]);
    let skipped = world.ended().pop().expect("the last was skipped");
    assert_eq!(skipped.missed_runs, 1, "that of the 11th");
    assert_eq!(skipped.problems, ["it was not made in time, and the schedule doesn't catch up"]);
}

#[test]
fn a_run_whose_service_died_is_made_at_the_next_start() {
    let world = world();
    serve(&world, None, "2026-03-10T10:00:00Z");
    world.clock.set(at("2026-03-10T10:05:00Z"));
    world.begin(DOCS);
    world.clock.set(at("2026-03-10T10:30:00Z"));
    serve(&world, None, "2026-03-10T18:00:00Z");
    let ended = told(&world);
    assert_eq!(ended, [(Outcome::Interrupted, on("2026-03-10")), (Outcome::Done, on("2026-03-10"))]);
    assert!(said(&world, "Backup interrupted for docs, still due") && !said(&world, "Skipped"));
}

#[test]
fn one_run_in_time_makes_up_for_one_that_was_ended() {
    let world = world();
    serve(&world, Some("2026-03-10T10:30:00Z"), "2026-03-10T11:00:00Z");
    world.clock.set(at("2026-03-11T10:10:00Z"));
    serve(&world, None, "2026-03-11T18:00:00Z");
    assert_eq!(told(&world)[1..], [(Outcome::Done, on("2026-03-11"))]);
    assert_eq!(world.ended().pop().map(|run| run.missed_runs), Some(1));
}

#[test]
fn what_waited_when_the_service_was_ended_is_skipped_with_a_true_reason() {
    let world = world();
    world.schedules.write("a;10:05;a\ndocs;10:05;docs;catch-up=no\n");
    serve(&world, Some("2026-03-10T10:30:00Z"), "2026-03-10T11:00:00Z");
    serve(&world, None, "2026-03-10T18:00:00Z");
    assert_eq!(told(&world), [(Outcome::Skipped, on("2026-03-10"))]);
    let skipped = world.ended().into_iter().find(|run| run.key.entry == DOCS).expect("it was skipped");
    assert_eq!(skipped.problems, ["it was not made in time, and the schedule doesn't catch up"]);
}

#[test]
fn what_was_begun_is_no_longer_owed_once_another_note_settles_it() {
    let world = world();
    let key = RunKey { entry: DOCS.to_owned(), planned: on("2026-03-10") };
    world.note(&HistoryNote::Began { key, at: at("2026-03-10T10:05:00Z") });
    let since = at("2026-03-11T09:00:00Z");
    world.note(&HistoryNote::Adopted { entry: DOCS.to_owned(), since, at: since });
    world.clock.set(at("2026-03-12T10:06:00Z"));
    serve(&world, None, "2026-03-12T18:00:00Z");
    let ended = told(&world);
    let expected = [(Outcome::Skipped, on("2026-03-11")), (Outcome::Done, on("2026-03-12"))];
    assert_eq!(ended[1..], expected, "{ended:?}");
}
