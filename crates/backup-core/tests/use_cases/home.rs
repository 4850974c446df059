//! A home that isn't where it was, and schedules that may be somebody else's secrets.

use backup_core::manager::Manager;
use backup_core::model::error::{Error, PortError};
use backup_core::model::schedule::ScheduleBook;
use backup_core::ports::{Edit, ScheduleStore, SilentProgress};
use backup_core::service::{Service, ServiceSettings};
use backup_core::testing::{InstantRunner, MemorySchedules, at};
use chrono::TimeDelta;

use crate::world::World;

#[test]
fn a_service_whose_home_is_lost_finishes_what_is_under_way_and_leaves() {
    let world = World::at("2026-03-10T16:00:00Z").with_schedules("a;16:07;a\nb;16:07;b\n");
    let work = world.work();
    let runner = InstantRunner::new(&world.clock, at("2026-03-12T00:00:00Z"), &work)
        .taking(|_| TimeDelta::minutes(5))
        .reload_at(at("2026-03-10T16:09:00Z"))
        .losing_home_at(at("2026-03-10T16:08:00Z"));
    world.service(ServiceSettings { workers: Some(1), ..ServiceSettings::default() }).run(&runner);
    let begun: Vec<_> = runner.begun().into_iter().map(|(_, key)| key.entry).collect();
    assert_eq!(begun, ["a;16:07;a"], "the second waited for the worker");
    insta::assert_snapshot!(world.journal.sentences().join("\n"), @r"
    the service started
    Error: can't go on in this home
    Backup done for a in backups/a.tar
    the service stopped
    ");
    // What wasn't begun is due.
    let runner = InstantRunner::new(&world.clock, at("2026-03-10T17:00:00Z"), &work);
    world.service(ServiceSettings::default()).run(&runner);
    assert_eq!(runner.begun()[0].1.entry, "b;16:07;b");
}

#[test]
fn a_service_that_is_leaving_begins_nothing_more_in_a_home_that_is_lost() {
    let world = World::at("2026-03-10T16:00:00Z").with_schedules("a;16:07;a\nb;16:07;b\n");
    let work = world.work();
    let runner = InstantRunner::new(&world.clock, at("2026-03-12T00:00:00Z"), &work)
        .taking(|_| TimeDelta::minutes(5))
        .stop_at(at("2026-03-10T16:08:00Z"))
        .losing_home_at(at("2026-03-10T16:09:00Z"));
    world.service(ServiceSettings { workers: Some(1), ..ServiceSettings::default() }).run(&runner);
    assert_eq!(runner.begun().len(), 1);
}

/// A file of schedules that may be somebody else's.
struct Withheld<'a>(&'a MemorySchedules);

impl ScheduleStore for Withheld<'_> {
    fn load(&self) -> Result<ScheduleBook, PortError> {
        self.0.load().map(ScheduleBook::withheld)
    }

    fn update(&self, edit: Edit<'_>) -> Result<(), Error> {
        self.0.update(edit)
    }
}

#[test]
fn what_may_be_a_secret_of_somebody_else_is_quoted_in_no_log() {
    let text = "# secrets\nroot:$6$SECRET:19000\nSECRET;16:07;a;exclude=[\ndocs;16:07;docs\nSECRET;25:00;x\n";
    let world = World::at("2026-03-10T16:00:00Z").with_schedules(text);
    let schedules = Withheld(&world.schedules);
    let mut ports = world.ports();
    ports.schedules = &schedules;
    let work = world.work();
    let runner = InstantRunner::new(&world.clock, at("2026-03-10T17:00:00Z"), &work);
    Service::new(ports, ServiceSettings::default()).run(&runner);
    assert_eq!(runner.begun().len(), 1);
    let manager = Manager::new(ports);
    let listed = manager.list().unwrap();
    assert_eq!(listed[0].text, "root:$6$SECRET:19000", "a terminal shows it");
    for key in ["0", "1", "3"] {
        let error = manager.run(key, &SilentProgress).unwrap_err();
        assert!(matches!(error, Error::MalformedLine { .. }) && error.detail().is_some(), "{error}");
    }
    insta::assert_snapshot!(world.journal.sentences().join("\n"), @r"
    the service started
    Error: malformed schedule in line 2 of the schedules
    Error: malformed schedule in line 3 of the schedules
    Error: malformed schedule in line 5 of the schedules
    Backup done for docs in backups/docs.tar
    the service stopped
    Show schedules list
    Error: malformed schedule in line 2 of the schedules
    Error: malformed schedule in line 3 of the schedules
    Error: malformed schedule in line 5 of the schedules
    ");
}
