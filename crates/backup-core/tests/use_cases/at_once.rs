//! What others do while the service is at work, or puts the sums: what is listed is what stands.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use backup_core::manager::{Drill, Manager};
use backup_core::model::error::PortError;
use backup_core::model::history::{HistoryNote, Ledger};
use backup_core::model::job::RunJob;
use backup_core::operation::run::perform;
use backup_core::ports::{BackupStore, Cursor, Progress, RunHistory, Shorten, SilentProgress};
use backup_core::service::ServiceSettings;
use backup_core::testing::{InstantRunner, MemorySource, at};
use chrono::TimeDelta;

use crate::world::World;

/// Serves until `end`; before the work of the first planned run is done, something is done by hand. The service isn't
/// woken by that, and looks at nothing before the run has ended.
fn serve_while(world: &World, end: &str, by_hand: impl Fn()) {
    let is_done = Cell::new(false);
    let work = |job: &RunJob, progress: &dyn Progress| {
        if !is_done.replace(true) {
            by_hand();
        }
        perform(&world.ports(), job, progress)
    };
    let runner = InstantRunner::new(&world.clock, at(end), work);
    world.service(ServiceSettings::default()).run(&runner);
}

fn write(world: &World, source: &str, letter: &str) {
    world.archiver.put(format!("/home/{source}"), MemorySource::folder().file("letter", letter));
}

fn run_by_hand(world: &World, name: &str, letter: &str) {
    write(world, name, letter);
    world.manager().run(name, &SilentProgress).expect("it can be made");
}

/// The sum of each archive that stands is listed, and no other.
#[track_caller]
fn check_sums(world: &World) {
    let listed: BTreeMap<_, _> = world
        .backups
        .checksum_list()
        .lines()
        .map(|line| (line[66..].to_owned(), line[..64].to_owned()))
        .collect();
    let sum = |name: &str| {
        let digest = world.backups.digest(name, &SilentProgress).expect("it stands");
        digest.sha256.iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    };
    let names = world.backups.file_names().into_iter();
    let stand: BTreeMap<_, _> = names.map(|name| (name.clone(), sum(&name))).collect();
    assert_eq!(listed, stand);
}

#[test]
fn sums_are_right_where_a_run_by_hand_ends_between_two_looks() {
    let world = World::at("2026-03-10T16:00:00Z").with_schedules("docs;23:00;docs\na;16:07;a\n");
    run_by_hand(&world, "docs", "one");
    serve_while(&world, "2026-03-10T17:00:00Z", || run_by_hand(&world, "docs", "two"));
    check_sums(&world);
}

#[test]
fn a_drill_that_failed_between_two_looks_counts_before_anything_is_removed() {
    let world = World::at("2026-03-10T16:00:00Z").with_schedules("docs;16:07;docs;keep=last:1\n");
    run_by_hand(&world, "docs", "one");
    serve_while(&world, "2026-03-10T17:00:00Z", || {
        world.driller.spoil("letter", None);
        let desk = Drill::new(world.ports(), &world.driller);
        let plan = desk.plan(Some("docs")).unwrap().remove(0);
        assert!(!desk.drill(&plan, None, &SilentProgress).unwrap().receipt.passed());
    });
    let stand = ["docs.2026-03-10T16-00+0000.tar", "docs.tar"];
    assert_eq!(world.backups.file_names(), stand, "what didn't come back stays, whatever is kept");
}

/// A history that others write to, after each time that it was read.
struct Busy<'a> {
    history: &'a dyn RunHistory,
    reads: AtomicUsize,
    then: &'a (dyn Fn(usize) + Sync),
}

impl RunHistory for Busy<'_> {
    fn append(&self, note: &HistoryNote) -> Result<(), PortError> {
        self.history.append(note)
    }

    fn read(&self, cursor: &mut Cursor) -> Result<Vec<HistoryNote>, PortError> {
        let notes = self.history.read(cursor)?;
        (self.then)(self.reads.fetch_add(1, Ordering::Relaxed) + 1);
        Ok(notes)
    }

    fn shorten(&self, shorten: &Shorten<'_>) -> Result<bool, PortError> {
        self.history.shorten(shorten)
    }
}

/// Runs `a` by hand, and after each time that it reads the history has somebody do something, told how often that was.
/// Returns how often it was.
fn run_beside(world: &World, then: &(dyn Fn(usize) + Sync)) -> usize {
    let busy = Busy { history: &world.history, reads: AtomicUsize::new(0), then };
    let mut ports = world.ports();
    ports.history = &busy;
    Manager::new(ports).run("a", &SilentProgress).expect("it can be made");
    busy.reads.into_inner()
}

#[test]
fn sums_are_right_where_two_put_them_at_once() {
    let make = || {
        let world = World::at("2026-03-10T16:00:00Z").with_schedules("docs;23:00;docs\na;16:07;a\n");
        run_by_hand(&world, "docs", "one");
        world
    };
    let reads = run_beside(&make(), &|_| {});
    for nth in 1..=reads {
        let world = make();
        run_beside(&world, &|reads| {
            if reads == nth {
                run_by_hand(&world, "docs", "two");
            }
        });
        check_sums(&world);
    }
}

#[test]
fn putting_the_sums_ends_whatever_others_do() {
    let world = World::at("2026-03-10T16:00:00Z").with_schedules("docs;23:00;docs\na;16:07;a\n");
    let reads = run_beside(&world, &|_| run_by_hand(&world, "docs", "one"));
    assert!(reads < 20, "{reads}");
}

#[test]
fn of_two_schedules_of_one_name_no_generation_is_lost_by_a_stop() {
    for takes in [0, 10] {
        let world = World::at("2026-03-10T16:00:00Z")
            .with_schedules("docs;16:07;docs;keep=last:9\ndocs;16:08;docs;keep=last:9\n");
        run_by_hand(&world, "docs", "one");
        let letter = Cell::new("two");
        let work = |job: &RunJob, progress: &dyn Progress| {
            write(&world, "docs", letter.replace("six"));
            perform(&world.ports(), job, progress)
        };
        // The second waits for the first; when that ends, nobody looks any more.
        let runner = InstantRunner::new(&world.clock, at("2026-03-10T18:00:00Z"), work)
            .taking(|_| TimeDelta::minutes(takes))
            .stop_at(at("2026-03-10T16:09:00Z"));
        world.service(ServiceSettings::default()).run(&runner);
        let dated = ["docs.2026-03-10T16-00+0000.tar", "docs.2026-03-10T16-07+0000.tar", "docs.tar"];
        assert_eq!(world.backups.file_names(), dated, "taking {takes} minutes");
        let ledger = Ledger::new(&world.history.notes());
        let name = "docs".parse().unwrap();
        let known: Vec<_> = ledger.generations(&name).into_iter().map(|(file_name, _)| file_name).collect();
        assert_eq!(known, dated, "taking {takes} minutes");
        check_sums(&world);
    }
}

#[test]
fn a_line_that_comes_back_by_hand_owes_nothing_where_the_history_is_shortened_meanwhile() {
    let serve = |world: &World, end: &str| serve_while(world, end, || {});
    let mut world = World::at("2026-03-01T00:00:00Z").with_schedules("docs;03:00;docs\na;16:07;a\n");
    serve(&world, "2026-03-05T00:00:00Z");
    world.schedules.write("a;16:07;a\n");
    serve(&world, "2026-03-08T00:00:00Z");
    let before = world.backups.digest("docs.tar", &SilentProgress).unwrap();
    world.history = world.history.clone().holding(1);
    write(&world, "docs", "new");
    serve_while(&world, "2026-03-08T17:00:00Z", || world.schedules.write("docs;03:00;docs\na;16:07;a\n"));
    assert_eq!(world.backups.digest("docs.tar", &SilentProgress).unwrap(), before);
    assert_eq!(world.ended().last().unwrap().key.entry, "a;16:07;a", "and that is all");
}
