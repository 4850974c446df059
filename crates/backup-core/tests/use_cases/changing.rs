//! Schedules that are edited, paused, resumed and deleted by the use cases for that.

use backup_core::manager::{Manager, ScheduleEdit, ScheduleStatus, ServiceManager};
use backup_core::model::error::Error;
use backup_core::model::history::Outcome;
use backup_core::model::schedule::ScheduleOption;
use backup_core::ports::{MockServiceControl, RunningService, SilentProgress};
use backup_core::service::ServiceSettings;
use backup_core::testing::{InstantRunner, at};
use chrono::TimeDelta;

use crate::world::World;

/// A world on 10 March at 00:00 with these schedules, which count from then on.
fn world(schedules: &[&str]) -> World {
    let world = World::at("2026-03-10T00:00:00Z");
    schedules.iter().for_each(|schedule| drop(world.manager().create(schedule).expect("it is good")));
    world
}

/// Serves until `end`, and does something at a moment, as another process would.
fn serve_and(world: &World, end: &str, moment: &str, act: impl Fn(Manager<'_>) + Send + Sync) {
    let work = world.work();
    let runner = InstantRunner::new(&world.clock, at(end), &work)
        .taking(|_| TimeDelta::minutes(5))
        .polling(TimeDelta::seconds(45))
        .act_at(at(moment), || act(world.manager()));
    world.service(ServiceSettings::default()).run(&runner);
}

/// Each run as `12 08:00 docs;08:00;docs`, and ` +1` for what it makes up for.
fn runs(world: &World) -> Vec<String> {
    let shown = world.ended().into_iter().map(|run| {
        let planned = run.key.planned.map(|planned| planned.format("%d %H:%M").to_string());
        let makes_up = if run.missed_runs == 0 { String::new() } else { format!(" +{}", run.missed_runs) };
        format!("{} {}{makes_up}", planned.unwrap_or_else(|| "by hand".to_owned()), run.key.entry)
    });
    shown.collect()
}

fn book(world: &World) -> String {
    String::from_utf8(world.schedules.bytes().unwrap_or_default()).expect("it is text")
}

fn time(time: &str) -> ScheduleEdit {
    ScheduleEdit { time: Some(time.to_owned()), ..ScheduleEdit::default() }
}

fn name(name: &str) -> ScheduleEdit {
    ScheduleEdit { name: Some(name.to_owned()), ..ScheduleEdit::default() }
}

fn set(options: &[&str]) -> ScheduleEdit {
    let option = |field: &&str| field.parse::<ScheduleOption>().expect("it is an option");
    ScheduleEdit { set: options.iter().map(option).collect(), ..ScheduleEdit::default() }
}

fn control() -> MockServiceControl {
    let mut control = MockServiceControl::new();
    control.expect_running().returning(|| Ok(Some(RunningService { pid: None, since: None })));
    control
}

fn status(world: &World) -> ScheduleStatus {
    let control = control();
    ServiceManager::new(world.ports(), &control).status().expect("it can be read").schedules.remove(0)
}

#[test]
fn an_edited_time_keeps_the_history_and_nothing_before_the_edit_is_due() {
    let cases: [(&str, &str, &[&str]); 3] = [
        ("06:00", "10T09:00", &["10 08:00 docs;08:00;docs", "11 06:00 docs;06:00;docs"]),
        ("12:00", "10T07:00", &["10 12:00 docs;12:00;docs", "11 12:00 docs;12:00;docs"]),
        ("07:00", "10T07:00", &["10 07:00 docs;07:00;docs", "11 07:00 docs;07:00;docs"]),
    ];
    for (new, moment, expected) in cases {
        let world = world(&["docs;08:00;docs"]);
        serve_and(&world, "2026-03-11T12:30:00Z", &format!("2026-03-{moment}:20Z"), |manager| {
            manager.edit("docs", &time(new)).unwrap();
        });
        assert_eq!(runs(&world), expected, "{new} at {moment}");
        assert_eq!(status(&world).last_run.map(|run| run.outcome), Some(Outcome::Done), "{new} at {moment}");
    }
}

#[test]
fn a_schedule_that_gets_an_old_time_back_makes_up_for_nothing_in_between() {
    let world = world(&["docs;08:00;docs"]);
    world.clock.set(at("2026-03-10T07:00:00Z"));
    world.manager().edit("0", &time("09:00")).unwrap();
    world.clock.set(at("2026-03-20T08:30:00Z"));
    world.manager().edit("docs", &time("08:00")).unwrap();
    serve_and(&world, "2026-03-21T07:00:00Z", "2026-03-20T09:00:00Z", |_| {});
    assert_eq!(runs(&world), [""; 0]);
}

#[test]
fn an_edit_changes_one_line_and_what_is_the_same_is_not_written() {
    let world = World::at("2026-03-10T12:00:00Z")
        .with_schedules("# mine\r\na;9:05;a;keep=last:3\r\nb;25:00;b\nc;10:00;c");
    let edited = world.manager().edit("0", &time("9:05")).unwrap();
    assert!(!edited.is_changed() && world.journal.sentences().is_empty() && world.history.notes().is_empty());
    let edit = ScheduleEdit { unset: vec!["keep".to_owned()], ..set(&["verify=yes", "x-owner=ann"]) };
    let edited = world.manager().edit("a", &edit).unwrap();
    assert_eq!((edited.index, edited.after.to_string().as_str()), (0, "a;09:05;a;verify=yes;x-owner=ann"));
    assert!(world.history.notes().is_empty(), "the same runs are planned");
    world.manager().edit("2", &ScheduleEdit { folder: Some("b".to_owned()), ..time("11:00") }).unwrap();
    assert_eq!(book(&world), "# mine\r\na;09:05;a;verify=yes;x-owner=ann\r\nb;25:00;b\nb;11:00;c");
    insta::assert_snapshot!(world.journal.sentences().join("\n"), @r"
    Schedule at index 0 changed from a;09:05;a;keep=last:3 to a;09:05;a;verify=yes;x-owner=ann
    Schedule at index 2 changed from c;10:00;c to b;11:00;c
    ");
}

#[test]
fn an_edit_that_makes_no_schedule_changes_nothing() {
    let text = "docs;08:00;docs\ndocs;20:00;docs\nb;09:00;b\ngarbage\n";
    let world = World::at("2026-03-10T12:00:00Z").with_schedules(text);
    let refused = |key: &str, edit: &ScheduleEdit| {
        let error = world.manager().edit(key, edit).unwrap_err();
        error.detail().map_or_else(|| error.to_string(), |detail| format!("{error} ({detail})"))
    };
    let unset = |field: &str| ScheduleEdit { unset: vec![field.to_owned()], ..ScheduleEdit::default() };
    let refused = [
        refused("docs", &time("10:00")),
        refused("boks", &time("10:00")),
        refused("7", &time("10:00")),
        refused("garbage", &time("10:00")),
        refused("3", &time("10:00")),
        refused("b", &time("25:00")),
        refused("b", &time("10:00;x")),
        refused("b", &unset("kep")),
        refused("0", &time("20:00")),
        refused("1", &time("8:00")),
        refused("b", &ScheduleEdit { folder: Some("logs".to_owned()), ..ScheduleEdit::default() }),
        refused("1", &ScheduleEdit { folder: Some("a".to_owned()), ..ScheduleEdit::default() }),
        refused("b", &name("docs")),
        refused("b", &name("a # b")),
    ];
    insta::assert_snapshot!(refused.join("\n"), @r#"
    2 schedules have the name docs: 0: docs;08:00;docs, 1: docs;20:00;docs
    can't find schedule "boks"
    can't find schedule "7"
    can't find schedule "garbage"
    malformed schedule: garbage (it has 1 field, not the three of folder;time;name)
    malformed schedule: b;25:00;b (the time "25:00": column 1: expected a time as hh:mm between 00:00 and 23:59)
    malformed schedule: b;10:00;x;b (the time holds a ;, which separates the fields)
    malformed schedule: b;09:00;b;kep ("kep" is no option; did you mean keep?)
    schedule already exists at index 0: docs;20:00;docs
    schedule already exists at index 0: docs;08:00;docs
    path logs lies in logs, where Backup Manager keeps its own files
    name docs already used for another folder at index 0: docs;08:00;docs
    can't rename the schedule to docs: the schedule at index 0 has that name
    malformed schedule: b;09:00;a # b (a # within a line begins no comment, but would belong to the name; give comments lines of their own)
    "#);
    assert_eq!(book(&world), text);
    assert!(world.history.notes().is_empty());
}

#[test]
fn a_line_that_comes_to_contradict_another_is_changed_and_the_other_is_told() {
    let world = world(&["docs;08:00;docs;keep=last:3", "docs;20:00;docs;keep=last:3"]);
    let first = world.manager().edit("0", &set(&["keep=last:5"])).unwrap();
    assert!(matches!(first.contradiction, Some(Error::Contradiction { .. })), "{first:?}");
    let second = world.manager().edit("1", &set(&["keep=last:5"])).unwrap();
    assert_eq!(second.contradiction, None);
}

#[test]
fn a_schedule_is_renamed_back_to_the_archives_of_its_own_folder() {
    let world = world(&["docs;08:00;docs;keep=last:3"]);
    for _ in 0..3 {
        world.manager().run("docs", &SilentProgress).unwrap();
        world.clock.advance(TimeDelta::minutes(1));
    }
    world.manager().edit("docs", &name("papers")).unwrap();
    let back = world.manager().edit("papers", &name("docs")).unwrap();
    assert_eq!((back.archives_of_old_name, back.going), (0, 0));
    world.manager().run("docs", &SilentProgress).unwrap();
    assert_eq!(world.backups.file_names().len(), 3, "they count for the rules as before");
    // One that nobody knows, beside them.
    world.manager().edit("docs", &name("papers")).unwrap();
    world.backups.put("docs.2020-01-01T08-00+0000.tar", b"mine".to_vec());
    let refused = world.manager().edit("papers", &name("docs")).unwrap_err();
    assert!(matches!(refused, Error::NewNameTaken { index: None, archives: 1, .. }), "{refused:?}");
}

#[test]
fn an_edit_tells_how_many_archives_the_next_run_removes() {
    let world = world(&["docs;08:00;docs;keep=last:3"]);
    for _ in 0..3 {
        world.manager().run("docs", &SilentProgress).unwrap();
        world.clock.advance(TimeDelta::minutes(1));
    }
    let going = |edit: &ScheduleEdit| world.manager().edit("docs", edit).unwrap().going;
    assert_eq!(going(&time("09:00")), 0);
    assert_eq!(going(&set(&["keep=last:5"])), 0);
    assert_eq!(going(&set(&["keep=last:1"])), 2);
    assert_eq!(going(&time("10:00")), 0, "the rules are the same");
}

#[test]
fn a_new_name_is_refused_where_it_has_archives_and_leaves_those_of_the_old_name() {
    let world = world(&["docs;08:00;docs", "a;08:00;a"]);
    world.manager().run("docs", &SilentProgress).unwrap();
    world.manager().run("a", &SilentProgress).unwrap();
    world.manager().delete("a").unwrap();
    let refused = world.manager().edit("docs", &name("a")).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "can't rename the schedule to a: an archive of that name isn't known to be of its folder"
    );
    world.clock.set(at("2026-03-10T09:00:00Z"));
    let renamed = world.manager().edit("docs", &name("letters")).unwrap();
    assert_eq!((renamed.archives_of_old_name, book(&world).as_str()), (1, "docs;08:00;letters\n"));
    assert!(world.backups.contents("docs.tar").is_some());
    serve_and(&world, "2026-03-11T07:00:00Z", "2026-03-10T10:00:00Z", |_| {});
    assert_eq!(runs(&world), ["by hand docs;08:00;docs", "by hand a;08:00;a"], "nothing is made up for");
}

#[test]
fn nothing_is_due_while_paused_and_nothing_is_made_up_for_afterwards() {
    let world = world(&["docs;08:00;docs"]);
    world.clock.set(at("2026-03-10T09:00:00Z"));
    let paused = world.manager().pause("docs").unwrap();
    assert!(paused[0].is_changed && book(&world) == "docs;08:00;docs;paused=yes\n", "{paused:?}");
    assert!(!world.manager().pause("0").unwrap()[0].is_changed);
    world.clock.set(at("2026-03-12T09:00:00Z"));
    let shown = status(&world);
    assert!(shown.is_paused && shown.overdue.is_none() && shown.due.is_none() && shown.next_run.is_none());
    serve_and(&world, "2026-03-14T12:00:00Z", "2026-03-13T09:00:00Z", |manager| {
        manager.run("docs", &SilentProgress).unwrap();
    });
    assert_eq!(runs(&world), ["by hand docs;08:00;docs"], "the run of the 10th is not due any more either");
    let control = control();
    let explained = ServiceManager::new(world.ports(), &control).why("docs", "yesterday").unwrap();
    insta::assert_snapshot!(explained[0], @"docs;08:00;docs, planned for 2026-03-13 08:00: it doesn't run because the schedule is paused. Once it is resumed, runs planned before that are not made up for.");
    serve_and(&world, "2026-03-16T12:00:00Z", "2026-03-15T09:00:00Z", |manager| {
        assert!(manager.resume("docs").unwrap()[0].is_changed);
    });
    assert_eq!(book(&world), "docs;08:00;docs\n");
    assert_eq!(runs(&world), ["by hand docs;08:00;docs", "16 08:00 docs;08:00;docs"]);
    let explained = ServiceManager::new(world.ports(), &control).why("docs", "2026-03-12").unwrap();
    insta::assert_snapshot!(explained[0], @"docs;08:00;docs, planned for 2026-03-12 08:00: the schedule was added again, changed or resumed after that. It counts since 2026-03-15 09:00. Runs planned before that are not made up for.");
    assert!(!world.manager().resume("docs").unwrap()[0].is_changed);
    assert!(matches!(world.manager().pause("music"), Err(Error::NoSuchSchedule { .. })));
}

#[test]
fn a_pause_that_is_resumed_while_no_service_runs_is_made_up_for_neither() {
    let world = world(&["docs;08:00;docs", "docs;20:00;docs"]);
    assert_eq!(world.manager().pause("docs").unwrap().len(), 2);
    world.clock.set(at("2026-03-12T09:00:00Z"));
    world.manager().resume("1").unwrap();
    assert_eq!(book(&world), "docs;08:00;docs;paused=yes\ndocs;20:00;docs\n");
    serve_and(&world, "2026-03-13T12:00:00Z", "2026-03-13T09:00:00Z", |_| {});
    assert_eq!(runs(&world), ["12 20:00 docs;20:00;docs"]);
}

#[test]
fn a_pause_that_is_ended_by_hand_counts_from_then_on() {
    let world = world(&["docs;08:00;docs"]);
    serve_and(&world, "2026-03-10T09:00:00Z", "2026-03-10T08:30:00Z", |_| {});
    world.manager().pause("0").unwrap();
    serve_and(&world, "2026-03-14T12:00:00Z", "2026-03-13T09:00:00Z", |_| {
        world.schedules.write("docs;08:00;docs\n");
    });
    assert_eq!(runs(&world), ["10 08:00 docs;08:00;docs", "14 08:00 docs;08:00;docs"]);
}

/// Nothing in the history says that the schedule was paused, so that `resume` is the way to end a pause.
#[test]
fn a_pause_that_is_ended_by_hand_while_no_service_runs_makes_one_run() {
    let world = world(&["docs;08:00;docs"]);
    serve_and(&world, "2026-03-10T09:00:00Z", "2026-03-10T08:30:00Z", |_| {});
    world.manager().pause("0").unwrap();
    world.clock.set(at("2026-03-13T09:00:00Z"));
    world.schedules.write("docs;08:00;docs\n");
    serve_and(&world, "2026-03-13T12:00:00Z", "2026-03-13T10:00:00Z", |_| {});
    assert_eq!(runs(&world).len(), 2, "one run for all that was paused: {:?}", runs(&world));
}

#[test]
fn an_option_that_ends_a_pause_counts_like_resume() {
    let world = world(&["docs;08:00;docs;paused=yes"]);
    world.clock.set(at("2026-03-12T09:00:00Z"));
    world.manager().edit("docs", &set(&["paused=no"])).unwrap();
    serve_and(&world, "2026-03-13T07:00:00Z", "2026-03-12T10:00:00Z", |_| {});
    assert_eq!(runs(&world), [""; 0]);
}

#[test]
fn delete_takes_a_name_that_one_line_has() {
    let world = world(&["docs;08:00;docs", "docs;20:00;docs", "b;09:00;b"]);
    let deleted = world.manager().delete("b").unwrap();
    assert_eq!((deleted.index, deleted.text.as_str()), (2, "b;09:00;b"));
    let error = world.manager().delete("docs").unwrap_err();
    insta::assert_snapshot!(error, @"2 schedules have the name docs: 0: docs;08:00;docs, 1: docs;20:00;docs");
    let error = world.manager().delete("dcos").unwrap_err();
    assert_eq!(
        error,
        Error::NoSuchIndex { index: "dcos".to_owned(), near: Some("docs".to_owned()), schedules: 2 }
    );
}

#[test]
fn a_name_of_digits_can_be_taken_for_an_index() {
    let world = world(&["docs;08:00;docs", "a;09:00;0", "b;09:00;7"]);
    let manager = world.manager();
    assert_eq!(["0", "1", "7", "docs"].map(|key| manager.is_ambiguous(key)), [true, false, false, false]);
    assert_eq!(manager.delete("0").unwrap().text, "docs;08:00;docs");
    assert_eq!(manager.first_run(&"a;09:00;a".parse().unwrap()), Some(at("2026-03-10T09:00:00Z")));
    assert_eq!(manager.first_run(&"a;00:00;a".parse().unwrap()), Some(at("2026-03-10T00:00:00Z")));
    assert_eq!(manager.first_run(&"a;00:00;a;paused=yes".parse().unwrap()), None);
}
