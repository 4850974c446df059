//! The configuration: defaults that every schedule has, and how the service goes on when it becomes wrong.

use backup_core::chrono::TimeDelta;
use backup_core::manager::{Detail, OverviewRequest, ScheduleEdit, ServiceManager, UpcomingQuery};
use backup_core::model::config::FileProblem;
use backup_core::model::error::{Error, Failure};
use backup_core::model::history::Outcome;
use backup_core::ports::{MockServiceControl, SilentProgress};
use backup_core::service::ServiceSettings;
use backup_core::testing::{Faults, InstantRunner, MemoryConfig, MemorySource, at};

use crate::world::World;

/// A world on 1 March at 00:00 with this configuration and these schedules.
fn world(config: &str, schedules: &str) -> World {
    let world = World::at("2026-03-01T00:00:00Z").with_schedules(schedules);
    world.config.write(config);
    world
}

fn serve(world: &World, end: &str) {
    serve_and(world, end, |runner| runner);
}

fn serve_and<'a>(world: &'a World, end: &str, script: impl FnOnce(InstantRunner<'a>) -> InstantRunner<'a>) {
    let work: &'a _ = Box::leak(Box::new(world.work()));
    let runner = InstantRunner::new(&world.clock, at(end), work).polling(TimeDelta::minutes(10));
    world.service(ServiceSettings::default()).run(&script(runner));
}

/// How often something was said.
fn said(world: &World, part: &str) -> usize {
    world.journal.sentences().iter().filter(|line| line.contains(part)).count()
}

const KEEP: &str = "[defaults]\nkeep = \"last:3\"\n";

#[test]
fn a_default_keep_keeps_and_prunes() {
    let world = world(KEEP, "docs;16:07;docs\na;16:07;a;keep=last:2\n");
    serve(&world, "2026-03-06T00:00:00Z");
    let names = world.backups.file_names();
    let count = |name: &str| names.iter().filter(|file| file.starts_with(name)).count();
    assert_eq!((count("docs."), count("a.")), (3, 2), "{names:?}");
}

#[test]
fn default_patterns_come_first_so_that_a_schedule_can_take_back() {
    let config = "[defaults]\nexclude = [\"cache\", \"tmp\"]\nexclude-caches = true\n";
    let world = world(config, "docs;16:07;docs;exclude=!tmp\na;16:07;a;exclude-caches=no\n");
    let source = || MemorySource::folder().file("letter", "Dear all").file("cache", "x").file("tmp", "x");
    world.archiver.put("/home/docs", source());
    world.archiver.put("/home/a", source());
    serve(&world, "2026-03-02T00:00:00Z");
    let files = MemorySource::files_in(&world.backups.contents("a.tar").unwrap()).unwrap();
    assert_eq!(files.len(), 1, "only the letter");
    let entry = |text: &str| world.manager().as_it_runs(&text.parse().unwrap()).options().selection();
    let docs = entry("docs;16:07;docs;exclude=!tmp");
    assert_eq!(
        (docs.exclude, docs.exclude_caches),
        (vec!["cache".into(), "tmp".into(), "!tmp".into()], true)
    );
    assert!(!entry("a;16:07;a;exclude-caches=no").exclude_caches, "its own value counts");
}

#[test]
fn defaults_say_when_and_how() {
    let config = "[defaults]\ncatch-up = false\ncompress = \"zstd\"\njitter = \"1h\"\n";
    let world = world("# nothing\n", "docs;16:07;docs\na;16:07;a;compress=no;catch-up=yes\n");
    let one = UpcomingQuery { key: Some("docs"), count: Some(1), ..UpcomingQuery::default() };
    let first = |world: &World| world.manager().upcoming(&one).unwrap()[0].planned;
    let exact = first(&world);
    world.config.write(config);
    assert!(first(&world) > exact, "the default jitter moves it");
    serve(&world, "2026-03-02T00:00:00Z");
    assert_eq!(world.backups.file_names(), ["a.tar", "docs.tar.zst"]);
    world.clock.set(at("2026-03-03T10:00:00Z"));
    serve(&world, "2026-03-03T11:00:00Z");
    let ended = world.ended();
    let outcomes: Vec<_> = ended[2..].iter().map(|run| (run.key.entry.as_str(), run.outcome)).collect();
    assert_eq!(outcomes, [("docs;16:07;docs", Outcome::Skipped), ("a;16:07;a", Outcome::Done)]);
}

#[test]
fn lines_stay_as_they_are_typed() {
    let world = world(KEEP, "");
    let manager = world.manager();
    manager.create("docs;16:07;docs;exclude=x").unwrap();
    let listed = manager.list().unwrap();
    assert_eq!(listed[0].text, "docs;16:07;docs;exclude=x");
    assert_eq!(listed[0].entry.as_ref().unwrap().to_string(), "docs;16:07;docs;exclude=x");
    let set = ScheduleEdit { set: vec!["keep=daily:2".parse().unwrap()], ..ScheduleEdit::default() };
    manager.edit("docs", &set).unwrap();
    let unset = ScheduleEdit { unset: vec!["keep".to_owned()], ..ScheduleEdit::default() };
    let edited = manager.edit("docs", &unset).unwrap();
    assert_eq!(edited.after.to_string(), "docs;16:07;docs;exclude=x");
    manager.pause("docs").unwrap();
    manager.resume("docs").unwrap();
    assert_eq!(world.schedules.bytes().unwrap(), b"docs;16:07;docs;exclude=x\n");
    serve(&world, "2026-03-02T00:00:00Z");
    let entries: Vec<_> = world.ended().into_iter().map(|run| run.key.entry).collect();
    assert_eq!(entries, ["docs;16:07;docs"]);
    assert_eq!(manager.delete("docs").unwrap().text, "docs;16:07;docs;exclude=x");
}

#[test]
fn two_lines_of_one_name_differ_by_what_they_have_with_their_defaults() {
    let world = world(KEEP, "docs;16:07;docs\ndocs;18:07;docs;keep=last:3\n");
    assert!(world.manager().list().unwrap().iter().all(|line| line.contradiction.is_none()));
    world.config.write("[defaults]\nkeep = \"last:4\"\n");
    let listed = world.manager().list().unwrap();
    let contradiction = listed[1].contradiction.as_ref().expect("they differ").to_string();
    assert!(
        contradiction
            .contains("docs;18:07;docs;keep=last:3 contradicts the one at index 0, docs;16:07;docs:")
    );
}

#[test]
fn the_service_takes_a_changed_configuration_at_its_next_look() {
    let world = world(KEEP, "docs;16:07;docs\n");
    serve_and(&world, "2026-03-08T00:00:00Z", |runner| {
        runner.act_at(at("2026-03-05T12:00:00Z"), || world.config.write("[defaults]\nkeep = \"last:5\"\n"))
    });
    assert_eq!(world.backups.file_names().len(), 5);
    assert_eq!(said(&world, "The settings in the configuration are in force"), 1);
}

#[test]
fn a_run_that_was_under_way_prunes_by_the_rules_of_its_end() {
    let world = world("[defaults]\nkeep = \"last:2\"\n", "docs;16:07;docs\n");
    serve_and(&world, "2026-03-05T00:00:00Z", |runner| {
        runner
            .taking(|_| TimeDelta::hours(1))
            .act_at(at("2026-03-03T16:30:00Z"), || world.config.write("[defaults]\nkeep = \"last:4\"\n"))
    });
    assert_eq!(world.backups.file_names().len(), 4, "all that were made");
}

#[test]
fn two_lines_of_one_name_leave_out_the_same_if_their_defaults_say_so() {
    let world = world("#", "docs;16:07;docs;exclude-caches=yes\ndocs;18:07;docs\n");
    let warnings = |world: &World| world.manager().check(None).unwrap()[1].warnings.len();
    assert_eq!(warnings(&world), 1);
    world.config.write("[defaults]\nexclude-caches = true\n");
    assert_eq!(warnings(&world), 0);
}

#[test]
fn a_configuration_that_becomes_wrong_changes_nothing_until_it_is_right() {
    let world = world(KEEP, "docs;16:07;docs\n");
    serve_and(&world, "2026-03-09T00:00:00Z", |runner| {
        let wrong = || world.config.write("[defaults]\nkep = \"last:1\"\n");
        runner.act_at(at("2026-03-04T12:00:00Z"), wrong).act_at(at("2026-03-07T12:00:00Z"), || {
            assert_eq!(world.backups.file_names().len(), 3, "the settings from before count");
            world.config.write("[defaults]\nkeep = \"last:2\"\n");
        })
    });
    let message = "Error: the configuration, line 2: defaults.kep: no such key; did you mean keep?; the service goes on with \
        the settings that it read before";
    assert_eq!(said(&world, message), 1, "{:?}", world.journal.sentences());
    assert_eq!(said(&world, "The settings in the configuration are in force"), 1);
    assert_eq!(world.backups.file_names().len(), 2);
}

/// A default `keep` goes with the file, and backups would go with it.
#[test]
fn a_configuration_that_vanishes_stays_in_force_until_the_next_start() {
    let world = world(KEEP, "docs;16:07;docs\n");
    serve_and(&world, "2026-03-07T00:00:00Z", |runner| {
        runner.act_at(at("2026-03-04T12:00:00Z"), || world.config.remove())
    });
    assert_eq!(world.backups.file_names().len(), 3);
    let message = "Error: the configuration is gone; the service goes on with the settings that it read before, until it is \
        started again";
    assert_eq!(said(&world, message), 1, "{:?}", world.journal.sentences());
    serve_and(&world, "2026-03-09T00:00:00Z", |runner| {
        // One that comes back is taken.
        runner.act_at(at("2026-03-07T12:00:00Z"), || world.config.write("[defaults]\nkeep = \"last:4\"\n"))
    });
    assert_eq!(world.backups.file_names().len(), 4);
}

#[test]
fn an_editor_that_saves_takes_the_file_away_for_a_moment() {
    let world = world(KEEP, "docs;16:07;docs\n");
    serve_and(&world, "2026-03-07T00:00:00Z", |runner| {
        runner
            .act_at(at("2026-03-05T16:00:00Z"), || world.config.remove())
            .act_at(at("2026-03-05T16:30:00Z"), || world.config.write(KEEP))
    });
    let expected = ["docs.2026-03-04T16-07+0000.tar", "docs.2026-03-05T16-07+0000.tar", "docs.tar"];
    assert_eq!(world.backups.file_names(), expected, "the run in between keeps the one before it");
}

#[test]
fn nothing_begins_before_the_first_configuration_is_right() {
    let world = world("[defaults]\nkep = \"last:3\"\n", "docs;16:07;docs\n");
    serve_and(&world, "2026-03-05T00:00:00Z", |runner| {
        runner.act_at(at("2026-03-03T11:00:00Z"), || world.config.remove()).act_at(
            at("2026-03-03T12:00:00Z"),
            || {
                assert_eq!(world.ended(), [], "a file that vanishes was there");
                world.config.write(KEEP);
            },
        )
    });
    assert_eq!(world.ended().len(), 3, "the missed ones as one, and the next two");
    assert_eq!(said(&world, "did you mean keep?; nothing begins until that is right"), 1);
}

#[test]
fn one_that_cannot_be_read_is_as_good_as_a_wrong_one() {
    let mut world = world("", "docs;16:07;docs\n");
    let reads = Faults::only("read config");
    world.config = MemoryConfig::failing(&reads);
    world.config.write(KEEP);
    serve_and(&world, "2026-03-08T00:00:00Z", |runner| {
        runner
            .act_at(at("2026-03-04T12:00:00Z"), || {
                reads.fail_from(reads.operations() + 1, Failure::Denied);
            })
            .act_at(at("2026-03-06T00:00:00Z"), || reads.clear())
    });
    assert_eq!(world.backups.file_names().len(), 3);
    assert_eq!(said(&world, "can't read config: scripted fault; the service goes on"), 1);
    assert_eq!(said(&world, "The settings in the configuration are in force"), 1);
}

#[test]
fn what_depends_on_options_refuses_a_wrong_configuration() {
    let world = world(KEEP, "docs;16:07;docs\n");
    world.manager().run("docs", &SilentProgress).unwrap();
    world.config.write("[defaults]\nkep = \"last:3\"\n");
    let (manager, before) = (world.manager(), world.schedules.bytes());
    let edit = ScheduleEdit { time: Some("17:00".to_owned()), ..ScheduleEdit::default() };
    let mut control = MockServiceControl::new();
    control.expect_running().returning(|| Ok(None));
    let service = ServiceManager::new(world.ports(), &control);
    let refused = [
        manager.run("docs", &SilentProgress).map(drop),
        manager.prune("docs").map(drop),
        manager.prune_plan("docs").map(drop),
        manager.create("a;1:00;a").map(drop),
        manager.edit("docs", &edit).map(drop),
        manager.upcoming(&UpcomingQuery { count: Some(1), ..UpcomingQuery::default() }).map(drop),
        manager.survey("docs", &[], &SilentProgress).map(drop),
        service.why("docs", "today").map(drop),
        service.start().map(drop),
    ];
    for result in refused {
        let error = result.unwrap_err();
        assert!(matches!(error, Error::WrongConfig(_)), "{error}");
        assert_eq!(
            error.to_string(),
            "the configuration, line 2: defaults.kep: no such key; did you mean keep?"
        );
    }
    assert_eq!(world.schedules.bytes(), before);
    manager.list().unwrap();
    manager.backups().unwrap();
    service.history(Some("docs"), None).unwrap();
    manager.pause("docs").unwrap();
    manager.delete("docs").unwrap();
}

#[test]
fn status_tells_what_is_wrong_and_where_an_option_comes_from() {
    let world = world(KEEP, "docs;16:07;docs\na;16:07;a;keep=last:1\n");
    world.manager().run("docs", &SilentProgress).unwrap();
    world.manager().run("a", &SilentProgress).unwrap();
    let mut control = MockServiceControl::new();
    control.expect_running().returning(|| Ok(None));
    let service = ServiceManager::new(world.ports(), &control);
    let status = service.status().unwrap();
    assert!(status.is_all_right());
    let inherited =
        |at: usize| status.schedules[at].inherited.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!((inherited(0), inherited(1)), (vec!["keep=last:3".to_owned()], vec![]));
    world.config.spoil();
    let overview = service.overview(&OverviewRequest { key: None, detail: Detail::All }).unwrap();
    assert!(!overview.is_all_right() && !service.status().unwrap().is_all_right());
    let problem = overview.config_problem.expect("it is wrong").to_string();
    assert_eq!(problem, "the configuration, line 1: scripted fault");
}

#[test]
fn defaults_that_cannot_be_carried_out_are_faults_of_the_configuration() {
    let config = "[defaults]\nexclude = [\"a\", \"[b\"]\ntz = \"Europe/Berln\"\n";
    let world = world(config, "docs;16:07;docs\n");
    let error = world.manager().config().unwrap_err().to_string();
    assert!(error.starts_with("the configuration, line 2: defaults.exclude: "), "{error}");
    assert!(
        error.contains("; line 3: defaults.tz: tz=Europe/Berln: this machine knows no such time zone"),
        "{error}"
    );
}

#[test]
fn the_configuration_says_how_many_backups_are_made_at_once() {
    let most = |config: &str, settings: ServiceSettings| {
        let world = world(config, "a;16:07;a\nb;16:07;b\nc;16:07;c\n");
        let work = world.work();
        let runner = InstantRunner::new(&world.clock, at("2026-03-02T00:00:00Z"), &work);
        let runner = runner.taking(|_| TimeDelta::minutes(10));
        world.service(settings).run(&runner);
        let first = runner.begun()[0].0;
        runner.begun().iter().filter(|(moment, _)| *moment == first).count()
    };
    let settings = ServiceSettings::default();
    assert_eq!(most("#", settings), 2);
    assert_eq!(most("[service]\nworkers = 3\n", settings), 3);
    assert_eq!(most("[service]\nworkers = 1\n", settings), 1);
    let by_hand = ServiceSettings { workers: Some(2), ..settings };
    assert_eq!(most("[service]\nworkers = 1\n", by_hand), 2, "the command line counts");
}

#[test]
fn check_judges_no_line_by_a_wrong_configuration() {
    let schedules = "docs;16:07;docs\na;16:07;a;command=db\nb;16:07;b;paused=yes\nc;25:00;c\n";
    let world = world("[commands.db]\nrnu = \"x\"\n", schedules);
    let shown = || {
        let lines = world.manager().check(None).unwrap();
        let shown =
            lines.iter().map(|line| (line.is_judged, line.error().is_some(), line.next_run.is_some()));
        shown.collect::<Vec<_>>()
    };
    assert_eq!(
        shown(),
        [(false, false, false), (false, false, false), (false, false, false), (false, true, false)],
        "no run is promised, and what the configuration may have isn't missed"
    );
    world.config.write("[commands.db]\nrun = \"x\"\n");
    assert_eq!(
        shown(),
        [(true, false, true), (true, false, true), (true, false, false), (true, true, false)],
        "with a right one"
    );
    world.config.write("[commands.other]\nrun = \"x\"\n");
    assert_eq!(shown()[1], (true, true, false), "a table that is really missing");
}

#[test]
fn check_asks_the_ports_about_the_configuration() {
    let target =
        "[notify.n]\nto = \"ntfy\"\nurl = \"https://ntfy.sh/a\"\nbackups = [\"dosc\"]\ntoken_file = \"/t\"\n";
    let text = format!("[hooks.h]\nbefore = [\"stop\"]\ndir = \"gone\"\n{target}");
    let world = world(&text, "docs;16:07;docs\n");
    world.commands.remove("/home/gone");
    world.config.spoil_file("/t", FileProblem::OpenToAll);
    let keys =
        || world.manager().config_warnings().into_iter().map(|warning| warning.key).collect::<Vec<_>>();
    assert_eq!(keys(), ["hooks.h.dir", "notify.n.backups", "notify.n.token_file"]);
    world.config.write(&format!("{text}wrong\n"));
    assert_eq!(keys(), [""; 0], "the faults come first");
}
