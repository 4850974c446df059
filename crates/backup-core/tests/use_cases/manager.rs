//! What a person does: add, list, delete, run, look, start and stop.

use std::sync::atomic::{AtomicUsize, Ordering};

use backup_core::manager::{Manager, ServiceManager};
use backup_core::model::archive::FindingKind;
use backup_core::model::error::{Error, Failure, PortError};
use backup_core::model::history::Outcome;
use backup_core::model::schedule::ScheduleBook;
use backup_core::ports::{Edit, MockServiceControl, RunningService, ScheduleStore, SilentProgress, Urgency};
use backup_core::service::ServiceSettings;
use backup_core::testing::{Faults, InstantRunner, MemoryHistory, MemorySchedules, MemorySource, at};
use chrono::TimeDelta;

use crate::world::World;

fn world() -> World {
    World::at("2026-03-10T12:00:00Z")
}

/// Creates each text in turn, and says what came of it and what the file holds then.
fn create(texts: &[&str]) -> (Vec<String>, String) {
    let world = world();
    let said = texts.iter().map(|text| match world.manager().create(text) {
        Ok(event) => event.to_string(),
        Err(error) => format!("Error: {error}"),
    });
    let said = said.collect();
    let logged: Vec<String> = world.journal.sentences();
    assert_eq!(said, logged, "what is said is logged");
    (said, String::from_utf8(world.schedules.bytes().unwrap_or_default()).expect("only text was added"))
}

#[test]
fn create_adds_exactly_the_line() {
    let (said, file) = create(&["test;16:07;backup_test", "my docs;9:05;docs", "/abs/x;00:00;x"]);
    insta::assert_snapshot!(said.join("\n"), @r"
    New schedule added: test;16:07;backup_test
    New schedule added: my docs;09:05;docs
    New schedule added: /abs/x;00:00;x
    ");
    assert_eq!(file, "test;16:07;backup_test\nmy docs;09:05;docs\n/abs/x;00:00;x\n");
}

#[test]
fn create_refuses_what_is_malformed_and_writes_nothing() {
    let long = format!("test;16:07;{}", "n".repeat(201));
    let (said, file) = create(&[
        "test;",
        "",
        ";16:07;n",
        "test;24:00;n",
        "test;16:7;n",
        "test;16 07;n",
        "test;16:07;",
        "test;16:07;a/b",
        "test;16:07;..",
        "test;16:07;.n",
        "test;16:07;n;x",
        "test;16:07;a\nb",
        "te\u{1b}st;16:07;n",
        "#t;16:07;n",
        &long,
    ]);
    assert!(said.iter().all(|line| line.starts_with("Error: malformed schedule: ")), "{said:#?}");
    assert_eq!(said[11], r"Error: malformed schedule: test;16:07;a\nb", "one event is one line");
    assert_eq!(said[12], r"Error: malformed schedule: te\u{1b}st;16:07;n", "and steers no terminal");
    assert_eq!(file, "");
}

#[test]
fn create_refuses_a_name_for_two_folders_but_not_a_folder_at_two_times() {
    let (said, file) = create(&[
        "docs;16:07;docs",
        "docs/;17:00;docs",
        "./docs;16:07;docs",
        "/home/docs;18:00;docs",
        "a;19:00;docs",
    ]);
    insta::assert_snapshot!(said.join("\n"), @r"
    New schedule added: docs;16:07;docs
    New schedule added: docs/;17:00;docs
    Error: schedule already exists at index 0: docs;16:07;docs
    New schedule added: /home/docs;18:00;docs
    Error: name docs already used for another folder at index 0: docs;16:07;docs
    ");
    assert_eq!(file, "docs;16:07;docs\ndocs/;17:00;docs\n/home/docs;18:00;docs\n");
}

/// Dies with its process as soon as it has replaced the book.
struct DiesBehindTheRename<'a>(&'a MemorySchedules);

impl ScheduleStore for DiesBehindTheRename<'_> {
    fn load(&self) -> Result<ScheduleBook, PortError> {
        self.0.load()
    }

    fn update(&self, edit: Edit<'_>) -> Result<(), Error> {
        self.0.update(edit)?;
        Err(PortError::new(Failure::Other, "live on").into())
    }
}

#[test]
fn a_schedule_created_again_has_no_run_due_from_before_although_create_died() {
    let world = world();
    world.manager().create("docs;11:05;docs").unwrap();
    world.manager().delete("0").unwrap();
    world.clock.advance(TimeDelta::days(10));
    let schedules = DiesBehindTheRename(&world.schedules);
    let mut ports = world.ports();
    ports.schedules = &schedules;
    Manager::new(ports).create("docs;11:05;docs").unwrap_err();
    assert_eq!(world.schedules.bytes().unwrap(), b"docs;11:05;docs\n");
    let work = world.work();
    let runner = InstantRunner::new(&world.clock, world.at_now() + TimeDelta::hours(2), &work);
    world.service(ServiceSettings::default()).run(&runner);
    assert_eq!(runner.begun(), []);
}

#[test]
fn create_that_cannot_note_since_when_it_counts_adds_nothing() {
    let faults = Faults::only("append");
    let mut world = world();
    world.history = MemoryHistory::failing(&faults);
    faults.fail_next(Failure::Full);
    let error = world.manager().create("docs;11:05;docs").unwrap_err();
    assert_eq!(error.to_string(), "can't append to the history: scripted fault");
    assert_eq!(world.schedules.bytes(), None);
    world.manager().create("docs;11:05;docs").unwrap();
}

#[test]
fn create_that_is_refused_settles_nothing_of_the_schedule_that_stands() {
    let world = world();
    world.manager().create("docs;11:05;docs").unwrap();
    world.clock.advance(TimeDelta::days(1));
    world.manager().create("docs;11:05;docs").unwrap_err();
    assert_eq!(world.history.notes().len(), 1);
}

/// A store in which another process writes a book right before an update: the second one, behind the one that reads.
struct Overtaken<'a> {
    inner: &'a MemorySchedules,
    book: &'static str,
    updates: AtomicUsize,
}

impl ScheduleStore for Overtaken<'_> {
    fn load(&self) -> Result<ScheduleBook, PortError> {
        self.inner.load()
    }

    fn update(&self, edit: Edit<'_>) -> Result<(), Error> {
        if self.updates.fetch_add(1, Ordering::SeqCst) == 1 {
            self.inner.write(self.book);
        }
        self.inner.update(edit)
    }
}

/// Creates `docs;11:05;docs` in an empty book while another process writes this one, and returns the book and the answer.
fn create_beside(book: &'static str) -> (String, String, usize) {
    let world = world();
    let schedules = Overtaken { inner: &world.schedules, book, updates: AtomicUsize::new(0) };
    let mut ports = world.ports();
    ports.schedules = &schedules;
    let said = match Manager::new(ports).create("docs;11:05;docs") {
        Ok(event) => event.to_string(),
        Err(error) => error.to_string(),
    };
    let book = world.schedules.bytes().expect("there is a book");
    let text = String::from_utf8_lossy(&book).into_owned();
    (said, text, world.history.notes().len())
}

#[test]
fn create_judges_the_book_that_another_process_has_changed_meanwhile() {
    let (said, book, notes) = create_beside("music;16:07;music\n");
    assert_eq!(said, "New schedule added: docs;11:05;docs");
    assert_eq!((book.as_str(), notes), ("music;16:07;music\ndocs;11:05;docs\n", 1));
    let (said, book, _) = create_beside("music;16:07;docs\n");
    assert_eq!(said, "name docs already used for another folder at index 0: music;16:07;docs");
    assert_eq!(book, "music;16:07;docs\n");
}

#[test]
fn list_shows_every_line_that_is_or_should_be_a_schedule() {
    let world = world().with_schedules("# mine\r\n\r\na;16:07;a\r\ngarbage\nb;16:08;b");
    let listed = world.manager().list().unwrap();
    let shown: Vec<_> =
        listed.iter().map(|line| (line.index, line.text.as_str(), line.refused.is_some())).collect();
    assert_eq!(shown, [(0, "a;16:07;a", false), (1, "garbage", true), (2, "b;16:08;b", false)]);
    assert_eq!(world.journal.sentences(), ["Show schedules list"]);
}

#[test]
fn delete_takes_one_line_and_leaves_the_rest_byte_for_byte() {
    let world = world().with_schedules("\u{feff}# mine\r\na;16:07;a\r\ngarbage\n\nb;16:08;b");
    assert_eq!(world.manager().delete("1").unwrap().event().to_string(), "Schedule at index 1 deleted");
    assert_eq!(world.schedules.bytes().unwrap(), "\u{feff}# mine\r\na;16:07;a\r\n\nb;16:08;b".as_bytes());
    for index in ["2", "-1", "abc", "", "1.0", "99999999999999999999999"] {
        let error = world.manager().delete(index).unwrap_err();
        assert_eq!(error.to_string(), format!("can't find schedule at index {index}"));
    }
}

#[test]
fn what_does_not_exist_is_reported() {
    let world = world();
    let manager = world.manager();
    assert!(matches!(manager.list(), Err(Error::SchedulesMissing)));
    assert!(matches!(manager.delete("0"), Err(Error::SchedulesMissing)));
    assert!(matches!(manager.run("docs", &SilentProgress), Err(Error::SchedulesMissing)));
    assert!(matches!(manager.backups(), Err(Error::BackupsMissing)));
    assert_eq!(world.schedules.bytes(), None, "nothing was made by looking");
    insta::assert_snapshot!(world.journal.sentences().join("\n"), @r"
    Error: can't find the schedules
    Error: can't find the schedules
    Error: can't find the schedules
    Error: can't find backups directory
    ");
}

#[test]
fn run_takes_an_index_or_a_name() {
    let world = world().with_schedules("a;16:07;1\nb;16:08;second\n");
    for (key, archive) in [("0", "1.tar"), ("1", "second.tar"), ("second", "second.tar")] {
        let report = world.manager().run(key, &SilentProgress).unwrap();
        assert_eq!(report.outcome, Outcome::Done);
        assert!(
            report.events[0].to_string().ends_with(&format!("in backups/{archive}")),
            "{key}: {report:?}"
        );
    }
    for key in ["2", "third", "-1"] {
        assert!(
            matches!(world.manager().run(key, &SilentProgress), Err(Error::NoSuchSchedule { .. })),
            "{key}"
        );
    }
}

#[test]
fn run_by_hand_settles_nothing_that_is_planned() {
    let world = world().with_schedules("docs;16:07;docs\n");
    world.manager().run("docs", &SilentProgress).unwrap();
    assert_eq!(world.ended()[0].key.planned, None);
    let control = control_of(None);
    let status = ServiceManager::new(world.ports(), &control).status().unwrap();
    assert_eq!(status.schedules[0].next_run, Some(at("2026-03-10T16:07:00Z")));
    assert_eq!(status.schedules[0].last_run.as_ref().map(|run| run.outcome), Some(Outcome::Done));
}

#[test]
fn run_says_what_is_missing_from_the_archive() {
    let world = world().with_schedules("docs;16:07;docs\n");
    let denied = FindingKind::Unreadable("Permission denied (os error 13)".to_owned());
    let source =
        MemorySource::folder().file("a", "a").finding("secret\n", denied).finding("s", FindingKind::Socket);
    world.archiver.put("/home/docs", source);
    let report = world.manager().run("docs", &SilentProgress).unwrap();
    assert_eq!(report.outcome, Outcome::Incomplete);
    insta::assert_snapshot!(world.journal.sentences().join("\n"), @r"
    In docs: can't read secret\n: Permission denied (os error 13)
    In docs: s is a socket, left out
    Backup incomplete for docs in backups/docs.incomplete.tar: 1 entry could not be read
    ");
}

#[test]
fn a_name_in_use_is_refused_for_its_schedule_before_its_archive_is_looked_at() {
    let world = world();
    let manager = world.manager();
    manager.create("a;03:00;docs").unwrap();
    manager.run("docs", &SilentProgress).unwrap();
    let refused = manager.create("b;04:00;docs").unwrap_err();
    assert!(matches!(refused, Error::NameTaken { .. }), "{refused}");
}

#[test]
fn a_name_whose_archive_is_another_sources_replaces_nothing() {
    let world = world();
    let manager = world.manager();
    manager.create("a;03:00;docs").unwrap();
    manager.run("docs", &SilentProgress).unwrap();
    manager.delete("0").unwrap();
    let old = world.backups.contents("docs.tar");

    let refused = manager.create("b;04:00;docs").unwrap_err();
    assert_eq!(refused.to_string(), "backups/docs.tar holds the backup of a; that one is kept");
    world.schedules.write("b;04:00;docs\n");
    let refused = manager.run("docs", &SilentProgress).unwrap_err();
    assert!(matches!(refused, Error::ArchiveOfAnother { .. }), "{refused}");
    assert_eq!(world.backups.contents("docs.tar"), old);

    world.backups.take("docs.tar");
    manager.run("docs", &SilentProgress).unwrap();
    assert_ne!(world.backups.contents("docs.tar"), None, "with the archive moved away the name is free");
}

#[test]
fn a_run_that_leaves_everything_out_replaces_nothing() {
    let world = world().with_schedules("docs;16:07;docs\n");
    world.manager().run("docs", &SilentProgress).unwrap();
    let old = world.backups.contents("docs.tar");
    world.schedules.write("docs;16:07;docs;exclude=letter\n");
    let refused = world.manager().run("docs", &SilentProgress).unwrap_err();
    assert!(matches!(refused, Error::SourceEmpty { last_entries: 2, .. }), "{refused}");
    assert_eq!(world.backups.contents("docs.tar"), old);
}

#[test]
fn a_comment_behind_a_name_is_refused_where_it_is_new() {
    let world = world();
    let refused = world.manager().create("docs;16:07;docs # my letters").unwrap_err();
    assert!(refused.detail().is_some_and(|detail| detail.starts_with("a # within a line")), "{refused:?}");
    world.manager().create("docs;16:07;docs#1").unwrap();
    world.schedules.write("docs;16:07;docs # my letters\na;16:07;a\n");
    let listed = world.manager().list().unwrap();
    let told: Vec<_> = listed.iter().map(|line| (line.refused.is_none(), line.seems_commented)).collect();
    assert_eq!(told, [(true, true), (true, false)], "what stands keeps its name");
}

#[test]
fn what_is_our_own_is_not_backed_up() {
    let world = world();
    for source in ["backups", "./backups/", "/home/backups", "backups/docs.tar", "logs", "logs/history.jsonl"]
    {
        let schedule = format!("{source};16:07;own");
        let refused = world.manager().create(&schedule).unwrap_err();
        assert!(matches!(refused, Error::OwnFolder { .. }), "{source}: {refused}");
        world.schedules.write(format!("{schedule}\n"));
        for key in ["own", "0"] {
            let refused = world.manager().run(key, &SilentProgress).unwrap_err();
            assert!(matches!(refused, Error::OwnFolder { .. }), "{source}: {refused}");
        }
        world.schedules.write("");
    }
    for source in [".", "/home", "backups2", "docs/backups", "/"] {
        world.manager().create(&format!("{source};16:07;fine")).unwrap();
        world.schedules.write("");
    }
}

#[test]
fn run_of_a_line_that_cannot_run_says_why() {
    let world = world().with_schedules("garbage\n");
    let error = world.manager().run("0", &SilentProgress).unwrap_err();
    assert_eq!(error.to_string(), "malformed schedule: garbage");
    assert!(error.detail().is_some());
}

fn control_of(running: Option<u32>) -> MockServiceControl {
    let mut control = MockServiceControl::new();
    let service = running.map(|pid| RunningService { pid: Some(pid), since: None });
    control.expect_running().returning(move || Ok(service));
    control
}

#[test]
fn start_launches_only_where_none_runs() {
    let world = world();
    let mut control = control_of(None);
    control.expect_launch().times(1).returning(|| Ok(()));
    assert_eq!(
        ServiceManager::new(world.ports(), &control).start().unwrap().to_string(),
        "the service started"
    );

    let control = control_of(Some(7));
    let error = ServiceManager::new(world.ports(), &control).start().unwrap_err();
    assert_eq!(error.to_string(), "the service already running");
}

#[test]
fn start_that_loses_the_race_says_that_another_runs() {
    let world = world();
    let mut control = control_of(None);
    control.expect_launch().returning(|| Err(PortError::new(Failure::Busy, "start it twice")));
    assert!(matches!(ServiceManager::new(world.ports(), &control).start(), Err(Error::AlreadyRunning)));

    let mut control = control_of(None);
    control
        .expect_launch()
        .returning(|| Err(PortError::new(Failure::Denied, "run x").because("Permission denied")));
    let error = ServiceManager::new(world.ports(), &control).start().unwrap_err();
    assert_eq!(error.to_string(), "can't start the service: can't run x: Permission denied");
}

#[test]
fn stop_waits_until_it_has_gone_and_says_for_what() {
    let world = world().with_schedules("docs;16:07;docs\n");
    world.begin("docs;16:07;docs");
    let mut control = control_of(Some(7));
    let mut waits = 0;
    control.expect_request_stop().withf(|urgency| *urgency == Urgency::Finish).times(1).returning(|_| Ok(()));
    control.expect_wait_until_gone().returning(move |_| {
        waits += 1;
        Ok(waits == 3)
    });
    let mut heard = Vec::new();
    let stopped = ServiceManager::new(world.ports(), &control)
        .stop(Urgency::Finish, &mut |sources| heard.push(sources.to_vec()));
    assert_eq!(stopped.unwrap().to_string(), "the service stopped");
    assert_eq!(heard, [["docs".to_owned()], ["docs".to_owned()]]);
}

#[test]
fn stop_where_none_runs_says_so() {
    let world = world();
    let mut control = MockServiceControl::new();
    control.expect_request_stop().returning(|_| Err(PortError::new(Failure::Missing, "reach it")));
    let stopped = ServiceManager::new(world.ports(), &control).stop(Urgency::Now, &mut |_| ());
    assert!(matches!(stopped, Err(Error::NotRunning)));
    let mut control = MockServiceControl::new();
    control.expect_request_stop().returning(|_| Err(PortError::new(Failure::Denied, "signal it")));
    let stopped = ServiceManager::new(world.ports(), &control).stop(Urgency::Now, &mut |_| ());
    assert_eq!(stopped.unwrap_err().to_string(), "can't stop the service: can't signal it");
}

#[test]
fn status_tells_what_is_due_and_what_is_under_way() {
    let world = world().with_schedules("docs;16:07;docs\ngarbage\n");
    world.manager().list().unwrap();
    world.clock.set(at("2026-03-12T17:00:00Z"));
    let control = control_of(Some(7));
    let desk = ServiceManager::new(world.ports(), &control);
    let status = desk.status().unwrap();
    let due = status.schedules[0].due.unwrap();
    assert_eq!((due.planned, due.missed_runs), (at("2026-03-12T16:07:00Z"), 2));
    assert_eq!(status.schedules[0].next_run, Some(at("2026-03-13T16:07:00Z")));
    assert!(status.schedules[1].line.refused.is_some());
    world.begin("docs;16:07;docs");
    world.clock.advance(TimeDelta::minutes(1));
    assert_eq!(desk.status().unwrap().schedules[0].under_way_since, Some(at("2026-03-12T17:00:00Z")));
}

#[test]
fn status_without_schedules_is_not_an_error() {
    let world = world();
    let control = control_of(None);
    let status = ServiceManager::new(world.ports(), &control).status().unwrap();
    assert!(status.service.is_none() && status.schedules.is_empty());
}
