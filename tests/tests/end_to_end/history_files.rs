//! The history, the logs, the list of sums and the schedules, as a power cut or another program leaves them.

use std::fs::{self, File};
use std::io::Write;

use backup_tests::Home;

use crate::home;

/// A home with one backup of `docs`, which keeps the ones before.
fn with_backup() -> Home {
    let home = home();
    home.write("docs/letter", "Dear all");
    home.done(&["create", "docs;16:07;docs;keep=last:9"]);
    home.done(&["run", "docs"]);
    home
}

fn append(home: &Home, path: &str, bytes: &[u8]) {
    let mut file = File::options().append(true).open(home.path(path)).expect("it is there");
    file.write_all(bytes).expect("there is room");
}

fn grow(home: &Home, path: &str) {
    let file = File::options().write(true).open(home.path(path)).expect("it is there");
    file.set_len(1 << 30).expect("a hole takes no room");
}

#[test]
fn nuls_of_a_power_cut_count_for_nothing() {
    let home = with_backup();
    for left in [&[0; 300][..], &[0; 9_000], b"{\"note\":\"sealed\",\"ent\0\0\0\0"] {
        append(&home, "logs/history.jsonl", left);
        append(&home, "logs/backup_manager.log", left);
        home.done(&["run", "docs"]);
        let status = home.done(&["status", "--check"]);
        assert_eq!(status.stderr, "", "{left:?}");
    }
    let read = |path: &str| fs::read(home.path(path)).unwrap();
    for path in ["logs/history.jsonl", "logs/backup_manager.log"] {
        assert!(!read(path).contains(&0), "{path} is text");
    }
    assert_eq!(home.done(&["history", "docs"]).stdout.matches("  done  ").count(), 4);
}

#[test]
fn nuls_in_the_schedules_are_kept_and_reported_in_one_short_line() {
    let home = with_backup();
    append(&home, "backup_schedules.txt", &[0; 5_000]);
    home.done(&["create", "docs;20:00;docs;keep=last:9"]);
    let listed = home.done(&["list"]);
    assert_eq!(
        listed.stdout,
        "0: docs;16:07;docs;keep=last:9\n1: \\u{0}...\n2: docs;20:00;docs;keep=last:9\n"
    );
    let told = "warning: line 2 of backup_schedules.txt doesn't run: malformed schedule: \\u{0}... (it holds NUL bytes, \
        as a power cut leaves them; write the line anew, or delete it)\n";
    assert_eq!(listed.stderr, told);
    let expected =
        [&b"docs;16:07;docs;keep=last:9\n"[..], &[0; 5_000], b"\ndocs;20:00;docs;keep=last:9\n"].concat();
    assert!(fs::read(home.path("backup_schedules.txt")).unwrap() == expected);
    home.done(&["delete", "1"]);
    assert_eq!(home.done(&["list"]).stderr, "");
}

#[test]
fn neither_the_history_nor_the_list_of_sums_is_held_whatever_its_size() {
    let home = with_backup();
    grow(&home, "backups/SHA256SUMS");
    home.sh("ulimit -v 400000; backup_manager run docs").expect_done();
    assert_eq!(fs::read_to_string(home.path("backups/SHA256SUMS")).unwrap().lines().count(), 2);
    grow(&home, "logs/history.jsonl");
    let status = home.sh("ulimit -v 400000; backup_manager status --check").expect_done();
    assert_eq!(status.stderr, "");
    home.sh("ulimit -v 400000; backup_manager run docs").expect_done();
    assert!(fs::metadata(home.path("logs/history.jsonl")).unwrap().len() < 100_000);
    home.done(&["status", "--check"]);
    // A line that never ends.
    append(&home, "logs/history.jsonl", &vec![b'x'; 64 << 20]);
    let run = home.sh("ulimit -v 400000; backup_manager run docs").expect_done();
    assert!(run.stderr.starts_with("logs/history.jsonl had grown too long and was shortened"), "{run:?}");
    let status = home.sh("ulimit -v 400000; backup_manager status --check");
    assert_eq!(status.code, Some(1), "{status:?}");
    assert!(status.stderr.starts_with("warning: 1 line of logs/history.jsonl can't be read"), "{status:?}");
    assert_eq!(home.done(&["verify", "docs", "--all"]).stdout.lines().count(), 4);
}

#[test]
fn archives_that_were_made_in_one_minute_are_all_known() {
    let home = with_backup();
    for letter in ["two", "three", "four", "five"] {
        home.write("docs/letter", letter);
        home.done(&["run", "docs"]);
    }
    let verified = home.done(&["verify", "docs", "--all"]);
    assert_eq!(verified.stdout.lines().count(), 5, "{verified:?}");
    assert!(!verified.stdout.contains("doesn't know"), "{verified:?}");
    home.sh("cd backups && sha256sum --check --strict SHA256SUMS").expect_done();
    assert_eq!(fs::read_to_string(home.path("backups/SHA256SUMS")).unwrap().lines().count(), 5);
    let pruned = home.done(&["prune", "docs", "--dry-run"]);
    assert_eq!(pruned.stdout.matches("stays: last").count(), 5, "{pruned:?}");
}
