//! Every form of the time field, and rules that an embedder brings, in the service, the status and the explanations.

use backup_core::manager::{Manager, ServiceManager};
use backup_core::model::schedule::{Schedule, ScheduleEntry, TimeRule};
use backup_core::ports::{MockServiceControl, Ports, Rules};
use backup_core::service::{Service, ServiceSettings};
use backup_core::testing::{InstantRunner, Zone, at};
use backup_core::time::Moment;
use chrono::TimeDelta;

use crate::world::World;

const ONE: ServiceSettings = ServiceSettings { workers: Some(1), retry: TimeDelta::seconds(45) };

/// Makes backups until `end`. A run takes a minute.
fn serve(world: &World, ports: Ports<'_>, end: &str) -> Vec<String> {
    let work = world.work();
    let runner = InstantRunner::new(&world.clock, at(end), &work).taking(|_| TimeDelta::minutes(1));
    Service::new(ports, ONE).run(&runner);
    let shown = |planned: Moment| planned.format("%d %H:%M").to_string();
    world.ended().iter().filter_map(|run| run.key.planned.map(shown)).collect()
}

/// The planned moments that a schedule ran for from Monday, 9 March 2026 at noon, until `end`.
#[track_caller]
fn check(schedule: &str, end: &str, expected: &[&str]) {
    let world = World::at("2026-03-09T12:00:00Z");
    world.manager().create(schedule).expect("the schedule is good");
    assert_eq!(serve(&world, world.ports(), end), expected, "{schedule}");
}

#[test]
fn the_service_runs_every_form() {
    check("docs;16:07;docs", "2026-03-11T12:00:00Z", &["09 16:07", "10 16:07"]);
    check("docs;08:00,18:00;docs", "2026-03-10T12:00:00Z", &["09 18:00", "10 08:00"]);
    check("docs;every 5h;docs", "2026-03-10T00:00:00Z", &["09 13:00", "09 18:00", "09 23:00"]);
    check("docs;every 8h from 02:00;docs", "2026-03-10T12:00:00Z", &["09 18:00", "10 02:00", "10 10:00"]);
    check("docs;Wed,Fri 16:07;docs", "2026-03-14T00:00:00Z", &["11 16:07", "13 16:07"]);
    check("docs;*-*-01 04:00;docs", "2026-05-02T00:00:00Z", &["01 04:00", "01 04:00"]);
    check("docs;Sun *-*-1..7 03:00;docs", "2026-05-04T00:00:00Z", &["05 03:00", "03 03:00"]);
    check("docs;0 9-10 * * tue;docs", "2026-03-11T00:00:00Z", &["10 09:00", "10 10:00"]);
    check("docs;@weekly;docs", "2026-03-16T00:00:00Z", &["15 00:00"]);
}

#[test]
fn a_missed_week_is_made_up_for_with_one_run_of_a_quarter_hourly_schedule() {
    let world = World::at("2026-03-09T12:00:00Z");
    world.manager().create("docs;*:0/15;docs").expect("the schedule is good");
    world.clock.set(at("2026-03-16T12:07:00Z"));
    assert_eq!(serve(&world, world.ports(), "2026-03-16T12:20:00Z"), ["16 12:00", "16 12:15"]);
    // From the minute in which it was created: 12:00 itself counts.
    assert_eq!(world.ended()[0].missed_runs, 7 * 96);
}

#[test]
fn a_zone_of_its_own_and_an_unknown_one() {
    let world = World::at("2026-03-09T12:00:00Z");
    world.clock.add_zone("Asia/Tokyo", Zone::fixed(9 * 3_600));
    world.manager().create("docs;16:07;docs;tz=Asia/Tokyo").expect("the schedule is good");
    assert_eq!(serve(&world, world.ports(), "2026-03-11T00:00:00Z"), ["10 07:07"]);
    let refused = world.manager().create("a;16:07;a;tz=Asia/Tokio").expect_err("there is no such zone");
    let detail = refused.detail().unwrap_or_default();
    assert_eq!(detail, "tz=Asia/Tokio: this machine knows no such time zone; names are like Europe/Paris");
    // A line of the file that asks for it doesn't run at another time instead.
    world.schedules.write("a;16:07;a;tz=Asia/Tokio\n");
    assert!(world.manager().list().expect("it can be read")[0].refused.is_some());
}

#[test]
fn a_rule_whose_moments_have_passed_is_refused() {
    let world = World::at("2026-03-09T12:00:00Z");
    let refused = world.manager().create("docs;2020-01-01 10:00;docs").expect_err("it never comes");
    assert_eq!(refused.detail().as_deref(), Some("all its moments have passed"));
}

/// Rules of an embedder: schedules with a name that begins with `tide` run at other times than they say.
struct Tides(TimeRule);

impl Rules for Tides {
    fn rule<'a>(&'a self, entry: &'a ScheduleEntry) -> Box<dyn Schedule + 'a> {
        if entry.name().as_str().starts_with("tide") { Box::new(&self.0) } else { Box::new(entry.rule()) }
    }
}

#[test]
fn an_embedders_rule_is_used_everywhere() {
    let tides = Tides("03:25,15:50".parse().expect("it is a rule"));
    let world = World::at("2026-03-09T12:00:00Z");
    let mut ports = world.ports();
    ports.rules = &tides;
    let manager = Manager::new(ports);
    manager.create("docs;16:07;tide").expect("the schedule is good");
    assert_eq!(serve(&world, ports, "2026-03-10T12:00:00Z"), ["09 15:50", "10 03:25"]);
    let mut control = MockServiceControl::new();
    control.expect_running().returning(|| Ok(None));
    let service = ServiceManager::new(ports, &control);
    world.clock.set(at("2026-03-10T16:01:00Z"));
    let status = service.status().expect("it can be read");
    assert_eq!(status.schedules[0].overdue.map(|overdue| overdue.planned), Some(at("2026-03-10 15:50")));
    assert_eq!(status.schedules[0].next_run, Some(at("2026-03-11 03:25")));
    let why = service.why("tide", "2026-03-10 03:25").expect("it can be explained");
    assert_eq!(why[0].planned, Some(at("2026-03-10 03:25")));
    assert!(why[0].to_string().contains("it ran in time"), "{}", why[0]);
}

#[test]
fn each_run_of_a_day_is_explained_and_a_day_without_one_too() {
    let world = World::at("2026-03-09T12:00:00Z");
    world.manager().create("docs;Tue 08:00,18:00;docs").expect("the schedule is good");
    serve(&world, world.ports(), "2026-03-10T12:00:00Z");
    let mut control = MockServiceControl::new();
    control.expect_running().returning(|| Ok(None));
    let service = ServiceManager::new(world.ports(), &control);
    let why = |when: &str| service.why("docs", when).expect("it can be explained");
    let planned: Vec<_> = why("2026-03-10").into_iter().map(|run| run.planned).collect();
    assert_eq!(planned, [Some(at("2026-03-10 08:00")), Some(at("2026-03-10 18:00"))]);
    let text = why("2026-03-11")[0].to_string();
    assert!(text.contains("It runs every Tuesday at 08:00 and 18:00"), "{text}");
}
