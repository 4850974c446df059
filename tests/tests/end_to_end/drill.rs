//! Proofs that backups come back, by hand and by the service.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use backup_tests::{Finished, Home, Process, Signal, eventually};
use insta::assert_snapshot;

use crate::home;

/// A home with a plain backup and a compressed one, with a read-only folder in them.
fn home_with_backups() -> Home {
    let home = home();
    home.sh("mkdir -p docs/locked && echo may > docs/locked/may.txt && ln docs/locked/may.txt docs/again && ln -s again docs/link && chmod 500 docs/locked")
        .expect_done();
    home.done(&["create", "docs;00:00;docs"]);
    home.done(&["create", "docs;00:00;packed", "--compress", "zstd"]);
    home.done(&["run", "docs"]);
    home.done(&["run", "packed"]);
    home
}

const STAND: [&str; 2] = ["docs.tar", "packed.tar.zst"];

/// Puts a program called tar in front of the system's.
fn put_tar(home: &Home, script: &str) {
    home.write("bin/tar", format!("#!/bin/sh\nPATH=${{PATH#*:}}\n{script}\n"));
    fs::set_permissions(home.path("bin/tar"), fs::Permissions::from_mode(0o700)).expect("it is there");
}

/// One that never ends, and tells its number.
fn put_endless_tar(home: &Home) {
    let hang = format!("case $1 in --version) exec tar --version ;; esac\nmkdir docs; {}", hanging(home));
    put_tar(home, &hang);
}

fn hanging(home: &Home) -> String {
    let pid = home.path("pid");
    format!("echo $$ >{0}.new; mv {0}.new {0}; exec sleep 1000", pid.display())
}

fn endless_tar(home: &Home) -> Process {
    let path = home.path("pid");
    eventually("tar is at work", || path.exists());
    let pid = fs::read_to_string(path).expect("it has a number");
    Process { pid: pid.trim().parse().expect("it is a number") }
}

/// Starts a service whose drill has begun, and whose tar never ends.
fn drilling_without_end() -> (Home, Process) {
    drilling_with(put_endless_tar)
}

fn drilling_with(put_tar: impl FnOnce(&Home)) -> (Home, Process) {
    let home = home();
    home.write("docs/letter", "dear");
    put_tar(&home);
    home.due("docs", "docs;drill=daily");
    Finished::run(&mut with_tar(&home, home.manager_command(&["start"]))).expect_done();
    let tar = endless_tar(&home);
    (home, tar)
}

/// Returns a command that finds the tar that was put there first.
fn with_tar(home: &Home, mut command: Command) -> Command {
    let path = command.get_envs().find(|(name, _)| *name == "PATH").and_then(|(_, path)| path).map(|path| {
        let mut first = home.path("bin").into_os_string();
        first.push(":");
        first.push(path);
        first
    });
    command.env("PATH", path.expect("a home's command has a path"));
    command
}

fn drill_with_tar(home: &Home, arguments: &[&str]) -> Finished {
    Finished::run(&mut with_tar(home, home.manager_command(arguments)))
}

/// Without how long it took.
fn untimed(text: &str) -> String {
    let line = |line: &str| format!("{}\n", line.split(", in ").next().unwrap_or_default());
    text.lines().map(line).collect()
}

fn receipts(home: &Home) -> Vec<String> {
    let history = home.text("logs/history.jsonl");
    history.lines().filter(|line| line.contains(r#""note":"drilled""#)).map(str::to_owned).collect()
}

#[test]
fn every_schedule_s_backup_comes_back() {
    let home = home_with_backups();
    let said = home.done(&["drill"]);
    assert_eq!(said.stderr, "");
    assert_snapshot!(untimed(&said.stdout), @"
    docs.tar  came back whole (5 entries, 4 B)
    packed.tar.zst  came back whole (5 entries, 4 B)
    ");
    assert_eq!(home.names("backups"), STAND);
    let receipts = receipts(&home);
    assert_eq!(receipts.len(), 2, "{receipts:?}");
    assert!(
        receipts[0].contains(r#""entry":"docs;00:00;docs","planned":null,"archive":"docs.tar""#),
        "{receipts:?}"
    );
    assert!(receipts[1].contains(r#""outcome":"passed","entries":5,"bytes":4"#), "{receipts:?}");
    assert!(
        home.manager_log().contains(&"Drilled backups/docs.tar: came back whole (5 entries, 4 B)".to_owned())
    );
    let status = home.redact(&home.manager(&["status", "docs"]).stdout);
    assert!(
        status.contains("   last drill [time] backups/docs.tar came back whole (5 entries, 4 B)\n"),
        "{status}"
    );
    home.write("elsewhere/stays", "x");
    home.done(&["drill", "docs", "--in", "elsewhere"]);
    assert_eq!(
        (home.names("elsewhere"), home.names("backups")),
        (vec!["stays".to_owned()], STAND.map(str::to_owned).to_vec())
    );
    let unknown = home.manager(&["drill", "music"]);
    assert_eq!(
        (unknown.code, unknown.stderr.lines().next()),
        (Some(1), Some("Error: can't find a backup \"music\""))
    );
}

#[test]
fn one_that_does_not_come_back_whole_is_shown_until_one_does() {
    let home = home_with_backups();
    put_tar(
        &home,
        "tar \"$@\" && [ \"$1\" = --version ] || { touch -r docs t; rm docs/link; touch -r t docs; rm t; }",
    );
    let failed = drill_with_tar(&home, &["drill", "docs"]);
    assert_eq!(failed.code, Some(1));
    assert_snapshot!(untimed(&failed.stdout) + &failed.stderr, @"
    docs.tar  DID NOT COME BACK WHOLE: 1 difference
      docs/link: it didn't come back
    hint: don't rely on it: make the backup anew, drill that one, and check the disk that it is on
    ");
    assert!(receipts(&home)[0].contains(r#""outcome":"failed""#));
    let status = home.manager(&["status", "--check"]);
    assert_eq!(status.code, Some(1));
    let text = home.redact(&status.stdout);
    let expected = "   last drill [time] backups/docs.tar DID NOT COME BACK WHOLE: 1 difference\n              docs/link: it didn't come back\n";
    assert!(text.contains(expected), "{text}");
    home.done(&["drill", "docs"]);
    home.done(&["status", "--check"]);
    assert_eq!(receipts(&home).len(), 2);
}

#[test]
fn a_failed_drill_is_no_state_of_what_exists_once_its_archive_is_gone() {
    let home = home_with_backups();
    home.done(&["edit", "docs", "--keep", "last:2"]);
    let mut bytes = home.bytes("backups/docs.tar");
    let at = bytes.windows(4).position(|four| four == b"may\n").expect("it is in there");
    bytes[at] = b'd';
    home.write("backups/docs.tar", bytes);
    assert_eq!(home.manager(&["drill", "docs"]).code, Some(1));
    let verdict = || {
        let checked = home.manager(&["status", "--check"]);
        (checked.code, checked.stdout.lines().next().unwrap_or_default().to_owned())
    };
    let failed = (Some(1), "PROBLEM - 2 schedules: 1 ok, 1 DRILL FAILED".to_owned());
    assert_eq!(verdict(), failed);
    home.done(&["run", "docs"]);
    assert_eq!(verdict(), failed, "the archive is an older one now");
    let older = home.names("backups").into_iter().find(|name| name.starts_with("docs.2"));
    fs::remove_file(home.path("backups").join(older.expect("it is kept"))).expect("it can be removed");
    assert_eq!(verdict(), (Some(0), "OK - 2 schedules: 2 ok".to_owned()));
    let status = home.redact(&home.manager(&["status", "docs"]).stdout);
    let drilled: Vec<_> = status.lines().skip_while(|line| !line.contains("last drill")).collect();
    assert_snapshot!(drilled.join("\n"), @"
    last drill [time] backups/docs.tar, of an earlier backup that is gone: DID NOT COME BACK WHOLE: 1 difference
               no backup that exists was drilled since: `backup_manager drill docs` drills the newest
    ");
    let status = home.manager(&["status", "docs", "--json"]).stdout;
    assert!(status.contains(r#""gone":true,"passed":false"#), "{status}");
    home.done(&["drill", "docs"]);
    let status = home.manager(&["status", "docs", "--json"]).stdout;
    assert!(status.contains(r#""gone":false,"passed":true"#), "{status}");
}

#[test]
fn one_whose_bytes_have_changed_fails() {
    let home = home_with_backups();
    let mut bytes = home.bytes("backups/docs.tar");
    let at = bytes.windows(4).position(|four| four == b"may\n").expect("it is in there");
    bytes[at] = b'd';
    home.write("backups/docs.tar", bytes);
    let failed = home.manager(&["drill"]);
    assert_eq!(failed.code, Some(1));
    assert_snapshot!(untimed(&failed.stdout), @"
    docs.tar  DID NOT COME BACK WHOLE: 1 difference
      the archive is not what was made: its SHA-256 is another
    packed.tar.zst  came back whole (5 entries, 4 B)
    ");
}

#[test]
fn a_drill_of_a_replaced_backup_is_shown_as_one_of_an_earlier_backup() {
    let home = home_with_backups();
    home.done(&["drill", "docs"]);
    let last_drill = || {
        let status = home.redact(&home.manager(&["status", "docs"]).stdout);
        status.lines().find(|line| line.contains("last drill")).map(str::to_owned)
    };
    let passed = "came back whole (5 entries, 4 B)";
    assert_eq!(last_drill(), Some(format!("   last drill [time] backups/docs.tar {passed}")));
    home.write("docs/new", "x");
    home.done(&["run", "docs"]);
    assert_eq!(
        last_drill(),
        Some(format!("   last drill [time] backups/docs.tar, of an earlier backup that is gone: {passed}"))
    );
    home.done(&["status", "--check"]);
    home.done(&["drill", "docs"]);
    let passed = "came back whole (6 entries, 5 B)";
    assert_eq!(last_drill(), Some(format!("   last drill [time] backups/docs.tar {passed}")));
}

#[test]
fn where_there_can_be_no_scratch_another_folder_is_wanted() {
    let home = home_with_backups();
    home.write("file", "x");
    let drill_in = |folder: &str| {
        let failed = home.manager(&["drill", "docs", "--in", folder]);
        assert_eq!(failed.code, Some(1));
        home.redact(&failed.stderr)
    };
    assert_snapshot!(drill_in("nowhere"), @"
    Error: can't drill backups/docs.tar: can't make a scratch folder in [home]/nowhere: No such file or directory (os error 2)
    hint: choose an existing folder that you may write to with --in DIR
    ");
    assert_snapshot!(drill_in("file"), @"
    Error: can't drill backups/docs.tar: can't make a scratch folder in [home]/file: Not a directory (os error 20)
    hint: choose an existing folder that you may write to with --in DIR
    ");
    assert_eq!(receipts(&home), <[String; 0]>::default());
}

#[test]
fn without_tar_it_says_so_and_keeps_no_receipt() {
    let home = home_with_backups();
    let failed = Finished::run(home.manager_command(&["drill", "docs"]).env("PATH", home.path("nowhere")));
    assert_eq!(failed.code, Some(1));
    assert_snapshot!(failed.stderr, @"Error: can't drill backups/docs.tar: can't run tar: it doesn't exist or isn't executable, and a drill needs it; install the package tar");
    assert_eq!(receipts(&home), <[String; 0]>::default());
    home.done(&["status", "--check"]);
}

#[test]
fn ctrl_c_ends_tar_and_leaves_nothing() {
    let home = home_with_backups();
    put_endless_tar(&home);
    let child = with_tar(&home, home.manager_command(&["drill"])).spawn().expect("it starts");
    let tar = endless_tar(&home);
    assert_eq!(home.names("backups"), [".docs.drill", "docs.tar", "packed.tar.zst"]);
    assert_eq!(home.mode("backups/.docs.drill"), 0o700);
    assert_eq!(home.done(&["backups"]).stdout, "docs.tar\npacked.tar.zst\n");
    let busy = home.manager(&["drill", "docs"]);
    assert_snapshot!(home.redact(&busy.stderr), @"
    Error: can't drill backups/docs.tar: can't make a scratch folder in [home]/backups: another drill of this backup is running
    hint: try again when that one is done
    ");
    Process { pid: child.id() }.send(Signal::INT);
    let ended = Finished::of(child);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(130), ""));
    assert!(ended.stderr.contains("it was interrupted"), "{ended:?}");
    assert!(tar.is_gone());
    assert_eq!(home.names("backups"), STAND);
    assert_eq!(receipts(&home), <[String; 0]>::default());
}

#[test]
fn the_service_drills_what_wants_it_and_not_again_the_same_week() {
    let home = home();
    home.write("docs/letter", "dear");
    home.due("docs", "docs;drill=weekly");
    home.start(&[]);
    eventually("it is drilled", || receipts(&home).len() == 1);
    home.done(&["stop"]);
    assert!(receipts(&home)[0].contains(r#""outcome":"passed","entries":2,"bytes":4"#));
    let log = home.service_log();
    assert_eq!(
        log,
        [
            "backup_service started",
            "Backup done for docs in backups/docs.tar",
            "Drilled backups/docs.tar: came back whole (2 entries, 4 B)",
            "backup_service stopped"
        ]
    );
    assert_eq!(home.names("backups"), ["docs.tar"]);
    let status = home.redact(&home.manager(&["status", "docs"]).stdout);
    assert!(status.contains("   last drill [time] backups/docs.tar came back whole"), "{status}");
}

#[test]
fn a_stop_ends_the_service_s_drill_at_once() {
    let (home, tar) = drilling_without_end();
    let status = home.redact(&home.manager(&["status", "docs"]).stdout);
    assert!(
        status.contains("last run   [time] done") && status.contains("last drill none yet, for drill=daily"),
        "{status}"
    );
    home.done(&["stop"]);
    assert!(tar.is_gone());
    assert_eq!(home.names("backups"), ["docs.tar"]);
    assert_eq!(receipts(&home), <[String; 0]>::default());
    let log = home.service_log();
    assert!(
        log.contains(&"Drill interrupted for backups/docs.tar; the backup is untouched".to_owned()),
        "{log:?}"
    );
}

#[test]
fn a_tar_that_does_not_even_say_what_it_is_keeps_nobody_from_stopping() {
    let (home, tar) = drilling_with(|home| put_tar(home, &hanging(home)));
    home.done(&["stop"]);
    assert!(tar.is_gone());
    assert_eq!(home.names("backups"), ["docs.tar"]);
}

#[test]
fn what_a_killed_service_was_drilling_is_swept_at_the_next_start() {
    let (home, tar) = drilling_without_end();
    let service = home.service().expect("it runs");
    service.send(Signal::KILL);
    eventually("it is gone", || service.is_gone());
    tar.send(Signal::KILL);
    eventually("tar is gone", || tar.is_gone());
    assert_eq!(home.names("backups"), [".docs.drill", "docs.tar"]);
    home.start(&[]);
    eventually("it is swept", || home.names("backups") == ["docs.tar"]);
}

#[test]
fn one_that_is_never_made_is_overdue() {
    let home = home();
    home.write("docs/letter", "dear");
    home.done(&["create", "docs;04:00;docs", "--drill", "weekly"]);
    home.sh("touch -d 2020-03-01 backup_schedules.txt").expect_done();
    let run = r#"{"note":"ended","entry":"docs;04:00;docs","planned":"2020-03-02T04:00:00+00:00","began":"2020-03-02T04:00:00+00:00","ended":"2020-03-02T04:01:00+00:00","outcome":"done","archive":"docs.tar","sha256":null}"#;
    home.write("logs/history.jsonl", format!("{run}\n"));
    home.done(&["run", "docs"]);
    let overdue = home.manager(&["status", "--check"]);
    assert_eq!(overdue.code, Some(1));
    assert_snapshot!(home.redact(&overdue.stdout), @"
    PROBLEM - 1 schedule: 1 DRILL LATE
    home: [home]
    backup_service not running: nothing runs until `backup_manager start`
    0: docs;04:00;docs;drill=weekly
       next run   once the service runs, for [time]
       last run   [time] done, 10.2 kB in backups/docs.tar
       last drill none yet, for drill=weekly
                  OVERDUE for drill=weekly since the backup of [time]; logs/backup_service.log tells why
    ");
    home.done(&["drill"]);
    home.done(&["status", "--check"]);
}

#[test]
fn a_schedule_says_how_often_it_is_drilled() {
    let home = home();
    home.done(&["create", "docs;04:00;docs", "--drill", "monthly"]);
    assert_eq!(home.text("backup_schedules.txt"), "docs;04:00;docs;drill=monthly\n");
    let wrong = home.manager(&["create", "docs;05:00;docs", "--drill", "yearly"]);
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.stderr.contains("drill=yearly: it takes daily, weekly, monthly or no"), "{wrong:?}");
    let nothing = home.manager(&["drill"]);
    assert_eq!(
        (nothing.code, nothing.stderr.lines().nth(1)),
        (Some(1), Some("Error: can't find backups directory"))
    );
}
