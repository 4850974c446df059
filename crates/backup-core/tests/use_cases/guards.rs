//! What keeps a good backup from being lost by hand: narrow runs, lines that contradict each other, names that a disk can't
//! tell apart, and a zone that nobody knows.

use std::path::Path;

use backup_core::manager::ServiceManager;
use backup_core::model::archive::{Compression, FindingKind};
use backup_core::model::encryption::EncryptionKeys;
use backup_core::model::error::{Error, Failure, PortError};
use backup_core::model::history::Outcome;
use backup_core::model::schedule::ScheduleOption;
use backup_core::ports::{BackupStore, Draft, MockServiceControl, SilentProgress};
use backup_core::service::ServiceSettings;
use backup_core::testing::{InstantRunner, MemoryBackups, MemorySource, at};
use chrono::TimeDelta;

use crate::world::World;

const NOW: &str = "2026-03-10T16:00:00Z";

/// Serves until `end`.
fn serve(world: &World, end: &str) {
    let work = world.work();
    let runner = InstantRunner::new(&world.clock, at(end), &work);
    world.service(ServiceSettings::default()).run(&runner);
}

fn is_all_right(world: &World) -> bool {
    let mut control = MockServiceControl::new();
    control.expect_running().returning(|| Ok(None));
    ServiceManager::new(world.ports(), &control).status().expect("no fault was scripted").is_all_right()
}

/// What each line is refused or warned for.
fn listed(world: &World) -> Vec<String> {
    let said = |error: &Option<Box<Error>>| error.as_ref().map(ToString::to_string).unwrap_or_default();
    let lines = world.manager().list().expect("no fault was scripted");
    lines.iter().map(|line| said(&line.refused) + &said(&line.contradiction)).collect()
}

fn narrow() -> [ScheduleOption; 1] {
    [ScheduleOption::Exclude("b".to_owned())]
}

#[test]
fn a_run_that_leaves_out_more_is_refused_and_touches_nothing() {
    let world = World::at(NOW).with_schedules("docs;16:07;docs;keep=last:2\n");
    world.archiver.put("/home/docs", MemorySource::folder().file("a", "a").file("b", "b"));
    world.manager().run("docs", &SilentProgress).unwrap();
    let (notes, sums) = (world.history.notes(), world.backups.checksum_list());
    for more in
        [narrow()[0].clone(), ScheduleOption::OneFileSystem(true), ScheduleOption::ExcludeCaches(true)]
    {
        let error = world.manager().run_with("0", std::slice::from_ref(&more), &SilentProgress).unwrap_err();
        assert!(matches!(error, Error::NarrowRun { options, .. } if options == [more]));
    }
    assert_eq!((world.history.notes(), world.backups.checksum_list()), (notes, sums));
    assert_eq!(world.backups.file_names(), ["docs.tar"]);
}

#[test]
fn an_archive_elsewhere_leaves_backups_and_history_alone() {
    let schedule = "docs;16:07;docs;keep=last:1;verify=yes;compress=zstd\n";
    let world = World::at(NOW).with_schedules(schedule);
    world.archiver.put("/home/docs", MemorySource::folder().file("a", "a").file("b", "b"));
    for _ in 0..2 {
        world.clock.advance(TimeDelta::minutes(5));
        world.manager().run("docs", &SilentProgress).unwrap();
    }
    let (notes, sums, names) =
        (world.history.notes(), world.backups.checksum_list(), world.backups.file_names());
    let elsewhere = MemoryBackups::new(world.clock.clone());
    let begin = |compression, _: Option<&EncryptionKeys>| -> Result<Box<dyn Draft + '_>, PortError> {
        elsewhere.draft(&"mine".parse().unwrap(), compression)
    };
    // Somebody makes the backup at the same time.
    let name = "docs".parse().unwrap();
    let _busy = world.draft(&name);
    let more = [narrow()[0].clone(), ScheduleOption::Compress(Compression::None)];
    let report = world.manager().run_to("docs", &more, &begin, &SilentProgress).unwrap();
    assert_eq!(report.outcome, Outcome::Done);
    assert_eq!(elsewhere.contents("mine.tar"), Some(MemorySource::folder().file("a", "a").archive()));
    assert_eq!(
        (world.history.notes(), world.backups.checksum_list(), world.backups.file_names()),
        (notes, sums, names)
    );
    let said = world.journal.sentences();
    assert_eq!(
        said[said.len() - 2..],
        ["In docs: 1 entry left out on purpose", "Backup done for docs in mine.tar"]
    );
}

#[test]
fn an_archive_elsewhere_tells_how_it_ended() {
    let world = World::at(NOW).with_schedules("docs;16:07;docs\n");
    let elsewhere = MemoryBackups::new(world.clock.clone());
    let begin = |compression, _: Option<&EncryptionKeys>| -> Result<Box<dyn Draft + '_>, PortError> {
        elsewhere.draft(&"mine".parse().unwrap(), compression)
    };
    let unreadable = FindingKind::Unreadable("Permission denied".to_owned());
    world.archiver.put("/home/docs", MemorySource::folder().file("a", "a").finding("b", unreadable));
    let report = world.manager().run_to("docs", &[], &begin, &SilentProgress).unwrap();
    assert_eq!(report.outcome, Outcome::Incomplete);
    world.archiver.take("/home/docs");
    let error = world.manager().run_to("docs", &[], &begin, &SilentProgress).unwrap_err();
    assert!(matches!(error, Error::SourceMissing(_)), "{error}");
    let denied = |_, _: Option<&EncryptionKeys>| -> Result<Box<dyn Draft>, PortError> {
        Err(PortError::new(Failure::Denied, "write x"))
    };
    let error = world.manager().run_to("docs", &[], &denied, &SilentProgress).unwrap_err();
    assert_eq!(error.to_string(), "can't write x");
    let error = world.manager().run_to("music", &[], &denied, &SilentProgress).unwrap_err();
    assert!(matches!(error, Error::NoSuchSchedule { .. }), "{error}");
    assert!(world.history.notes().is_empty());
}

#[test]
fn create_refuses_a_line_that_contradicts_another_of_its_name() {
    let world = World::at(NOW);
    let create = |text: &str| world.manager().create(text).map_err(|error| error.to_string());
    create("docs;23:00;docs;keep=last:3,daily:2").unwrap();
    for text in
        ["docs;22:00;docs", "docs;22:00;docs;keep=last:2", "docs;22:00;docs;keep=last:3,daily:2;verify=yes"]
    {
        let error = create(text).unwrap_err();
        let both = [text, "index 0, docs;23:00;docs;keep=last:3,daily:2"];
        assert!(both.iter().all(|line| error.contains(line)), "{error}");
    }
    create("docs;22:00;docs;compress=no;keep=daily:2,last:3;exclude=a").unwrap();
    create("a;22:00;a").unwrap();
    assert_eq!(listed(&world), [""; 3]);
}

#[test]
fn where_lines_contradict_each_other_the_safer_of_both_counts() {
    let lines = "docs;16:07;docs;compress=zstd\ndocs;16:08;docs;keep=last:2\ndocs;16:09;docs;keep=last:3;verify=yes\n";
    let world = World::at(NOW).with_schedules(lines);
    serve(&world, "2026-03-10T16:30:00Z");
    serve(&world, "2026-03-11T16:30:00Z");
    // Three of six are kept, each in the form that the first line wants.
    let names = world.backups.file_names();
    assert_eq!(names.len(), 3, "{names:?}");
    assert!(names.iter().all(|name| name.ends_with(".tar.zst")), "{names:?}");
    let said = listed(&world);
    assert_eq!(said[0], "");
    assert!(said[1].ends_with("and differ in keep and compress"), "{}", said[1]);
    assert!(said[2].ends_with("and differ in keep and compress and verify"), "{}", said[2]);
    assert!(!is_all_right(&world));
    let logged = world.journal.sentences().into_iter().filter(|line| line.contains("contradicts"));
    assert_eq!(logged.count(), 4, "each line once for each service");
    world.schedules.write("docs;16:07;docs;compress=zstd\n");
    assert!(is_all_right(&world));
}

#[test]
fn a_line_that_does_not_run_contradicts_nobody() {
    let world = World::at(NOW).with_schedules("docs;16:07;docs;keep=last:9;exclude=[\ndocs;16:08;docs\n");
    assert!(listed(&world)[0].starts_with("malformed schedule"));
    assert_eq!(listed(&world)[1], "");
    world.manager().run("1", &SilentProgress).unwrap();
    world.clock.advance(TimeDelta::minutes(5));
    world.manager().run("1", &SilentProgress).unwrap();
    assert_eq!(world.backups.file_names(), ["docs.tar"]);
}

#[test]
fn a_name_that_the_disk_takes_for_another_never_takes_its_place() {
    let mut world = World::at(NOW).with_schedules("docs;16:07;docs\na;16:08;DOCS\na;16:09;a\n");
    world.backups = MemoryBackups::new(world.clock.clone()).ignoring_case();
    serve(&world, "2026-03-10T16:30:00Z");
    assert_eq!(world.backups.file_names(), ["a.tar", "docs.tar"]);
    let docs = MemorySource::folder().file("letter", "Dear all").archive();
    assert_eq!(world.backups.contents("docs.tar"), Some(docs));
    assert!(matches!(world.manager().run("DOCS", &SilentProgress), Err(Error::NameAlias { .. })));
    assert!(listed(&world)[1].contains("DOCS can't be told from docs"));
    assert!(!is_all_right(&world));
    let refused = world.journal.sentences().into_iter().filter(|line| line.contains("can't be told from"));
    assert_eq!(refused.count(), 2, "the service says it once, and the run by hand");
}

#[test]
fn create_refuses_a_name_that_the_disk_takes_for_another() {
    let mut world = World::at(NOW);
    world.backups = MemoryBackups::new(world.clock.clone()).ignoring_case();
    world.manager().create("docs;16:07;docs").unwrap();
    let error = world.manager().create("docs;16:08;Docs").unwrap_err();
    assert!(matches!(error, Error::NameAlias { .. }), "{error}");
    // The backups of a schedule that is gone count as well.
    world.manager().run("docs", &SilentProgress).unwrap();
    world.manager().delete("0").unwrap();
    let error = world.manager().create("a;16:08;DOCS").unwrap_err();
    assert!(matches!(error, Error::NameAlias { .. }), "{error}");
    world.manager().create("docs;16:07;docs").unwrap();
}

#[test]
fn names_of_our_own_are_reserved_whatever_their_case() {
    let world = World::at(NOW);
    for name in ["docs.INCOMPLETE", "docs.2026-01-29t16-07+0100"] {
        let error = world.manager().create(&format!("docs;16:07;{name}")).unwrap_err();
        assert!(matches!(error, Error::MalformedSchedule { .. }), "{error}");
    }
}

#[test]
fn without_a_known_zone_nothing_is_scheduled_or_started() {
    let world = World::at(NOW).with_schedules("docs;16:07;docs\n");
    world.clock.lose_zone(true);
    let error = world.manager().create("a;16:07;a").unwrap_err();
    assert!(matches!(error, Error::UnknownZone(_)), "{error}");
    let error = world.manager().create("a;16:07").unwrap_err();
    assert!(matches!(error, Error::MalformedSchedule { .. }), "{error}");
    let mut control = MockServiceControl::new();
    control.expect_running().returning(|| Ok(None));
    control.expect_launch().never();
    let error = ServiceManager::new(world.ports(), &control).start().unwrap_err();
    assert_eq!(error.to_string(), "can't find the time zone Europe/Berln");
    assert_eq!(world.schedules.bytes().unwrap(), b"docs;16:07;docs\n");
    world.manager().run("docs", &SilentProgress).unwrap();
}

#[test]
fn a_service_whose_zone_vanishes_goes_on_and_says_so_once() {
    let world = World::at(NOW).with_schedules("docs;16:07;docs\n");
    let work = world.work();
    let runner = InstantRunner::new(&world.clock, at("2026-03-12T12:00:00Z"), &work)
        .act_at(at("2026-03-10T16:03:00Z"), || world.clock.lose_zone(true))
        .act_at(at("2026-03-11T16:30:00Z"), || world.clock.lose_zone(false));
    world.service(ServiceSettings::default()).run(&runner);
    assert_eq!(runner.begun().len(), 2);
    insta::assert_snapshot!(world.journal.sentences().join("\n"), @"
    the service started
    Error: can't find the time zone Europe/Berln; the times stay those of the zone before
    Backup done for docs in backups/docs.tar
    Backup done for docs in backups/docs.tar
    the time zone can be read again
    the service stopped
    ");
}

#[test]
fn check_names_what_is_wrong_and_what_is_not_meant() {
    let lines =
        "# mine\ndocs;16:07;docs\ndocs;16:08;docs;exclude=./x\na;16:08;a;verify=yes # all\n~/x;16:09;x\n";
    let world = World::at(NOW).with_schedules(lines);
    let checked = world.manager().check(Some(Path::new("/home/ann"))).unwrap();
    let shown = checked.iter().map(|line| {
        let warnings = line.warnings.iter().map(|warning| {
            let instead = warning.suggestion.as_deref().unwrap_or("-");
            format!(" {:?} {} -> {instead}", warning.kind, warning.value)
        });
        let error = line.error().map(|error| format!(" {error}")).unwrap_or_default();
        format!("{}{error}{}", line.line.line_number, warnings.collect::<String>())
    });
    insta::assert_snapshot!(shown.collect::<Vec<_>>().join("\n"), @"
    2
    3 PatternDot exclude=./x -> exclude=/x OtherSelection docs;16:07;docs -> -
    4 malformed schedule: a;16:08;a;verify=yes # all OptionComment a;16:08;a;verify=yes # all -> a;16:08;a;verify=yes
    5 FolderTilde ~/x -> /home/ann/x
    ");
    assert!(world.journal.sentences().is_empty(), "who only looks leaves no line");
    let warnings = world.manager().warnings_of("b;16:07;b.tar", None);
    assert_eq!(warnings.iter().map(|warning| warning.suggestion.as_deref()).collect::<Vec<_>>(), [Some("b")]);
}
