//! Full disks, small limits and careless masks.

use backup_tests::{Home, with_mounts};
use insta::assert_snapshot;

use crate::home;

const FULL_HOME: &str = "mount -t tmpfs -o size=1m none .";

/// Returns a home whose schedule `big` has an old backup and a source that is too large for small limits.
fn home_with_big_source() -> Home {
    let home = home();
    home.write("big", "old");
    home.due("big", "big");
    home.done(&["run", "big"]);
    home.write_zeros("big", 4 << 20);
    home
}

const SKIPPED: &str = "mounting is not allowed here";

#[test]
fn a_full_disk_is_reported_and_the_old_backup_kept() {
    let home = home_with_big_source();
    let script =
        "mkdir full && cp backups/* full && mount -t tmpfs -o size=1m none backups && mv full/* backups
        before=$(cksum backups/*); backup_manager run big; echo code $?
        test \"$before\" = \"$(cksum backups/*)\" && ls -A backups";
    let Some(output) = with_mounts(&home, script) else { return backup_core::testing::skipped(SKIPPED) };
    assert_snapshot!(output.stdout, @"
    code 1
    SHA256SUMS
    big.tar
    ");
    assert_snapshot!(home.redact(&output.stderr), @"
    Error: can't back up big: can't write the archive: [home]/backups/.big.tar.partial: No space left on device (os error 28)
    hint: make room, then run it again; the last good backup is untouched
    ");
}

#[test]
fn what_does_not_fit_is_not_begun_to_be_restored() {
    let home = home();
    home.sh("mkdir docs small && head -c 4000000 /dev/urandom > docs/large && echo x > docs/a").expect_done();
    home.done(&["create", "docs;16:07;docs"]);
    home.done(&["run", "docs"]);
    let script = "mount -t tmpfs -o size=1m none small && cd small
        backup_manager --home .. restore docs; echo code $?; ls -A
        mkdir there && backup_manager --home .. restore docs --to there 2>/dev/null; echo code $?; ls there | grep large";
    let Some(output) = with_mounts(&home, script) else { return backup_core::testing::skipped(SKIPPED) };
    assert_snapshot!(output.stdout, @"
    code 1
    code 1
    ");
    assert_snapshot!(home.redact(&output.stderr), @"
    Error: can't restore backups/docs.tar: can't restore it to [home]/small/docs.restored: it takes 4.0 MB, and 1.0 MB are free, 2.9 MB too little
    hint: make room, then run the same again: it goes on where it stopped
    ");
}

#[test]
fn a_disk_without_room_for_another_file_is_reported_and_the_old_backup_kept() {
    let home = home_with_big_source();
    let script =
        "mkdir old && cp backups/* old && mount -t tmpfs -o nr_inodes=4 none backups && mv old/* backups
        touch backups/stranger; before=$(cksum backups/*); backup_manager run big; echo code $?
        test \"$before\" = \"$(cksum backups/*)\" && ls -A backups
        rm backups/stranger; backup_manager run big; echo code $?; ls -A backups";
    let Some(output) = with_mounts(&home, script) else { return backup_core::testing::skipped(SKIPPED) };
    assert_snapshot!(output.stdout, @"
    code 1
    SHA256SUMS
    big.tar
    stranger
    Backup done for big in backups/big.tar
    code 0
    SHA256SUMS
    big.tar
    ");
    assert_snapshot!(home.redact(&output.stderr), @"
    Error: can't back up big: can't begin the backup big in [home]/backups: [home]/backups/.big.tar.partial: No space left on device (os error 28)
    hint: make room, then run it again; the last good backup is untouched
    ");
}

#[test]
fn a_read_only_disk_is_reported_and_the_old_backup_kept() {
    let home = home_with_big_source();
    let script = "mkdir old && cp backups/* old && mount -t tmpfs none backups && mv old/* backups
        before=$(cksum backups/*); mount -o remount,ro backups; backup_manager run big; echo code $?
        test \"$before\" = \"$(cksum backups/*)\" && ls -A backups
        mount -o remount,rw backups; backup_manager run big; echo code $?; ls -A backups";
    let Some(output) = with_mounts(&home, script) else { return backup_core::testing::skipped(SKIPPED) };
    assert_snapshot!(output.stdout, @"
    code 1
    SHA256SUMS
    big.tar
    Backup done for big in backups/big.tar
    code 0
    .catalog
    SHA256SUMS
    big.tar
    ");
    assert_snapshot!(home.redact(&output.stderr), @"Error: can't back up big: can't begin the backup big in [home]/backups: [home]/backups/.big.tar.partial: Read-only file system (os error 30)");
}

#[test]
fn the_service_stands_a_full_disk_too() {
    let home = home_with_big_source();
    let script = "mount -t tmpfs -o size=1m none backups
        backup_manager start; backup_manager stop; ls -A backups";
    let Some(output) = with_mounts(&home, script) else { return backup_core::testing::skipped(SKIPPED) };
    assert_eq!(output.stdout, "backup_service started\nbackup_service stopped\n");
    assert_snapshot!(home.redact(&home.service_log().join("\n")), @"
    backup_service started
    Error: can't back up big: can't write the archive: [home]/backups/.big.tar.partial: No space left on device (os error 28)
    backup_service stopped
    ");
}

/// The logs are on the same full disk: what can't be logged is printed on standard error, and nothing stops.
#[test]
fn full_logs_stop_nothing() {
    let home = home();
    home.write("inner/docs/letter.txt", "dear");
    let script = format!(
        "cp -r inner/docs . && cd inner && {FULL_HOME} && cd ../inner && mkdir backups logs && mv ../docs .
        echo 'docs;16:07;docs' > backup_schedules.txt; head -c 2000000 /dev/zero > filler 2>/dev/null
        backup_manager list; echo code $?; backup_manager create 'a;16:07;a'; echo code $?; cat backup_schedules.txt; ls -A"
    );
    let Some(output) = with_mounts(&home, &script) else { return backup_core::testing::skipped(SKIPPED) };
    assert_snapshot!(home.redact(&output.stdout), @"
    0: docs;16:07;docs
    code 0
    code 1
    docs;16:07;docs
    .backup_schedules.lock
    backup_schedules.txt
    backups
    docs
    filler
    logs
    ");
    assert_snapshot!(home.redact(&output.stderr), @"
    warning: can't write [home]/inner/logs/backup_manager.log: No space left on device (os error 28)
    [[time]] Show schedules list
    warning: can't write [home]/inner/logs/backup_manager.log: No space left on device (os error 28)
    [[time]] Error: can't write logs/history.jsonl: No space left on device (os error 28)
    Error: can't write logs/history.jsonl: No space left on device (os error 28)
    hint: free some room, then do it again; nothing was changed
    ");
}

#[test]
fn a_service_that_has_no_room_to_start_says_what_to_do() {
    let home = home();
    home.write("backup_schedules.txt", "docs;16:07;docs\n");
    let output = home.sh("ulimit -f 0; backup_manager start; echo code $?");
    assert_eq!(output.stdout, "code 1\n");
    let hint = "hint: free some room, then do it again; nothing was changed\n";
    assert!(output.stderr.contains("Error: can't start backup_service: can't "), "{output:?}");
    assert!(output.stderr.ends_with(hint), "{output:?}");
}

#[test]
fn a_file_size_limit_is_an_error_and_no_death() {
    let home = home_with_big_source();
    let old = home.bytes("backups/big.tar");
    let output = home.sh("ulimit -f 64; backup_manager run big; echo code $?");
    assert_eq!(output.stdout, "code 1\n");
    assert_snapshot!(home.redact(&output.stderr), @"
    Error: can't back up big: can't write the archive: [home]/backups/.big.tar.partial: File too large (os error 27)
    hint: make room, then run it again; the last good backup is untouched
    ");
    assert!(home.bytes("backups/big.tar") == old);
    assert_eq!(home.names("backups"), ["big.tar"]);
}

#[test]
fn a_service_with_a_file_size_limit_lives_on() {
    let home = home_with_big_source();
    home.write("small", "");
    home.due("small", "small");
    home.sh("ulimit -f 64; backup_manager start").expect_done();
    home.done(&["stop"]);
    let log = home.service_log();
    assert!(log.iter().any(|line| line.starts_with("Error: can't back up big: ")), "{log:?}");
    assert!(log.iter().any(|line| line == "Backup done for small in backups/small.tar"), "{log:?}");
    assert_eq!(home.names("backups"), ["big.tar", "small.tar"]);
}

#[test]
fn a_file_size_limit_kills_no_command() {
    let home = home();
    let schedules = "docs;16:07;docs\nmore;16:07;more\n";
    home.write("backup_schedules.txt", schedules);
    for (command, code) in [("create 'a;16:07;a'", 1), ("delete 0", 1), ("list", 0)] {
        let output = home.sh(&format!("ulimit -f 0; backup_manager {command}; echo code $?"));
        assert!(output.stdout.ends_with(&format!("code {code}\n")), "{command}: {output:?}");
        assert_eq!(home.text("backup_schedules.txt"), schedules, "{command}");
    }
    assert_eq!(home.names(""), [".backup_schedules.lock", "backup_schedules.txt", "logs"]);
}

#[test]
fn few_file_descriptors_are_an_error_and_no_death() {
    let home = home_with_big_source();
    let old = home.bytes("backups/big.tar");
    for limit in 3..12 {
        let output = home.sh(&format!("ulimit -n {limit}; backup_manager run big"));
        assert!(matches!(output.code, Some(0 | 1 | 3 | 127)), "{limit}: {output:?}");
        assert!(!output.stderr.contains("panicked"), "{limit}: {output:?}");
        if output.code != Some(0) {
            assert!(home.bytes("backups/big.tar") == old, "{limit}");
        }
        if output.code == Some(0) {
            break;
        }
    }
    home.done(&["run", "big"]);
}

#[test]
fn everything_is_for_its_owner_alone_whatever_the_mask() {
    let home = home();
    home.write("docs/letter.txt", "");
    home.due("docs", "docs");
    home.sh("rm -r logs; umask 000; backup_manager run docs && backup_manager start && backup_manager stop")
        .expect_done();
    for folder in ["backups", "logs"] {
        assert_eq!(home.mode(folder), 0o700, "{folder}");
        for name in home.names(folder) {
            assert_eq!(home.mode(&format!("{folder}/{name}")), 0o600, "{folder}/{name}");
        }
    }
}
