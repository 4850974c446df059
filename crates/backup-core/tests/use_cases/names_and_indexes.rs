//! Which backup a command means that is given a name or an index.

use std::path::PathBuf;

use backup_core::manager::{
    ArchiveQuery, Diff, Drill, NEWEST, Restore, RestoreDestination, RestoreRequest, ScheduleEdit,
    ServiceManager, Verify, VerifyRequest, View,
};
use backup_core::model::error::{Error, Failure};
use backup_core::model::restore::RestoreTarget;
use backup_core::ports::{MockServiceControl, SilentProgress};
use backup_core::testing::{Faults, ManualClock, MemoryHome, MemoryRestorer, MemoryViewer, at};

use crate::world::World;

/// A world with schedules that have digits as their names, and with archives whose schedule is gone.
fn world() -> World {
    let text = "docs;16:07;docs;keep=last:5\na;09:00;0\nb;09:00;7\nc;25:00;wrong\nnonsense\n";
    let world = World::at("2026-03-10 09:30").with_schedules(text);
    for key in ["0", "1", "2"] {
        world.manager().run(key, &SilentProgress).expect("it can be made");
        world.clock.advance(chrono::TimeDelta::days(1));
    }
    for gone in ["1.tar", "5.tar", "wrong.tar"] {
        world.backups.put(gone, Vec::new());
    }
    world
}

fn request(name: &str) -> RestoreRequest {
    RestoreRequest {
        name: name.to_owned(),
        generation: None,
        at: None,
        chosen: Vec::new(),
        place: RestoreDestination::Beside(PathBuf::from("/here")),
        overwrite: false,
        keep_setuid: false,
    }
}

/// Returns the archive that each use case takes for a key.
fn taken(world: &World, key: &str) -> Vec<String> {
    let (viewer, restorer) = (MemoryViewer::default(), MemoryRestorer::default());
    let view = View::new(world.ports(), &viewer);
    let query = ArchiveQuery { name: key, generation: None, at: None };
    let diff = Diff::new(world.ports(), &viewer).find(key, [NEWEST, NEWEST]).expect("there are such");
    let restore = Restore::new(world.ports(), &restorer).plan(&request(key)).expect("there is one");
    let drill = Drill::new(world.ports(), &world.driller).plan(Some(key)).expect("there is one");
    let verify = VerifyRequest { name: Some(key.to_owned()), all: false };
    let verify = Verify::new(world.ports()).plan(&verify).expect("there is one");
    let archives = [
        view.find(&query).expect("there is one").archive,
        view.archives(Some(key)).expect("there is one").pop().expect("the newest is the last"),
        diff[0].archive.clone(),
        diff[1].archive.clone(),
        restore.archive.clone(),
        drill[0].archive.clone(),
        verify.archives[0].clone(),
        world.manager().backups_of(key).expect("there is one").remove(0),
    ];
    archives.map(|archive| archive.file_name).to_vec()
}

#[test]
fn every_use_case_takes_an_index_first_and_else_a_name() {
    let world = world();
    let cases = [
        ("docs", "docs", false),
        // Another schedule has it as its name.
        ("0", "docs", true),
        ("00", "docs", false),
        // An archive has it as its name, and no schedule.
        ("1", "0", true),
        ("2", "7", false),
        // No line has this index, but one this name.
        ("7", "7", false),
        // Its schedule is gone.
        ("5", "5", false),
        // Lines that never run have indexes too.
        ("3", "wrong", false),
        ("wrong", "wrong", false),
    ];
    for (key, name, is_ambiguous) in cases {
        let archive = format!("{name}.tar");
        assert!(taken(&world, key).iter().all(|taken| *taken == archive), "{key}: {:?}", taken(&world, key));
        assert_eq!(world.manager().is_ambiguous_backup(key, &[]), is_ambiguous, "{key}");
    }
}

#[test]
fn the_name_alone_counts_where_no_schedules_exist() {
    let world = world();
    world.schedules.delete();
    assert_eq!(taken(&world, "0"), ["0.tar"; 8]);
    assert!(!world.manager().is_ambiguous_backup("0", &[]));
}

#[test]
fn the_file_of_an_archive_says_which_of_both_is_meant() {
    let (world, viewer, restorer) = (world(), MemoryViewer::default(), MemoryRestorer::default());
    for generation in ["1.tar", "backups/1.tar", "/home/backups/1.tar"] {
        let query = ArchiveQuery { name: "1", generation: Some(generation), at: None };
        assert_eq!(query.find(&world.ports()).unwrap().archive.file_name, "1.tar");
        let request = RestoreRequest { generation: Some(generation.to_owned()), ..request("1") };
        let plan = Restore::new(world.ports(), &restorer).plan(&request).unwrap();
        assert_eq!(plan.request.target, RestoreTarget::Beside(PathBuf::from("/here/1.restored")));
        assert!(!world.manager().is_ambiguous_backup("1", &[generation]));
        let found = Diff::new(world.ports(), &viewer).find("1", [NEWEST, generation]).unwrap();
        assert_eq!(found.map(|found| found.archive.file_name), ["1.tar", "1.tar"], "both are of one backup");
    }
    let query = ArchiveQuery { name: "1", generation: Some("0.tar"), at: None };
    assert_eq!(query.find(&world.ports()).unwrap().archive.file_name, "0.tar");
    let other = ArchiveQuery { generation: Some("docs.tar"), ..query }.find(&world.ports()).unwrap_err();
    assert_eq!(other.to_string(), "backups/docs.tar is a backup of docs, not of 0");
}

#[test]
fn a_restore_by_index_goes_where_one_by_name_goes() {
    let (world, restorer) = (world(), MemoryRestorer::default());
    let desk = Restore::new(world.ports(), &restorer);
    assert_eq!(desk.plan(&request("0")), desk.plan(&request("docs")));
    let in_place =
        |key: &str| desk.plan(&RestoreRequest { place: RestoreDestination::InPlace, ..request(key) });
    assert_eq!(in_place("2").unwrap().request.target, RestoreTarget::Source(PathBuf::from("/home/b")));
}

#[test]
fn an_unknown_key_gets_the_nearest_name_or_the_indexes_that_exist() {
    let world = world();
    world.schedules.write([&world.schedules.bytes().unwrap()[..], b"a;10:00;letters\n"].concat());
    world.backups.put("pictures.tar", Vec::new());
    let viewer = MemoryViewer::default();
    let told = |key: &str| match View::new(world.ports(), &viewer).archives(Some(key)).unwrap_err() {
        Error::NotABackup { name, suggestion } => format!("{key}: {name}: {suggestion:?}"),
        other => format!("{key}: {other:?}"),
    };
    let keys = ["dosc", "pictrues", "letter", "letters", "5", "99", "films", "4", "", "docs.tar"];
    insta::assert_snapshot!(keys.map(told).join("\n"), @r#"
    dosc: dosc: Similar("docs")
    pictrues: pictrues: Similar("pictures")
    letter: letter: Similar("letters")
    letters: letters: NotMadeYet
    5: letters: NotMadeYet
    99: 99: OtherIndex { schedules: 6 }
    films: NoSuchBackup("films")
    4: MalformedSchedule { text: "nonsense", fault: Fields(1) }
    : NoSuchBackup("")
    docs.tar: docs.tar: Name("docs")
    "#);
}

#[test]
fn archives_are_reached_by_name_even_if_the_schedules_cannot_be_read() {
    let faults = Faults::only("load");
    let home = MemoryHome::failing(ManualClock::utc(at("2026-03-10 09:30")), &faults);
    ["0.tar", "docs.tar"].iter().for_each(|archive| home.backups.put(archive, Vec::new()));
    faults.fail_from(1, Failure::Denied);
    let find = |name, generation| {
        let found = ArchiveQuery { name, generation, at: None }.find(&home.ports());
        found.map(|found| found.archive.file_name)
    };
    assert_eq!(find("docs", None), Ok("docs.tar".to_owned()));
    assert_eq!(find("0", Some("0.tar")), Ok("0.tar".to_owned()));
    assert!(matches!(find("0", None), Err(Error::Port(error)) if error.failure == Failure::Denied));
    assert!(matches!(find("music", None), Err(Error::NoSuchBackup(name)) if name == "music"));
}

#[test]
fn the_backups_of_one_name_are_listed_newest_first() {
    let world = world();
    world.manager().run("docs", &SilentProgress).unwrap();
    world.clock.advance(chrono::TimeDelta::minutes(1));
    world.backups.put("docs.incomplete.tar", Vec::new());
    let names = |key| world.manager().backups_of(key).unwrap().into_iter().map(|one| one.file_name);
    let expected = ["docs.incomplete.tar", "docs.tar", "docs.2026-03-10T09-30+0000.tar"];
    assert_eq!(names("docs").collect::<Vec<_>>(), expected);
    assert_eq!(names("0").collect::<Vec<_>>(), expected);
    assert!(world.journal.lines().last().unwrap().ends_with(" Show backups list"));
    assert!(matches!(world.manager().backups_of("dosc"), Err(Error::NotABackup { .. })));
}

#[test]
fn the_history_of_a_backup_has_all_runs_of_its_name() {
    let world = World::at("2026-03-10 09:30").with_schedules("docs;08:00;docs\na;08:00;a\ndocs;20:00;docs\n");
    let run = |key| drop(world.manager().run(key, &SilentProgress).expect("it can be made"));
    run("0");
    run("1");
    world.clock.advance(chrono::TimeDelta::minutes(1));
    let time = ScheduleEdit { time: Some("10:00".to_owned()), ..ScheduleEdit::default() };
    world.manager().edit("0", &time).unwrap();
    run("0");
    world.clock.advance(chrono::TimeDelta::minutes(1));
    run("2");
    let mut control = MockServiceControl::new();
    control.expect_running().returning(|| Ok(None));
    let desk = ServiceManager::new(world.ports(), &control);
    let entries = |key| {
        let runs = desk.history(Some(key), None).unwrap().into_iter();
        runs.map(|one| (one.run.key.entry.clone(), one.archive.is_some())).collect::<Vec<_>>()
    };
    let run = |entry: &str, is_there| (entry.to_owned(), is_there);
    let all = [run("docs;08:00;docs", false), run("docs;10:00;docs", false), run("docs;20:00;docs", true)];
    for key in ["docs", "0", "2"] {
        assert_eq!(entries(key), all, "{key}");
    }
    world.backups.take("a.tar");
    assert_eq!(entries("1"), [run("a;08:00;a", false)]);
    world.schedules.delete();
    assert_eq!(entries("docs"), all, "its schedules are gone");
    let unknown = desk.history(Some("2"), None).unwrap_err();
    assert!(matches!(unknown, Error::NothingKnownOf { schedules: 0, .. }), "{unknown:?}");
}
