//! One backup with several schedules, and schedules whose time is edited: what was done counts for the backup.

use backup_core::manager::{ScheduleStatus, ServiceManager};
use backup_core::model::history::Outcome;
use backup_core::ports::MockServiceControl;
use backup_core::service::ServiceSettings;
use backup_core::testing::{InstantRunner, at};
use chrono::TimeDelta;

use crate::world::World;

const ONE: ServiceSettings = ServiceSettings { workers: Some(1), retry: TimeDelta::seconds(45) };

/// A world on 10 March at 00:00 with these schedules, which count from then on.
fn world(schedules: &[&str]) -> World {
    let world = World::at("2026-03-10T00:00:00Z");
    for schedule in schedules {
        world.manager().create(schedule).expect("the schedule is good");
    }
    world
}

fn status(world: &World) -> ScheduleStatus {
    let mut control = MockServiceControl::new();
    control.expect_running().returning(|| Ok(None));
    ServiceManager::new(world.ports(), &control).status().expect("it can be read").schedules.remove(0)
}

/// Serves until `end`. A run takes five minutes.
fn serve(world: &World, end: &str) {
    serve_and(world, end, |runner, _| runner);
}

fn serve_and(
    world: &World,
    end: &str,
    with: impl for<'a> FnOnce(InstantRunner<'a>, &'a World) -> InstantRunner<'a>,
) {
    let work = world.work();
    let runner = InstantRunner::new(&world.clock, at(end), &work).taking(|_| TimeDelta::minutes(5));
    world.service(ONE).run(&with(runner, world));
}

/// Each run as `12 08:00 docs;08:00;docs +1 Done`: its planned day and time, its entry, what it makes up for, its outcome.
fn runs(world: &World) -> Vec<String> {
    let shown = world.ended().into_iter().map(|run| {
        let planned = run.key.planned.map(|planned| planned.format("%d %H:%M").to_string());
        let planned = planned.unwrap_or_else(|| "by hand".to_owned());
        let makes_up = if run.missed_runs == 0 { String::new() } else { format!(" +{}", run.missed_runs) };
        format!("{planned} {}{makes_up} {:?}", run.key.entry, run.outcome)
    });
    shown.collect()
}

#[test]
fn each_line_of_a_name_has_its_runs() {
    let world = world(&["docs;08:00;docs", "docs;20:00;docs"]);
    serve(&world, "2026-03-11T09:00:00Z");
    let expected =
        ["10 08:00 docs;08:00;docs Done", "10 20:00 docs;20:00;docs Done", "11 08:00 docs;08:00;docs Done"];
    assert_eq!(runs(&world), expected);
}

#[test]
fn one_run_makes_up_for_what_all_lines_of_a_name_missed() {
    let world = world(&["docs;08:00;docs", "docs;20:00;docs", "music;09:00;music"]);
    world.clock.set(at("2026-03-12T21:00:00Z"));
    serve(&world, "2026-03-13T07:00:00Z");
    assert_eq!(runs(&world), ["12 20:00 docs;20:00;docs +2 Done", "12 09:00 music;09:00;music +2 Failed"]);
}

#[test]
fn a_line_that_is_skipped_settles_no_other() {
    let world = world(&["docs;08:00;docs", "docs;20:00;docs;catch-up=no"]);
    world.clock.set(at("2026-03-11T07:00:00Z"));
    serve(&world, "2026-03-11T07:30:00Z");
    assert_eq!(runs(&world), ["10 20:00 docs;20:00;docs Skipped", "10 08:00 docs;08:00;docs Done"]);
}

#[test]
fn lines_do_not_wait_for_a_run_of_their_name_and_run_twice() {
    let world = world(&["docs;08:00;docs", "docs;08:02;docs"]);
    serve(&world, "2026-03-10T09:00:00Z");
    assert_eq!(runs(&world), ["10 08:00 docs;08:00;docs Done", "10 08:02 docs;08:02;docs Done"]);
}

#[test]
fn a_time_that_is_edited_keeps_the_history_and_nothing_before_the_edit_is_due() {
    // What runs afterwards until the 11th at 12:00, given the new time and the moment of the edit.
    let cases: [(&str, &str, &[&str]); 4] = [
        ("06:00", "10T07:00", &["11 06:00 docs;06:00;docs"]),
        ("06:00", "10T09:00", &["10 08:00 docs;08:00;docs", "11 06:00 docs;06:00;docs"]),
        ("12:00", "10T07:00", &["10 12:00 docs;12:00;docs", "11 12:00 docs;12:00;docs"]),
        (
            "08:30",
            "10T08:15",
            &["10 08:00 docs;08:00;docs", "10 08:30 docs;08:30;docs", "11 08:30 docs;08:30;docs"],
        ),
    ];
    for (time, edit, expected) in cases {
        let world = world(&["docs;08:00;docs"]);
        serve_and(&world, "2026-03-11T12:30:00Z", |runner, world| {
            runner.polling(TimeDelta::seconds(45)).act_at(at(&format!("2026-03-{edit}:00Z")), move || {
                world.schedules.write(format!("docs;{time};docs\n"));
            })
        });
        let expected: Vec<_> = expected.iter().map(|run| format!("{run} Done")).collect();
        assert_eq!(runs(&world), expected, "{time} at {edit}");
        let shown = status(&world).last_run.as_ref().map(|run| run.outcome);
        assert_eq!(shown, Some(Outcome::Done), "{time} at {edit}");
    }
}

#[test]
fn the_last_run_of_the_name_is_known_right_after_an_edit() {
    let world = world(&["docs;08:00;docs"]);
    serve(&world, "2026-03-10T09:00:00Z");
    world.schedules.write("docs;06:00;docs;verify=yes\n");
    let status = status(&world);
    let last = status.last_run.as_ref().expect("it ran under its old time");
    assert_eq!(last.key.entry, "docs;08:00;docs");
    assert!(status.overdue.is_none() && status.due.is_none());
}

#[test]
fn a_service_that_is_leaving_makes_nothing_that_another_line_has_settled() {
    let world = world(&["docs;08:00;docs", "docs;10:00;docs"]);
    world.clock.set(at("2026-03-10T12:00:00Z"));
    serve_and(&world, "2026-03-10T13:00:00Z", |runner, _| runner.stop_at(at("2026-03-10T12:01:00Z")));
    assert_eq!(runs(&world), ["10 10:00 docs;10:00;docs Done"]);
}

#[test]
fn a_line_that_is_new_runs_also_where_the_clock_was_set_back_after_the_run_of_another_line() {
    let world = world(&["docs;14:57;docs"]);
    serve(&world, "2026-03-10T15:30:00Z");
    world.clock.set(at("2026-03-10T08:34:00Z"));
    world.manager().create("docs;12:12;docs").expect("the schedule is good");
    serve(&world, "2026-03-10T16:00:00Z");
    assert_eq!(runs(&world), ["10 14:57 docs;14:57;docs Done", "10 12:12 docs;12:12;docs Done"]);
}
