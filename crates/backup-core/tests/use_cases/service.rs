//! The service on manual time: each planned run happens once, whatever the clock, the history and the user do.

use crate::world::World;
use backup_core::manager::ServiceManager;
use backup_core::model::archive::FindingKind;
use backup_core::model::error::Failure;
use backup_core::model::history::{HistoryNote, Outcome, PastRun, runs};
use backup_core::ports::{MockServiceControl, RunningService};
use backup_core::service::ServiceSettings;
use backup_core::testing::{Faults, InstantRunner, MemoryHistory, MemorySource, Zone, at};
use backup_core::time::Moment;
use chrono::TimeDelta;

/// Serves until `end` and returns when each run began, with its entry.
fn serve(world: &World, end: &str) -> Vec<String> {
    serve_with(world, end, |runner| runner)
}

fn serve_with<'a>(
    world: &'a World,
    end: &str,
    script: impl FnOnce(InstantRunner<'a>) -> InstantRunner<'a>,
) -> Vec<String> {
    let runner = script(InstantRunner::new(&world.clock, at(end), world.work()));
    world.service(ServiceSettings::default()).run(&runner);
    runner.begun().iter().map(|(moment, key)| format!("{} {}", shown(*moment), key.entry)).collect()
}

fn shown(moment: Moment) -> String {
    moment.format("%Y-%m-%d %H:%M:%S").to_string()
}

#[test]
fn runs_each_day_once_at_its_minute() {
    let world = World::at("2026-03-10T12:00:00Z").with_schedules("docs;16:07;docs\n");
    assert_eq!(
        serve(&world, "2026-03-13T12:00:00Z"),
        [
            "2026-03-10 16:07:00 docs;16:07;docs",
            "2026-03-11 16:07:00 docs;16:07;docs",
            "2026-03-12 16:07:00 docs;16:07;docs",
        ]
    );
    assert_eq!(world.backups.file_names(), ["docs.tar"]);
}

#[test]
fn nothing_is_due_from_the_time_before_a_schedule_was_created() {
    let world = World::at("2026-03-10T18:21:30Z");
    world.manager().create("docs;18:21;now").unwrap();
    world.manager().create("docs;13:11;tomorrow").unwrap();
    assert_eq!(
        serve(&world, "2026-03-11T14:00:00Z"),
        ["2026-03-10 18:21:30 docs;18:21;now", "2026-03-11 13:11:00 docs;13:11;tomorrow"]
    );
}

#[test]
fn what_was_planned_since_a_schedule_was_created_is_due() {
    let world = World::at("2026-03-10T10:00:00Z");
    world.manager().create("docs;13:11;docs").unwrap();
    world.clock.set(at("2026-03-13T09:00:00Z"));
    assert_eq!(serve(&world, "2026-03-13T10:00:00Z"), ["2026-03-13 09:00:00 docs;13:11;docs"]);
    assert!(world.journal.sentences().contains(&"Making up for 2 missed runs of docs".to_owned()));
    assert_eq!(world.ended().last().unwrap().missed_runs, 2);
}

#[test]
fn doubles_nothing_after_a_restart_in_the_same_minute() {
    let world = World::at("2026-03-10T16:07:02Z");
    world.manager().create("docs;16:07;docs").unwrap();
    assert_eq!(serve(&world, "2026-03-10T16:07:05Z").len(), 1);
    assert_eq!(serve(&world, "2026-03-10T16:07:40Z").len(), 0);
    assert_eq!(serve(&world, "2026-03-11T16:00:00Z").len(), 0);
}

#[test]
fn a_schedule_deleted_and_created_again_has_no_run_due_from_the_time_between() {
    let world = World::at("2026-03-10T10:00:00Z");
    world.manager().create("docs;13:11;docs").unwrap();
    assert_eq!(serve(&world, "2026-03-10T14:00:00Z").len(), 1);
    world.manager().delete("0").unwrap();
    world.clock.set(at("2026-03-12T18:00:00Z"));
    world.manager().create("docs;13:11;docs").unwrap();
    assert_eq!(serve(&world, "2026-03-13T14:00:00Z"), ["2026-03-13 13:11:00 docs;13:11;docs"]);
}

#[test]
fn a_created_schedule_counts_from_its_creation_whatever_was_edited_since() {
    let world = World::at("2026-03-10T18:20:30Z");
    world.manager().create("a;03:00;a").unwrap();
    // Both before the service looks again.
    let edit = || {
        world.manager().create("docs;18:21;docs").unwrap();
        world.clock.set(at("2026-03-10T18:23:10Z"));
        world.manager().create("b;03:00;b").unwrap();
    };
    let started =
        serve_with(&world, "2026-03-11T02:00:00Z", |runner| runner.act_at(at("2026-03-10T18:21:10Z"), edit));
    assert_eq!(started.len(), 1, "{started:?}");
    assert!(started[0].ends_with("docs;18:21;docs"), "{started:?}");
}

#[test]
fn a_line_written_by_hand_counts_from_the_file_it_stands_in() {
    let world = World::at("2026-03-10T18:20:50Z").with_schedules("# nothing yet\n");
    let started = serve_with(&world, "2026-03-11T13:00:00Z", |runner| {
        runner
            .polling(TimeDelta::seconds(45))
            .act_at(at("2026-03-10T18:21:59Z"), || world.schedules.write("docs;18:21;now\ndocs;18:20;late\n"))
    });
    // Seen at the next poll, after its minute, it is still due; one for the minute before isn't.
    assert_eq!(started.len(), 1, "{started:?}");
    assert!(started[0].ends_with("docs;18:21;now"), "{started:?}");
}

#[test]
fn a_long_backup_swallows_no_other_minute() {
    let world = World::at("2026-03-10T16:00:00Z").with_schedules("a;16:07;a\nb;16:08;b\nc;16:09;c\n");
    let started = serve_with(&world, "2026-03-10T18:00:00Z", |runner| {
        runner.taking(|job| TimeDelta::minutes(if job.entry.source() == "c" { 1 } else { 30 }))
    });
    // Two workers: the third waits for the first to end, and is made then.
    assert_eq!(
        started,
        ["2026-03-10 16:07:00 a;16:07;a", "2026-03-10 16:08:00 b;16:08;b", "2026-03-10 16:37:00 c;16:09;c"]
    );
}

#[test]
fn two_runs_of_one_name_are_never_under_way_at_once() {
    let world = World::at("2026-03-10T16:00:00Z").with_schedules("a;16:07;a\na;16:08;a\n");
    let started =
        serve_with(&world, "2026-03-10T18:00:00Z", |runner| runner.taking(|_| TimeDelta::minutes(10)));
    assert_eq!(started, ["2026-03-10 16:07:00 a;16:07;a", "2026-03-10 16:17:00 a;16:08;a"]);
}

#[test]
fn a_stop_finishes_all_that_was_due_and_begins_nothing_new() {
    let world = World::at("2026-03-10T16:07:00Z");
    for name in ["a", "b", "c"] {
        world.manager().create(&format!("{name};16:07;{name}")).unwrap();
    }
    world.manager().create("docs;16:08;later").unwrap();
    let started = serve_with(&world, "2026-03-10T18:00:00Z", |runner| {
        runner.taking(|_| TimeDelta::minutes(5)).stop_at(at("2026-03-10T16:07:01Z"))
    });
    assert_eq!(started.len(), 3, "{started:?}");
    assert_eq!(world.backups.file_names(), ["a.tar", "b.tar", "c.tar"]);
    assert_eq!(serve(&world, "2026-03-10T19:00:00Z").len(), 1, "what came due meanwhile is due");
}

#[test]
fn an_immediate_stop_keeps_the_old_backup_and_the_run_stays_due() {
    let world = World::at("2026-03-10T16:07:00Z");
    world.manager().create("docs;16:07;docs").unwrap();
    serve(&world, "2026-03-10T16:08:00Z");
    let old = world.backups.contents("docs.tar");
    world.archiver.put("/home/docs", MemorySource::folder().file("new", "new"));
    serve_with(&world, "2026-03-11T18:00:00Z", |runner| {
        runner.taking(|_| TimeDelta::minutes(5)).stop_now_at(at("2026-03-11T16:08:00Z"))
    });
    assert_eq!(world.ended().last().unwrap().outcome, Outcome::Interrupted);
    assert_eq!(world.backups.contents("docs.tar"), old);
    assert_eq!(world.backups.drafts(), 0);
    assert_eq!(serve(&world, "2026-03-11T17:00:00Z").len(), 1);
    assert_ne!(world.backups.contents("docs.tar"), old);
}

#[test]
fn clock_changes_neither_miss_nor_double() {
    let world = World::in_zone("2026-03-28T12:00:00Z", Zone::berlin())
        .with_schedules("docs;02:30;spring\ndocs;03:00;three\n");
    assert_eq!(
        serve(&world, "2026-03-30T12:00:00Z"),
        [
            "2026-03-29 03:00:00 docs;02:30;spring",
            "2026-03-29 03:00:00 docs;03:00;three",
            "2026-03-30 02:30:00 docs;02:30;spring",
            "2026-03-30 03:00:00 docs;03:00;three",
        ]
    );
    let world = World::in_zone("2026-10-24T12:00:00Z", Zone::berlin()).with_schedules("docs;02:30;autumn\n");
    assert_eq!(
        serve(&world, "2026-10-26T12:00:00Z"),
        ["2026-10-25 02:30:00 docs;02:30;autumn", "2026-10-26 02:30:00 docs;02:30;autumn"]
    );
}

#[test]
fn a_clock_set_back_reruns_nothing() {
    let world = World::at("2026-03-10T16:00:00Z").with_schedules("docs;16:07;docs\n");
    let started = serve_with(&world, "2026-03-11T16:00:00Z", |runner| {
        runner.act_at(at("2026-03-10T16:10:00Z"), || world.clock.set(at("2026-03-10T15:50:00Z")))
    });
    assert_eq!(started, ["2026-03-10 16:07:00 docs;16:07;docs"]);
}

#[test]
fn a_clock_that_was_far_ahead_mutes_nothing() {
    let world = World::at("2026-03-10T16:00:00Z").with_schedules("docs;16:07;docs\n");
    let started = serve_with(&world, "2032-01-01T00:00:00Z", |runner| {
        runner
            .act_at(at("2026-03-10T20:00:00Z"), || world.clock.set(at("2031-01-01T00:00:00Z")))
            .act_at(at("2031-01-01T00:10:00Z"), || world.clock.set(at("2026-03-10T20:10:00Z")))
            .stop_at(at("2026-03-13T12:00:00Z"))
    });
    assert_eq!(
        started,
        [
            "2026-03-10 16:07:00 docs;16:07;docs",
            "2031-01-01 00:00:00 docs;16:07;docs",
            "2026-03-11 16:07:00 docs;16:07;docs",
            "2026-03-12 16:07:00 docs;16:07;docs",
        ]
    );
}

#[test]
fn what_only_a_clock_that_was_ahead_made_due_is_not_begun_by_who_leaves() {
    let world = World::at("2026-03-10T16:00:00Z").with_schedules("a;16:07;a\nb;16:07;b\nc;16:07;c\n");
    let started = serve_with(&world, "2032-01-01T00:00:00Z", |runner| {
        runner
            .taking(|_| TimeDelta::minutes(30))
            .act_at(at("2026-03-10T20:00:00Z"), || world.clock.set(at("2031-01-01T00:00:00Z")))
            .stop_at(at("2031-01-01T00:10:00Z"))
            .act_at(at("2031-01-01T00:20:00Z"), || world.clock.set(at("2026-03-10T20:20:00Z")))
    });
    // Two workers: the third was waiting when the clock was set right.
    assert_eq!(started.len(), 3 + 2, "{started:?}");
    let next_day = serve(&world, "2026-03-11T16:08:00Z");
    assert!(next_day.iter().any(|run| run.ends_with("c;16:07;c")), "{next_day:?}");
}

#[test]
fn an_emptied_source_replaces_nothing_where_the_backups_can_not_be_listed() {
    let faults = Faults::only("list");
    let mut world = World::at("2026-03-10T16:00:00Z").with_schedules("docs;16:07;docs\n");
    world.backups = backup_core::testing::MemoryBackups::failing(world.clock.clone(), &faults);
    serve(&world, "2026-03-10T17:00:00Z");
    let old = world.backups.contents("docs.tar");
    world.archiver.put("/home/docs", MemorySource::folder());
    faults.fail_from(1, Failure::Other);
    serve(&world, "2026-03-11T17:00:00Z");
    assert_eq!(world.backups.contents("docs.tar"), old);
    let said = world.journal.sentences();
    assert!(said.iter().any(|line| line.contains("can't list the backups")), "{said:?}");
}

#[test]
fn a_zone_changed_while_running_moves_the_next_run() {
    let world = World::at("2026-03-10T12:00:00Z").with_schedules("docs;16:07;docs\n");
    let started = serve_with(&world, "2026-03-11T12:00:00Z", |runner| {
        runner.act_at(at("2026-03-10T12:30:00Z"), || world.clock.set_zone(Zone::fixed(2 * 3600)))
    });
    assert_eq!(started, ["2026-03-10 16:07:00 docs;16:07;docs"]);
    assert_eq!(world.ended()[0].began, at("2026-03-10T14:07:00Z"));
}

#[test]
fn malformed_lines_are_reported_once_and_stop_no_other() {
    let world =
        World::at("2026-03-10T12:00:00Z").with_schedules("garbage\ndocs;16:07;docs\nother;17:00;docs\n");
    assert_eq!(serve(&world, "2026-03-12T12:00:00Z").len(), 2);
    let said = |text: &str| world.journal.sentences().iter().filter(|line| line.contains(text)).count();
    assert_eq!(said("Error: malformed schedule: garbage"), 1);
    assert_eq!(said("Error: name docs already used for another folder at index 1: docs;16:07;docs"), 1);
}

#[test]
fn an_outage_is_reported_when_it_begins_and_when_it_ends() {
    let world = World::at("2026-03-10T12:00:00Z");
    let started = serve_with(&world, "2026-03-11T12:00:00Z", |runner| {
        runner
            .act_at(at("2026-03-10T14:00:00Z"), || world.schedules.write("docs;16:07;docs\n"))
            .act_at(at("2026-03-10T15:00:00Z"), || world.schedules.delete())
            .act_at(at("2026-03-10T18:00:00Z"), || world.schedules.write("docs;16:07;docs\n"))
    });
    assert_eq!(started.len(), 1, "due while the file was gone: {started:?}");
    insta::assert_snapshot!(world.journal.lines().join("\n"), @"
    [10/03/2026 12:00] the service started
    [10/03/2026 12:00] Error: can't read the schedules
    [10/03/2026 14:00] the schedules can be read again
    [10/03/2026 15:00] Error: can't read the schedules
    [10/03/2026 18:00] the schedules can be read again
    [10/03/2026 18:00] Backup done for docs in backups/docs.tar
    [11/03/2026 12:00] the service stopped
    ");
}

#[test]
fn a_history_that_cannot_be_written_or_is_lost_doubles_nothing_meanwhile() {
    let faults = Faults::only("append");
    let mut world = World::at("2026-03-10T16:00:00Z").with_schedules("docs;16:07;docs\n");
    world.history = MemoryHistory::failing(&faults);
    let started = serve_with(&world, "2026-03-12T12:00:00Z", |runner| {
        runner
            .act_at(at("2026-03-10T16:05:00Z"), || {
                faults.fail_from(1, Failure::Full);
            })
            .act_at(at("2026-03-10T19:00:00Z"), || faults.clear())
            .act_at(at("2026-03-11T19:00:00Z"), || world.history.clear())
    });
    assert_eq!(started.len(), 2, "{started:?}");
    let sentences = world.journal.sentences();
    assert!(sentences.iter().any(|line| line.starts_with("Error: can't append")), "{sentences:?}");
    assert!(sentences.contains(&"the history can be written again".to_owned()), "{sentences:?}");
}

#[test]
fn notes_that_are_lost_when_the_service_ends_are_reported() {
    let faults = Faults::only("append");
    let mut world = World::at("2026-03-10T16:00:00Z").with_schedules("docs;16:07;docs\n");
    world.history = MemoryHistory::failing(&faults);
    serve_with(&world, "2026-03-12T12:00:00Z", |runner| {
        runner.taking(|_| TimeDelta::minutes(5)).stop_at(at("2026-03-10T16:08:00Z")).act_at(
            at("2026-03-10T16:09:00Z"),
            || {
                faults.fail_from(1, Failure::Full);
            },
        )
    });
    let sentences = world.journal.sentences();
    let expected = "Error: can't append to the history: scripted fault; the last note of this service is lost, so the next \
                    may make a backup again";
    assert_eq!(sentences[sentences.len() - 2..], [expected, "the service stopped"]);
}

#[test]
fn a_history_that_cannot_be_shortened_is_reported_once_and_so_is_the_recovery() {
    let faults = Faults::only("shorten");
    let mut world = World::at("2026-03-10T16:00:00Z").with_schedules("docs;16:07;docs\n");
    world.history = MemoryHistory::failing(&faults);
    serve_with(&world, "2026-03-20T12:00:00Z", |runner| {
        runner
            .act_at(at("2026-03-12T12:00:00Z"), || {
                faults.fail_from(1, Failure::Full);
            })
            .act_at(at("2026-03-16T12:00:00Z"), || faults.clear())
    });
    let sentences = world.journal.sentences();
    let told: Vec<_> = sentences.iter().filter(|line| line.contains("shorten")).collect();
    let expected = ["Error: can't shorten the history: scripted fault", "the history can be shortened again"];
    assert_eq!(told, expected);
}

#[test]
fn an_incomplete_backup_stands_beside_the_complete_one() {
    let world = World::at("2026-03-10T16:00:00Z").with_schedules("docs;16:07;docs\n");
    serve(&world, "2026-03-10T17:00:00Z");
    let unreadable = FindingKind::Unreadable("Permission denied".to_owned());
    world.archiver.put("/home/docs", MemorySource::folder().file("a", "a").finding("b", unreadable));
    serve(&world, "2026-03-11T17:00:00Z");
    assert_eq!(world.backups.file_names(), ["docs.incomplete.tar", "docs.tar"]);
    world.archiver.put("/home/docs", MemorySource::folder().file("a", "a"));
    serve(&world, "2026-03-12T17:00:00Z");
    assert_eq!(world.backups.file_names(), ["docs.tar"]);
    let outcomes: Vec<_> = world.ended().iter().map(|run| run.outcome).collect();
    assert_eq!(outcomes, [Outcome::Done, Outcome::Incomplete, Outcome::Done]);
}

#[test]
fn a_source_that_was_emptied_or_is_gone_keeps_the_old_backup() {
    let world = World::at("2026-03-10T16:00:00Z").with_schedules("docs;16:07;docs\n");
    serve(&world, "2026-03-10T17:00:00Z");
    let old = world.backups.contents("docs.tar");
    world.archiver.put("/home/docs", MemorySource::folder());
    serve(&world, "2026-03-11T17:00:00Z");
    world.archiver.take("/home/docs");
    serve(&world, "2026-03-12T17:00:00Z");
    assert_eq!(world.backups.contents("docs.tar"), old);
    let sentences = world.journal.sentences();
    let empty = "Error: path docs has nothing to back up in it, but its last backup has 2 entries; that backup is kept".to_owned();
    assert!(sentences.contains(&empty), "{sentences:?}");
    assert!(sentences.contains(&"Error: path docs does not exist".to_owned()), "{sentences:?}");
}

#[test]
fn a_killed_service_is_made_up_for() {
    let world = World::at("2026-03-10T16:07:30Z").with_schedules("docs;16:07;docs\n");
    let entry = "docs;16:07;docs".to_owned();
    let began = world.at_now();
    let key = backup_core::model::history::RunKey {
        entry: entry.clone(),
        planned: Some(at("2026-03-10T16:07:00Z")),
    };
    let adopted =
        HistoryNote::Adopted { entry, since: at("2026-03-01T00:00:00Z"), at: at("2026-03-01T00:00:00Z") };
    world.note(&adopted);
    world.note(&HistoryNote::Began { key, at: began });
    world.backups.abandon(&"docs".parse().unwrap());
    assert_eq!(serve(&world, "2026-03-10T18:00:00Z").len(), 1);
    assert!(world.journal.sentences().contains(&"Removed 1 unfinished archive of a dead process".to_owned()));
}

#[test]
fn a_backup_that_another_process_makes_is_tried_again() {
    let world = World::at("2026-03-10T16:00:00Z").with_schedules("docs;16:07;docs\n");
    let name = "docs".parse().unwrap();
    let other = std::cell::RefCell::new(None);
    let seen = std::cell::RefCell::new(Vec::new());
    let see = || seen.borrow_mut().push(seen_in(&world));
    let started = serve_with(&world, "2026-03-10T22:00:00Z", |runner| {
        let take = || drop(other.replace(Some(world.draft(&name))));
        runner
            .act_at(at("2026-03-10T16:06:00Z"), take)
            .act_at(at("2026-03-10T16:16:59Z"), see)
            .act_at(at("2026-03-10T16:17:01Z"), see)
            .act_at(at("2026-03-10T18:20:00Z"), || drop(other.take()))
            .act_at(at("2026-03-10T18:30:00Z"), see)
    });
    assert!(started.len() > 2, "{started:?}");
    let [waits, hangs, done] = ["due, waits", "due, waits, overdue", "good"];
    assert_eq!(
        *seen.borrow(),
        [waits, hangs, done],
        "what status says, and no run that the history tells of"
    );
    let runs = runs_of(&world);
    assert_eq!(runs, ["2026-03-10 18:20:30 Done"]);
    assert_eq!(said(&world, "postponed"), 1);
}

#[test]
fn a_wait_for_another_process_over_two_planned_moments_is_reported_once() {
    let world = World::at("2026-03-10T16:00:00Z").with_schedules("docs;16:07;docs\n");
    let name = "docs".parse().unwrap();
    let other = std::cell::RefCell::new(Some(world.draft(&name)));
    // Started anew in the midst of it, twice: nothing was begun, so nothing was interrupted.
    serve(&world, "2026-03-10T20:00:00Z");
    serve(&world, "2026-03-11T20:00:00Z");
    let before = world.journal.sentences().len();
    serve_with(&world, "2026-03-12T12:00:00Z", |runner| {
        runner.act_at(at("2026-03-12T10:00:00Z"), || drop(other.take()))
    });
    assert_eq!(runs_of(&world), ["2026-03-12 10:00:00 Done"]);
    assert_eq!(world.ended()[0].missed_runs, 1);
    insta::assert_snapshot!(world.journal.sentences()[before..].join("\n"), @"
    the service started
    Backup postponed for docs: another process is making it
    Making up for 1 missed run of docs
    Backup done for docs in backups/docs.tar
    the service stopped
    ");
}

#[test]
fn what_else_is_busy_is_no_other_process_that_makes_the_backup() {
    for operation in ["publish", "seal", "pack", "write"] {
        let faults = Faults::only(operation);
        let clock = backup_core::testing::ManualClock::utc(at("2026-03-10T16:00:00Z"));
        let home = backup_core::testing::MemoryHome::failing(clock, &faults);
        home.archiver.put("/home/docs", MemorySource::folder().file("letter", "Dear all"));
        home.schedules.write("docs;16:07;docs\n");
        faults.because("Device or resource busy").fail_from(1, Failure::Busy);
        let work = home.work();
        let runner = InstantRunner::new(&home.clock, at("2026-03-10T18:00:00Z"), &work);
        home.service(ServiceSettings::default()).run(&runner);
        let outcomes: Vec<_> = home.ended().iter().map(|run| run.outcome).collect();
        assert_eq!(outcomes, [Outcome::Failed], "{operation}");
        let said = home.journal.sentences();
        assert!(said.iter().any(|line| line.contains("Device or resource busy")), "{said:?}");
        assert!(!said.iter().any(|line| line.contains("postponed")), "{said:?}");
    }
}

fn said(world: &World, text: &str) -> usize {
    world.journal.sentences().iter().filter(|line| line.contains(text)).count()
}

/// Returns each run that the history tells of, as `began end`.
fn runs_of(world: &World) -> Vec<String> {
    let end = |run: &PastRun| run.record().map_or("?".to_owned(), |run| format!("{:?}", run.outcome));
    let past = runs(&world.history.notes(), true);
    past.iter().map(|run| format!("{} {}", shown(run.began), end(run))).collect()
}

/// Returns what `status` says of the one schedule, and how many runs the history tells of that haven't ended.
fn seen_in(world: &World) -> String {
    let mut control = MockServiceControl::new();
    control.expect_running().returning(|| Ok(Some(RunningService { pid: Some(7), since: None })));
    let mut status = ServiceManager::new(world.ports(), &control).status().expect("no fault was scripted");
    let schedule = status.schedules.remove(0);
    let unfinished = runs_of(world).iter().filter(|run| run.ends_with('?')).count();
    let states = [
        (schedule.due.is_some(), "due".to_owned()),
        (schedule.under_way_since.is_some(), "under way".to_owned()),
        (schedule.waits_for_other_process, "waits".to_owned()),
        (schedule.overdue.is_some(), "overdue".to_owned()),
        (unfinished > 0, format!("{unfinished} unfinished")),
        (schedule.complete.is_some(), "good".to_owned()),
    ];
    let states: Vec<_> = states.into_iter().filter(|(is_so, _)| *is_so).map(|(_, what)| what).collect();
    states.join(", ")
}

#[test]
fn a_year_of_many_schedules_runs_each_day_of_each() {
    let lines: String =
        (0..24).step_by(4).map(|hour| format!("docs;{hour:02}:{:02};name{hour}\n", hour * 2)).collect();
    let world = World::in_zone("2026-01-01T00:00:00+01:00", Zone::berlin()).with_schedules(&lines);
    let started = serve(&world, "2027-01-01T00:00:00+01:00");
    assert_eq!(started.len(), 365 * 6);
    let mut days: Vec<_> =
        started.iter().map(|line| (line[..10].to_owned(), line[20..].to_owned())).collect();
    days.sort();
    days.dedup();
    assert_eq!(days.len(), 365 * 6, "each day of each, once");
}
