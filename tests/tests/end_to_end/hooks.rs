//! Hooks: commands that run before and after a backup, and what is owed when a process dies.

use std::fs;

use backup_tests::{Finished, Home, Process, Signal, eventually};
use insta::assert_snapshot;

use crate::home;

const FILE: &str = "backup_manager.toml";

/// Each command appends its phase and outcome to a file, and `before` waits while there is a file `hold`.
const CONFIG: &str = r#"
[hooks.db]
before = "echo before >> told; while [ -e hold ]; do sleep 0.02; done"
finally = "echo finally $BACKUP_OUTCOME >> told"
after_success = "echo after_success $BACKUP_OUTCOME >> told; while [ -e hold_after ]; do sleep 0.02; done"
after_failure = "echo after_failure $BACKUP_OUTCOME >> told"
"#;

/// Takes long enough to be met in the middle, and no room of its own.
const LARGE: u64 = 192 << 20;

fn home_with(config: &str) -> Home {
    let home = home();
    home.write("docs/letter", "Dear all");
    home.write(FILE, config);
    home
}

fn told(home: &Home) -> Vec<String> {
    home.text("told").lines().map(str::to_owned).collect()
}

fn until_told(home: &Home, line: &str) {
    eventually(&format!("{line} is told"), || told(home).iter().any(|told| told == line));
}

#[test]
fn each_command_runs_in_its_turn_and_knows_the_backup() {
    let config = "[hooks.db]\nbefore = ['sh', '-c', 'env | grep ^BACKUP_ | sort > before.txt']\n\
        after_success = 'env | grep ^BACKUP_ | sort > after.txt; pwd > pwd.txt'\ndir = 'docs'\n";
    let home = home_with(config);
    home.done(&["create", "docs;00:00;docs;hooks=db"]);
    let run = home.done(&["run", "docs"]);
    assert_eq!(run.stderr, "");
    assert_snapshot!(home.redact(&home.text("docs/before.txt")), @"
    BACKUP_ARCHIVE=
    BACKUP_BYTES=
    BACKUP_ERROR=
    BACKUP_HELD=no
    BACKUP_HOME=[home]
    BACKUP_HOOK=before
    BACKUP_NAME=docs
    BACKUP_OUTCOME=
    BACKUP_PLANNED=
    BACKUP_SOURCE=[home]/docs
    ");
    let after = home.redact(&home.text("docs/after.txt"));
    assert!(after.contains("BACKUP_ARCHIVE=[home]/backups/docs.tar\nBACKUP_BYTES=10240\n"), "{after}");
    assert_eq!(home.redact(&home.text("docs/pwd.txt")), "[home]/docs\n");
}

#[test]
fn a_before_that_fails_keeps_the_old_backup_and_says_why() {
    let home = home_with(CONFIG);
    home.done(&["create", "docs;00:00;docs;hooks=db"]);
    home.done(&["run", "docs"]);
    let old = home.bytes("backups/docs.tar");
    home.write("docs/letter", "other");
    home.write(FILE, CONFIG.replace("echo before >> told;", "echo no such db; exit 4;"));
    let failed = home.manager(&["run", "docs"]);
    assert_eq!(failed.code, Some(1));
    let error = "can't back up docs: before of hook db ended with exit code 4: no such db";
    assert_eq!(failed.stderr, format!("Error: {error}\n"));
    assert!(home.bytes("backups/docs.tar") == old);
    let expected = ["before", "finally done", "after_success done", "finally failed", "after_failure failed"];
    assert_eq!(told(&home), expected);
    let log = home.manager_log();
    assert!(log.contains(&"before of hook db for docs: no such db".to_owned()), "{log:?}");
    assert!(log.contains(&format!("Error: {error}")), "{log:?}");
    let history = home.done(&["history"]).stdout;
    assert!(history.contains(error), "{history}");
}

#[test]
fn a_before_that_takes_too_long_leaves_no_process() {
    let config = "[hooks.db]\nbefore = 'sleep 1000 & echo $! > pid; wait'\ntimeout = '1s'\n";
    let home = home_with(config);
    home.done(&["create", "docs;00:00;docs;hooks=db"]);
    let failed = home.manager(&["run", "docs"]);
    let expected = "Error: can't back up docs: before of hook db took longer than 1s and was ended\n\
        hint: give it more time: timeout in [hooks.db]\n";
    assert_eq!(failed.stderr, expected);
    let pid = home.text("pid").trim().parse().expect("it told its number");
    assert!(Process { pid }.is_gone());
}

#[test]
fn later_commands_that_fail_are_reported_and_cost_no_backup() {
    let config = "[hooks.db]\nfinally = ['no-such-program']\nafter_success = 'seq 1000; exit 7'\n";
    let home = home_with(config);
    home.done(&["create", "docs;00:00;docs;hooks=db"]);
    let run = home.done(&["run", "docs"]);
    assert_snapshot!(run.stderr, @"
    For docs: finally of hook db could not be run: can't start no-such-program: No such file or directory (os error 2)
    For docs: after_success of hook db ended with exit code 7: 1000
    ");
    let lines =
        home.manager_log().into_iter().filter(|line| line.starts_with("after_success of hook db for docs"));
    assert_eq!(lines.count(), 21, "ten lines, what is left out, and ten lines");
    let status = home.manager(&["status", "docs"]).stdout;
    assert!(status.contains("after_success of hook db ended with exit code 7: 1000"), "{status}");
    assert!(status.contains("   OWED       finally of hook db: the run of"), "{status}");
    let check = home.manager(&["status", "--check"]);
    assert_eq!(check.code, Some(1), "what it stops may still be stopped: {check:?}");
    assert!(check.stdout.contains("1 HOOK FAILED"), "{check:?}");
}

#[test]
fn no_shell_sees_a_list_of_words() {
    let odd = "$(touch made) `touch made`; touch made | * ~ \\\" -x";
    let config = format!(
        "[hooks.db]\nbefore = [\"printf\", \"%s\", \"{}\"]\n",
        odd.replace('\\', "\\\\").replace('"', "\\\"")
    );
    let home = home_with(&config);
    home.done(&["create", "docs;00:00;docs;hooks=db"]);
    home.done(&["run", "docs"]);
    assert!(!home.path("made").exists());
    let log = home.manager_log();
    assert!(log.contains(&format!("before of hook db for docs: {odd}")), "{log:?}");
}

#[test]
fn an_unknown_hook_is_refused() {
    let home = home_with(CONFIG);
    let refused = home.manager(&["create", "docs;00:00;docs;hooks=dbs"]);
    assert_eq!(refused.code, Some(2));
    assert!(
        refused.stderr.contains("hooks=dbs: the configuration has no [hooks.dbs]; did you mean hooks=db?"),
        "{refused:?}"
    );
    home.write("backup_schedules.txt", "docs;00:00;docs;hooks=x\n");
    let check = home.manager(&["check"]);
    let said = format!("{}{}", check.stdout, check.stderr);
    assert!(said.contains("hooks=x: the configuration has no [hooks.x]"), "{said}");
}

#[test]
fn ctrl_c_ends_a_run_and_its_last_command_runs() {
    let home = home_with(CONFIG);
    home.write("hold", "");
    home.done(&["create", "docs;00:00;docs;hooks=db"]);
    let run = home.begin(&["run", "docs"]);
    until_told(&home, "before");
    Process { pid: run.id() }.send(Signal::INT);
    let ended = Finished::of(run);
    assert_eq!(ended.code, Some(130), "{ended:?}");
    assert_eq!(told(&home), ["before", "finally interrupted"]);
    assert_eq!(home.names("backups"), [""; 0]);
}

/// Starts a service that makes the backup of docs now.
fn serve(home: &Home) {
    let line = home.due("docs", "docs");
    home.write("backup_schedules.txt", format!("{line};hooks=db\n"));
    home.start(&[]);
}

#[test]
fn stop_now_in_a_before_ends_it_and_its_last_command_runs() {
    let home = home_with(CONFIG);
    home.write("hold", "");
    serve(&home);
    until_told(&home, "before");
    home.done(&["stop", "--now"]);
    assert_eq!(told(&home), ["before", "finally interrupted"]);
    fs::remove_file(home.path("hold")).expect("it is there");
    home.start(&[]);
    until_told(&home, "after_success done");
    assert_eq!(told(&home)[2..], ["before", "finally done", "after_success done"]);
}

#[test]
fn stop_now_while_the_source_is_read_leaves_nothing_stopped() {
    let home = home_with(CONFIG);
    home.write_zeros("docs/large", LARGE);
    serve(&home);
    let paused = home.pause_during("docs");
    let stop = home.begin(&["stop", "--now"]);
    eventually("the service is asked", || paused.service.is_pending(Signal::URG));
    paused.go_on();
    Finished::of(stop).expect_done();
    assert_eq!(told(&home), ["before", "finally interrupted"]);
}

/// Kills the service.
fn kill(service: Process) {
    service.send(Signal::KILL);
    eventually("the service is gone", || service.is_gone());
}

/// Kills the service, starts it again, and returns what was told since.
fn killed_and_started(home: &Home) -> Vec<String> {
    kill(home.service().expect("it runs"));
    let before = told(home).len();
    for hold in ["hold", "hold_after"] {
        let _ = fs::remove_file(home.path(hold));
    }
    home.start(&[]);
    eventually("the backup is there", || home.path("backups/docs.tar").exists());
    home.done(&["stop"]);
    told(home)[before..].to_vec()
}

#[test]
fn a_service_killed_in_a_before_owes_the_last_command() {
    let home = home_with(CONFIG);
    home.write("hold", "");
    serve(&home);
    until_told(&home, "before");
    kill(home.service().expect("it runs"));
    let status = home.manager(&["status", "docs"]).stdout;
    assert!(status.contains("              it runs once the service runs, or with the next"), "{status}");
    let json = home.manager(&["status", "--json"]).stdout;
    assert!(json.contains("\"owed_hook\":\"db\""), "{json}");
    fs::remove_file(home.path("hold")).expect("it is there");
    home.start(&[]);
    until_told(&home, "after_success done");
    home.done(&["stop"]);
    assert_eq!(
        told(&home),
        ["before", "finally interrupted", "before", "finally done", "after_success done"]
    );
    let owed = "finally of hook db runs now for docs: an earlier run ended without it";
    assert_eq!(home.service_log().iter().filter(|line| *line == owed).count(), 1);
}

#[test]
fn a_service_killed_while_the_source_is_read_owes_the_last_command() {
    let home = home_with(CONFIG);
    home.write_zeros("docs/large", LARGE);
    serve(&home);
    let paused = home.pause_during("docs");
    kill(paused.service);
    assert_eq!(told(&home), ["before"]);
    home.start(&[]);
    until_told(&home, "after_success done");
    assert_eq!(told(&home)[1..], ["finally interrupted", "before", "finally done", "after_success done"]);
}

#[test]
fn a_service_killed_after_the_last_command_owes_nothing() {
    let home = home_with(CONFIG);
    home.write("hold_after", "");
    serve(&home);
    until_told(&home, "after_success done");
    assert_eq!(killed_and_started(&home), [""; 0], "the backup was done, and nothing is owed");
    let log = home.service_log();
    assert!(
        log.contains(&"Backup done for docs in backups/docs.tar, before its process died".to_owned()),
        "{log:?}"
    );
}

#[test]
fn a_run_by_hand_that_was_killed_is_made_up_for_by_the_next_one() {
    let home = home_with(CONFIG);
    home.write("hold", "");
    home.done(&["create", "docs;00:00;docs;hooks=db"]);
    let mut run = home.begin(&["run", "docs"]);
    until_told(&home, "before");
    let under_way = home.done(&["history"]).stdout;
    assert!(under_way.contains("  under way "), "{under_way}");
    let status = home.manager(&["status"]).stdout;
    assert!(status.contains("\nrunning  docs  running "), "{status}");
    let status = home.redact(&home.manager(&["status", "docs"]).stdout);
    assert!(status.contains("   running    since [time], by hand\n   next run   "), "{status}");
    run.kill().expect("it runs");
    run.wait().expect("it ran");
    let history = home.done(&["history"]).stdout;
    assert!(
        history.lines().any(|line| line.starts_with("by hand ") && line.contains("  unfinished ")),
        "{history}"
    );
    let status = home.manager(&["status", "docs"]).stdout;
    for line in [
        " interrupted\n              its process ended before the run was done\n",
        "\n              make the backup again: `backup_manager run docs`\n",
    ] {
        assert!(status.contains(line), "{status}");
    }
    let why = home.done(&["why", "docs"]);
    assert!(
        why.stdout.contains("its process ended before it was done. It isn't repeated automatically."),
        "{why:?}"
    );
    assert!(why.stderr.ends_with("hint: make the backup again: `backup_manager run docs`\n"), "{why:?}");
    fs::remove_file(home.path("hold")).expect("it is there");
    home.done(&["run", "docs"]);
    let why = home.done(&["why", "docs"]).stdout;
    assert!(!why.contains("by hand"), "{why}");
    assert_eq!(
        told(&home),
        ["before", "finally interrupted", "before", "finally done", "after_success done"]
    );
}

#[test]
fn a_dry_run_and_an_archive_of_its_own_run_no_command() {
    let home = home_with(CONFIG);
    home.done(&["create", "docs;00:00;docs;hooks=db"]);
    home.done(&["run", "docs", "--dry-run"]);
    home.done(&["run", "docs", "--output", "own.tar"]);
    assert_eq!(told(&home), [""; 0]);
}
