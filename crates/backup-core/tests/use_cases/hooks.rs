//! Hooks: the commands before and after a backup, and what is owed after a process died.

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use backup_core::chrono::TimeDelta;
use backup_core::manager::RunReport;
use backup_core::model::archive::FindingKind;
use backup_core::model::command::Command;
use backup_core::model::error::{Error, Failure};
use backup_core::model::history::{HistoryNote, Ledger, Outcome, OwedHook, RunKey};
use backup_core::ports::{Progress, SilentProgress};
use backup_core::service::ServiceSettings;
use backup_core::testing::{
    Act, Faults, InstantRunner, ManualClock, MemoryHome, MemorySource, RecordedCommand, at,
};

use crate::world::World;

const CONFIG: &str = r#"
[hooks.db]
before = ["stop", "my db"]
finally = "start"
after_success = "good"
after_failure = "bad"
"#;
const DOCS: &str = "docs;16:07;docs;hooks=db\n";

fn world() -> World {
    configured(World::at("2026-03-10T12:00:00Z").with_schedules(DOCS))
}

fn configured(world: World) -> World {
    world.config.write(CONFIG);
    world
}

fn shell(line: &str) -> Command {
    Command::shell(line.to_owned()).expect("it isn't blank")
}

fn stop() -> Command {
    Command::program(vec!["stop".to_owned(), "my db".to_owned()]).expect("it has a program")
}

fn serve(world: &MemoryHome, end: &str) {
    let work = world.work();
    let runner = InstantRunner::new(&world.clock, at(end), &work).polling(TimeDelta::minutes(1));
    world.service(ServiceSettings::default()).run(&runner);
}

fn run(world: &World) -> Result<RunReport, Error> {
    world.manager().run("docs", &SilentProgress)
}

/// The commands that ran, with the outcome that they were told.
fn ran(world: &MemoryHome) -> Vec<String> {
    world.commands.ran().iter().map(shown).collect()
}

fn shown(command: &RecordedCommand) -> String {
    let told = |name: &str| command.variable(name).expect("it is always set");
    let phase = told("BACKUP_HOOK");
    format!("{phase} {}", told("BACKUP_OUTCOME")).trim().to_owned()
}

fn said(world: &MemoryHome, part: &str) -> usize {
    world.journal.sentences().iter().filter(|line| line.contains(part)).count()
}

#[test]
fn the_commands_run_in_their_order_and_know_what_is_known() {
    let world = world();
    serve(&world, "2026-03-10T16:08:00Z");
    assert_eq!(ran(&world), ["before", "finally done", "after_success done"]);
    let commands = world.commands.ran();
    assert_eq!(commands[0].command, r#"["stop", "my db"]"#);
    assert_eq!(commands[1].command, "start");
    assert_eq!(commands[0].dir, Path::new("/home"));
    let variables = |command: &RecordedCommand| {
        let all = command.variables.iter().map(|(name, value)| format!("{name}={}", value.display()));
        all.collect::<Vec<_>>().join("\n")
    };
    insta::assert_snapshot!(variables(&commands[0]), @r"
    BACKUP_HOME=/home
    BACKUP_NAME=docs
    BACKUP_SOURCE=/home/docs
    BACKUP_PLANNED=2026-03-10T16:07:00+00:00
    BACKUP_HOOK=before
    BACKUP_OUTCOME=
    BACKUP_ERROR=
    BACKUP_ARCHIVE=
    BACKUP_BYTES=
    BACKUP_HELD=no
    ");
    insta::assert_snapshot!(variables(&commands[2]), @r"
    BACKUP_HOME=/home
    BACKUP_NAME=docs
    BACKUP_SOURCE=/home/docs
    BACKUP_PLANNED=2026-03-10T16:07:00+00:00
    BACKUP_HOOK=after_success
    BACKUP_OUTCOME=done
    BACKUP_ERROR=
    BACKUP_ARCHIVE=/home/backups/docs.tar
    BACKUP_BYTES=21
    BACKUP_HELD=no
    ");
    assert_eq!(world.ended()[0].hook_problems, [""; 0]);
}

#[test]
fn a_run_by_hand_has_no_planned_moment() {
    let world = world();
    run(&world).unwrap();
    assert_eq!(world.commands.ran()[0].variable("BACKUP_PLANNED").as_deref(), Some(""));
    assert_eq!(
        world.history.notes().iter().filter(|note| matches!(note, HistoryNote::HookEnded { .. })).count(),
        1
    );
}

#[test]
fn nothing_is_backed_up_after_a_before_that_fails() {
    let world = world();
    run(&world).unwrap();
    let old = world.backups.contents("docs.tar");
    world.archiver.put("/home/docs", MemorySource::folder().file("letter", "other"));
    let cases = [
        (
            vec![Act::Complain(b"a\nno such db\n".to_vec()), Act::Exit(3)],
            "ended with exit code 3: no such db",
        ),
        (vec![Act::Hang], "took longer than 1h and was ended"),
        (vec![Act::Die(9)], "was ended by signal 9"),
    ];
    for (acts, expected) in cases {
        world.commands.teach(&stop(), acts);
        let before = world.commands.ran().len();
        let error = run(&world).unwrap_err();
        assert_eq!(error.to_string(), format!("can't back up docs: before of hook db {expected}"));
        assert_eq!(ran(&world)[before..], ["before", "finally failed", "after_failure failed"]);
        let told = world.commands.ran()[before + 1].variable("BACKUP_ERROR");
        assert_eq!(told, Some(error.to_string()));
        let record = world.ended().pop().unwrap();
        assert_eq!((record.outcome, record.problems), (Outcome::Failed, vec![error.to_string()]));
    }
    assert_eq!(world.backups.contents("docs.tar"), old);
    assert_eq!(said(&world, "before of hook db for docs: no such db"), 1);
}

#[test]
fn a_before_that_can_not_start_is_a_failure_too() {
    let world = world();
    world.commands.remove("stop");
    let error = run(&world).unwrap_err();
    assert_eq!(error.to_string(), "can't back up docs: before of hook db could not be run: can't start stop");
    assert_eq!(ran(&world), ["finally failed", "after_failure failed"]);
}

#[test]
fn the_last_command_runs_whatever_becomes_of_the_source() {
    let world = world();
    assert!(world.archiver.take("/home/docs"));
    assert_eq!(run(&world).unwrap_err(), Error::SourceMissing("docs".to_owned()));
    assert_eq!(ran(&world), ["before", "finally failed", "after_failure failed"]);
}

#[test]
fn an_incomplete_backup_is_no_success() {
    let world = world();
    let source = MemorySource::folder()
        .file("letter", "Dear all")
        .finding("secret", FindingKind::Unreadable("denied".to_owned()));
    world.archiver.put("/home/docs", source);
    assert_eq!(run(&world).unwrap().outcome, Outcome::Incomplete);
    assert_eq!(ran(&world), ["before", "finally incomplete", "after_failure incomplete"]);
    let archive = world.commands.ran()[2].variable("BACKUP_ARCHIVE");
    assert_eq!(archive.as_deref(), Some("/home/backups/docs.incomplete.tar"));
}

#[test]
fn a_later_command_that_fails_costs_no_backup_and_is_kept() {
    let world = world();
    world.commands.teach(&shell("start"), [Act::Print(b"stuck\n".to_vec()), Act::Exit(1)]);
    world.commands.teach(&shell("good"), [Act::Exit(2)]);
    let report = run(&world).unwrap();
    assert_eq!(report.outcome, Outcome::Done);
    let problems = [
        "finally of hook db ended with exit code 1: stuck",
        "after_success of hook db ended with exit code 2",
    ];
    assert_eq!(world.ended()[0].hook_problems, problems);
    assert_eq!(said(&world, &format!("For docs: {}", problems[0])), 1);
    let told: Vec<_> = report.events.iter().map(ToString::to_string).collect();
    assert!(told.last().unwrap().starts_with("Backup done"), "{told:?}");
    assert!(told.contains(&format!("For docs: {}", problems[1])), "{told:?}");
    assert!(Ledger::new(&world.history.notes()).owed_hooks().next().is_none(), "it isn't owed any more");
}

/// Cancels when it was asked so many times.
struct CancelsAfter(AtomicU32);

impl Progress for CancelsAfter {
    fn advanced(&self, _path: &Path, _content_bytes: u64) {}

    fn is_cancelled(&self) -> bool {
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_err()
    }
}

#[test]
fn a_run_that_is_ended_is_neither_but_its_last_command_runs() {
    for asks in 0..3 {
        let world = world();
        let report = world.manager().run("docs", &CancelsAfter(AtomicU32::new(asks))).unwrap();
        assert_eq!(report.outcome, Outcome::Interrupted);
        let ran = ran(&world);
        assert_eq!(ran[ran.len() - 1], "finally interrupted", "{asks}: {ran:?}");
        assert!(ran.len() <= 2);
    }
}

/// Notes that a run of docs began its hook, and that its process died.
fn die(world: &World, planned: Option<&str>) {
    let key = RunKey { entry: "docs;16:07;docs".to_owned(), planned: planned.map(at) };
    world.note(&HistoryNote::HookBegan(OwedHook { key, hook: "db".to_owned(), at: world.at_now() }));
}

#[test]
fn the_service_makes_up_for_a_run_whose_process_died() {
    for planned in [None, Some("2026-03-09T16:07:00Z")] {
        let world = world();
        die(&world, planned);
        serve(&world, "2026-03-10T13:00:00Z");
        assert_eq!(ran(&world), ["finally interrupted"]);
        let said_it = "finally of hook db runs now for docs: an earlier run ended without it";
        assert_eq!(said(&world, said_it), 1);
        serve(&world, "2026-03-10T14:00:00Z");
        assert_eq!(ran(&world).len(), 1, "only once");
    }
}

#[test]
fn each_run_by_hand_that_died_while_the_service_runs_is_made_up_for() {
    let world = world();
    let work = world.work();
    let runner = InstantRunner::new(&world.clock, at("2026-03-10T13:00:00Z"), &work);
    let runner = runner.polling(TimeDelta::minutes(1));
    let runner = runner.act_at(at("2026-03-10T12:30:00Z"), || die(&world, None));
    let runner = runner.act_at(at("2026-03-10T12:40:00Z"), || die(&world, None));
    world.service(ServiceSettings::default()).run(&runner);
    assert_eq!(ran(&world), ["finally interrupted"; 2]);
}

#[test]
fn the_next_run_makes_up_for_it_first() {
    let world = world();
    die(&world, None);
    run(&world).unwrap();
    assert_eq!(ran(&world), ["finally interrupted", "before", "finally done", "after_success done"]);
    let bare = World::at("2026-03-10T12:00:00Z").with_schedules("docs;16:07;docs\n");
    let bare = configured(bare);
    die(&bare, None);
    run(&bare).unwrap();
    assert_eq!(ran(&bare), ["finally interrupted"], "even without a hook of its own");
}

#[test]
fn the_run_that_died_is_made_again_after_it() {
    let world = world();
    world.clock.set(at("2026-03-10T16:07:30Z"));
    world.begin("docs;16:07;docs");
    let key = RunKey { entry: "docs;16:07;docs".to_owned(), planned: Some(world.at_now()) };
    world.note(&HistoryNote::HookBegan(OwedHook { key, hook: "db".to_owned(), at: world.at_now() }));
    serve(&world, "2026-03-10T17:00:00Z");
    assert_eq!(ran(&world), ["finally interrupted", "before", "finally done", "after_success done"]);
    assert_eq!(world.backups.file_names(), ["docs.tar"]);
}

#[test]
fn a_run_that_is_under_way_elsewhere_owes_nothing_yet() {
    let world = world();
    die(&world, None);
    let draft = world.draft(&"docs".parse().unwrap());
    serve(&world, "2026-03-10T13:00:00Z");
    assert_eq!(ran(&world), [""; 0]);
    drop(draft);
    serve(&world, "2026-03-10T14:00:00Z");
    assert_eq!(ran(&world), ["finally interrupted"]);
    assert_eq!(world.backups.drafts(), 0);
}

#[test]
fn what_is_owed_and_not_configured_any_more_is_said_once() {
    for config in ["# nothing\n", "[hooks.db]\nbefore = \"stop\"\n"] {
        let world = World::at("2026-03-10T12:00:00Z").with_schedules("docs;16:07;docs\n");
        world.config.write(config);
        die(&world, None);
        serve(&world, "2026-03-10T13:00:00Z");
        serve(&world, "2026-03-10T14:00:00Z");
        assert_eq!(ran(&world), [""; 0]);
        assert_eq!(said(&world, "finally of hook db didn't run for docs"), 1);
    }
}

#[test]
fn a_last_command_that_can_not_start_stays_owed() {
    let world = world();
    world.config.write(&CONFIG.replace("\"start\"", "[\"start\"]"));
    world.commands.remove("start");
    run(&world).unwrap();
    let problem = "finally of hook db could not be run: can't start start";
    assert_eq!(world.ended()[0].hook_problems, [problem]);
    serve(&world, "2026-03-10T12:50:00Z");
    assert_eq!(said(&world, &format!("For docs: {problem}")), 2, "once by the run, and once by the service");
    serve(&world, "2026-03-10T14:30:00Z");
    assert_eq!(said(&world, &format!("For docs: {problem}")), 4, "at its start, and an hour later");
    world.config.write(CONFIG);
    serve(&world, "2026-03-10T14:40:00Z");
    assert_eq!(ran(&world).last().map(String::as_str), Some("finally interrupted"));
}

#[test]
fn nothing_begins_that_the_history_could_not_tell_of() {
    let world = world();
    let faults = Faults::only("append");
    let home =
        MemoryHome { history: backup_core::testing::MemoryHistory::failing(&faults), ..home_of(&world) };
    faults.fail_from(1, Failure::Full);
    let error = home.manager().run("docs", &SilentProgress).unwrap_err();
    assert!(error.to_string().starts_with("can't back up docs: can't append"), "{error}");
    assert_eq!(ran(&home), ["after_failure failed"]);
}

/// Returns a home with the same parts.
fn home_of(world: &World) -> MemoryHome {
    MemoryHome {
        clock: world.clock.clone(),
        schedules: world.schedules.clone(),
        config: world.config.clone(),
        archiver: world.archiver.clone(),
        backups: world.backups.clone(),
        commands: world.commands.clone(),
        notices: world.notices.clone(),
        history: world.history.clone(),
        journal: world.journal.clone(),
    }
}

#[test]
fn a_last_command_follows_each_first_one_whatever_fails() {
    let operations = {
        let faults = Faults::none();
        let home = failing_home(&faults);
        let before = faults.operations();
        let _ = home.manager().run("docs", &SilentProgress);
        faults.operations() - before
    };
    assert!(operations > 10, "{operations}");
    for for_good in [false, true] {
        for nth in 1..=operations {
            let faults = Faults::none();
            let home = failing_home(&faults);
            let nth = faults.operations() + nth;
            if for_good {
                faults.fail_from(nth, Failure::Other)
            } else {
                faults.fail_nth(nth, Failure::Other)
            };
            let _ = home.manager().run("docs", &SilentProgress);
            faults.clear();
            serve(&home, "2026-03-10T13:00:00Z");
            let ran = ran(&home);
            let last = |phase: &str| ran.iter().rposition(|command| command.starts_with(phase));
            assert!(last("before") <= last("finally"), "{nth} {for_good}: {ran:?}");
            assert!(Ledger::new(&home.history.notes()).owed_hooks().next().is_none(), "{nth} {for_good}");
            assert_eq!(home.backups.drafts(), 0, "{nth} {for_good}");
        }
    }
}

fn failing_home(faults: &Faults) -> MemoryHome {
    let home = MemoryHome::failing(ManualClock::utc(at("2026-03-10T12:00:00Z")), faults);
    home.archiver.put("/home/docs", MemorySource::folder().file("letter", "Dear all"));
    home.schedules.write(DOCS);
    home.config.write(CONFIG);
    home
}

#[test]
fn of_a_long_output_the_log_gets_the_ends() {
    let world = world();
    let long: String = (0..500).map(|number| format!("line {number}\x1b\n")).collect();
    world.commands.teach(&stop(), [Act::Print(long.into_bytes())]);
    run(&world).unwrap();
    assert_eq!(said(&world, "before of hook db for docs: "), 21);
    assert_eq!(said(&world, "for docs: line 0\\u{1b}"), 1);
    assert_eq!(said(&world, "for docs: line 499\\u{1b}"), 1);
    assert_eq!(said(&world, "bytes of its output are left out"), 1);
}

#[test]
fn only_a_known_hook_can_be_chosen() {
    let world = world();
    let error = world.manager().create("a;16:07;a;hooks=dp").unwrap_err();
    let detail = error.detail().unwrap();
    assert_eq!(detail, "hooks=dp: the configuration has no [hooks.dp]; did you mean hooks=db?");
    world.schedules.write("a;16:07;a;hooks=other\n");
    let checked = world.manager().check(None).unwrap();
    let detail = checked[0].error().unwrap().detail().unwrap();
    assert_eq!(detail, "hooks=other: the configuration has no [hooks.other]");
    world.config.write("[defaults]\nhooks = \"db\"\n");
    let error = world.manager().config().unwrap_err().to_string();
    assert!(error.contains("hooks=db: the configuration has no [hooks.db]"), "{error}");
}

#[test]
fn a_schedule_can_do_without_a_default() {
    let world = World::at("2026-03-10T12:00:00Z").with_schedules("a;16:07;a\nb;16:07;b;hooks=no\n");
    world.config.write(&format!("[defaults]\nhooks = \"db\"\n{CONFIG}"));
    serve(&world, "2026-03-10T16:08:00Z");
    let names: Vec<_> = world.commands.ran().iter().filter_map(|ran| ran.variable("BACKUP_NAME")).collect();
    assert_eq!(names, ["a"; 3]);
    assert_eq!(world.ended().len(), 2);
}

#[test]
fn a_folder_and_a_timeout_can_be_chosen() {
    let world = World::at("2026-03-10T12:00:00Z").with_schedules("a;16:07;a;hooks=x\nb;16:07;b;hooks=y\n");
    world.config.write("[hooks.x]\nbefore = \"x\"\ndir = \"in\"\ntimeout = \"5m\"\n[hooks.y]\nbefore = \"y\"\ndir = \"/srv\"\n");
    world.commands.teach(&shell("x"), [Act::Hang]);
    serve(&world, "2026-03-10T16:08:00Z");
    let dirs: Vec<_> = world.commands.ran().into_iter().map(|ran| ran.dir).collect();
    assert_eq!(dirs, [Path::new("/home/in"), Path::new("/srv")]);
    assert_eq!(said(&world, "before of hook x took longer than 5m and was ended"), 1);
    assert!(
        Ledger::new(&world.history.notes()).owed_hooks().next().is_none(),
        "nothing can be owed without a last one"
    );
}
