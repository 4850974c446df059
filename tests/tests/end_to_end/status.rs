//! What `status` shows.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Stdio};

use insta::assert_snapshot;
use serde_json::Value;

use backup_tests::{Finished, Home, Paused, Process, Signal, eventually};

use crate::home;

const NOT_RUNNING: &str = "backup_service not running: nothing runs until `backup_manager start`";

/// Only the table has a hint, and only if there are bad rows.
const HINT: &str = "hint: `backup_manager status NAME` says why and what to do\n";

fn status(home: &Home, arguments: &[&str], code: i32) -> String {
    said(home, arguments, code, "")
}

/// Returns the table, given that it has bad rows.
fn bad_table(home: &Home) -> String {
    said(home, &[], 1, HINT)
}

fn said(home: &Home, arguments: &[&str], code: i32, hint: &str) -> String {
    let output = home.manager(&[&["status"], arguments].concat());
    assert_eq!((output.code, output.stderr.as_str()), (Some(code), hint));
    let pid = home.service().map(|service| format!("pid {}", service.pid)).unwrap_or_default();
    let text = home.redact(&output.stdout);
    if pid.is_empty() { text } else { text.replace(&pid, "pid [pid]") }
}

/// Returns the lines of the table, a list of words each, without moments and ages.
fn rows(text: &str) -> Vec<String> {
    let (_, table) = text.split_once("\n\n").expect("there is a table");
    let is_moment = |word: &str| word.len() == 5 && matches!(word.as_bytes()[2], b'-' | b':');
    let lines = table.lines().skip(1);
    lines
        .map(|line| line.split_whitespace().filter(|word| !is_moment(word)).collect::<Vec<_>>().join(" "))
        .collect()
}

#[test]
fn without_anything() {
    let home = home();
    home.write("backup_schedules.txt", "");
    assert_snapshot!(status(&home, &[], 1), @"
    nothing is scheduled
    home: [home]
    backup_service not running: nothing runs until `backup_manager start`
    ");
    assert!(home.manager_log().is_empty(), "who only looks leaves no line");
}

#[test]
fn of_schedules_that_never_ran() {
    let home = home();
    home.done(&["create", "docs;04:00;docs"]);
    home.write("backup_schedules.txt", "docs;04:00;docs\nnonsense\n");
    let text = bad_table(&home);
    assert!(text.starts_with("2 schedules: 1 MALFORMED, 1 never ran\nhome: [home]\n"), "{text}");
    assert_eq!(rows(&text), ["MALFORMED nonsense never - - - -", "never ran docs - - - -"]);
    assert_snapshot!(status(&home, &["docs"], 1), @"
    backup_service not running: nothing runs until `backup_manager start`
    0: docs;04:00;docs
       next run   [time]
       last run   none yet
       warning    [home]/docs does not exist, and each backup of it fails until it does
    ");
    assert_snapshot!(status(&home, &["1"], 1), @r#"
    backup_service not running: nothing runs until `backup_manager start`
    1: nonsense
       doesn't run: malformed schedule: nonsense (it has 1 field, not the three of folder;time;name)
                  a schedule is folder;time;name, for example "docs;16:07;docs"
    "#);
}

#[test]
fn of_what_is_due() {
    let home = home();
    let schedule = home.due("docs", "docs");
    assert_eq!(rows(&status(&home, &[], 1)), ["due docs at start - - - -"]);
    assert_snapshot!(status(&home, &["docs"], 1).replace(&schedule, "docs;hh:mm;docs"), @"
    backup_service not running: nothing runs until `backup_manager start`
    0: docs;hh:mm;docs
       next run   once the service runs, for [time]
       last run   none yet
       warning    [home]/docs does not exist, and each backup of it fails until it does
    ");
}

#[test]
fn of_what_is_done_and_what_failed() {
    let home = home();
    home.write("docs/letter.txt", "dear");
    home.done(&["create", "docs;04:00;docs"]);
    home.done(&["create", "music;04:00;music"]);
    home.done(&["run", "docs"]);
    home.manager(&["run", "music"]);
    home.start(&[]);
    assert_snapshot!(status(&home, &["docs"], 0), @"
    backup_service running, pid [pid], since [time]
    0: docs;04:00;docs
       next run   [time]
       last run   [time] done, 10.2 kB in backups/docs.tar
    ");
    assert_snapshot!(status(&home, &["music"], 0), @"
    backup_service running, pid [pid], since [time]
    1: music;04:00;music
       next run   [time]
       last run   [time] FAILED
                  path music does not exist
       last good  none
                  fix the problem above, then make the backup again: `backup_manager run music`
    ");
}

#[test]
fn of_a_backup_under_way() {
    let home = home();
    home.write_zeros("big", 192 << 20);
    let schedule = home.due("big", "big");
    home.start(&[]);
    let paused = home.pause_during("big");
    assert_eq!(rows(&status(&home, &[], 0)), ["running big running - - - -"]);
    assert_snapshot!(status(&home, &["big"], 0).replace(&schedule, "big;hh:mm;big"), @"
    backup_service running, pid [pid], since [time]
    0: big;hh:mm;big
       running    since [time]
       last run   none yet
    ");
    paused.go_on();
    eventually("it is done", || home.path("backups/big.tar").exists());
}

/// Twenty schedules, three of which are not all right.
fn twenty() -> Home {
    let home = home();
    home.write("docs/letter", "Dear all");
    let lines: String = (0..18).map(|number| format!("docs;04:00;n{number:02}\n")).collect();
    home.write("backup_schedules.txt", lines);
    (0..18).for_each(|number| drop(home.done(&["run", &format!("n{number:02}")])));
    home.sh("rm backups/n07.tar && echo x >>backups/n03.tar && echo 'docs;25:00;a' >>backup_schedules.txt")
        .expect_done();
    home.sh("echo 'docs;05:00;n01' >>backup_schedules.txt").expect_done();
    home
}

#[test]
fn twenty_schedules_fit_a_screen_with_the_bad_ones_first() {
    let home = twenty();
    let text = bad_table(&home);
    assert!(
        text.starts_with("20 schedules of 19 backups: 16 ok, 1 MISSING, 1 CHANGED, 1 MALFORMED\n"),
        "{text}"
    );
    assert!(text.lines().count() <= 24 && text.lines().all(|line| line.chars().count() <= 80), "{text}");
    assert!(text.contains(NOT_RUNNING) && !text.contains('\u{1b}'), "{text}");
    let rows = rows(&text);
    let states = ["MISSING n07", "CHANGED n03", "MALFORMED a", "ok n00", "ok n01", "ok n02", "ok n04"];
    for (row, state) in rows.iter().zip(states) {
        assert!(row.starts_with(state), "{row}");
    }
    assert_eq!(rows.len(), 19);
}

#[test]
fn a_check_begins_with_its_verdict_and_names_what_is_wrong() {
    let home = twenty();
    let text = status(&home, &["--check"], 1);
    assert!(text.starts_with("PROBLEM - 20 schedules of 19 backups: 16 ok, 1 MISSING, "), "{text}");
    let told: Vec<_> = text.lines().filter(|line| line.as_bytes()[0].is_ascii_digit()).collect();
    assert_eq!(told, ["7: docs;04:00;n07", "3: docs;04:00;n03", "18: docs;25:00;a"]);
    assert!(status(&home, &["--check", "n01"], 0).starts_with("OK - 2 schedules of 1 backup: 1 ok\n"));
    assert!(status(&home, &["--check", "n07"], 1).starts_with("PROBLEM - 1 schedule: 1 MISSING\n"));
}

#[test]
fn json_says_what_the_screen_says() {
    let home = twenty();
    let read = |arguments: &[&str], code| -> Value {
        let text = status(&home, arguments, code);
        serde_json::from_str(&text).expect("it is JSON")
    };
    let all = read(&["--json"], 1);
    assert_eq!((&all["home"], &all["service"]["running"]), (&"[home]".into(), &false.into()));
    assert_eq!(all["summary"]["states"]["ok"], 16);
    let states: Vec<_> = all["backups"].as_array().expect("an array").iter().map(|it| &it["state"]).collect();
    assert_eq!(
        (states.len(), &states[..4]),
        (19, &[&"missing".into(), &"changed".into(), &"malformed".into(), &"ok".into()][..])
    );
    let first = &all["backups"][0];
    assert!(
        first["problems"][0].as_str().is_some_and(|it| it.starts_with("MISSING backups/n07.tar of ")),
        "{first}"
    );
    let two = &read(&["--json", "--check", "n01"], 0)["backups"][0];
    assert_eq!((&two["lines"][1]["index"], &two["lines"][1]["time"]), (&19.into(), &"05:00".into()));
    assert_eq!((&two["last_good"]["bytes"], &two["last_run"]["outcome"]), (&10_240.into(), &"done".into()));
}

#[test]
fn the_trend_compares_with_the_good_one_before() {
    let home = home();
    home.write("docs/letter", "Dear all");
    home.done(&["create", "docs;04:00;docs"]);
    home.done(&["run", "docs"]);
    home.write("docs/more", [b'x'; 10_240]);
    home.done(&["run", "docs"]);
    let row = rows(&status(&home, &[], 1)).remove(0);
    assert!(row.ends_with(" 20.4 kB +100 %"), "{row}");
}

#[test]
fn a_name_of_digits_is_no_riddle() {
    let home = home();
    home.write("backup_schedules.txt", "docs;04:00;1\ndocs;04:00;docs\n");
    let by_index = home.manager(&["status", "1"]);
    assert!(by_index.stdout.contains("\n1: docs;04:00;docs\n"), "{by_index:?}");
    assert_eq!(
        by_index.stderr,
        "warning: 1 is taken for an index here; there is also a backup named 1, at another index\n"
    );
    home.write("backup_schedules.txt", "docs;04:00;7\n");
    assert!(status(&home, &["7"], 1).contains("\n0: docs;04:00;7\n"), "no index is that high");
    let unknown = home.manager(&["status", "nobody"]);
    assert_eq!((unknown.code, unknown.stdout.as_str()), (Some(1), ""));
    assert!(unknown.stderr.starts_with("Error: "), "{unknown:?}");
}

/// Watches a home whose only backup stands still, and returns when the first line is there.
fn watching(home: &Home, arguments: &[&str]) -> (Child, BufReader<ChildStdout>) {
    let mut command = home.manager_command(&[&["status", "--watch"], arguments].concat());
    let mut child = command.stdout(Stdio::piped()).spawn().expect("it starts");
    let mut output = BufReader::new(child.stdout.take().expect("it is a pipe"));
    let mut line = String::new();
    output.read_line(&mut line).expect("it can be read");
    assert_eq!(line, "1 schedule: 1 running\n");
    (child, output)
}

fn with_a_backup_under_way() -> (Home, Paused) {
    let home = home();
    home.write_zeros("big", 192 << 20);
    home.due("big", "big");
    home.start(&[]);
    let paused = home.pause_during("big");
    (home, paused)
}

#[test]
fn a_watch_ends_when_no_backup_runs() {
    let (home, paused) = with_a_backup_under_way();
    let (child, mut output) = watching(&home, &["--watch-interval-ms", "1"]);
    paused.go_on();
    let mut rest = String::new();
    output.read_to_string(&mut rest).expect("it can be read");
    let last = rest.rsplit("1 schedule: ").next().unwrap_or_default();
    assert!(last.starts_with("1 ok\n") && !rest.contains('\u{1b}'), "{rest}");
    assert_eq!(Finished::of(child).code, Some(0));
    assert_eq!(home.manager(&["status", "--watch"]).code, Some(0), "nothing runs, and it ends at once");
}

#[test]
fn ctrl_c_ends_a_watch() {
    let (home, paused) = with_a_backup_under_way();
    let (child, _output) = watching(&home, &[]);
    Process { pid: child.id() }.send(Signal::INT);
    assert_eq!(Finished::of(child).code, Some(130));
    paused.go_on();
}

#[test]
fn a_check_is_no_good_when_the_last_run_failed() {
    let home = home();
    home.write("docs/letter", "Dear all");
    home.write("mail/inbox", "Dear Ann");
    home.write(
        "backup_schedules.txt",
        "docs;04:00;docs\nmusic;04:00;music\nmail;04:00;mail\ndocs;04:00;new\n",
    );
    home.done(&["run", "docs"]);
    assert!(status(&home, &["--check"], 0).starts_with("OK - 4 schedules: 1 ok, 3 never ran\n"));
    home.manager(&["run", "music"]);
    home.done(&["run", "mail"]);
    assert_snapshot!(status(&home, &["--check"], 1), @"
    PROBLEM - 4 schedules: 2 ok, 1 FAILED, 1 never ran
    home: [home]
    backup_service not running: nothing runs until `backup_manager start`
    1: music;04:00;music
       next run   [time]
       last run   [time] FAILED
                  path music does not exist
       last good  none
                  fix the problem above, then make the backup again: `backup_manager run music`
    ");
    assert!(status(&home, &["--check", "docs"], 0).starts_with("OK - 1 schedule: 1 ok\n"));
    home.write("music/song", "la");
    home.done(&["run", "music"]);
    assert!(status(&home, &["--check"], 0).starts_with("OK - 4 schedules: 3 ok, 1 never ran\n"));
}

#[test]
fn a_line_that_is_refused_is_no_state_of_its_backup() {
    let home = home();
    home.write("docs/letter", "Dear all");
    home.write(
        "backup_schedules.txt",
        "docs;04:00;docs\n# twice\ndocs;04:00;docs\n/tmp/m/p19;every sunday;by-hand\n",
    );
    home.done(&["run", "docs"]);
    let text = bad_table(&home);
    assert!(text.starts_with("3 schedules: 1 ok, 1 MALFORMED, 1 REFUSED\n"), "{text}");
    let rows = rows(&text);
    assert_eq!(rows[..2], ["MALFORMED by-hand never - - - -", "REFUSED docs never - - - -"]);
    assert!(rows[2].starts_with("ok docs "), "{rows:?}");
    assert_snapshot!(status(&home, &["docs"], 1), @"
    backup_service not running: nothing runs until `backup_manager start`
    1: docs;04:00;docs
       doesn't run: schedule already exists at index 0: docs;04:00;docs
                  remove line 3 of backup_schedules.txt, or change its time
    0: docs;04:00;docs
       next run   [time]
       last run   [time] done, 10.2 kB in backups/docs.tar
    ");
    assert_snapshot!(home.redact(&home.manager(&["check"]).stdout), @r#"
    line 1: docs;04:00;docs
       ok, next run [time]
    line 3: docs;04:00;docs
       error: schedule already exists at index 0: docs;04:00;docs
       hint: remove line 3 of backup_schedules.txt, or change its time
    line 4: /tmp/m/p19;every sunday;by-hand
       error: malformed schedule: /tmp/m/p19;every sunday;by-hand (the time "every sunday": column 7: expected a period such as 15m, 4h, 2d or 1w; did you mean "sunday 03:00"?), at column 18
       hint: `backup_manager explain --help` shows the forms of a time
    backup_schedules.txt: 3 lines, 2 errors, 0 warnings
    "#);
    let json: Value = serde_json::from_str(&status(&home, &["--json"], 1)).expect("it is JSON");
    let lines = |place: usize| json["backups"][place]["lines"].as_array().expect("an array").len();
    assert_eq!([lines(0), lines(1), lines(2)], [1, 1, 1]);
}

#[test]
fn a_folder_that_is_missing_is_told_before_the_first_run() {
    let home = home();
    home.write("backup_schedules.txt", "docs;04:00;docs\n");
    assert_snapshot!(status(&home, &["docs"], 1), @"
    backup_service not running: nothing runs until `backup_manager start`
    0: docs;04:00;docs
       next run   [time]
       last run   none yet
       warning    [home]/docs does not exist, and each backup of it fails until it does
    ");
    home.write("docs/letter", "Dear all");
    assert!(!status(&home, &["docs"], 1).contains("warning"));
}

#[test]
fn the_next_run_of_a_paused_backup_says_that_it_is_paused() {
    let home = home();
    home.write("docs/letter", "Dear all");
    home.write("backup_schedules.txt", "docs;04:00;my docs\ndocs;05:00;docs\n");
    home.done(&["pause", "my docs"]);
    let paused = "nothing is planned: my docs is paused until `backup_manager resume 'my docs'`\n";
    assert_eq!(home.manager(&["next", "my docs"]).stdout, paused);
    assert_eq!(home.manager(&["next", "my docs", "--json"]).stdout, "[]\n");
    assert_eq!(home.manager(&["next", "docs", "--to", "2020-01-01"]).stdout, "nothing is planned\n");
}
