//! A pass at which nothing has changed costs nothing; one at which something has misses nothing of it.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use backup_core::chrono::{DateTime, FixedOffset, TimeDelta, Utc};
use backup_core::model::archive::{PackReport, PatternError, Selection};
use backup_core::model::config::ConfigReading;
use backup_core::model::error::{Error, Failure, PortError};
use backup_core::model::history::{HistoryNote, Outcome, RunKey, RunRecord};
use backup_core::model::job::RunJob;
use backup_core::model::schedule::ScheduleBook;
use backup_core::operation::run::perform;
use backup_core::ports::{
    Archiver, BookState, ConfigState, ConfigStore, Edit, PackRequest, Ports, Progress, ScheduleStore,
};
use backup_core::service::{Service, ServiceSettings};
use backup_core::testing::{Faults, InstantRunner, ManualClock, MemoryBackups, MemoryHistory, Zone, at};
use backup_core::time::{Clock, Moment};

use crate::world::World;

/// Counts the questions that a pass asks its ports.
struct Counted<'a> {
    world: &'a World,
    offsets: AtomicUsize,
    judged: AtomicUsize,
    loads: AtomicUsize,
    config_reads: AtomicUsize,
}

impl Clock for Counted<'_> {
    fn now(&self) -> Moment {
        self.world.clock.now()
    }

    fn offset_at(&self, instant: DateTime<Utc>) -> FixedOffset {
        self.offsets.fetch_add(1, Ordering::Relaxed);
        self.world.clock.offset_at(instant)
    }
}

impl Archiver for Counted<'_> {
    fn pack(
        &self,
        request: &PackRequest<'_>,
        out: &mut dyn backup_core::ports::PackTarget,
        progress: &dyn Progress,
    ) -> Result<PackReport, PortError> {
        self.world.archiver.pack(request, out, progress)
    }

    fn check_selection(&self, selection: &Selection) -> Result<(), PatternError> {
        self.judged.fetch_add(1, Ordering::Relaxed);
        self.world.archiver.check_selection(selection)
    }
}

impl ScheduleStore for Counted<'_> {
    fn load(&self) -> Result<ScheduleBook, PortError> {
        self.loads.fetch_add(1, Ordering::Relaxed);
        self.world.schedules.load()
    }

    fn load_if_changed(&self, seen: &mut BookState) -> Result<Option<ScheduleBook>, PortError> {
        let loaded = self.world.schedules.load_if_changed(seen)?;
        self.loads.fetch_add(usize::from(loaded.is_some()), Ordering::Relaxed);
        Ok(loaded)
    }

    fn update(&self, edit: Edit<'_>) -> Result<(), Error> {
        self.world.schedules.update(edit)
    }
}

impl ConfigStore for Counted<'_> {
    fn load(&self) -> Result<ConfigReading, PortError> {
        self.config_reads.fetch_add(1, Ordering::Relaxed);
        self.world.config.load()
    }

    fn load_if_changed(&self, seen: &mut ConfigState) -> Result<Option<ConfigReading>, PortError> {
        let loaded = self.world.config.load_if_changed(seen)?;
        self.config_reads.fetch_add(usize::from(loaded.is_some()), Ordering::Relaxed);
        Ok(loaded)
    }
}

/// What a service asks its ports from noon to one o'clock.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
struct ScheduleQuery {
    offsets: usize,
    judged_lines: usize,
    loads: usize,
    config_reads: usize,
}

/// Serves that many schedules and looks every minute. None is due between noon and one o'clock.
fn asked(schedules: usize, script: impl FnOnce(&World)) -> ScheduleQuery {
    asked_with(schedules, |world, _| script(world), |runner| runner)
}

fn asked_with(
    schedules: usize,
    script: impl FnOnce(&World, &Faults),
    more: impl FnOnce(InstantRunner<'_>) -> InstantRunner<'_>,
) -> ScheduleQuery {
    let lines: String = (0..schedules).map(|number| format!("docs;10:05;docs{number}\n")).collect();
    let reads = Faults::only("read");
    let mut world = World::at("2026-03-10T11:00:00Z").with_schedules(&lines);
    world.history = MemoryHistory::failing(&reads);
    let counted = Counted {
        world: &world,
        offsets: AtomicUsize::new(0),
        judged: AtomicUsize::new(0),
        loads: AtomicUsize::new(0),
        config_reads: AtomicUsize::new(0),
    };
    world.config.write("[defaults]\nkeep = \"last:3\"\n");
    let mut ports: Ports<'_> = world.ports();
    (ports.clock, ports.archiver, ports.schedules, ports.config) = (&counted, &counted, &counted, &counted);
    let read = || ScheduleQuery {
        offsets: counted.offsets.load(Ordering::Relaxed),
        judged_lines: counted.judged.load(Ordering::Relaxed),
        loads: counted.loads.load(Ordering::Relaxed),
        config_reads: counted.config_reads.load(Ordering::Relaxed),
    };
    let before = std::cell::Cell::new(None);
    let work = world.work();
    let runner = InstantRunner::new(&world.clock, at("2026-03-10T13:00:00Z"), &work)
        .polling(TimeDelta::minutes(1))
        .act_at(at("2026-03-10T12:00:00Z"), || before.set(Some(read())))
        .act_at(at("2026-03-10T12:30:30Z"), || script(&world, &reads));
    Service::new(ports, ServiceSettings::default()).run(&more(runner));
    let (before, after) = (before.get().expect("noon has come"), read());
    ScheduleQuery {
        offsets: after.offsets - before.offsets,
        judged_lines: after.judged_lines - before.judged_lines,
        loads: after.loads - before.loads,
        config_reads: after.config_reads - before.config_reads,
    }
}

#[test]
fn a_pass_at_which_nothing_has_changed_does_not_depend_on_the_number_of_schedules() {
    let quiet = asked(1, |_| {});
    assert_eq!((quiet.judged_lines, quiet.loads, quiet.config_reads), (0, 0, 0));
    assert_eq!(asked(500, |_| {}), quiet, "no rule was asked for its next moment");
}

#[test]
fn a_new_note_has_its_own_schedule_evaluated_and_no_other() {
    let note = |world: &World| {
        let now = world.at_now();
        world.note(&HistoryNote::Adopted { entry: "docs;10:05;docs0".to_owned(), since: now, at: now });
    };
    let one = asked(1, note);
    assert!(one.offsets > asked(1, |_| {}).offsets && one.judged_lines == 0);
    assert_eq!(asked(500, note), one);
}

#[test]
fn what_may_concern_all_schedules_has_all_of_them_derived_anew_once() {
    let all = |script: fn(&World)| asked(500, script).judged_lines;
    assert_eq!(all(|world| world.schedules.write("docs;10:05;docs\n")), 1);
    assert_eq!(all(|world| world.config.write("[defaults]\nkeep = \"last:4\"\n")), 500, "another default");
    assert_eq!(all(|world| world.config.spoil()), 0, "a wrong configuration changes nothing");
    assert_eq!(all(|world| world.config.remove()), 0, "neither does one that is gone");
    assert_eq!(all(|world| world.clock.advance(TimeDelta::minutes(-5))), 500, "the clock was set back");
    assert_eq!(all(|world| world.clock.set_zone(Zone::fixed(3_600))), 500, "the zone is another");
    let look = asked_with(500, |_, _| {}, |runner| runner.reload_at(at("2026-03-10T12:40:10Z")));
    assert_eq!((look.judged_lines, look.loads), (500, 2), "somebody asks for it");
    let fail = |_: &World, reads: &Faults| {
        reads.fail_next(Failure::Other);
    };
    let unread = asked_with(500, fail, |runner| runner);
    assert_eq!(unread.judged_lines, 500, "the history could not be read once");
    let day = asked(50, |world| world.clock.set(at("2026-03-11T11:30:00Z")));
    assert_eq!(day.judged_lines, 50, "a day has passed");
}

/// Serves `lines` until `end` in a zone, and returns when each run began, with its source.
fn served<'a>(
    world: &'a World,
    end: &str,
    script: impl FnOnce(InstantRunner<'a>) -> InstantRunner<'a>,
) -> Vec<String> {
    let work: &'a _ = Box::leak(Box::new(world.work()));
    let runner = script(InstantRunner::new(&world.clock, at(end), work));
    world.service(ServiceSettings::default()).run(&runner);
    let begun = runner.begun().into_iter();
    begun.map(|(moment, key)| format!("{} {}", moment.to_utc().format("%d %H:%M"), key.entry)).collect()
}

#[test]
fn rules_of_the_zone_that_change_before_their_day_move_the_run() {
    let spring = |change: &str| Zone::fixed(3_600).then(change, 7_200);
    let world = World::in_zone("2026-03-28T12:00:00Z", spring("2026-03-29 01:00"))
        .with_schedules("docs;08:00;docs\n");
    // The government puts the change off, so that 08:00 comes an hour later. The offset of now stays what it was.
    let started = served(&world, "2026-03-29T12:00:00Z", |runner| {
        runner
            .polling(TimeDelta::seconds(45))
            .act_at(at("2026-03-28T20:00:00Z"), || world.clock.set_zone(spring("2026-04-05 01:00")))
    });
    assert_eq!(started, ["29 07:00 docs;08:00;docs"]);
    let world = World::in_zone("2026-03-28T12:00:00Z", spring("2026-04-05 01:00"))
        .with_schedules("docs;08:00;docs\n");
    let started = served(&world, "2026-03-29T12:00:00Z", |runner| {
        // The pass before has evaluated what the first one noted.
        runner
            .act_at(at("2026-03-28T13:00:00Z"), || {})
            .act_at(at("2026-03-28T20:00:00Z"), || world.clock.set_zone(spring("2026-03-29 01:00")))
    });
    assert_eq!(started, ["29 06:00 docs;08:00;docs"], "neither is it late");
}

#[test]
fn in_a_zone_where_the_time_has_passed_the_run_is_due_at_once() {
    let world = World::at("2026-03-10T10:00:00Z").with_schedules("docs;16:07;docs\n");
    let started = served(&world, "2026-03-10T20:00:00Z", |runner| {
        runner
            .act_at(at("2026-03-10T12:00:00Z"), || {})
            .act_at(at("2026-03-10T14:00:00Z"), || world.clock.set_zone(Zone::fixed(5 * 3_600)))
    });
    assert_eq!(started, ["10 14:00 docs;16:07;docs"]);
}

#[test]
fn what_became_due_while_a_run_went_on_is_made_when_it_has_ended() {
    let world = World::at("2026-03-10T16:00:00Z").with_schedules("docs;16:07;docs\n");
    let started = served(&world, "2026-03-12T16:00:00Z", |runner| runner.taking(|_| TimeDelta::hours(25)));
    assert_eq!(started, ["10 16:07 docs;16:07;docs", "11 17:07 docs;16:07;docs"]);
}

#[test]
fn what_became_due_while_a_run_went_on_is_made_even_if_the_history_takes_no_notes() {
    let faults = Faults::only("append");
    let mut world = World::at("2026-03-10T16:00:00Z").with_schedules("docs;16:07;docs\n");
    world.history = MemoryHistory::failing(&faults);
    let started = served(&world, "2026-03-12T16:00:00Z", |runner| {
        runner.taking(|_| TimeDelta::hours(25)).act_at(at("2026-03-10T16:08:00Z"), || {
            faults.fail_from(1, Failure::Full);
        })
    });
    assert_eq!(started, ["10 16:07 docs;16:07;docs", "11 17:07 docs;16:07;docs"]);
}

#[test]
fn what_waits_for_a_worker_makes_up_for_what_becomes_due_meanwhile() {
    let world = World::at("2026-03-10T16:00:00Z").with_schedules("docs;16:07;docs\na;16:05;a\nb;16:05;b\n");
    served(&world, "2026-03-12T16:00:00Z", |runner| {
        runner.taking(|job| TimeDelta::hours(if job.entry.source() == "docs" { 0 } else { 25 }))
    });
    let docs = world.ended().into_iter().find(|run| run.key.entry == "docs;16:07;docs");
    let docs = docs.expect("it was made");
    assert_eq!((docs.key.planned, docs.missed_runs), (Some(at("2026-03-11T16:07:00Z")), 1));
}

#[test]
fn what_waits_for_a_worker_is_not_begun_once_a_note_settles_it() {
    let world = World::at("2026-03-10T16:00:00Z").with_schedules("a;16:05;a\nb;16:05;b\ndocs;16:07;docs\n");
    let note = || {
        let planned = Some(at("2026-03-10T16:07:00Z"));
        let key = RunKey { entry: "docs;16:07;docs".to_owned(), planned };
        let now = world.at_now();
        world.note(&HistoryNote::Ended(RunRecord::without_archive(key, Outcome::Failed, now, now)));
    };
    let started = served(&world, "2026-03-10T20:00:00Z", |runner| {
        runner.taking(|_| TimeDelta::hours(2)).act_at(at("2026-03-10T17:00:00Z"), note)
    });
    assert_eq!(started, ["10 16:05 a;16:05;a", "10 16:05 b;16:05;b"]);
}

/// The clock is set back before the run's time and forward again, both between two passes.
#[test]
fn a_run_that_was_dropped_because_the_clock_was_set_back_for_a_moment_is_not_forgotten() {
    let world = World::at("2026-03-10T16:00:00Z").with_schedules("a;16:05;a\ndocs;16:07;docs\n");
    let clock = Stumbling { clock: &world.clock, stumbles: AtomicUsize::new(0) };
    let mut ports = world.ports();
    ports.clock = &clock;
    let work = |job: &RunJob, progress: &dyn Progress| perform(&world.ports(), job, progress);
    let runner = InstantRunner::new(&world.clock, at("2026-03-10T20:00:00Z"), work)
        .polling(TimeDelta::seconds(45))
        .act_at(at("2026-03-10T16:06:59Z"), || clock.stumbles.store(2, Ordering::Relaxed));
    Service::new(ports, ServiceSettings::default()).run(&runner);
    let begun: Vec<_> = runner.begun().into_iter().map(|(_, key)| key.entry).collect();
    assert_eq!(begun, ["a;16:05;a", "docs;16:07;docs"]);
    assert_eq!(clock.stumbles.load(Ordering::Relaxed), 0, "the clock was asked in between");
}

/// A clock that, once it has shown 16:07, shows an hour less the next time.
struct Stumbling<'a> {
    clock: &'a ManualClock,
    stumbles: AtomicUsize,
}

impl Clock for Stumbling<'_> {
    fn now(&self) -> Moment {
        let now = self.clock.now();
        if now < at("2026-03-10T16:07:00Z") {
            return now;
        }
        let stumble = self.stumbles.load(Ordering::Relaxed);
        self.stumbles.store(stumble.saturating_sub(1), Ordering::Relaxed);
        // The pass sees the right time, and who begins what waits sees the wrong one.
        if stumble == 1 { now - TimeDelta::hours(1) } else { now }
    }

    fn offset_at(&self, instant: DateTime<Utc>) -> FixedOffset {
        self.clock.offset_at(instant)
    }
}

#[test]
fn a_name_that_the_disk_takes_for_another_is_refused_as_soon_as_that_has_an_archive() {
    let mut world = World::at("2026-03-10T16:00:00Z").with_schedules("a;16:05;docs\nb;16:05;DOCS\n");
    world.backups = MemoryBackups::new(world.clock.clone());
    // The disk finds out only once there is an archive: it ignores case from then on.
    let work = |job: &RunJob, progress: &dyn Progress| {
        let result = perform(&world.ports(), job, progress);
        drop(world.backups.clone().ignoring_case());
        result
    };
    let runner = InstantRunner::new(&world.clock, at("2026-03-11T20:00:00Z"), work);
    world.service(ServiceSettings { workers: Some(1), ..ServiceSettings::default() }).run(&runner);
    let begun: Vec<_> = runner.begun().into_iter().map(|(_, key)| key.entry).collect();
    assert_eq!(begun, ["a;16:05;docs", "a;16:05;docs"]);
    let said = world.journal.sentences();
    assert!(said.iter().any(|line| line.contains("DOCS")), "{said:?}");
}

#[test]
fn a_service_that_runs_a_second_time_makes_what_waited_when_it_was_ended() {
    let world = World::at("2026-03-10T16:00:00Z").with_schedules("a;16:07;a\ndocs;16:07;docs\n");
    let mut service = world.service(ServiceSettings { workers: Some(1), ..ServiceSettings::default() });
    let work = world.work();
    let runner = InstantRunner::new(&world.clock, at("2026-03-10T17:00:00Z"), &work);
    let runner = runner.taking(|_| TimeDelta::hours(1)).stop_now_at(at("2026-03-10T16:10:00Z"));
    service.run(&runner);
    let again = InstantRunner::new(&world.clock, at("2026-03-10T18:00:00Z"), &work);
    service.run(&again);
    let mut begun: Vec<_> = again.begun().into_iter().map(|(_, key)| key.entry).collect();
    begun.sort();
    assert_eq!(begun, ["a;16:07;a", "docs;16:07;docs"]);
}

#[test]
fn a_year_of_fifty_schedules_runs_each_day_of_each() {
    let line = |number: u32| format!("docs;{:02}:{:02};name{number}\n", number % 24, number * 7 % 60);
    let world = World::in_zone("2026-01-01T00:00:00+01:00", Zone::berlin())
        .with_schedules(&(0..50).map(line).collect::<String>());
    let started = served(&world, "2027-01-01T00:00:00+01:00", |runner| runner);
    assert_eq!(started.len(), 365 * 50);
    let planned: BTreeSet<_> =
        world.ended().into_iter().map(|run| (run.key.entry, run.key.planned)).collect();
    assert_eq!(planned.len(), 365 * 50, "each day of each, once");
}
