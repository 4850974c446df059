//! Options of schedules: they reach the archiver, they belong to no identity, and what they leave out is reported.

use std::path::PathBuf;

use backup_core::manager::{ScheduleStatus, ServiceManager};
use backup_core::model::archive::Selection;
use backup_core::model::archive::{Compression, FindingKind, PackReport};
use backup_core::model::error::{Error, Failure};
use backup_core::model::history::{HistoryNote, Ledger, Outcome};
use backup_core::model::schedule::ScheduleOption;
use backup_core::ports::{MockServiceControl, SilentProgress};
use backup_core::service::ServiceSettings;
use backup_core::testing::{Faults, InstantRunner, MemoryArchiver, MemorySource, at};
use chrono::TimeDelta;

use crate::world::World;

/// Serves until `end` and returns how many runs began.
fn serve(world: &World, end: &str) -> usize {
    let work = world.work();
    let runner = InstantRunner::new(&world.clock, at(end), &work);
    world.service(ServiceSettings::default()).run(&runner);
    runner.begun().len()
}

fn excluding(patterns: &[&str]) -> Selection {
    Selection { exclude: patterns.iter().map(ToString::to_string).collect(), ..Selection::default() }
}

fn status(world: &World) -> ScheduleStatus {
    let mut control = MockServiceControl::new();
    control.expect_running().returning(|| Ok(None));
    let mut status = ServiceManager::new(world.ports(), &control).status().expect("no fault was scripted");
    status.schedules.swap_remove(0)
}

#[test]
fn options_reach_the_archiver() {
    let world = World::at("2026-03-10T16:00:00Z");
    world.manager().create("docs;16:07;docs;exclude=b;exclude-caches=yes").unwrap();
    world.archiver.put("/home/docs", MemorySource::folder().file("a", "a").file("b/c", "c"));
    assert_eq!(serve(&world, "2026-03-10T17:00:00Z"), 1);
    let expected = Selection { exclude_caches: true, ..excluding(&["b"]) };
    assert_eq!(world.archiver.packed(), [(PathBuf::from("/home/docs"), expected)]);
    let kept = MemorySource::folder().file("a", "a");
    assert_eq!(world.backups.contents("docs.tar"), Some(kept.archive()));
    assert_eq!((world.ended()[0].outcome, world.ended()[0].excluded_entries), (Outcome::Done, 1));
    insta::assert_snapshot!(world.journal.sentences().join("\n"), @"
    New schedule added: docs;16:07;docs;exclude=b;exclude-caches=yes
    the service started
    In docs: 1 entry left out on purpose
    Backup done for docs in backups/docs.tar
    the service stopped
    ");
}

#[test]
fn a_run_that_leaves_out_no_more_may_be_stored_in_another_way() {
    let schedule = "docs;16:07;docs;exclude=a;one-file-system=yes\n";
    let world = World::at("2026-03-10T16:00:00Z").with_schedules(schedule);
    let more = [ScheduleOption::OneFileSystem(true), ScheduleOption::Compress(Compression::Zstd)];
    world.manager().run_with("docs", &more, &SilentProgress).unwrap();
    let selections: Vec<_> = world.archiver.packed().into_iter().map(|(_, selection)| selection).collect();
    assert_eq!(selections, [Selection { one_file_system: true, ..excluding(&["a"]) }]);
    assert_eq!(world.backups.file_names(), ["docs.tar.zst"]);
    assert!(world.ended().iter().all(|run| run.key.entry == "docs;16:07;docs"));
}

#[test]
fn what_only_counts_is_not_among_the_findings() {
    let mut report = PackReport::default();
    for kind in [FindingKind::Excluded, FindingKind::OtherFileSystem, FindingKind::Cache] {
        for _ in 0..PackReport::MAX_FINDINGS {
            report.add(PathBuf::from("a"), kind.clone());
        }
    }
    report.add(PathBuf::from("b"), FindingKind::Torn);
    assert_eq!((report.excluded_entries, report.findings.len(), report.torn_entries), (3_000, 1, 1));
}

#[test]
fn a_changed_option_makes_no_run_due_and_doubles_none() {
    let world = World::at("2026-03-10T16:00:00Z").with_schedules("docs;16:07;docs\n");
    assert_eq!(serve(&world, "2026-03-10T16:30:00Z"), 1);
    let stopped =
        ["docs;16:07;docs;exclude=a\n", "docs;16:07;docs;exclude=a;exclude=b\n", "docs;16:07;docs\n"];
    for text in stopped {
        world.schedules.write(text);
        assert_eq!(serve(&world, "2026-03-10T16:30:00Z"), 0, "{text}");
    }
    // While it runs, too: one look sees the old text, the next the new one.
    let work = world.work();
    let runner = InstantRunner::new(&world.clock, at("2026-03-12T12:00:00Z"), &work)
        .act_at(at("2026-03-11T16:20:00Z"), || world.schedules.write("docs;16:07;docs;exclude=a\n"));
    world.service(ServiceSettings::default()).run(&runner);
    assert_eq!(runner.begun().len(), 1);
    // And what was missed before the change is still due after it.
    world.clock.set(at("2026-03-13T12:00:00Z"));
    world.schedules.write("docs;16:07;docs;exclude=c\n");
    assert_eq!(serve(&world, "2026-03-13T13:00:00Z"), 1);
    assert_eq!(world.ended().len(), 3);
    assert_eq!(status(&world).last_run, world.ended().pop());
}

#[test]
fn other_options_make_no_other_schedule() {
    let world = World::at("2026-03-10T16:00:00Z");
    world.manager().create("docs;16:07;docs;exclude=a").unwrap();
    let error = world.manager().create("docs;16:07;docs;exclude=b").unwrap_err();
    assert!(matches!(error, Error::DuplicateSchedule { .. }), "{error}");
    world.manager().create("docs;17:07;docs;exclude=b").unwrap();
    assert_eq!(world.schedules.bytes().unwrap(), b"docs;16:07;docs;exclude=a\ndocs;17:07;docs;exclude=b\n");
}

/// Returns an error as a terminal shows it.
fn said(error: &Error) -> String {
    format!("{error}\n{}", error.detail().unwrap_or_default())
}

#[test]
fn options_that_make_no_sense_are_malformed() {
    let world = World::at("2026-03-10T16:00:00Z");
    let create = |text: &str| said(&world.manager().create(text).unwrap_err());
    insta::assert_snapshot!(create("docs;16:07;docs;exlude=*.tmp"), @r#"
    malformed schedule: docs;16:07;docs;exlude=*.tmp
    "exlude" is no option; did you mean exclude?
    "#);
    insta::assert_snapshot!(create("docs;16:07;docs;exclude=[a"), @"
    malformed schedule: docs;16:07;docs;exclude=[a
    the pattern [a: the [ is not closed
    ");
    assert_eq!(world.schedules.bytes(), None, "nothing was written");
}

#[test]
fn a_pattern_that_makes_no_sense_stops_no_other_schedule() {
    let world =
        World::at("2026-03-10T16:00:00Z").with_schedules("a;16:07;a;exclude=[\nb;16:07;b;exclude=x\n");
    assert_eq!(serve(&world, "2026-03-10T17:00:00Z"), 1);
    let sentences = world.journal.sentences();
    assert!(
        sentences.contains(&"Error: malformed schedule: a;16:07;a;exclude=[".to_owned()),
        "{sentences:?}"
    );
    let listed = world.manager().list().unwrap();
    assert_eq!(listed.iter().map(|line| line.refused.is_some()).collect::<Vec<_>>(), [true, false]);
    let by_hand = world.manager().run_with("b", &["exclude=[".parse().unwrap()], &SilentProgress);
    insta::assert_snapshot!(said(&by_hand.unwrap_err()), @"
    malformed schedule: b;16:07;b;exclude=x;exclude=[
    the pattern [: the [ is not closed
    ");
    assert_eq!(world.archiver.packed().len(), 1);
}

#[test]
fn an_incomplete_backup_stands_out_until_there_is_a_complete_one() {
    let faults = Faults::only("pack");
    let mut world = World::at("2026-03-10T16:00:00Z").with_schedules("docs;16:07;docs\n");
    world.archiver = MemoryArchiver::failing(&faults);
    let unreadable = FindingKind::Unreadable("Permission denied".to_owned());
    let whole = MemorySource::folder().file("a", "a");
    let broken = whole.clone().finding("b", unreadable);
    let run = |source: &MemorySource, failure: Option<Failure>| {
        world.archiver.put("/home/docs", source.clone());
        failure.map(|failure| faults.fail_next(failure));
        let _ = world.manager().run("docs", &SilentProgress);
        // The clock plays no part in what came later.
        world.clock.set(world.at_now() - TimeDelta::hours(1));
        let status = status(&world);
        let last = status.last_run.map(|run| run.outcome);
        let outcome = |run: Option<backup_core::model::history::RunRecord>| run.map(|run| run.outcome);
        (last, outcome(status.complete), outcome(status.incomplete))
    };
    use Outcome::{Done, Failed, Incomplete, Interrupted, Torn};
    assert_eq!(run(&broken, None), (Some(Incomplete), None, Some(Incomplete)));
    assert_eq!(run(&whole, Some(Failure::Other)), (Some(Failed), None, Some(Incomplete)));
    assert_eq!(run(&whole, None), (Some(Done), Some(Done), None));
    assert_eq!(run(&broken, None), (Some(Incomplete), Some(Done), Some(Incomplete)));
    assert_eq!(run(&whole, Some(Failure::Interrupted)), (Some(Interrupted), Some(Done), Some(Incomplete)));
    assert_eq!(run(&whole, Some(Failure::Denied)), (Some(Failed), Some(Done), Some(Incomplete)));
    assert_eq!(run(&whole.clone().finding("c", FindingKind::Torn), None), (Some(Torn), Some(Torn), None));
    assert_eq!(run(&whole, Some(Failure::Other)), (Some(Failed), Some(Torn), None));
    assert_eq!(world.backups.file_names(), ["docs.tar"]);
}

#[test]
fn a_complete_backup_of_another_schedule_of_that_name_counts() {
    let world = World::at("2026-03-10T16:00:00Z").with_schedules("docs;16:07;docs\ndocs;17:07;docs\n");
    let unreadable = FindingKind::Unreadable("Permission denied".to_owned());
    world.archiver.put("/home/docs", MemorySource::folder().file("a", "a").finding("b", unreadable));
    world.manager().run("0", &SilentProgress).unwrap();
    assert!(status(&world).incomplete.is_some());
    world.archiver.put("/home/docs", MemorySource::folder().file("a", "a"));
    world.manager().run("1", &SilentProgress).unwrap();
    assert_eq!(status(&world).incomplete, None);
}

#[test]
fn what_stands_is_the_same_however_often_it_is_read() {
    let world = World::at("2026-03-10T16:00:00Z").with_schedules("docs;16:07;docs\n");
    let unreadable = FindingKind::Unreadable("Permission denied".to_owned());
    world.archiver.put("/home/docs", MemorySource::folder().file("a", "a").finding("b", unreadable));
    world.manager().run("0", &SilentProgress).unwrap();
    world.archiver.put("/home/docs", MemorySource::folder().file("a", "a"));
    world.manager().run("0", &SilentProgress).unwrap();
    let notes: Vec<HistoryNote> = world.history.notes();
    let ledger = Ledger::new(notes.iter().chain(&notes));
    let current = ledger.current_archives(&"docs".parse().unwrap());
    assert!(current.complete.is_some() && current.incomplete.is_none());
    assert!(ledger.current_archives(&"other".parse().unwrap()).complete.is_none());
}
