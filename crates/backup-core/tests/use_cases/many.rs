//! Very many schedules: no stop waits for all of them.

use backup_core::model::history::HistoryNote;
use backup_core::service::ServiceSettings;
use backup_core::testing::{InstantRunner, MemorySchedules, at};

use crate::world::World;

/// Serves that many schedules that are due, with a stop that comes during the first look. Returns how many were taken note of,
/// and how many backups were begun.
fn stopped(schedules: usize) -> (usize, usize) {
    let lines: String = (0..schedules).map(|number| format!("docs;10:05;docs{number}\n")).collect();
    let mut world = World::at("2026-03-10T09:00:00Z");
    world.schedules = MemorySchedules::new().stamped_by(&world.clock);
    let world = world.with_schedules(&lines);
    world.clock.set(at("2026-03-10T10:06:00Z"));
    let work = world.work();
    let runner = InstantRunner::new(&world.clock, at("2026-03-10T12:00:00Z"), &work).stop_at(world.at_now());
    world.service(ServiceSettings::default()).run(&runner);
    let notes = world.history.notes();
    let seen = notes.iter().filter(|note| matches!(note, HistoryNote::Adopted { .. })).count();
    (seen, runner.begun().len())
}

#[test]
fn a_stop_cuts_a_look_short_among_very_many_schedules_alone() {
    assert_eq!(stopped(99), (99, 99), "all that is due is made");
    assert_eq!(stopped(1_000), (99, 0), "all of it is due");
}

#[test]
fn what_a_look_was_cut_short_of_is_made_after_the_next_start() {
    let lines: String = (0..300).map(|number| format!("docs;10:05;docs{number}\n")).collect();
    let world = World::at("2026-03-10T10:00:00Z").with_schedules(&lines);
    let work = world.work();
    let serve = |stop: &str, end: &str| {
        let runner = InstantRunner::new(&world.clock, at(end), &work).stop_at(at(stop));
        world.service(ServiceSettings::default()).run(&runner);
        runner.begun().len()
    };
    assert_eq!(serve("2026-03-10T10:01:00Z", "2026-03-10T10:02:00Z"), 0);
    world.clock.set(at("2026-03-10T10:06:00Z"));
    assert_eq!(serve("2026-03-10T10:06:00Z", "2026-03-10T10:07:00Z"), 0);
    assert_eq!(serve("2026-03-10T10:30:00Z", "2026-03-10T10:31:00Z"), 300);
}

#[test]
fn a_stop_cuts_a_later_pass_short_as_well() {
    let lines: String = (0..300).map(|number| format!("docs;10:05;docs{number}\n")).collect();
    let world = World::at("2026-03-10T10:00:00Z").with_schedules(&lines);
    let work = world.work();
    let due = at("2026-03-10T10:05:00Z");
    let runner = InstantRunner::new(&world.clock, at("2026-03-10T10:30:00Z"), &work);
    let runner = runner.reload_at(at("2026-03-10T10:01:00Z")).act_at(due, || {}).stop_at(due);
    world.service(ServiceSettings::default()).run(&runner);
    assert_eq!(runner.begun().len(), 0, "the stop comes while all of them are evaluated");
    let runner = InstantRunner::new(&world.clock, at("2026-03-10T10:30:00Z"), &work);
    world.service(ServiceSettings::default()).run(&runner);
    assert_eq!(runner.begun().len(), 300);
}
