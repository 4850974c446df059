//! What `history`, `why` and `status --check` tell.

use backup_tests::{Finished, Home};
use insta::assert_snapshot;

use crate::home;

/// Days long past, as the notes of a service in UTC.
const HISTORY: &str = r#"{"note":"adopted","entry":"docs;16:07;docs","since":"2020-03-01T12:00:00+00:00","at":"2020-03-01T12:00:30+00:00"}
{"note":"began","entry":"docs;16:07;docs","planned":"2020-03-08T16:07:00+00:00","at":"2020-03-08T16:07:01+00:00"}
{"note":"ended","entry":"docs;16:07;docs","planned":"2020-03-08T16:07:00+00:00","began":"2020-03-08T16:07:01+00:00","ended":"2020-03-08T16:10:04+00:00","outcome":"done","archive":"docs.tar","bytes":10240,"entries":2,"sha256":"00000000000000000000000000000000000000000000000000000000000000ff"}
{"note":"ended","entry":"music;04:00;music","planned":"2020-03-09T04:00:00+00:00","began":"2020-03-09T04:00:01+00:00","ended":"2020-03-09T04:00:01+00:00","outcome":"failed","problems":["path music does not exist"]}
{"note":"ended","entry":"docs;16:07;docs","planned":"2020-03-11T16:07:00+00:00","missed":2,"began":"2020-03-11T18:00:00+00:00","ended":"2020-03-11T18:00:09+00:00","outcome":"torn","archive":"docs.tar","bytes":20480,"entries":2,"problems":["mail changed while it was read","b changed while it was read"]}
{"note":"began","entry":"docs;16:07;docs","planned":"2020-03-12T16:07:00+00:00","at":"2020-03-12T16:07:01+00:00"}
"#;

fn with_history() -> Home {
    let home = home();
    home.write("logs/history.jsonl", HISTORY);
    home.write("backup_schedules.txt", "docs;16:07;docs\n");
    home
}

/// Runs it in UTC, whatever the zone of the home is.
fn in_utc(home: &Home, arguments: &[&str]) -> Finished {
    Finished::run(home.manager_command(arguments).env("TZ", "UTC"))
}

fn told(home: &Home, arguments: &[&str]) -> String {
    let output = in_utc(home, arguments).expect_done();
    let hint = "hint: `backup_manager start` starts the service\n";
    assert!(["", hint].contains(&output.stderr.as_str()), "{}", output.stderr);
    output.stdout
}

#[test]
fn of_everything() {
    let home = with_history();
    assert_snapshot!(told(&home, &["history"]), @"
    planned           began                   took  outcome        size  name   archive
    2020-03-08 16:07  2020-03-08 16:07  3 min 03 s  done        10.2 kB  docs   docs.tar (replaced)
    2020-03-09 04:00  2020-03-09 04:00         0 s  FAILED            -  music  -
        path music does not exist
    2020-03-11 16:07  2020-03-11 18:00         9 s  torn        20.4 kB  docs   docs.tar (gone)
        made up for 2 missed
        mail changed while it was read (1 more)
    2020-03-12 16:07  2020-03-12 16:07           -  unfinished        -  docs   -
    ");
    assert!(home.manager_log().is_empty(), "who only looks leaves no line");
}

#[test]
fn of_one_schedule_and_the_last_runs() {
    let home = with_history();
    assert_snapshot!(told(&home, &["history", "music"]), @"
    planned           began             took  outcome  size  name   archive
    2020-03-09 04:00  2020-03-09 04:00   0 s  FAILED      -  music  -
        path music does not exist
    ");
    let all = told(&home, &["history", "docs"]);
    assert_eq!(told(&home, &["history", "0"]), all);
    let last = told(&home, &["history", "docs", "--last", "1"]);
    assert_eq!(last.lines().count(), 2, "{last}");
    assert!(last.contains("unfinished"), "{last}");
}

#[test]
fn as_json() {
    let home = with_history();
    assert_snapshot!(told(&home, &["history", "docs", "--json"]), @r#"
    [
    {"anomalies":[],"archive":"docs.tar","archive_now":null,"began":"2020-03-08T16:07:01+00:00","bytes":10240,"ended":"2020-03-08T16:10:04+00:00","entries":2,"entry":"docs;16:07;docs","excluded":0,"missed":0,"name":"docs","new_bytes":10240,"outcome":"done","planned":"2020-03-08T16:07:00+00:00","problems":[],"sha256":"00000000000000000000000000000000000000000000000000000000000000ff","state":"ended"},
    {"anomalies":[],"archive":"docs.tar","archive_now":null,"began":"2020-03-11T18:00:00+00:00","bytes":20480,"ended":"2020-03-11T18:00:09+00:00","entries":2,"entry":"docs;16:07;docs","excluded":0,"missed":2,"name":"docs","new_bytes":20480,"outcome":"torn","planned":"2020-03-11T16:07:00+00:00","problems":["mail changed while it was read","b changed while it was read"],"sha256":null,"state":"ended"},
    {"anomalies":[],"archive":null,"archive_now":null,"began":"2020-03-12T16:07:01+00:00","bytes":0,"ended":null,"entries":0,"entry":"docs;16:07;docs","excluded":0,"missed":0,"name":"docs","new_bytes":0,"outcome":null,"planned":"2020-03-12T16:07:00+00:00","problems":[],"sha256":null,"state":"unfinished"}
    ]
    "#);
    home.write("logs/history.jsonl", "");
    assert_eq!(told(&home, &["history", "docs", "--json"]), "[]\n");
}

#[test]
fn without_any() {
    let home = home();
    home.write("backup_schedules.txt", "");
    assert_eq!(told(&home, &["history"]), "No run yet\n");
    let unknown = in_utc(&with_history(), &["history", "musik"]);
    assert_eq!((unknown.code, unknown.stdout.as_str()), (Some(1), ""));
    assert_snapshot!(unknown.stderr, @"
    Error: nothing is known of musik; known are: docs, music
    hint: did you mean music?
    ");
    assert_eq!(in_utc(&home, &["history", "--last", "0"]).code, Some(2));
}

#[test]
fn why_it_did_or_did_not_happen() {
    let home = with_history();
    let days = ["2020-03-08", "2020-03-10 16:07", "2020-03-11T16:07:00Z", "2020-03-12", "2020-02-01"];
    let paragraphs: String = days.iter().map(|day| told(&home, &["why", "docs", day])).collect();
    assert_snapshot!(paragraphs, @"
    docs;16:07;docs, planned for 2020-03-08 16:07: it ran in time. It began at 2020-03-08 16:07 and was done at 2020-03-08 16:10 in backups/docs.tar.
    docs;16:07;docs, planned for 2020-03-10 16:07: it didn't run then. The run planned for 2020-03-11 16:07 made up for it and for 1 more. That run began at 2020-03-11 18:00 and was done at 2020-03-11 18:00 in backups/docs.tar, but something changed while it was read (mail changed while it was read; b changed while it was read).
    docs;16:07;docs, planned for 2020-03-11 16:07: it ran late because nothing could run it in time: the service was down, or the machine was off or asleep. It began at 2020-03-11 18:00 and was done at 2020-03-11 18:00 in backups/docs.tar, but something changed while it was read (mail changed while it was read; b changed while it was read). It also made up for 2 missed runs before it.
    docs;16:07;docs, planned for 2020-03-12 16:07: it began at 2020-03-12 16:07, but its process died before the end; it is due, but the service doesn't run. It will be made once the service is started.
    docs;16:07;docs, planned for 2020-02-01 16:07: the schedule didn't exist yet. It counts since 2020-03-01 12:00. Runs planned before that are not made up for.
    ");
    assert_snapshot!(told(&home, &["why", "music", "2020-03-09"]), @"music;04:00;music, planned for 2020-03-09 04:00: it ran in time. It began at 2020-03-09 04:00 and FAILED at 2020-03-09 04:00 without changing any backup (path music does not exist).");
    let unclear = in_utc(&home, &["why", "docs", "soon"]);
    assert_eq!((unclear.code, unclear.stdout.as_str()), (Some(2), ""));
    assert_snapshot!(unclear.stderr, @r#"
    Error: can't tell which moment is meant by soon
    hint: write 2026-11-21, "2026-11-21 16:07", 16:07 (of today), now, today, yesterday, tomorrow, "tomorrow 16:07", or RFC 3339
    "#);
}

#[test]
fn a_check_asks_for_the_backups_and_not_for_the_service() {
    let home = home();
    home.write("docs/letter.txt", "dear");
    let adopted = r#"{"note":"adopted","entry":"docs;04:00;docs","since":"2020-03-01T12:00:00+00:00","at":"2020-03-01T12:00:30+00:00"}"#;
    home.write("logs/history.jsonl", format!("{adopted}\n"));
    home.write("backup_schedules.txt", "docs;04:00;docs\n");
    let overdue = home.manager(&["status", "--check"]);
    assert_eq!((overdue.code, overdue.stderr.as_str()), (Some(1), ""));
    assert_snapshot!(home.redact(&overdue.stdout), @"
    PROBLEM - 1 schedule: 1 OVERDUE
    home: [home]
    backup_service not running: nothing runs until `backup_manager start`
    0: docs;04:00;docs
       OVERDUE    no good backup yet
       next run   once the service runs, for [time]
       last run   none yet
    ");
    home.done(&["run", "docs"]);
    let good = home.done(&["status", "--check", "docs"]);
    assert_snapshot!(home.redact(&good.stdout), @"
    OK - 1 schedule: 1 due
    home: [home]
    backup_service not running: nothing runs until `backup_manager start`
    0: docs;04:00;docs
       next run   once the service runs, for [time]
       last run   [time] done, 10.2 kB in backups/docs.tar
    ");
    assert_eq!(home.manager(&["status"]).code, Some(1), "without a check, the service counts");
    home.write("backup_schedules.txt", "docs;04:00;docs\nnonsense\n");
    home.start(&[]);
    assert_eq!(home.manager(&["status", "--check"]).code, Some(1), "a line never runs");
    assert_eq!(home.manager(&["status"]).code, Some(0));
}

#[test]
fn a_check_where_nothing_is_scheduled_says_so() {
    let home = home();
    home.write("logs/history.jsonl", "");
    let check = home.manager(&["status", "--check"]);
    assert_eq!(check.code, Some(1));
    assert!(check.stdout.starts_with("PROBLEM - nothing is scheduled\nhome: "), "{check:?}");
    home.write("backup_schedules.txt", "\n");
    let empty = home.manager(&["status", "--check"]);
    assert_eq!((empty.code, empty.stdout), (Some(1), check.stdout.clone()));
    assert_snapshot!(home.redact(&check.stderr), @"warning: nothing is scheduled in [home]: can't read backup_schedules.txt: No such file or directory (os error 2)");
}

#[test]
fn status_and_drill_report_a_missing_archive() {
    let home = home();
    home.write("docs/letter", "Dear all");
    home.done(&["create", "docs;16:07;docs"]);
    home.done(&["create", "docs;16:07;other"]);
    home.done(&["run", "docs"]);
    home.done(&["status", "--check"]);
    assert_eq!(home.done(&["drill"]).stderr, "other: no complete backup yet, nothing to drill\n");
    home.sh("mv backups/docs.tar .").expect_done();
    let told = home.manager(&["status", "--check"]);
    assert_eq!(told.code, Some(1));
    let missing = "   MISSING    backups/docs.tar of [time] is gone\n              `backup_manager run docs` makes a new one\n";
    assert!(home.redact(&told.stdout).contains(missing), "{told:?}");
    home.done(&["run", "other"]);
    let drilled = home.manager(&["drill"]);
    assert_eq!(drilled.code, Some(1));
    assert_eq!(
        drilled.stderr,
        "MISSING: backups/docs.tar is gone: `backup_manager run docs` makes a new one\n"
    );
    home.sh("echo x > backups/docs.tar").expect_done();
    let told = home.manager(&["status", "--check"]);
    assert_eq!(told.code, Some(1));
    assert!(told.stdout.contains(" has 2 bytes, and had 10,240 when it was made\n"), "{told:?}");
}

#[test]
fn garbage_in_the_history_is_reported_and_fails_the_check() {
    let home = home();
    home.write("docs/letter", "Dear all");
    home.done(&["create", "docs;16:07;docs"]);
    home.done(&["run", "docs"]);
    home.done(&["status", "--check"]);
    let history = home.text("logs/history.jsonl");
    home.write("logs/history.jsonl", format!("{history}{{\"note\":\"ended\",\"ent"));
    assert_eq!(home.done(&["status", "--check"]).stderr, "", "what a crash leaves");
    home.write("logs/history.jsonl", format!("garbage\n{history}\0\0\n"));
    for (arguments, code) in [(["status", "--check"], 1), (["history", "docs"], 0), (["verify", "docs"], 0)] {
        let told = home.manager(&arguments);
        assert_eq!((told.code, told.stderr.lines().count()), (Some(code), 1), "{told:?}");
        assert!(told.stderr.starts_with("warning: 1 line of logs/history.jsonl can't be read"), "{told:?}");
    }
    home.write("logs/history.jsonl", "");
    let told = home.manager(&["status", "--check"]);
    assert_eq!((told.code, told.stderr.as_str()), (Some(1), ""));
    let unknown = "   UNKNOWN    backups/docs.tar exists, but the history doesn't know it: the next start or run adds it";
    assert!(told.stdout.contains(unknown), "{told:?}");
}

/// A home with a backup, an older generation of it, and somebody's file that looks like one; the history is lost.
fn home_without_its_history() -> Home {
    let home = home();
    home.write("docs/letter", "old");
    home.write("backup_schedules.txt", "docs;00:00;docs;keep=last:1\n");
    home.done(&["run", "docs"]);
    home.sh("cp backups/docs.tar backups/docs.2001-01-29T14-00+0000.tar").expect_done();
    home.write("docs/letter", "new");
    home.done(&["run", "docs"]);
    let rest = "rm logs/history.jsonl; cd backups; rm -f docs.202*; sha256sum *.tar > SHA256SUMS; \
        cp docs.tar docs.2002-02-02T14-00+0000.tar; cat SHA256SUMS";
    assert_eq!(home.sh(rest).expect_done().stdout.lines().count(), 2);
    home
}

#[test]
fn a_lost_history_is_rebuilt_from_the_archives() {
    let home = home_without_its_history();
    let old = home.done(&["cat", "docs", "letter", "--at", "2001-01-30"]);
    assert_eq!(old.stdout, "old");
    let taken = "Taking backups/docs.2001-01-29T14-00+0000.tar, made for ";
    assert!(old.stderr.starts_with(taken), "{}", old.stderr);
    assert!(!home.path("logs/history.jsonl").exists(), "who only looks writes nothing");
    home.start(&[]);
    home.done(&["stop"]);
    let log = home.text("logs/backup_service.log");
    assert!(log.contains("rebuilt from 2 archives, as far as possible"), "{log}");
    let runs = home.done(&["history", "docs"]).stdout;
    assert_eq!(
        runs.lines().filter(|line| line.contains("only its archive tells of it")).count(),
        2,
        "{runs}"
    );
    assert!(home.done(&["history", "docs", "--json"]).stdout.contains(r#""state":"found""#));
    assert!(!home.manager(&["status"]).stdout.contains("UNKNOWN"));
    let verified = home.done(&["verify", "docs", "--all"]).stdout;
    assert_eq!(verified.matches(" good (").count(), 2, "{verified}");
    assert!(
        verified.contains("docs.2002-02-02T14-00+0000.tar  whole, but the history doesn't know it"),
        "{verified}"
    );
    home.sh("cd backups && sha256sum --strict -c SHA256SUMS").expect_done();
    home.done(&["prune", "docs", "--yes"]);
    let left = ["docs.2002-02-02T14-00+0000.tar", "docs.tar"];
    assert_eq!(home.names("backups"), left, "what somebody else put there stays");
}

#[test]
fn catalogs_alone_tell_of_a_lost_history() {
    let home = home();
    home.write("backup_schedules.txt", "docs;00:00;docs;keep=last:3\n");
    for letter in ["old", "new"] {
        home.write("docs/letter", letter);
        home.done(&["run", "docs"]);
    }
    let sums = home.text("backups/SHA256SUMS");
    home.sh("rm logs/history*.jsonl backups/SHA256SUMS").expect_done();
    home.done(&["prune", "docs", "--yes"]);
    assert_eq!(home.text("backups/SHA256SUMS"), sums);
    let notes = home.text("logs/history.jsonl");
    let found: Vec<_> = notes.lines().filter(|line| line.starts_with(r#"{"note":"found""#)).collect();
    assert_eq!(found.len(), 2, "{notes}");
    assert!(found.iter().all(|line| line.contains(r#""finished":""#) && line.contains("/docs\"")), "{notes}");
    let verified = home.done(&["verify", "docs", "--all"]).stdout;
    assert_eq!(verified.matches(" good (").count(), 2, "{verified}");
}

#[test]
fn a_backup_by_hand_after_the_loss_loses_nothing() {
    let home = home_without_its_history();
    home.sh("sed -i s/last:1/last:3/ backup_schedules.txt").expect_done();
    let run = home.done(&["run", "docs"]);
    let log = home.text("logs/backup_manager.log");
    assert!(log.contains("rebuilt from 2 archives, as far as possible"), "{log}{}", run.stdout);
    home.sh("cd backups && sha256sum --strict -c SHA256SUMS").expect_done();
    assert_eq!(home.text("backups/SHA256SUMS").lines().count(), 3);
    assert_eq!(home.done(&["cat", "docs", "letter", "--at", "2001-01-30"]).stdout, "old");
}
