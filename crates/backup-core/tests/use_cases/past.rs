//! What a service makes of what was before it: runs that another left unfinished, backups that no history knows, and
//! runs that nobody was there for.

use backup_core::manager::{BackupState, ServiceManager};
use backup_core::model::error::{Error, Failure};
use backup_core::model::history::{HistoryNote, Outcome, RunEnd, RunKey};
use backup_core::model::job::RunJob;
use backup_core::operation::run::perform;
use backup_core::ports::{BackupStore, MockServiceControl, RunHistory, RunningService, SilentProgress};
use backup_core::service::ServiceSettings;
use backup_core::testing::{Faults, InstantRunner, MemoryHistory, MemorySource, at};
use backup_core::time::Moment;

use crate::world::World;

const DOCS: &str = "docs;16:07;docs";

/// Serves until `end`, and returns how many runs began.
fn serve(world: &World, end: &str) -> usize {
    let work = world.work();
    let runner = InstantRunner::new(&world.clock, at(end), &work);
    world.service(ServiceSettings::default()).run(&runner);
    runner.begun().len()
}

fn said(world: &World, sentence: &str) -> bool {
    world.journal.sentences().iter().any(|line| line.contains(sentence))
}

/// A world in which the service died at some point of the run planned for 16:07, after one good day.
fn died(die: impl FnOnce(&World, &RunJob)) -> World {
    let world = World::at("2026-03-09T16:00:00Z");
    world.manager().create(DOCS).expect("the schedule is good");
    assert_eq!(serve(&world, "2026-03-10T16:00:00Z"), 1);
    world.archiver.put("/home/docs", MemorySource::folder().file("new", "new"));
    world.clock.set(at("2026-03-10T16:07:00Z"));
    let key = RunKey { entry: DOCS.to_owned(), planned: Some(world.at_now()) };
    world.note(&HistoryNote::Began { key: key.clone(), at: world.at_now() });
    let ledger = backup_core::model::history::Ledger::new(&world.history.notes());
    die(&world, &RunJob::new(key, DOCS.parse().expect("the schedule is good"), 0, &ledger, world.at_now()));
    world.clock.set(at("2026-03-10T16:08:00Z"));
    world
}

fn last(world: &World) -> (Outcome, Option<Moment>) {
    let run = world.ended().pop().expect("a run has ended");
    (run.outcome, run.key.planned)
}

fn forget_the_end(world: &World) {
    let mut notes = world.history.notes();
    assert!(matches!(notes.pop(), Some(HistoryNote::Sealed(_))), "{notes:?}");
    world.history.replace(notes);
}

#[test]
fn a_run_that_was_published_before_its_service_died_is_not_made_again() {
    let world = died(|world, job| drop(perform(&world.ports(), job, &SilentProgress)));
    let new = world.backups.contents("docs.tar");
    assert_eq!(serve(&world, "2026-03-11T16:00:00Z"), 0);
    assert_eq!(last(&world), (Outcome::Done, Some(at("2026-03-10T16:07:00Z"))));
    assert_eq!(world.backups.contents("docs.tar"), new);
    assert!(said(&world, "Backup done for docs in backups/docs.tar, before its process died"));
    assert_eq!(serve(&world, "2026-03-12T16:00:00Z"), 1, "and the next day's is");
}

#[test]
fn a_run_whose_end_no_note_tells_is_made_again() {
    let world = died(|world, job| {
        perform(&world.ports(), job, &SilentProgress);
        forget_the_end(world);
    });
    assert_eq!(serve(&world, "2026-03-11T16:00:00Z"), 1);
}

#[test]
fn a_run_that_died_before_its_archive_took_its_place_is_made_again() {
    let world = died(|world, job| {
        let old = world.backups.stored("docs.tar").unwrap();
        perform(&world.ports(), job, &SilentProgress);
        world.backups.put("docs.tar", old);
    });
    assert_eq!(serve(&world, "2026-03-11T16:00:00Z"), 1);
    let ended = world.ended();
    let outcomes: Vec<_> = ended.iter().map(|run| run.outcome).collect();
    assert_eq!(outcomes, [Outcome::Done, Outcome::Interrupted, Outcome::Done]);
    assert_eq!(ended[1].key, ended[2].key);
    assert_eq!(ended[1].problems, ["the service died before the backup was finished"]);
    assert!(said(&world, "Backup interrupted for docs, still due"));
}

#[test]
fn another_archive_of_the_same_size_is_not_taken_for_the_new_one() {
    let world = died(|world, job| {
        perform(&world.ports(), job, &SilentProgress);
        let mut other = world.backups.stored("docs.tar").unwrap();
        *other.last_mut().unwrap() ^= 1;
        world.backups.put("docs.tar", other);
    });
    assert_eq!(serve(&world, "2026-03-11T16:00:00Z"), 1);
}

#[test]
fn the_past_is_settled_once() {
    let world = died(|world, job| drop(perform(&world.ports(), job, &SilentProgress)));
    serve(&world, "2026-03-10T17:00:00Z");
    let notes = world.history.notes();
    serve(&world, "2026-03-10T18:00:00Z");
    assert_eq!(world.history.notes(), notes);
}

#[test]
fn a_late_settlement_makes_nothing_due_for_a_schedule_created_again() {
    let world = died(|world, job| drop(perform(&world.ports(), job, &SilentProgress)));
    world.clock.set(at("2026-03-13T16:30:00Z"));
    world.manager().delete("0").unwrap();
    world.manager().create(DOCS).unwrap();
    assert_eq!(serve(&world, "2026-03-14T16:00:00Z"), 0);
    assert_eq!(serve(&world, "2026-03-14T17:00:00Z"), 1);
}

#[test]
fn a_late_settlement_makes_nothing_due_twice_while_the_history_takes_no_notes() {
    let mut world = died(|world, job| drop(perform(&world.ports(), job, &SilentProgress)));
    let faults = Faults::only("append");
    let notes = world.history.notes();
    world.history = MemoryHistory::failing(&faults);
    world.history.replace(notes);
    world.clock.set(at("2026-03-12T17:00:00Z"));
    // After the end of the run before, and the beginning of this one.
    faults.fail_from(3, Failure::Full);
    assert_eq!(serve(&world, "2026-03-13T16:00:00Z"), 1);
}

/// A world in which a run by hand began at noon and never ended, after a good one.
fn died_by_hand() -> World {
    let world = World::at("2026-03-10T11:00:00Z");
    world.manager().create(DOCS).expect("the schedule is good");
    world.manager().run("docs", &SilentProgress).expect("it can be made");
    world.clock.set(at("2026-03-10T12:00:00Z"));
    world.manager().run("docs", &SilentProgress).expect("it can be made");
    let mut notes = world.history.notes();
    let last = notes.len() - 2;
    assert!(matches!(notes[last..], [HistoryNote::Sealed(_), HistoryNote::Ended(_)]), "{notes:?}");
    notes.truncate(last);
    world.history.replace(notes);
    world.clock.set(at("2026-03-10T13:00:00Z"));
    world
}

/// Returns the word for the state of docs, how the last run of its status ended, and the states of its runs in the history.
fn shown(world: &World) -> (BackupState, Option<(Outcome, Moment)>, Vec<RunEnd>) {
    let mut control = MockServiceControl::new();
    control.expect_running().returning(|| Ok(Some(RunningService { pid: Some(7), since: None })));
    let service = ServiceManager::new(world.ports(), &control);
    let status = service.status().expect("it can be read").schedules.remove(0);
    let last = status.last_run.as_ref().map(|run| (run.outcome, run.began));
    let runs = service.history(Some("docs"), None).expect("it can be read");
    (BackupState::of(&status), last, runs.into_iter().map(|listed| listed.run.end).collect())
}

#[test]
fn a_run_by_hand_whose_process_died_is_shown_and_not_made_again() {
    let world = died_by_hand();
    let noon = at("2026-03-10T12:00:00Z");
    let (state, last, ends) = shown(&world);
    assert_eq!((state, last), (BackupState::Interrupted, Some((Outcome::Interrupted, noon))));
    assert!(matches!(ends[..], [RunEnd::Ended(_), RunEnd::Unknown]), "{ends:?}");
    // As long as somebody makes that backup, it is that run.
    let draft = world.draft(&"docs".parse().expect("the name is good"));
    let (state, last, ends) = shown(&world);
    assert_eq!(state, BackupState::Running);
    assert_eq!(last.map(|(outcome, _)| outcome), Some(Outcome::Done));
    assert!(matches!(ends[..], [RunEnd::Ended(_), RunEnd::UnderWay]), "{ends:?}");
    drop(draft);
    let notes = world.history.notes();
    assert_eq!(serve(&world, "2026-03-10T16:00:00Z"), 0);
    assert_eq!(world.history.notes(), notes);
    assert_eq!(serve(&world, "2026-03-10T17:00:00Z"), 1, "the planned one");
    let (state, last, ends) = shown(&world);
    assert_eq!(state, BackupState::Ok);
    assert_eq!(last.map(|(outcome, _)| outcome), Some(Outcome::Done));
    assert!(matches!(ends[..], [RunEnd::Ended(_), RunEnd::Unknown, RunEnd::Ended(_)]), "{ends:?}");
}

#[test]
fn a_run_by_hand_that_has_published_its_archive_is_no_interrupted_one() {
    let world = World::at("2026-03-10T11:00:00Z");
    world.manager().create(DOCS).expect("the schedule is good");
    world.manager().run("docs", &SilentProgress).expect("it can be made");
    let mut notes = world.history.notes();
    assert!(matches!(notes.pop(), Some(HistoryNote::Ended(_))), "{notes:?}");
    world.history.replace(notes);
    assert_eq!(shown(&world).1, None, "its last command may still run");
    assert!(world.backups.take("docs.tar"), "it was there");
    assert_eq!(shown(&world).1.map(|(outcome, _)| outcome), Some(Outcome::Interrupted));
}

#[test]
fn why_tells_of_a_run_by_hand_that_made_no_good_backup() {
    let why = |world: &World, when: &str| {
        let mut control = MockServiceControl::new();
        control.expect_running().returning(|| Ok(Some(RunningService { pid: Some(7), since: None })));
        let explained = ServiceManager::new(world.ports(), &control).why("docs", when);
        let explained = explained.expect("it is known").into_iter();
        explained.map(|explanation| explanation.to_string()).collect::<Vec<_>>().join("\n")
    };
    let world = died_by_hand();
    let mut said = Vec::new();
    let mut ask = |world: &World, when: &str| said.push(format!("{when}\n{}", why(world, when)));
    ["today", "12:00", "11:00", "2026-03-09"].iter().for_each(|when| ask(&world, when));
    let draft = world.draft(&"docs".parse().expect("the name is good"));
    ask(&world, "today");
    drop(draft);
    assert!(world.archiver.take("/home/docs"), "it was there");
    world.manager().run("docs", &SilentProgress).expect_err("its source is gone");
    ask(&world, "today");
    // It is still the last one on the next day, before the planned one.
    world.clock.set(at("2026-03-11T10:00:00Z"));
    ["today", "2026-03-10"].iter().for_each(|when| ask(&world, when));
    world.archiver.put("/home/docs", MemorySource::folder().file("new", "new"));
    world.manager().run("docs", &SilentProgress).expect("it can be made");
    ["today", "2026-03-10"].iter().for_each(|when| ask(&world, when));
    insta::assert_snapshot!(said.join("\n\n"), @"
    today
    docs;16:07;docs, planned for 2026-03-10 16:07: it is in the future. The next run is at 2026-03-10 16:07.
    docs;16:07;docs: a run by hand began at 2026-03-10 12:00, and its process ended before it was done. It isn't repeated automatically.

    12:00
    docs;16:07;docs: a run by hand began at 2026-03-10 12:00, and its process ended before it was done. It isn't repeated automatically.

    11:00
    docs;16:07;docs: nothing was planned, but a run by hand began at 2026-03-10 11:00 and was done at 2026-03-10 11:00 in backups/docs.tar.

    2026-03-09
    docs;16:07;docs, planned for 2026-03-09 16:07: the schedule didn't exist yet. It counts since 2026-03-10 11:00. Runs planned before that are not made up for.

    today
    docs;16:07;docs, planned for 2026-03-10 16:07: it is in the future. The next run is at 2026-03-10 16:07.
    docs;16:07;docs: it has been running since 2026-03-10 12:00.

    today
    docs;16:07;docs, planned for 2026-03-10 16:07: it is in the future. The next run is at 2026-03-10 16:07.
    docs;16:07;docs: a run by hand began at 2026-03-10 13:00 and FAILED at 2026-03-10 13:00 without changing any backup (path docs does not exist).

    today
    docs;16:07;docs, planned for 2026-03-11 16:07: it is in the future. The next run is at 2026-03-11 16:07.
    docs;16:07;docs: a run by hand began at 2026-03-10 13:00 and FAILED at 2026-03-10 13:00 without changing any backup (path docs does not exist).

    2026-03-10
    docs;16:07;docs, planned for 2026-03-10 16:07: it is due now. The service makes it as soon as a worker is free and no other process is making this backup.
    docs;16:07;docs: a run by hand began at 2026-03-10 13:00 and FAILED at 2026-03-10 13:00 without changing any backup (path docs does not exist).

    today
    docs;16:07;docs, planned for 2026-03-11 16:07: it is in the future. The next run is at 2026-03-11 16:07.

    2026-03-10
    docs;16:07;docs, planned for 2026-03-10 16:07: it is due now. The service makes it as soon as a worker is free and no other process is making this backup.
    docs;16:07;docs: a run by hand began at 2026-03-10 13:00 and FAILED at 2026-03-10 13:00 without changing any backup (path docs does not exist).
    ");
}

#[test]
fn a_run_by_hand_under_way_is_left_alone() {
    let world = World::at("2026-03-10T12:00:00Z");
    world.manager().create(DOCS).unwrap();
    world.manager().run("docs", &SilentProgress).unwrap();
    let mut notes = world.history.notes();
    let Some(HistoryNote::Ended(run)) = notes.pop() else { panic!("{notes:?}") };
    notes.push(HistoryNote::Sealed(run.clone()));
    world.history.replace(notes.clone());
    world.backups.take("docs.tar");
    serve(&world, "2026-03-10T13:00:00Z");
    assert_eq!(world.history.notes(), notes, "another process may be about to put it in its place");
    world.history.append(&HistoryNote::Ended(run)).unwrap();
    serve(&world, "2026-03-10T14:00:00Z");
    assert_eq!(world.ended().len(), 1);
}

/// A world in which a run with the key has sealed the archive that stands already, as nothing has changed since.
fn sealed_again(planned: Option<Moment>) -> World {
    let world = World::at("2026-03-10T12:00:00Z");
    world.manager().create(DOCS).expect("the schedule is good");
    world.manager().run("docs", &SilentProgress).expect("it can be made");
    let mut run = world.ended().pop().expect("it was done");
    world.clock.set(at("2026-03-10T13:00:00Z"));
    run.key.planned = planned;
    run.began = world.at_now();
    world.note(&HistoryNote::Sealed(run));
    world
}

/// As [`sealed_again`], without the catalog that tells which run made the archive.
fn sealed_again_without_catalogs(planned: Option<Moment>) -> World {
    let world = sealed_again(planned);
    world.backups.lose_catalogs();
    world
}

#[test]
fn the_catalog_tells_that_an_archive_with_the_same_bytes_is_that_of_an_earlier_run() {
    for planned in [None, Some(at("2026-03-10T13:00:00Z"))] {
        let world = sealed_again(planned);
        serve(&world, "2026-03-10T14:00:00Z");
        let ended: Vec<_> = world.ended().iter().map(|run| (run.key.planned, run.outcome)).collect();
        let interrupted = planned.map(|planned| (Some(planned), Outcome::Interrupted));
        let first = (None, Outcome::Done);
        assert_eq!(ended[..], [Some(first), interrupted].into_iter().flatten().collect::<Vec<_>>()[..]);
    }
}

#[test]
fn no_archive_is_read_to_tell_whether_it_was_published() {
    let mut world = died(|world, job| drop(perform(&world.ports(), job, &SilentProgress)));
    let faults = Faults::only("digest");
    faults.fail_from(1, Failure::Denied);
    world.backups = world.backups.clone().failing_as(&faults);
    assert_eq!(serve(&world, "2026-03-11T16:00:00Z"), 0);
    assert_eq!(last(&world), (Outcome::Done, Some(at("2026-03-10T16:07:00Z"))));
    assert_eq!(world.ended().pop().unwrap().finished, Some(world.backups.list().unwrap()[0].finished));
}

#[test]
fn without_a_catalog_its_bytes_tell_whether_it_was_published() {
    let world = died(|world, job| {
        perform(&world.ports(), job, &SilentProgress);
        world.backups.lose_catalogs();
    });
    assert_eq!(serve(&world, "2026-03-11T16:00:00Z"), 0);
    assert_eq!(last(&world), (Outcome::Done, Some(at("2026-03-10T16:07:00Z"))));
}

#[test]
fn a_run_by_hand_that_makes_the_same_again_is_done_once_its_process_is_gone() {
    let world = sealed_again_without_catalogs(None);
    let notes = world.history.notes();
    let draft = world.draft(&"docs".parse().unwrap());
    serve(&world, "2026-03-10T14:00:00Z");
    assert_eq!(world.history.notes(), notes, "it lives");
    drop(draft);
    serve(&world, "2026-03-10T15:00:00Z");
    assert_eq!(last(&world), (Outcome::Done, None));
    assert!(said(&world, "Backup done for docs in backups/docs.tar, before its process died"));
}

#[test]
fn a_planned_run_that_makes_the_same_again_is_not_ended_by_one_by_hand() {
    let planned = Some(at("2026-03-10T13:00:00Z"));
    let world = sealed_again_without_catalogs(planned);
    let notes = world.history.notes();
    let draft = world.draft(&"docs".parse().unwrap());
    let error = world.manager().run("docs", &SilentProgress).expect_err("the service is at it");
    assert!(matches!(error, Error::BackupFailed { ref cause, .. } if cause.failure == Failure::Busy));
    assert_eq!(world.history.notes(), notes);
    drop(draft);
    world.manager().run("docs", &SilentProgress).unwrap();
    let ended: Vec<_> = world.ended().iter().map(|run| run.key.planned).collect();
    assert_eq!(ended, [None, planned, None], "each once");
}

#[test]
fn a_partly_unreadable_history_is_reported_once() {
    let world = World::at("2026-03-09T16:00:00Z").with_schedules("docs;16:07;docs\n");
    serve(&world, "2026-03-09T16:01:00Z");
    assert!(!said(&world, "can't be read"));
    world.history.spoil(3);
    serve(&world, "2026-03-11T17:00:00Z");
    let sentences = world.journal.sentences();
    let gaps = sentences.iter().filter(|line| line.starts_with("3 lines of the history can't be read"));
    assert_eq!(gaps.count(), 1);
}

#[test]
fn a_schedule_that_does_not_catch_up_skips_what_it_missed_and_says_so() {
    let world = World::at("2026-03-10T10:00:00Z");
    world.manager().create("docs;13:11;docs;catch-up=no").unwrap();
    world.clock.set(at("2026-03-13T09:00:00Z"));
    assert_eq!(serve(&world, "2026-03-13T13:00:00Z"), 0);
    let skipped = world.ended();
    assert_eq!(skipped.len(), 1);
    let (outcome, planned) = (skipped[0].outcome, skipped[0].key.planned);
    assert_eq!(
        (outcome, planned, skipped[0].missed_runs),
        (Outcome::Skipped, Some(at("2026-03-12T13:11:00Z")), 2)
    );
    assert!(said(&world, "Skipped 3 missed runs of docs, which doesn't catch up"));
    assert_eq!(serve(&world, "2026-03-13T14:00:00Z"), 1, "today's is made");
    assert_eq!(world.ended()[1].missed_runs, 0);
}

#[test]
fn a_schedule_that_does_not_catch_up_still_makes_what_is_in_time() {
    for (now, begun) in
        [("2026-03-13T13:11:00Z", 1), ("2026-03-13T13:21:00Z", 1), ("2026-03-13T13:21:01Z", 0)]
    {
        let world = World::at("2026-03-10T10:00:00Z");
        world.manager().create("docs;13:11;docs;catch-up=no").unwrap();
        world.clock.set(at(now));
        assert_eq!(serve(&world, "2026-03-13T14:00:00Z"), begun, "{now}");
        let skipped = world.ended().iter().filter(|run| run.outcome == Outcome::Skipped).count();
        assert_eq!(skipped, 1, "{now}: the days before");
    }
}

#[test]
fn a_run_that_waits_for_a_worker_is_not_missed() {
    let world =
        World::at("2026-03-10T16:00:00Z").with_schedules("a;16:07;a\nb;16:07;b\nc;16:07;c;catch-up=no\n");
    let work = world.work();
    let runner = InstantRunner::new(&world.clock, at("2026-03-10T22:00:00Z"), &work)
        .taking(|_| chrono::TimeDelta::hours(2));
    world.service(ServiceSettings::default()).run(&runner);
    assert_eq!(runner.begun().len(), 3);
    assert!(!said(&world, "Skipped"));
}

#[test]
fn a_planned_run_does_not_begin_what_there_is_no_room_for() {
    const LARGE: u64 = 100 * 1024 * 1024;
    let world = World::at("2026-03-10T16:00:00Z");
    world.manager().create(DOCS).unwrap();
    assert_eq!(serve(&world, "2026-03-10T17:00:00Z"), 1);
    let mut notes = world.history.notes();
    notes.iter_mut().for_each(|note| {
        if let HistoryNote::Ended(run) = note {
            run.archive_bytes = LARGE;
        }
    });
    world.history.replace(notes);
    let old = world.backups.contents("docs.tar");
    world.backups.set_free_bytes(Some(LARGE - 1));
    serve(&world, "2026-03-11T17:00:00Z");
    assert_eq!(last(&world).0, Outcome::Failed);
    assert!(said(
        &world,
        "Error: no room to back up docs: the last backup took 104,857,600 bytes, and 104,857,599 bytes are free, 1 byte too little; free some room"
    ));
    assert_eq!(world.backups.contents("docs.tar"), old);
    assert_eq!(world.backups.drafts(), 0);
    world.manager().run("docs", &SilentProgress).unwrap();
    assert_eq!(last(&world).0, Outcome::Done, "who runs it by hand knows better");
}

#[test]
fn room_is_looked_at_only_for_large_backups() {
    let world = World::at("2026-03-10T16:00:00Z");
    world.manager().create(DOCS).unwrap();
    world.backups.set_free_bytes(Some(0));
    assert_eq!(serve(&world, "2026-03-12T17:00:00Z"), 3);
    assert!(world.ended().iter().all(|run| run.outcome == Outcome::Done));
}

/// The note before the publish is what the run ends with, but for the moment of the publish.
#[test]
fn what_is_sealed_is_what_is_published() {
    let world = World::at("2026-03-10T16:00:00Z");
    world.manager().create(DOCS).unwrap();
    serve(&world, "2026-03-10T17:00:00Z");
    let notes = world.history.notes();
    let sealed = notes.iter().find_map(|note| match note {
        HistoryNote::Sealed(run) => Some(run.clone()),
        _ => None,
    });
    let mut ended = world.ended().pop().expect("it was made");
    assert_eq!(ended.finished.take(), Some(world.backups.list().unwrap()[0].finished));
    assert_eq!(sealed, Some(ended));
}

#[test]
fn a_history_that_is_shortened_misses_and_doubles_nothing() {
    let mut world = World::at("2026-01-01T00:00:00Z").with_schedules("docs;16:07;docs\na;03:00;a\n");
    world.history = world.history.clone().holding(60);
    let mut runs = 0;
    // Restarted each month: a service that runs on remembers more than the history.
    for end in
        ["2026-02-01T12:00:00Z", "2026-03-01T12:00:00Z", "2026-04-01T12:00:00Z", "2026-05-01T12:00:00Z"]
    {
        runs += serve(&world, end);
        assert!(world.history.notes().len() <= 60 + 3);
    }
    assert_eq!(runs, 120 + 121);
}

#[test]
fn a_run_by_hand_tells_first_what_it_is_about_to_replace() {
    let world = died(|world, job| {
        perform(&world.ports(), job, &SilentProgress);
        world.archiver.put("/home/docs", MemorySource::folder().file("newer", "newer"));
        world.manager().run("docs", &SilentProgress).expect("the source is there");
    });
    assert_eq!(serve(&world, "2026-03-11T16:00:00Z"), 0);
    let ended: Vec<_> = world.ended().into_iter().map(|run| (run.outcome, run.key.planned)).collect();
    let planned = |day: &str| Some(at(&format!("2026-03-{day}T16:07:00Z")));
    assert_eq!(
        ended,
        [(Outcome::Done, planned("09")), (Outcome::Done, planned("10")), (Outcome::Done, None)],
        "each once"
    );
}
