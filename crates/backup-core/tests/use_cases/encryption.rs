//! Archives that are encrypted: who begins them, who reads them, and what is said where nobody can.

use backup_core::manager::{CatalogState, Catalogs, Import, ImportRequest, Verify, VerifyRequest};
use backup_core::model::archive::FindingKind;
use backup_core::model::error::{Error, Failure};
use backup_core::model::history::{Flaw, HistoryNote, Outcome, RunRecord};
use backup_core::model::schedule::ScheduleOption;
use backup_core::ports::{BackupStore, SilentProgress};
use backup_core::service::ServiceSettings;
use backup_core::testing::{InstantRunner, MemoryFolder, MemorySource, at};
use chrono::TimeDelta;

use crate::world::World;

const CONFIG: &str = "[encryption.main]\nrecipients = [\"age1example\"]\n";
const SCHEDULE: &str = "docs;16:07;docs;encrypt=main\n";

fn world(config: &str, schedules: &str) -> World {
    let world = World::at("2026-03-10T12:00:00Z").with_schedules(schedules);
    world.config.write(config);
    world
}

fn run(world: &World) -> Outcome {
    world.manager().run("docs", &SilentProgress).expect("nothing stands in its way").outcome
}

fn detail(error: &Error) -> String {
    format!("{error} {}", error.detail().unwrap_or_default())
}

#[test]
fn what_is_stored_is_encrypted_and_named_so() {
    let cases =
        [(SCHEDULE, "docs.tar.age"), ("docs;16:07;docs;compress=zstd;encrypt=main\n", "docs.tar.zst.age")];
    for (schedules, archive) in cases {
        let world = world(CONFIG, schedules);
        assert_eq!(run(&world), Outcome::Done);
        assert_eq!(world.backups.file_names(), [archive]);
        let tar = MemorySource::folder().file("letter", "Dear all").archive();
        assert_eq!(world.backups.contents(archive), Some(tar));
        let stored = world.backups.stored(archive).expect("it stands");
        assert!(!stored.windows(4).any(|four| four == b"Dear"), "{archive}");
        let listed = &world.backups.list().expect("no fault was scripted")[0];
        assert_eq!(world.backups.digest(archive, &SilentProgress).ok().map(|digest| Some(digest.sha256)), {
            let ended = &world.ended()[0];
            assert_eq!(ended.archive.as_deref(), Some(archive));
            Some(ended.sha256)
        });
        assert_eq!(listed.file_name, archive);
    }
}

#[test]
fn the_default_counts_and_a_schedule_can_do_without() {
    let config = format!("[defaults]\nencrypt = \"main\"\n{CONFIG}");
    let world = world(&config, "docs;16:07;docs\na;16:07;plain;encrypt=no\n");
    run(&world);
    world.manager().run("plain", &SilentProgress).expect("it can be made");
    assert_eq!(world.backups.file_names(), ["docs.tar.age", "plain.tar"]);
}

#[test]
fn what_cannot_be_encrypted_is_not_stored_otherwise() {
    let cases = [
        ("# nothing\n", "encrypt=main: the configuration has no [encryption.main]"),
        ("[encryption.mian]\nrecipients = [\"age1x\"]\n", "did you mean encrypt=mian?"),
        ("[encryption.main]\nrecipients = [\"ann\"]\n", "encrypt=main: ann is no public key"),
    ];
    for (config, expected) in cases {
        let world = world(config, SCHEDULE);
        let error = world.manager().run("docs", &SilentProgress).expect_err("it is refused");
        assert!(detail(&error).contains(expected), "{config}: {}", detail(&error));
        assert!(world.backups.file_names().is_empty(), "{config}");
        let created = world.manager().create("a;16:07;a;encrypt=main").expect_err("it is refused");
        assert!(detail(&created).contains(expected), "{config}: {}", detail(&created));
        // The service begins no such run.
        let work = world.work();
        let runner = InstantRunner::new(&world.clock, at("2026-03-12T12:00:00Z"), &work);
        world.service(ServiceSettings::default()).run(&runner);
        assert!(world.backups.file_names().is_empty(), "{config}");
    }
}

#[test]
fn a_command_is_not_encrypted() {
    let config = format!("[commands.db]\nrun = [\"dump\"]\n{CONFIG}");
    let world = world(&config, "");
    let error = world.manager().create("a;16:07;a;command=db;encrypt=main").expect_err("it is refused");
    let said = detail(&error);
    assert!(
        said.contains("encrypt= can't be used together with command=") && said.contains("encrypt=no"),
        "{said}"
    );
}

#[test]
fn nothing_is_taken_over_and_the_run_says_so() {
    let world = world(CONFIG, "docs;16:07;docs;encrypt=main;keep=last:3\n");
    for _ in 0..3 {
        run(&world);
        world.clock.advance(TimeDelta::days(1));
    }
    let ended = world.ended();
    assert!(ended.iter().all(|run| run.shared_bytes == 0 && run.last_full.is_none()), "{ended:#?}");
    let names = world.backups.file_names();
    assert_eq!(names.len(), 3);
    assert!(names.iter().all(|name| name.ends_with(".tar.age")), "{names:?}");
}

#[test]
fn of_all_formats_the_newest_replaces_the_others() {
    let world = world(CONFIG, "docs;16:07;docs\n");
    for (schedule, archive) in [
        ("docs;16:07;docs\n", "docs.tar"),
        (SCHEDULE, "docs.tar.age"),
        ("docs;16:07;docs;compress=zstd;encrypt=main\n", "docs.tar.zst.age"),
        ("docs;16:07;docs;compress=zstd\n", "docs.tar.zst"),
    ] {
        world.schedules.write(schedule);
        run(&world);
        assert_eq!(world.backups.file_names(), [archive]);
    }
}

#[test]
fn verify_yes_compares_the_bytes() {
    let world = world(CONFIG, "docs;16:07;docs;encrypt=main;verify=yes\n");
    assert_eq!(run(&world), Outcome::Done);
}

fn verified(world: &World, is_unlocked: bool) -> Vec<(String, bool)> {
    let mut ports = world.ports();
    let unlocked = world.backups.clone().unlocked();
    if is_unlocked {
        ports.backups = &unlocked;
    }
    let desk = Verify::new(ports);
    let plan = desk.plan(&VerifyRequest { name: None, all: true }).expect("it can be planned");
    let read =
        plan.archives.iter().filter_map(|archive| desk.verify(archive, &SilentProgress).expect("it goes on"));
    read.map(|one| (one.verdict.to_string(), one.locked.is_some())).collect()
}

#[test]
fn without_a_key_the_bytes_alone_are_compared() {
    let world = world(CONFIG, SCHEDULE);
    run(&world);
    let [locked, unlocked] = [false, true].map(|is_unlocked| verified(&world, is_unlocked));
    assert_eq!(locked[0].0, unlocked[0].0, "as many entries as the run has counted");
    assert_eq!((locked[0].1, unlocked[0].1), (true, false));
    world.backups.damage("docs.tar.age");
    let changed = verified(&world, false);
    assert!(changed[0].0.starts_with("CHANGED"), "{changed:?}");
    let flaws = |world: &World| -> Vec<Option<Flaw>> {
        let flaw = |note| match note {
            HistoryNote::Verified(verification) => Some(verification.flaw),
            _ => None,
        };
        world.history.notes().into_iter().filter_map(flaw).collect()
    };
    assert!(matches!(flaws(&world)[..], [Some(Flaw::Changed(_))]), "{:?}", flaws(&world));
}

#[test]
fn a_crash_after_the_publish_is_recovered_without_a_key() {
    let world = world(CONFIG, SCHEDULE);
    run(&world);
    let is_end = |note: &HistoryNote| matches!(note, HistoryNote::Ended(_));
    let notes: Vec<_> = world.history.notes().into_iter().filter(|note| !is_end(note)).collect();
    let mut other = World::at("2026-03-10T12:01:00Z").with_schedules(SCHEDULE);
    other.config.write(CONFIG);
    other.backups = world.backups.clone();
    notes.iter().for_each(|note| other.note(note));
    other.manager().run("docs", &SilentProgress).expect("it can be made");
    let ended = other.ended();
    assert_eq!(ended.len(), 2, "the first run counts as done: {ended:#?}");
}

#[test]
fn the_catalog_names_no_file_and_a_lost_history_comes_back() {
    let world = world(CONFIG, SCHEDULE);
    world.archiver.put(
        "/home/docs",
        MemorySource::folder()
            .file("letter", "Dear all")
            .finding("secret name", FindingKind::Unreadable("denied".to_owned())),
    );
    world.manager().run("docs", &SilentProgress).expect("it is made, though not complete");
    assert_eq!(world.backups.file_names(), ["docs.incomplete.tar.age"]);
    let ended = world.ended().remove(0);
    assert!(ended.problems.iter().any(|problem| problem.contains("secret name")), "{:?}", ended.problems);
    let stored = world.backups.stored_catalog("docs.incomplete.tar.age").expect("it has a catalog");
    assert!(!String::from_utf8_lossy(&stored).contains("secret name"));
    let listed = world.backups.list().expect("no fault was scripted").remove(0);
    let told = world.backups.described(&listed).expect("its catalog tells of the run");
    assert_eq!(told.problems, Vec::<String>::new());
    let found: RunRecord = told.without_names();
    assert_eq!(found, told);
}

#[test]
fn a_catalog_is_rebuilt_with_the_key_alone() {
    let world = world(CONFIG, SCHEDULE);
    run(&world);
    world.backups.lose_catalogs();
    let rebuild = |is_unlocked| {
        let mut ports = world.ports();
        let unlocked = world.backups.clone().unlocked();
        if is_unlocked {
            ports.backups = &unlocked;
        }
        let desk = Catalogs::new(ports);
        let plan = desk.plan(&[]).expect("it can be planned");
        desk.rebuild(&plan, &plan.archives[0], &SilentProgress).expect("nobody interrupts it")
    };
    assert!(matches!(rebuild(false), CatalogState::NotMade(error) if error.failure == Failure::Locked));
    assert!(matches!(rebuild(true), CatalogState::Made { entries } if entries > 0));
}

#[test]
fn the_service_drills_only_with_an_identity() {
    let drilled = |config: &str| {
        let world = world(config, "docs;16:07;docs;encrypt=main;drill=daily\na;16:07;a;drill=daily\n");
        let work = world.work();
        let runner = InstantRunner::new(&world.clock, at("2026-03-12T12:00:00Z"), &work);
        let runner = runner.drilling(world.drill_work(), TimeDelta::minutes(1));
        world.service(ServiceSettings::default()).run(&runner);
        let archives: Vec<_> = world.receipts().into_iter().map(|receipt| receipt.archive).collect();
        let failed = world.journal.sentences().iter().filter(|line| line.contains("drill")).count();
        (archives.contains(&"docs.tar.age".to_owned()), archives.contains(&"a.tar".to_owned()), failed)
    };
    assert_eq!(drilled(CONFIG), (false, true, 0), "without one it isn't tried, and is no failure");
    let (docs, a, _) = drilled(&format!("{CONFIG}identity = \"/etc/key\"\n"));
    assert!(docs && a);
}

#[test]
fn archives_of_other_tools_are_not_put_beside_encrypted_ones() {
    let world = world(CONFIG, SCHEDULE);
    let folder = MemoryFolder::new();
    let request = ImportRequest { folder: "/old", name: "docs", only: None };
    let error =
        Import::new(world.ports(), &folder).plan(&request, &SilentProgress).expect_err("it is refused");
    assert!(error.to_string().contains("its schedule has encrypt="), "{error}");
}

#[test]
fn a_run_to_a_file_is_encrypted_for_the_same_keys() {
    let world = world(CONFIG, SCHEDULE);
    let asked = std::cell::RefCell::new(Vec::new());
    let begin = |compression, keys: Option<&_>| {
        asked.borrow_mut().push((compression, keys.cloned()));
        world.backups.draft(&"elsewhere".parse().expect("it is a name"), compression)
    };
    for more in [vec![], vec![ScheduleOption::Encrypt(None)]] {
        world.manager().run_to("docs", &more, &begin, &SilentProgress).expect("it can be made");
    }
    let keys: Vec<_> = asked.take().into_iter().map(|(_, keys)| keys.is_some()).collect();
    assert_eq!(keys, [true, false]);
}
