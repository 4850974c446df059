//! Runs that were made for the same minute: each archive that is kept is known, listed, and counts for the rules.

use backup_core::model::history::{HistoryNote, Ledger, RunKey, shortened};
use backup_core::model::job::RunJob;
use backup_core::operation::prune::prune_decisions;
use backup_core::operation::run::perform;
use backup_core::ports::{BackupStore, SilentProgress};
use backup_core::service::ServiceSettings;
use backup_core::testing::{InstantRunner, MemorySource, at};

use crate::world::World;

/// What happens, one after another. The source is another each time, unless it is told to stay.
enum Step {
    /// A run by hand of the schedule with that index, at that time.
    ByHand(&'static str, &'static str),
    /// A service from the one time to the other.
    Serve(&'static str, &'static str),
    /// Other schedules.
    Write(&'static str),
    /// A run by hand that heard what it replaces before the other one, which ends first.
    Overtaken(&'static str),
}

use Step::{ByHand, Overtaken, Serve, Write};

fn take(world: &World, step: &Step) {
    match step {
        ByHand(time, key) => {
            world.clock.set(at(time));
            world.manager().run(key, &SilentProgress).expect("it can be made");
        }
        Serve(from, to) => {
            world.clock.set(at(from));
            let work = world.work();
            world.service(ServiceSettings::default()).run(&InstantRunner::new(&world.clock, at(to), &work));
        }
        Write(text) => world.schedules.write(text),
        Overtaken(time) => {
            world.clock.set(at(time));
            let entry: backup_core::model::schedule::ScheduleEntry =
                DAILY.trim_end().parse().expect("it is one");
            let key = RunKey { entry: entry.identity(), planned: None };
            let ledger = Ledger::new(&world.history.notes());
            let job = RunJob::new(key, entry, 0, &ledger, world.at_now());
            world.clock.advance(chrono::TimeDelta::seconds(1));
            world.manager().run("docs", &SilentProgress).expect("it can be made");
            change(world, true);
            let result = perform(&world.ports(), &job, &SilentProgress);
            world.note(&HistoryNote::Ended(result.record(&job, world.at_now()).expect("it took place")));
        }
    }
}

fn change(world: &World, is_changing: bool) {
    let text = format!("letter {}", if is_changing { world.history.notes().len() } else { 0 });
    world.archiver.put("/home/docs", MemorySource::folder().file("letter", text.as_str()));
}

const DAILY: &str = "docs;16:07;docs;keep=last:99\n";

/// Checks that so many archives stand after a last run by hand, and that all of them are known.
#[track_caller]
fn check(steps: &[Step], archives: usize) {
    for is_changing in [true, false] {
        let world = World::at("2026-11-20T12:00:00Z").with_schedules(DAILY);
        for step in steps.iter().chain([&ByHand("2026-12-01T12:00:00Z", "docs")]) {
            change(&world, is_changing);
            take(&world, step);
        }
        let stands = world.backups.file_names();
        assert_eq!(stands.len(), archives, "{stands:?}");
        let sums = world.backups.checksum_list();
        let listed: Vec<_> = sums.lines().map(|line| &line[66..]).collect();
        assert_eq!(listed, stands);
        let notes = world.history.notes();
        for ledger in [Ledger::new(&notes), Ledger::new(&shortened(&notes))] {
            let known = |name: &String| ledger.made(name).map(|run| (run.key.clone(), run.began));
            let made: std::collections::HashSet<_> = stands.iter().filter_map(known).collect();
            assert_eq!(made.len(), archives, "each is that of another run: {stands:?}");
            for archive in world.backups.list().expect("nothing fails") {
                let digest = world.backups.digest(&archive.file_name, &SilentProgress).expect("it stands");
                let known = ledger.made(&archive.file_name).and_then(|run| run.sha256);
                assert_eq!(known, Some(digest.sha256), "{}", archive.file_name);
            }
            let (name, rules) = ("docs".parse().expect("a name"), "last:1".parse().expect("a rule"));
            let plan = prune_decisions(&world.ports(), &ledger, &name, &rules).expect("nothing fails");
            assert_eq!(plan.len(), archives, "each counts for the rules");
            let order: Vec<_> = plan.iter().map(|one| one.run.ended).collect();
            assert!(order.is_sorted(), "{order:?}");
        }
        assert!(!world.journal.sentences().iter().any(|line| line.contains("is not kept")));
    }
}

#[test]
fn by_hand_in_the_minute_of_a_planned_run_that_is_made_up_for_later() {
    let late = Serve("2026-11-24T12:00:00Z", "2026-11-24T12:30:00Z");
    check(&[ByHand("2026-11-23T16:07:30Z", "docs"), late, ByHand("2026-11-24T13:00:00Z", "docs")], 4);
}

#[test]
fn by_hand_just_after_the_planned_run() {
    let planned = || Serve("2026-11-23T16:07:00Z", "2026-11-23T16:07:20Z");
    check(&[planned(), ByHand("2026-11-23T16:07:30Z", "docs"), ByHand("2026-11-23T16:07:40Z", "docs")], 4);
    // The service starts anew, and goes on.
    let next = Serve("2026-11-24T16:00:00Z", "2026-11-25T17:00:00Z");
    check(&[planned(), ByHand("2026-11-23T16:07:30Z", "docs"), next], 5);
}

#[test]
fn by_hand_again_and_again() {
    let by_hand = |time| ByHand(time, "docs");
    let times = [
        "2026-11-23T12:00:01Z",
        "2026-11-23T12:00:11Z",
        "2026-11-23T12:00:21Z",
        "2026-11-23T12:00:31Z",
        "2026-11-23T12:01:00Z",
        "2026-11-23T12:01:01Z",
    ];
    check(&times.map(by_hand), 7);
}

#[test]
fn two_schedules_of_one_name() {
    let both = "docs;16:07;docs;keep=last:99\ndocs;16:08;docs;keep=last:99\n";
    let late = Serve("2026-11-23T16:30:00Z", "2026-11-23T16:40:00Z");
    let by_hand = [ByHand("2026-11-23T16:07:20Z", "1"), ByHand("2026-11-23T16:08:20Z", "0")];
    let [first, second] = by_hand;
    check(&[Write(both), first, second, late], 5);
}

#[test]
fn stored_in_another_form_meanwhile() {
    let by_hand = |time| ByHand(time, "docs");
    let compressed = Write("docs;16:07;docs;keep=last:99;compress=zstd\n");
    let steps = [
        by_hand("2026-11-23T12:00:01Z"),
        compressed,
        by_hand("2026-11-23T12:00:11Z"),
        by_hand("2026-11-23T12:00:21Z"),
        Write(DAILY),
        by_hand("2026-11-23T12:00:31Z"),
        by_hand("2026-11-23T12:00:41Z"),
    ];
    check(&steps, 6);
}

#[test]
fn one_that_heard_what_it_replaces_before_another_did_replace_it() {
    let before = || ByHand("2026-11-23T12:00:01Z", "docs");
    check(&[before(), Overtaken("2026-11-23T12:00:11Z")], 4);
    check(&[before(), Overtaken("2026-11-23T12:05:00Z"), Overtaken("2026-11-23T12:05:10Z")], 6);
}

#[test]
fn so_many_of_a_minute_that_there_is_no_name_any_more_are_said() {
    let world = World::at("2026-11-20T12:00:00Z").with_schedules(DAILY);
    world.manager().run("docs", &SilentProgress).expect("it can be made");
    let name = |number: u32| format!("docs.2026-11-20T12-00+0000-{number}.tar");
    world.backups.put("docs.2026-11-20T12-00+0000.tar", b"mine".to_vec());
    (2..=1000).for_each(|number| world.backups.put(&name(number), b"mine".to_vec()));
    world.clock.advance(chrono::TimeDelta::minutes(1));
    world.manager().run("docs", &SilentProgress).expect("it can be made");
    let expected = "The previous backups/docs.tar is not kept: backups/docs.2026-11-20T12-00+0000-1000.tar is of the same \
        minute and has its name already";
    let sentences = world.journal.sentences();
    assert!(sentences.iter().any(|line| line == expected), "{sentences:?}");
}
