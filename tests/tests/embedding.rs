//! The public API as an embedder uses it: a year on a clock of one's own, and a real backup without any program.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use backup_core::manager::Manager;
use backup_core::model::history::{Outcome, RunRecord};
use backup_core::ports::SilentProgress;
use backup_core::service::ServiceSettings;
use backup_core::testing::{InstantRunner, ManualClock, MemoryHome, MemorySchedules, MemorySource, Zone, at};
use backup_core::time::{Clock, Moment, moment};
use backup_fs::{Adapters, Log, SystemClock};
use chrono::{Datelike, Days, NaiveDate, TimeDelta, Timelike};

/// A world of its own: nothing in it touches a disk, a real clock or another thread.
struct World(MemoryHome);

impl World {
    fn new(begin: Moment, zone: Zone, schedules: &str) -> Self {
        let home = MemoryHome::new(ManualClock::with_zone(begin, zone));
        home.archiver.put("/home/docs", MemorySource::folder().file("letter", "dear"));
        Self(MemoryHome { schedules: MemorySchedules::holding(schedules), ..home })
    }

    /// Lets the service work until `end`, each backup taking that long.
    fn serve_until(&self, end: Moment, takes: TimeDelta) {
        let work = self.0.work();
        let runner = InstantRunner::new(&self.0.clock, end, work).taking(move |_| takes);
        // It wakes for each minute that is due; nobody edits the schedules, so it need not look in between.
        self.0.service(ServiceSettings::default()).run(&runner);
    }

    fn runs(&self) -> Vec<RunRecord> {
        self.0.ended()
    }
}

fn date(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

/// A year of one schedule gives one run for each local date, planned for the first instant that reads its time or
/// later, and begun right then.
fn check_year(zone: &Zone, time: &str, exceptions: &[(&str, &str)]) {
    let begin = at("2026-01-01T00:00:00+01:00");
    let world = World::new(begin, zone.clone(), &format!("docs;{time};docs\n"));
    world.serve_until(at("2027-01-01T00:00:00+01:00"), TimeDelta::minutes(3));

    let mut expected: BTreeMap<NaiveDate, String> = BTreeMap::new();
    let mut day = date("2026-01-01");
    while day.year() == 2026 {
        expected.insert(day, format!("{time}:00"));
        day = day + Days::new(1);
    }
    for (day, reading) in exceptions {
        expected.insert(date(day), (*reading).to_owned());
    }
    let runs = world.runs();
    let planned = runs.iter().filter_map(|run| run.key.planned);
    let local = planned.map(|planned| moment(&world.0.clock, planned.to_utc()));
    let found: BTreeMap<NaiveDate, String> =
        local.map(|local| (local.date_naive(), local.format("%H:%M:%S").to_string())).collect();
    assert_eq!(found, expected, "{time}");
    assert_eq!(runs.len(), 365, "each date exactly once, at {time}");
    for run in &runs {
        assert_eq!((run.outcome, run.missed_runs, Some(run.began)), (Outcome::Done, 0, run.key.planned));
    }
}

#[test]
fn a_year_of_daily_runs_happens_once_a_date() {
    for time in ["00:00", "02:30", "16:07", "23:59"] {
        check_year(&Zone::fixed(3600), time, &[]);
    }
}

/// Berlin has no 02:30 on 29 March, and two on 25 October.
#[test]
fn a_year_with_summer_time_happens_once_a_date() {
    check_year(&Zone::berlin(), "16:07", &[]);
    check_year(&Zone::berlin(), "02:00", &[("2026-03-29", "03:00:00")]);
    check_year(&Zone::berlin(), "02:30", &[("2026-03-29", "03:00:00")]);
    check_year(&Zone::berlin(), "03:00", &[]);
}

#[test]
fn an_hour_that_comes_twice_runs_at_its_first_time() {
    let world = World::new(at("2026-10-24T12:00:00+02:00"), Zone::berlin(), "docs;02:30;docs\n");
    world.serve_until(at("2026-10-25T12:00:00+01:00"), TimeDelta::zero());
    let began: Vec<Moment> = world.runs().iter().map(|run| run.began).collect();
    assert_eq!(began, [at("2026-10-25T02:30:00+02:00")]);
}

/// Two schedules share a minute, and a third comes while they are still busy.
#[test]
fn long_backups_swallow_nobody_s_minute() {
    let schedules = "docs;02:00;one\ndocs;02:00;two\ndocs;02:01;three\n";
    let world = World::new(at("2026-01-01 00:00"), Zone::utc(), schedules);
    world.serve_until(at("2026-01-31 00:00"), TimeDelta::hours(5));
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for run in world.runs() {
        assert_eq!(run.outcome, Outcome::Done);
        *counts.entry(run.key.entry).or_default() += 1;
    }
    assert_eq!(counts.into_values().collect::<Vec<_>>(), [30, 30, 30]);
}

#[test]
fn a_service_that_was_down_makes_up_with_one_run() {
    let world = World::new(at("2026-01-01 00:00"), Zone::utc(), "docs;02:00;docs\n");
    world.serve_until(at("2026-01-03 00:00"), TimeDelta::zero());
    world.0.clock.set(at("2026-01-10 12:00"));
    world.serve_until(at("2026-01-11 00:00"), TimeDelta::zero());
    let runs: Vec<(Option<Moment>, u32)> =
        world.runs().iter().map(|run| (run.key.planned, run.missed_runs)).collect();
    assert_eq!(
        runs,
        [
            (Some(at("2026-01-01 02:00")), 0),
            (Some(at("2026-01-02 02:00")), 0),
            (Some(at("2026-01-10 02:00")), 7)
        ]
    );
    assert!(world.0.journal.sentences().contains(&"Making up for 7 missed runs of docs".to_owned()));
}

#[test]
fn a_manager_and_a_service_share_a_world() {
    let world = World::new(at("2026-05-04 18:21"), Zone::utc(), "");
    let manager = world.0.manager();
    for schedule in ["docs;18:21;now", "docs;13:11;tomorrow"] {
        manager.create(schedule).expect("a good schedule");
    }
    world.serve_until(at("2026-05-04 23:59"), TimeDelta::zero());
    assert_eq!(world.0.backups.file_names(), ["now.tar"]);
    world.serve_until(at("2026-05-05 13:12"), TimeDelta::zero());
    assert_eq!(world.0.backups.file_names(), ["now.tar", "tomorrow.tar"]);
}

/// No program, no service: the adapters of one home, the use cases on them, and stock `tar` on the result.
#[test]
fn a_real_backup_comes_back_through_stock_tar() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let path = |name: &str| home.path().join(name);
    fs::create_dir_all(path("docs/letters")).expect("a folder");
    fs::write(path("docs/letters/one"), "dear").expect("a file");
    let adapters = Adapters::open(home.path(), Log::Manager).expect("the home is there");
    let manager = Manager::new(adapters.ports());

    let added = manager.create("docs;9:05;backup_docs").expect("a good schedule");
    assert_eq!(added.to_string(), "New schedule added: docs;09:05;backup_docs");
    let report = manager.run("backup_docs", &SilentProgress).expect("the source is there");
    assert_eq!(report.outcome, Outcome::Done);
    let said: Vec<String> = report.events.iter().map(ToString::to_string).collect();
    assert_eq!(said, ["Backup done for docs in backups/backup_docs.tar"]);
    let names: Vec<String> =
        manager.backups().expect("there is one").into_iter().map(|backup| backup.file_name).collect();
    assert_eq!(names, ["backup_docs.tar"]);

    let mut tar = Command::new("tar");
    let output = tar.arg("-xOf").arg(path("backups/backup_docs.tar")).arg("docs/letters/one").output();
    assert_eq!(output.expect("there is tar").stdout, b"dear");
}

/// The real clock is one of many: what it says is never held, only that it keeps its promise.
#[test]
fn the_system_clock_says_the_offset_that_is_in_force() {
    let now = SystemClock.now();
    assert_eq!(*now.offset(), SystemClock.offset_at(now.to_utc()));
    assert!(now.second() < 60);
}
