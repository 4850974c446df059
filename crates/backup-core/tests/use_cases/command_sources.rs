//! Sources that are what a command prints.

use backup_core::manager::{Restore, RestoreDestination, RestoreRequest};
use backup_core::model::command::{Command, CommandFault};
use backup_core::model::error::{Error, Failure};
use backup_core::model::history::Outcome;
use backup_core::ports::SilentProgress;
use backup_core::service::ServiceSettings;
use backup_core::testing::{
    Act, Faults, InstantRunner, MemoryArchiver, MemoryCommands, MemoryRestorer, MemorySource, at,
};

use crate::world::World;

const CONFIG: &str =
    "[commands.app-db]\nrun = [\"pg_dump\", \"app\"]\nfile = \"app.sql\"\ntimeout = \"5m\"\n";
const SCHEDULE: &str = "docs;16:07;db;command=app-db\n";

fn world(acts: impl IntoIterator<Item = Act>) -> World {
    let world = World::at("2026-03-10T12:00:00Z").with_schedules(SCHEDULE);
    world.config.write(CONFIG);
    world.commands.teach(&pg_dump(), acts);
    world
}

fn pg_dump() -> Command {
    Command::program(vec!["pg_dump".to_owned(), "app".to_owned()]).expect("it has a program")
}

fn print(text: &str) -> Act {
    Act::Print(text.as_bytes().to_vec())
}

/// The files in the newest archive.
fn files(world: &World) -> Vec<(String, String)> {
    let archive = world.backups.contents("db.tar").expect("there is an archive");
    let files = MemorySource::files_in(&archive).expect("it is whole").into_iter();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("it is text");
    files.map(|(path, contents)| (path.display().to_string(), text(contents))).collect()
}

#[test]
fn what_a_command_prints_is_the_only_file_of_its_archive() {
    let world = world([print("create table a;\n"), Act::Complain(b"a notice\n".to_vec())]);
    let report = world.manager().run("db", &SilentProgress).expect("the command ends well");
    assert_eq!(report.outcome, Outcome::Done);
    assert_eq!(files(&world), [("app.sql".to_owned(), "create table a;\n".to_owned())]);
    let ran = world.commands.ran();
    assert_eq!(ran.len(), 1);
    assert_eq!(ran[0].dir.to_str(), Some("/home/docs"), "the folder is where it runs");
    assert!(world.archiver.packed().is_empty(), "the folder isn't packed");
}

#[test]
fn the_service_runs_it_at_its_time() {
    let world = world([print("dump")]);
    let work = world.work();
    let runner = InstantRunner::new(&world.clock, at("2026-03-11T12:00:00Z"), &work);
    world.service(ServiceSettings::default()).run(&runner);
    assert_eq!(world.commands.ran().len(), 1);
    assert_eq!(files(&world).len(), 1);
}

#[test]
fn a_command_that_ends_badly_replaces_nothing() {
    let world = world([print("good")]);
    world.manager().run("db", &SilentProgress).expect("the command ends well");
    let before = world.backups.contents("db.tar");
    let cases = [
        (
            vec![print("half"), Act::Complain(b"no such table\n".to_vec()), Act::Exit(1)],
            "ended with exit code 1: no such table",
        ),
        (vec![print("half"), Act::Die(9)], "was ended by signal 9"),
        (vec![print("half"), Act::Hang], "took longer than 5m and was ended"),
        (vec![Act::Complain(b"nothing to do\n".to_vec())], "printed nothing: nothing to do"),
    ];
    for (acts, expected) in cases {
        world.commands.teach(&pg_dump(), acts);
        let error = world.manager().run("db", &SilentProgress).map(|report| report.outcome).unwrap_err();
        assert_eq!(error.to_string(), format!("can't back up docs: the command app-db {expected}"));
        assert_eq!(world.backups.contents("db.tar"), before, "{expected}");
    }
}

#[test]
fn a_command_that_cannot_be_started_says_why() {
    let faults = Faults::none();
    let mut world = world([]);
    world.commands = MemoryCommands::failing(&faults);
    faults.fail_next(Failure::Missing);
    let error = world.manager().run("db", &SilentProgress).map(|report| report.outcome).unwrap_err();
    let Error::CommandFailed { problem, .. } = &error else { panic!("{error}") };
    assert!(matches!(&problem.fault, CommandFault::NotRun(cause) if cause.failure == Failure::Missing));
}

#[test]
fn a_full_disk_is_not_the_fault_of_the_command() {
    let faults = Faults::only("keep");
    let mut world = world([print("half"), print("of it")]);
    world.archiver = MemoryArchiver::failing(&faults);
    world.archiver.put("/home/docs", MemorySource::folder());
    faults.fail_nth(2, Failure::Full);
    let error = world.manager().run("db", &SilentProgress).map(|report| report.outcome).unwrap_err();
    let Error::BackupFailed { cause, .. } = &error else { panic!("{error}") };
    assert_eq!(cause.failure, Failure::Full);
    assert!(
        error.to_string().starts_with("can't back up docs: can't keep app.sql beside the backups: "),
        "{error}"
    );
}

#[test]
fn a_cancelled_command_is_an_interruption() {
    let world = world([print("half"), Act::Hang]);
    let report = world.manager().run("db", &Cancelled).expect("an interruption is no error");
    assert_eq!(report.outcome, Outcome::Interrupted);
    assert!(world.backups.contents("db.tar").is_none());
}

/// Cancels at once.
struct Cancelled;

impl backup_core::ports::Progress for Cancelled {
    fn advanced(&self, _path: &std::path::Path, _content_bytes: u64) {}

    fn is_cancelled(&self) -> bool {
        true
    }
}

#[test]
fn a_schedule_with_an_unknown_command_is_refused_with_the_nearest() {
    let world = world([]);
    for (text, expected) in [
        ("docs;17:00;b;command=app-dv", "did you mean command=app-db?"),
        ("docs;17:00;b;command=x", "the configuration has no [commands.x]"),
        ("docs;17:00;b;command=no", "command=no: it takes the name of a command"),
    ] {
        let error = world.manager().create(text).map(drop).unwrap_err();
        let Error::MalformedSchedule { fault, .. } = &error else { panic!("{error}") };
        assert!(fault.to_string().contains(expected), "{fault}");
    }
    let other = world.manager().create("docs;17:00;db").map(drop).unwrap_err();
    assert!(matches!(other, Error::NameTaken { .. }), "a name has one source: {other}");
}

#[test]
fn there_is_no_folder_to_survey_or_to_restore_to() {
    let world = world([print("dump")]);
    world.manager().run("db", &SilentProgress).expect("the command ends well");
    let surveyed = world.manager().survey("db", &[], &SilentProgress).map(drop).unwrap_err();
    assert!(matches!(surveyed, Error::SourceIsCommand(_)), "{surveyed}");
    assert_eq!(world.commands.ran().len(), 1, "a survey runs nothing");
    let request = RestoreRequest {
        name: "db".to_owned(),
        generation: None,
        at: None,
        chosen: Vec::new(),
        place: RestoreDestination::InPlace,
        overwrite: false,
        keep_setuid: false,
    };
    let restorer = MemoryRestorer::default();
    let planned = Restore::new(world.ports(), &restorer).plan(&request).map(drop).unwrap_err();
    assert!(matches!(planned, Error::SourceIsCommand(_)), "{planned}");
}
