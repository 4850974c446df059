//! Archives of a store that calls them otherwise than `.tar`: all that looks for archives finds them.

use std::path::PathBuf;

use backup_core::manager::{
    ArchiveQuery, Restore, RestoreDestination, RestoreRequest, ServiceManager, Verify, VerifyRequest,
};
use backup_core::model::archive::{FileEnding, Suggestion};
use backup_core::model::error::Error;
use backup_core::model::history::HistoryNote;
use backup_core::model::schedule::EntryError;
use backup_core::ports::{MockServiceControl, SilentProgress};
use backup_core::service::ServiceSettings;
use backup_core::testing::{InstantRunner, MemoryRestorer, MemorySource, at};

use crate::world::World;

const ENDINGS: [&str; 4] = [".tgz", ".zip", ".tar.gz", ".tar.zst.gpg"];

fn ending(text: &str) -> FileEnding {
    text.parse().expect("it is one")
}

fn world(text: &str) -> World {
    let mut world = World::at("2026-03-01T16:00:00Z");
    world.backups = world.backups.clone().with_ending(ending(text));
    world
}

/// Serves until `end`, and returns how many runs began.
fn serve(world: &World, end: &str) -> usize {
    let work = world.work();
    let runner = InstantRunner::new(&world.clock, at(end), &work);
    world.service(ServiceSettings::default()).run(&runner);
    runner.begun().len()
}

/// A world in which docs keeps two: the service made three, and one was made by hand.
fn made(text: &str) -> World {
    let world = world(text);
    world.manager().create("docs;16:07;docs;keep=last:2;verify=yes").expect("the schedule is good");
    for day in ["02", "03", "04"] {
        world.archiver.put("/home/docs", MemorySource::folder().file("day", day));
        assert_eq!(serve(&world, &format!("2026-03-{day}T16:00:00Z")), 1);
    }
    world.archiver.put("/home/docs", MemorySource::folder().file("day", "by hand"));
    world.manager().run("docs", &SilentProgress).expect("nothing stands in its way");
    world
}

/// The archive of the last planned run, and the one by hand.
fn both(text: &str) -> [String; 2] {
    ["docs.2026-03-03T16-07+0000", "docs"].map(|stem| format!("{stem}{text}"))
}

fn listed(world: &World) -> Vec<String> {
    let sums = world.backups.checksum_list();
    sums.lines().map(|line| line[66..].to_owned()).collect()
}

#[test]
fn they_are_made_rotated_and_listed() {
    for text in ENDINGS {
        let world = made(text);
        assert_eq!(world.backups.file_names(), both(text));
        assert_eq!(listed(&world), both(text));
        let records = world.manager().backups().expect("nothing fails");
        assert_eq!(records.into_iter().map(|one| one.file_name).collect::<Vec<_>>(), both(text));
        let newest = world.backups.contents(&both(text)[1]);
        assert_eq!(newest, Some(MemorySource::folder().file("day", "by hand").archive()));
        let line = format!("Backup done for docs in backups/docs{text}");
        assert!(world.journal.sentences().contains(&line), "{text}");
    }
}

#[test]
fn they_are_verified_and_restored() {
    for text in ENDINGS {
        let world = made(text);
        let verify = Verify::new(world.ports());
        let order = VerifyRequest { name: Some("docs".to_owned()), all: true };
        let plan = verify.plan(&order).expect("it can be planned");
        let archives: Vec<_> = plan.archives.iter().map(|archive| archive.file_name.clone()).collect();
        assert_eq!((archives.as_slice(), plan.missing.len()), (&both(text)[..], 0));
        for archive in &plan.archives {
            let verified = verify.verify(archive, &SilentProgress).expect("it goes on").expect("it stands");
            assert!(verified.verdict.to_string().starts_with("good"), "{}", verified.verdict);
        }
        let restorer = MemoryRestorer::default();
        let restored = |at: Option<&str>| {
            let request = RestoreRequest {
                name: "docs".to_owned(),
                generation: None,
                at: at.map(str::to_owned),
                chosen: Vec::new(),
                place: RestoreDestination::Beside(PathBuf::from("/here")),
                overwrite: false,
                keep_setuid: false,
            };
            Restore::new(world.ports(), &restorer)
                .plan(&request)
                .expect("it can be planned")
                .archive
                .file_name
        };
        let [older, newest] = both(text);
        assert_eq!([restored(Some("2026-03-03 20:00")), restored(None)], [older, newest]);
    }
}

#[test]
fn a_lost_history_and_a_lost_archive_are_found() {
    for text in ENDINGS {
        let world = made(text);
        world.history.clear();
        assert_eq!(serve(&world, "2026-03-04T16:05:00Z"), 0, "nothing is made again");
        let rebuilt = |line: &String| line.contains("rebuilt from 2 archives");
        assert!(world.journal.sentences().iter().any(rebuilt), "{text}");
        assert_eq!(listed(&world), both(text));
        // Another run goes on with them.
        assert_eq!(serve(&world, "2026-03-04T16:30:00Z"), 1);
        assert_eq!(world.backups.file_names().len(), 2);
        world.backups.take(&both(text)[1]);
        let mut control = MockServiceControl::new();
        control.expect_running().returning(|| Ok(None));
        let status = ServiceManager::new(world.ports(), &control).status().expect("nothing fails");
        let problem = status.schedules[0].archive_problem.as_ref().expect("it is missing");
        assert_eq!(problem.run.archive.as_ref(), Some(&both(text)[1]));
    }
}

#[test]
fn a_run_that_died_after_its_publish_is_not_made_again() {
    for text in ENDINGS {
        let world = world(text).with_schedules("docs;16:07;docs\n");
        assert_eq!(serve(&world, "2026-03-01T17:00:00Z"), 1);
        let mut notes = world.history.notes();
        notes.retain(|note| !matches!(note, HistoryNote::Ended(_)));
        assert!(matches!(notes.last(), Some(HistoryNote::Sealed(_))), "{notes:?}");
        world.history.replace(notes);
        assert_eq!(serve(&world, "2026-03-01T18:00:00Z"), 0, "{text}");
        assert_eq!(world.ended().len(), 1, "its end is noted");
    }
}

#[test]
fn what_a_person_writes_is_no_file_name_unless_the_store_lists_it() {
    let world = world(".tgz");
    world.manager().create("docs;16:07;docs").expect("the schedule is good");
    world.manager().create("a;16:08;my.docs").expect("a dot in a name is no ending");
    for name in ["docs", "my.docs"] {
        world.manager().run(name, &SilentProgress).expect("nothing stands in its way");
    }
    assert_eq!(world.backups.file_names(), ["docs.tgz", "my.docs.tgz"]);
    let found = |name: &str| ArchiveQuery { name, generation: None, at: None }.find(&world.ports());
    assert_eq!(found("my.docs").map(|found| found.archive.file_name).ok().as_deref(), Some("my.docs.tgz"));
    let meant = |name: &str| match found(name) {
        Err(Error::NotABackup { suggestion, .. }) => Some(suggestion),
        _ => None,
    };
    let (name, file_name) = ("docs".to_owned(), "docs.tgz".to_owned());
    assert_eq!(meant("docs.tgz"), Some(Suggestion::Archive { name: name.clone(), file_name }));
    assert_eq!(meant("docs.2020-01-01T00-00+0000.tgz"), Some(Suggestion::Name(name)));
    assert_eq!(meant("docs.old"), None);
}

#[test]
fn a_name_that_would_hide_the_ending_is_refused() {
    let cases = [
        (".gz", "a.tar", Some("a.tar.gz")),
        (".tgz", "a.tar.x", Some("a.tar.x.tgz")),
        (".tgz", "a.tar.Old", None),
        (".tgz", "tar", None),
        (".tgz", "a.tgz", None),
        (".tar.gz", "a.tar", None),
        (".tar", "a.tar", None),
    ];
    for (text, name, refused) in cases {
        let world = world(text);
        let fault = match world.manager().create(&format!("docs;16:07;{name}")) {
            Err(Error::MalformedSchedule { fault, .. }) => Some(fault),
            created => created.map(|_| None).expect("no other reason"),
        };
        let expected = refused.map(|file_name| EntryError::UnclearEnding {
            file_name: file_name.to_owned(),
            ending: ending(text),
        });
        assert_eq!(fault, expected, "{name}{text}");
        let refused = world.manager().list().map_or(0, |lines| lines.len());
        assert_eq!(refused, usize::from(expected.is_none()));
    }
}
