//! What `status` shows.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Stdio};

use insta::assert_snapshot;
use serde_json::Value;

use backup_tests::{Finished, Home, Paused, Process, Signal, eventually};

use crate::home;

const NOT_RUNNING: &str = "backup_service not running: nothing runs until `backup_manager start`";

fn status(home: &Home, arguments: &[&str], code: i32) -> String {
    let output = home.manager(&[&["status"], arguments].concat());
    assert_eq!((output.code, output.stderr.as_str()), (Some(code), ""));
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
    let text = status(&home, &[], 1);
    assert!(text.starts_with("2 schedules: 1 malformed, 1 never ran\nhome: [home]\n"), "{text}");
    assert_eq!(rows(&text), ["malformed nonsense never - - - -", "never ran docs - - - -"]);
    assert_snapshot!(status(&home, &["docs"], 1), @"
    backup_service not running: nothing runs until `backup_manager start`
    0: docs;04:00;docs
       next run   [time]
       last run   none yet
    ");
    assert_snapshot!(status(&home, &["1"], 1), @"
    backup_service not running: nothing runs until `backup_manager start`
    1: nonsense
       doesn't run: malformed schedule: nonsense (it has 1 field, not the three of folder;time;name)
    ");
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
    let text = status(&home, &[], 1);
    assert!(
        text.starts_with("20 schedules of 19 backups: 16 ok, 1 MISSING, 1 CHANGED, 1 malformed\n"),
        "{text}"
    );
    assert!(text.lines().count() <= 24 && text.lines().all(|line| line.chars().count() <= 80), "{text}");
    assert!(text.contains(NOT_RUNNING) && !text.contains('\u{1b}'), "{text}");
    let rows = rows(&text);
    let states =
        ["MISSING n07", "CHANGED n03", "malformed docs;25:00;a", "ok n00", "ok n01", "ok n02", "ok n04"];
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
