//! Nobody else points root somewhere else: homes of others, swapped and moved homes, and locks of strangers.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};

use backup_tests::{Finished, Home, Process, Signal, eventually, wait_for};
use insta::assert_snapshot;

use crate::home;

const SKIPPED: &str = "only root can act as another user, and only where others can read the programs";

/// Runs what follows as a user that nobody knows.
const AS_ANN: &str = "setpriv --reuid 1234 --regid 1234 --clear-groups";

/// Returns whether that user can run the programs here, which only root can see to.
fn has_ann(home: &Home) -> bool {
    home.sh(&format!("{AS_ANN} backup_manager --version")).code == Some(0)
}

/// Returns a home that belongs to another user, with a schedule that is due.
fn home_of_ann() -> Home {
    let home = home();
    home.write("docs/letter.txt", "dear");
    home.due("docs", "docs");
    home.sh("chown -R 1234:1234 .");
    home
}

/// Returns what a program says that fails.
fn refusal(home: &Home, mut command: Command) -> String {
    let output = Finished::run(&mut command);
    assert_eq!((output.code, output.stdout.as_str()), (Some(1), ""));
    home.redact(&output.stderr)
}

#[test]
fn root_works_in_a_home_of_somebody_else_only_on_request() {
    let home = home_of_ann();
    if !has_ann(&home) {
        return backup_core::testing::skipped(SKIPPED);
    }
    assert_snapshot!(refusal(&home, home.manager_command(&["run", "docs"])), @"
    Error: can't open home folder [home]: it belongs to another user (1234)
    hint: to use this home all the same, pass --trust-home or set BACKUP_MANAGER_TRUST_HOME=1
    ");
    assert_snapshot!(refusal(&home, home.service_command(&[])), @"
    Error: can't start backup_service: can't open home folder [home]: it belongs to another user (1234)
    hint: to use this home all the same, pass --trust-home or set BACKUP_MANAGER_TRUST_HOME=1
    ");
    assert!(!home.path("backups").exists());
    home.done(&["run", "docs", "--trust-home"]);
    let mut trusting = home.manager_command(&["start"]);
    Finished::run(trusting.env("BACKUP_MANAGER_TRUST_HOME", "1")).expect_done();
    let service = home.service().expect("it runs");
    assert!(service.command_line().contains("--trust-home"), "{}", service.command_line());
    assert_eq!(home.manager(&["stop"]).code, Some(1), "each command has to be told");
    home.done(&["--trust-home", "stop"]);
    assert!(service.is_gone());
    // Its owner needs no leave.
    home.sh(&format!("chown -R 1234:1234 . && {AS_ANN} backup_manager run docs")).expect_done();
}

#[test]
fn others_who_may_write_to_a_home_are_trusted_by_nobody_but_a_group_by_its_own() {
    let home = home_of_ann();
    if !has_ann(&home) {
        return backup_core::testing::skipped(SKIPPED);
    }
    home.sh("chmod 2775 . && chmod 664 backup_schedules.txt").expect_done();
    home.sh(&format!("{AS_ANN} backup_manager list")).expect_done();
    // Bob shares it where he is in its group.
    let bob =
        |groups: &str| home.sh(&format!("setpriv --reuid 1235 --regid 1235 {groups} backup_manager list"));
    assert_eq!(bob("--groups 1234").code, Some(0));
    let stranger = bob("--clear-groups");
    assert!(stranger.stderr.contains("it belongs to another user (1234)"), "{stranger:?}");
    home.sh(&format!("chown 1235 backup_schedules.txt && {AS_ANN} backup_manager list")).expect_done();
    home.sh("chmod 777 .").expect_done();
    let anybody = home.sh(&format!("{AS_ANN} backup_manager list"));
    assert_eq!(anybody.code, Some(1));
    assert_snapshot!(home.redact(&anybody.stderr), @"
    Error: can't open home folder [home]: anybody may write to it
    hint: to use this home all the same, pass --trust-home or set BACKUP_MANAGER_TRUST_HOME=1
    ");
    home.sh(&format!("{AS_ANN} backup_manager --trust-home list")).expect_done();
}

/// The home is root's own, but not what is in it.
#[test]
fn what_is_in_a_home_is_not_relied_on_where_it_is_somebody_else_s() {
    let home = home();
    if !has_ann(&home) {
        return backup_core::testing::skipped(SKIPPED);
    }
    home.write("docs/letter.txt", "dear");
    home.due("docs", "docs");
    home.done(&["run", "docs"]);
    let before = home.bytes("backups/docs.tar");
    let way_out =
        "\nhint: to use this home all the same, pass --trust-home or set BACKUP_MANAGER_TRUST_HOME=1";
    let cases = [
        ("chown 1234 backups", "[home]/backups: it belongs to another user (1234)"),
        ("chmod 777 backups", "[home]/backups: anybody may write to it"),
        ("chmod g+w backup_schedules.txt", "backup_schedules.txt: its group may write to it"),
        ("chown 1234 backup_schedules.txt", "backup_schedules.txt: it belongs to another user (1234)"),
        ("ln backup_schedules.txt other", "backup_schedules.txt: it has 2 names (hard links)"),
    ];
    for (spoil, reason) in cases {
        home.sh(spoil).expect_done();
        let run = home.manager(&["run", "docs"]);
        assert_eq!(run.code, Some(1), "{spoil}: {run:?}");
        let said = home.redact(&run.stderr);
        assert!(said.contains(&format!("{reason}{way_out}")), "{spoil}: {said}");
        assert_eq!(home.bytes("backups/docs.tar"), before, "{spoil}");
        home.done(&["--trust-home", "run", "docs"]);
        home.sh("chown 0:0 backups backup_schedules.txt; chmod 700 backups; chmod 600 backup_schedules.txt; rm -f other")
            .expect_done();
        home.done(&["run", "docs"]);
    }
    // The command goes on without its log, so that is a warning.
    let create = &["create", "docs;16:08;docs"][..];
    for (file, command, hint) in [
        ("history.jsonl", create, way_out),
        ("history.jsonl", &["start"], way_out),
        ("backup_manager.log", create, ""),
    ] {
        home.sh(&format!("chown 1234 logs/{file}")).expect_done();
        let failed = home.manager(command);
        let said = home.redact(&failed.stderr);
        let reason = format!("logs/{file}: it belongs to another user (1234){hint}\n");
        assert!(said.contains(&reason), "{command:?}: {said}");
        home.sh(&format!("chown 0 logs/{file}")).expect_done();
    }
}

#[test]
fn the_service_goes_on_only_as_long_as_its_home_is_to_be_relied_on() {
    let home = home();
    if !has_ann(&home) {
        return backup_core::testing::skipped(SKIPPED);
    }
    home.write("docs/letter.txt", "dear");
    home.done(&["create", "docs;03:00;docs"]);
    home.start(&["--poll", "1"]);
    home.sh("chown 1234 .").expect_done();
    let says = |what: &str| eventually(what, || home.service_log().iter().any(|line| line.contains(what)));
    says("can't read backup_schedules.txt: it belongs to another user (1234)");
    home.sh("chown 0 .").expect_done();
    says("backup_schedules.txt can be read again");
    home.done(&["stop"]);
}

/// Lines of a file that only root can read got into a log that everybody could.
#[test]
fn a_link_to_a_secret_tells_nothing_of_it() {
    let home = home_of_ann();
    if !has_ann(&home) {
        return backup_core::testing::skipped(SKIPPED);
    }
    home.write("secret", "root:$6$TOPSECRET:19000::\nTOPSECRET;1:2:3;x\n");
    home.sh("chown 0 secret; chmod 600 secret; rm backup_schedules.txt; chown -R 1234 logs").expect_done();
    let leaked = |home: &Home| home.sh("grep -r TOPSECRET logs").stdout;
    symlink(home.path("secret"), home.path("backup_schedules.txt")).expect("a link can be made");
    let list = home.manager(&["--trust-home", "list"]);
    assert_eq!(list.code, Some(1));
    assert!(list.stderr.contains("it is a symbolic link"), "{}", list.stderr);
    home.done(&["--trust-home", "start"]);
    home.done(&["--trust-home", "stop"]);
    assert_eq!(leaked(&home), "");
    // One more name of the very file, as whoever could link to it would give it.
    home.sh("rm backup_schedules.txt; ln secret backup_schedules.txt").expect_done();
    let list = home.manager(&["--trust-home", "list"]).expect_done();
    assert!(list.stdout.contains("TOPSECRET"), "a terminal is root's own: {list:?}");
    home.done(&["--trust-home", "start"]);
    home.done(&["--trust-home", "stop"]);
    assert_eq!(home.manager(&["--trust-home", "run", "0"]).code, Some(2));
    assert_eq!(leaked(&home), "");
    assert!(
        home.service_log()
            .contains(&"Error: malformed schedule in line 1 of backup_schedules.txt".to_owned())
    );
}

#[test]
fn a_stranger_s_lock_keeps_no_service_from_starting() {
    let home = home();
    if !has_ann(&home) {
        return backup_core::testing::skipped(SKIPPED);
    }
    home.write("docs/letter.txt", "dear");
    home.due("docs", "docs");
    home.sh("chmod 755 .").expect_done();
    let mut stranger = home.command("setpriv");
    stranger.args(["--reuid", "1234", "--regid", "1234", "--clear-groups", "flock", "-x", "."]);
    let mut stranger = stranger
        .args(["sh", "-c", "echo locked; exec cat"])
        .stdin(Stdio::piped())
        .spawn()
        .expect("it starts");
    let (output, mut line) = (stranger.stdout.take().expect("it has an output"), String::new());
    BufReader::new(output).read_line(&mut line).expect("it says something");
    assert_eq!(line, "locked\n");
    home.start(&[]);
    home.done(&["stop"]);
    assert_eq!(home.names("backups"), ["docs.tar"]);
    assert!(stranger.try_wait().expect("a child can be asked").is_none(), "it holds the lock still");
    // It ends with its input.
    drop(stranger.stdin.take());
    stranger.wait().expect("a child can be waited for");
}

/// Returns a home in a folder, with a service in it that looks each second.
fn served(place: &Home) -> Process {
    place.sh("mkdir home docs && echo dear > docs/letter.txt").expect_done();
    let source = place.path("docs");
    let schedule = format!("{};03:00;docs", source.display());
    place.done(&["--home", "home", "create", &schedule]);
    place.done(&["--home", "home", "start", "--poll", "1"]);
    let number = place.text("home/backup_service.pid");
    Process { pid: number.trim().parse().expect("the number of the service") }
}

fn log(place: &Home, home: &str) -> String {
    let log = place.text(&format!("{home}/logs/backup_service.log"));
    place.redact(&log)
}

#[test]
fn the_service_of_a_home_that_was_moved_says_so_and_leaves() {
    let place = home();
    let service = served(&place);
    place.sh("mv home moved").expect_done();
    eventually("it has gone", || service.is_gone());
    assert_snapshot!(log(&place, "moved"), @"
    [[time]] backup_service started
    [[time]] Error: can't go on in [home]/home: the home was moved, replaced or removed; start the service again where the home is now
    [[time]] backup_service stopped
    ");
    let status = place.manager(&["--home", "moved", "status"]);
    assert_eq!(status.code, Some(1));
    assert!(status.stdout.contains("\nbackup_service not running: "), "{}", status.stdout);
    assert_eq!(place.names("moved"), [".backup_schedules.lock", "backup_schedules.txt", "logs"]);
}

#[test]
fn a_home_put_in_the_place_of_another_has_the_only_service() {
    let place = home();
    let first = served(&place);
    place.sh("mv home old && cp -a old home").expect_done();
    let status = place.manager(&["--home", "home", "status"]);
    assert!(status.stdout.contains("\nbackup_service not running: "), "a copied number: {}", status.stdout);
    place.done(&["--home", "home", "start", "--poll", "1"]);
    eventually("the first has gone", || first.is_gone());
    place.done(&["--home", "home", "stop"]);
    assert_eq!(place.manager(&["--home", "old", "stop"]).code, Some(1));
    assert!(log(&place, "old").contains("the home was moved, replaced or removed"));
}

/// Root's service works in a home that another user owns and swaps for a link to one of root's own.
#[test]
fn a_home_swapped_for_a_link_leads_the_service_nowhere() {
    let place = home();
    place.sh("mkdir victim && echo dear > letter").expect_done();
    let letter = place.path("letter");
    place.done(&["--home", "victim", "create", &format!("{};03:00;docs", letter.display())]);
    place.done(&["--home", "victim", "run", "docs"]);
    let before = place.sh("find victim | sort; cksum victim/backups/*").stdout;
    let service = served(&place);
    place.sh("mv home real && ln -s victim home").expect_done();
    eventually("it has gone", || service.is_gone());
    assert!(log(&place, "real").ends_with("backup_service stopped\n"));
    assert_eq!(place.sh("find victim | sort; cksum victim/backups/*").stdout, before);
}

#[test]
fn a_service_begins_in_no_other_home_than_its_starter_s() {
    let home = home();
    // So that it ends in any case.
    home.start(&[]);
    let other = refusal(&home, home.service_command(&["--home-identity=1:1"]));
    assert_snapshot!(other, @"Error: can't start backup_service: can't open home folder [home]: somebody has just put another folder in its place");
}

#[test]
fn a_backup_under_way_is_finished_in_the_home_that_was_moved() {
    let place = home();
    place.sh("mkdir home").expect_done();
    place.write_zeros("docs/big", 64 << 20);
    let schedule = format!("{};{};docs", place.path("docs").display(), place.clock.now());
    place.done(&["--home", "home", "create", &schedule]);
    place.done(&["--home", "home", "start", "--poll", "1"]);
    let number = place.text("home/backup_service.pid");
    let service = Process { pid: number.trim().parse().expect("the number of the service") };
    let draft = place.path("home/backups/.docs.tar.partial");
    wait_for("the backup begins", || draft.metadata().is_ok_and(|draft| draft.len() > 0).then_some(()));
    service.send(Signal::STOP);
    assert!(draft.exists(), "the backup was done before it could be paused; make it larger");
    place.sh("mv home moved").expect_done();
    service.send(Signal::CONT);
    eventually("it has gone", || service.is_gone());
    let log = log(&place, "moved");
    assert!(log.contains("in backups/docs.tar\n") && log.ends_with("backup_service stopped\n"), "{log}");
    assert_eq!(place.names("moved/backups"), ["docs.tar"]);
    assert!(!place.path("home").exists());
}

#[test]
fn root_has_to_give_the_path_of_a_home_itself_and_not_of_a_link() {
    let place = home();
    if place.sh("test $(id -u) = 0").code != Some(0) {
        return backup_core::testing::skipped("anybody else may name a home by a link");
    }
    place.sh("mkdir real && ln -s real link").expect_done();
    let list = place.manager(&["--home", "link", "list"]);
    assert_eq!(list.code, Some(1));
    assert_snapshot!(place.redact(&list.stderr), @"
    Error: can't open home folder [home]/link: it is a symbolic link to real: give that folder instead
    hint: to use this home all the same, pass --trust-home or set BACKUP_MANAGER_TRUST_HOME=1
    ");
    place.done(&["--home", "link", "--trust-home", "create", "docs;16:07;docs"]);
    assert_eq!(place.done(&["--home", "real", "list"]).stdout, "0: docs;16:07;docs\n");
}
