//! Very many schedules: no stop waits for all of them, and no memory has to hold all their states at once.

use backup_core::manager::{
    BackupState, BackupStatus, Detail, Overview, OverviewRequest, OverviewVisitor, ServiceManager,
};
use backup_core::model::history::HistoryNote;
use backup_core::ports::MockServiceControl;
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

/// Keeps what it sees, as text.
#[derive(Default)]
struct Seen {
    head: String,
    states: Vec<BackupState>,
    backups: Vec<String>,
    most: usize,
}

impl OverviewVisitor for Seen {
    fn begin(&mut self, overview: &Overview) {
        assert!(overview.backups.iter().all(|backup| backup.lines.is_empty()));
        self.states = overview.backups.iter().map(|backup| backup.state).collect();
        self.head = format!("{:?} {} {}", overview.now, overview.schedules, overview.is_all_right());
    }

    fn see(&mut self, backup: &BackupStatus) -> bool {
        self.backups.push(format!("{backup:?}"));
        self.backups.len() < self.most
    }
}

/// Runs what is due, so that there are several states, and then has the overview of `key` seen in both ways.
#[track_caller]
fn check_seen(lines: &str, key: Option<&str>, most: usize) -> Vec<BackupState> {
    let world = World::at("2026-03-10T10:00:00Z").with_schedules(lines);
    let work = world.work();
    let runner = InstantRunner::new(&world.clock, at("2026-03-10T12:00:00Z"), &work);
    world.service(ServiceSettings::default()).run(&runner);
    world.clock.set(at("2026-03-10T12:30:00Z"));
    let mut control = MockServiceControl::new();
    control.expect_running().returning(|| Ok(None));
    let manager = ServiceManager::new(world.ports(), &control);
    let request = OverviewRequest { key: key.map(str::to_owned), detail: Detail::All };
    let whole = manager.overview(&request).expect("everything can be read");
    let mut seen = Seen { most, ..Seen::default() };
    let after = manager.visit_overview(key, &mut seen).expect("everything can be read");
    let expected: Vec<_> = whole.backups.iter().take(most).map(|backup| format!("{backup:?}")).collect();
    assert_eq!(seen.backups, expected);
    assert_eq!(seen.head, format!("{:?} {} {}", whole.now, whole.schedules, whole.is_all_right()));
    let states: Vec<_> = whole.backups.iter().map(|backup| backup.state).collect();
    assert_eq!(seen.states, states);
    assert!(after.backups.iter().all(|backup| backup.lines.is_empty()), "their memory is free again");
    states
}

#[test]
fn an_overview_that_is_seen_one_backup_at_a_time_is_the_whole_one() {
    let lines = "docs;11:05;docs;paused=yes\na;11:05;a;keep=last:2\nnonsense\ndocs;23:00;late\na;13:00;a\n\
                 gone;11:00;gone\nnonsense\nb;every 1w;b\na;11:05;a\nb;14:00;a\n";
    let states = check_seen(lines, None, usize::MAX);
    assert!(states.iter().collect::<std::collections::BTreeSet<_>>().len() > 3, "{states:?}");
    let of_a = check_seen(lines, Some("a"), usize::MAX);
    assert_eq!(of_a[..2], [BackupState::Refused; 2], "the lines that repeat or contradict it stand alone");
    assert_eq!(of_a.len(), 3);
    assert_eq!(check_seen(lines, Some("4"), usize::MAX).len(), 1);
    check_seen(lines, None, 2);
    assert_eq!(check_seen("", None, usize::MAX), []);
}
