//! What killed and failing processes leave behind: nothing of it stays, or misleads those that follow.

use std::fs;
use std::os::unix::fs::MetadataExt;

use backup_tests::{Finished, Home};

use crate::home;

const SKIPPED: &str = "there is no strace here, or it is not allowed";

fn has_strace(home: &Home) -> bool {
    home.sh("strace -o /dev/null true").code == Some(0)
}

/// Runs a command of `backup_manager` under strace, which makes a system call fail or kill, and returns how it ended.
fn with_fault(home: &Home, fault: &str, command: &str) -> Finished {
    let call = fault.split(':').next().unwrap_or_default();
    home.sh(&format!("strace -f -o trace -y -e trace={call} -e inject={fault} backup_manager {command}"))
}

#[test]
fn the_next_start_removes_what_a_killed_create_left() {
    let home = home();
    if !has_strace(&home) {
        return backup_core::testing::skipped(SKIPPED);
    }
    home.done(&["create", "docs;16:06;docs"]);
    let killed = with_fault(&home, "renameat:signal=KILL:when=1", "create 'music;16:06;music'");
    assert_ne!(killed.code, Some(0));
    assert!(home.path(".backup_schedules.txt.partial").exists(), "create was killed too late");
    home.write("logs/.history.jsonl.partial", "half");
    home.start(&[]);
    home.done(&["stop"]);
    assert!(!home.path(".backup_schedules.txt.partial").exists());
    assert!(!home.path("logs/.history.jsonl.partial").exists());
    assert_eq!(home.text("backup_schedules.txt"), "docs;16:06;docs\n");
}

#[test]
fn a_history_that_could_not_be_synced_is_replaced_before_anybody_else_writes_to_it() {
    let home = home();
    if !has_strace(&home) {
        return backup_core::testing::skipped(SKIPPED);
    }
    home.done(&["create", "docs;16:06;docs"]);
    let inode = || fs::metadata(home.path("logs/history.jsonl")).expect("it is there").ino();
    let before = inode();
    let create = "create 'music;16:06;music'";
    let failed = with_fault(&home, "fdatasync:error=EIO:when=1", create);
    failed.expect_done();
    assert_ne!(inode(), before, "nobody can tell what of the old one is on the disk");
    let history = home.text("logs/history.jsonl");
    assert_eq!(history.lines().count(), 2, "{history}");
    assert!(history.contains("docs;16:06;docs") && history.contains("music;16:06;music"), "{history}");
}

#[test]
fn a_folder_that_a_killed_process_made_is_made_durable_by_the_next() {
    let home = home();
    if !has_strace(&home) {
        return backup_core::testing::skipped(SKIPPED);
    }
    let create = "create 'docs;16:06;docs'";
    // The folder of the logs is the first that is made.
    let killed = with_fault(&home, "fsync:signal=KILL:when=1", create);
    assert_ne!(killed.code, Some(0));
    assert_eq!(home.names("logs"), Vec::<String>::new(), "killed behind the mkdir");
    let synced = |trace: &str| {
        let own = format!("{}>)", home.folder().display());
        trace.lines().filter(|line| line.contains("fsync(") && line.contains(&own)).count()
    };
    // One for the schedules, one for the logs.
    with_fault(&home, "fsync:delay_enter=1", create).expect_done();
    let trace = home.text("trace");
    assert_eq!(synced(&trace), 2, "{trace}");
    with_fault(&home, "fsync:delay_enter=1", "create 'a;16:06;a'").expect_done();
    let trace = home.text("trace");
    assert_eq!(synced(&trace), 1, "{trace}");
}

#[test]
fn a_line_of_the_log_that_was_cut_is_ended_before_the_next() {
    let home = home();
    home.done(&["create", "docs;16:06;docs"]);
    home.sh("ulimit -f 1; for i in $(seq 30); do backup_manager list; done");
    assert!(!home.text("logs/backup_manager.log").ends_with('\n'), "the limit is in the middle of a line");
    home.done(&["list"]);
    home.done(&["list"]);
    let log = home.text("logs/backup_manager.log");
    assert!(log.lines().all(|line| line.matches("] ").count() <= 1), "{log}");
}

#[test]
fn a_schedule_whose_create_was_killed_has_no_run_due_from_the_time_before() {
    const KNOWN: &str = r#"{"note":"adopted","entry":"docs;16:06;docs","since":"2020-01-01T00:00:00Z","at":"2020-01-01T00:00:00Z"}"#;
    let (mut killed, mut added) = (0, 0);
    for when in 1..8 {
        let home = home();
        if !has_strace(&home) {
            return backup_core::testing::skipped(SKIPPED);
        }
        home.write("docs", "");
        home.write("backup_schedules.txt", "");
        home.write("logs/history.jsonl", format!("{KNOWN}\n"));
        let fault = format!("fsync:signal=KILL:when={when}");
        let create = with_fault(&home, &fault, "create 'docs;16:06;docs'");
        killed += u32::from(create.code != Some(0));
        added += u32::from(!home.bytes("backup_schedules.txt").is_empty());
        home.start(&[]);
        home.done(&["stop"]);
        assert_eq!(home.service_log(), ["backup_service started", "backup_service stopped"], "{when}");
    }
    assert!(killed > 1 && added > 0, "{killed} were killed, {added} were added");
}
