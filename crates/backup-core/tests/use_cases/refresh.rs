//! The files that show how the backups are: written by the service after each change, and now and then.

use std::cell::Cell;
use std::path::PathBuf;

use backup_core::model::config::Config;
use backup_core::model::error::{Failure, PortError};
use backup_core::model::job::{RefreshJob, RefreshResult};
use backup_core::service::ServiceSettings;
use backup_core::testing::{InstantRunner, at};
use chrono::TimeDelta;

use crate::world::World;

fn config(metrics: Option<&str>, report: Option<&str>) -> Config {
    let mut config = Config::default();
    config.service.metrics_file = metrics.map(PathBuf::from);
    config.service.report_file = report.map(PathBuf::from);
    config
}

fn world(config: &Config) -> World {
    let world = World::at("2026-03-10T12:00:00Z").with_schedules("docs;16:07;docs\n");
    world.config.put(config);
    world
}

fn written(_: &RefreshJob) -> RefreshResult {
    RefreshResult::default()
}

/// Serves until `end`, with refreshes that take that long, and returns when they began.
fn serve<'a>(
    world: &'a World,
    end: &str,
    takes: TimeDelta,
    work: impl Fn(&RefreshJob) -> RefreshResult + 'a,
    script: impl FnOnce(InstantRunner<'a>) -> InstantRunner<'a>,
) -> Vec<String> {
    let runner = InstantRunner::new(&world.clock, at(end), world.work()).taking(|_| TimeDelta::minutes(2));
    let runner = script(runner.refreshing(work, takes));
    world.service(ServiceSettings::default()).run(&runner);
    let shown = |(moment, job): &(backup_core::time::Moment, RefreshJob)| {
        let last = if job.is_last { " last" } else { "" };
        format!("{}{last}", moment.format("%H:%M:%S"))
    };
    runner.refreshed().iter().map(shown).collect()
}

const NONE: TimeDelta = TimeDelta::zero();

#[test]
fn nothing_is_written_unless_it_is_asked_for() {
    let world = world(&Config::default());
    let refreshed = serve(&world, "2026-03-12T12:00:00Z", NONE, written, |runner| runner);
    assert_eq!((refreshed.len(), world.ended().len()), (0, 2));
}

#[test]
fn files_are_written_at_the_start_after_each_change_every_five_minutes_and_at_the_stop() {
    let world = world(&config(Some("m.prom"), None));
    let manager = world.manager();
    let refreshed = serve(&world, "2026-03-10T12:14:00Z", NONE, written, |runner| {
        runner.act_at(at("2026-03-10T12:07:30Z"), move || drop(manager.create("docs;18:00;docs")))
    });
    // The second one has the note by which the first look adopted the schedule.
    assert_eq!(refreshed, ["12:00:00", "12:00:00", "12:05:00", "12:07:30", "12:12:30", "12:14:00 last"]);
}

#[test]
fn a_run_is_shown_as_soon_as_it_has_ended() {
    let world = world(&config(None, Some("r.html")));
    let refreshed = serve(&world, "2026-03-10T16:10:00Z", NONE, written, |runner| runner);
    assert!(refreshed.contains(&"16:09:00".to_owned()), "{refreshed:?}");
    assert_eq!(refreshed.last().map(String::as_str), Some("16:10:00 last"));
}

/// A refresh is never begun while another is under way: the runner would panic.
#[test]
fn a_refresh_that_takes_long_is_followed_by_a_long_rest() {
    let world = world(&config(Some("m.prom"), Some("r.html")));
    let manager = world.manager();
    let refreshed = serve(&world, "2026-03-10T13:00:00Z", TimeDelta::seconds(20), written, |runner| {
        let create = move || drop(manager.create("docs;18:00;docs"));
        runner.act_at(at("2026-03-10T12:00:10Z"), create)
    });
    // 19 times 20 seconds after the end of the one before it.
    assert_eq!(refreshed[..3], ["12:00:00", "12:06:40", "12:13:20"]);
    assert_eq!(refreshed.last().map(String::as_str), Some("13:00:00 last"));
}

#[test]
fn a_failure_is_reported_once_and_never_harms_a_backup() {
    let world = world(&config(Some("m.prom"), Some("r.html")));
    let count = Cell::new(0);
    let work = |job: &RefreshJob| {
        assert_eq!((job.metrics_file.is_some(), job.report_file.is_some()), (true, true));
        count.set(count.get() + 1);
        let full = || PortError::new(Failure::Full, "write m.prom");
        RefreshResult { metrics: (3..6).contains(&count.get()).then(full), report: None }
    };
    serve(&world, "2026-03-11T12:00:00Z", NONE, work, |runner| runner);
    let said = world.journal.sentences();
    let about: Vec<_> =
        said.iter().filter(|line| line.contains("m.prom") || line.contains("metrics")).collect();
    assert_eq!(about, ["Error: can't write m.prom", "the file of the metrics can be written again"]);
    assert_eq!(world.ended().len(), 1);
}

#[test]
fn a_service_that_stops_at_once_or_has_lost_its_home_writes_nothing_more() {
    for script in [
        (|runner: InstantRunner<'static>| runner.stop_now_at(at("2026-03-10T12:01:00Z"))) as fn(_) -> _,
        |runner| runner.losing_home_at(at("2026-03-10T12:01:00Z")).reload_at(at("2026-03-10T12:01:00Z")),
    ] {
        let world: &'static World = Box::leak(Box::new(world(&config(Some("m.prom"), None))));
        let refreshed = serve(world, "2026-03-10T13:00:00Z", NONE, written, script);
        assert!(refreshed.iter().all(|moment| moment.starts_with("12:00")), "{refreshed:?}");
    }
}

#[test]
fn a_clock_that_is_set_back_makes_no_file_old() {
    let world = world(&config(Some("m.prom"), None));
    let clock = world.clock.clone();
    let refreshed = serve(&world, "2026-03-10T12:20:00Z", NONE, written, |runner| {
        let back = move || clock.set(at("2026-03-10T09:00:00Z"));
        runner.act_at(at("2026-03-10T12:12:00Z"), back).stop_at(at("2026-03-10T09:07:00Z"))
    });
    assert!(refreshed.contains(&"09:00:00".to_owned()), "{refreshed:?}");
    assert!(refreshed.contains(&"09:05:00".to_owned()), "{refreshed:?}");
}
