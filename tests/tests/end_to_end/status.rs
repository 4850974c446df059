//! What `status` shows.

use insta::assert_snapshot;

use backup_tests::{Home, eventually};

use crate::home;

fn status(home: &Home, code: i32) -> String {
    let output = home.manager(&["status"]);
    assert_eq!((output.code, output.stderr.as_str()), (Some(code), ""));
    let pid = home.service().map(|service| format!("pid {}", service.pid)).unwrap_or_default();
    let text = home.redact(&output.stdout);
    if pid.is_empty() { text } else { text.replace(&pid, "pid [pid]") }
}

#[test]
fn without_anything() {
    let home = home();
    home.write("backup_schedules.txt", "");
    assert_snapshot!(status(&home, 1), @"backup_service not running");
    assert!(home.manager_log().is_empty(), "who only looks leaves no line");
}

#[test]
fn of_schedules_that_never_ran() {
    let home = home();
    home.done(&["create", "docs;04:00;docs"]);
    home.write("backup_schedules.txt", "docs;04:00;docs\nnonsense\n");
    assert_snapshot!(status(&home, 1), @"
    backup_service not running
    0: docs;04:00;docs
       next run   [time]
       last run   none yet
    1: nonsense
       doesn't run: malformed schedule: nonsense (it has 1 field, not the three of folder;time;name)
    ");
}

#[test]
fn of_what_is_due() {
    let home = home();
    let schedule = home.due("docs", "docs");
    assert_snapshot!(status(&home, 1).replace(&schedule, "docs;hh:mm;docs"), @"
    backup_service not running
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
    assert_snapshot!(status(&home, 0), @"
    backup_service running, pid [pid], since [time]
    0: docs;04:00;docs
       next run   [time]
       last run   [time] done, 10.2 kB in backups/docs.tar
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
    assert_snapshot!(status(&home, 0).replace(&schedule, "big;hh:mm;big"), @"
    backup_service running, pid [pid], since [time]
    0: big;hh:mm;big
       running    since [time]
       last run   none yet
    ");
    paused.go_on();
    eventually("it is done", || home.path("backups/big.tar").exists());
}
