//! What signals and stops do to a service, with and without a backup under way.

use std::thread;

use backup_tests::{Finished, Home, Signal, eventually};

use crate::home;

/// Takes long enough to be met in the middle, and no room of its own.
const LARGE: u64 = 192 << 20;

/// Returns a home with an old backup of `big`, and a service in the middle of the next.
fn busy_home() -> Home {
    let home = home();
    home.write("big", "old");
    home.due("big", "big");
    home.done(&["run", "big"]);
    home.write_zeros("big", LARGE);
    home.start(&[]);
    home
}

fn is_large_archive(home: &Home) -> bool {
    home.path("backups/big.tar").metadata().is_ok_and(|archive| archive.len() > LARGE)
}

/// The backup that was under way is whole, and nothing else is left.
fn assert_finished(home: &Home) {
    assert!(is_large_archive(home));
    assert_eq!(home.names("backups"), ["big.tar"]);
    assert_eq!(home.listing("backups/big.tar"), ["big"]);
    assert_eq!(
        home.service_log(),
        ["backup_service started", "Backup done for big in backups/big.tar", "backup_service stopped"]
    );
}

/// The old backup stands as it was, and the run is made at the next start.
fn assert_ended_and_still_owed(home: &Home, old: &[u8]) {
    assert_eq!(home.names("backups"), ["big.tar"]);
    assert!(home.bytes("backups/big.tar") == old, "the old backup is kept byte for byte");
    assert_eq!(
        home.service_log(),
        ["backup_service started", "Backup interrupted for big, still due", "backup_service stopped"]
    );
    home.write("big", "new");
    home.start(&[]);
    home.done(&["stop"]);
    assert_eq!(home.service_log().iter().filter(|line| line.starts_with("Backup done")).count(), 1);
    assert!(home.bytes("backups/big.tar") != old);
}

#[test]
fn stop_finishes_what_is_under_way() {
    let home = busy_home();
    let paused = home.pause_during("big");
    let mut stop = home.begin(&["stop"]);
    eventually("the service is asked", || paused.service.is_pending(Signal::POWER));
    assert!(stop.try_wait().expect("a child can be asked").is_none(), "it waits");
    assert!(!is_large_archive(&home));
    paused.go_on();
    assert_eq!(Finished::of(stop).expect_done().stdout, "backup_service stopped\n");
    assert_finished(&home);
}

#[test]
fn two_stops_at_once_both_wait_and_end_nothing() {
    let home = busy_home();
    let paused = home.pause_during("big");
    let stops = [home.begin(&["stop"]), home.begin(&["stop"])];
    eventually("the service is asked", || paused.service.is_pending(Signal::POWER));
    paused.go_on();
    for stop in stops {
        // The slower one may find the service gone already.
        let code = Finished::of(stop).code;
        assert!(matches!(code, Some(0 | 1)), "{code:?}");
    }
    assert_finished(&home);
}

#[test]
fn one_sigterm_or_sigint_finishes_what_is_under_way() {
    for signal in [Signal::TERM, Signal::INT] {
        let home = busy_home();
        let paused = home.pause_during("big");
        let service = paused.service;
        service.send(signal);
        paused.go_on();
        eventually("it has gone", || service.is_gone());
        assert_finished(&home);
    }
}

#[test]
fn stop_now_ends_what_is_under_way() {
    let home = busy_home();
    let old = home.bytes("backups/big.tar");
    let paused = home.pause_during("big");
    let stop = home.begin(&["stop", "--now"]);
    eventually("the service is asked", || paused.service.is_pending(Signal::URG));
    paused.go_on();
    assert_eq!(Finished::of(stop).expect_done().stdout, "backup_service stopped\n");
    assert_ended_and_still_owed(&home, &old);
}

#[test]
fn stop_now_hastens_a_stop() {
    let home = busy_home();
    let old = home.bytes("backups/big.tar");
    let paused = home.pause_during("big");
    let (patient, hasty) = (home.begin(&["stop"]), home.begin(&["stop", "--now"]));
    eventually("the service is asked twice", || {
        paused.service.is_pending(Signal::POWER) && paused.service.is_pending(Signal::URG)
    });
    paused.go_on();
    for stop in [patient, hasty] {
        assert_eq!(Finished::of(stop).expect_done().stdout, "backup_service stopped\n");
    }
    assert_ended_and_still_owed(&home, &old);
}

#[test]
fn a_second_sigterm_or_sigint_ends_it() {
    let home = busy_home();
    let old = home.bytes("backups/big.tar");
    let paused = home.pause_during("big");
    let service = paused.service;
    // Two of one kind would count as one while they wait to be taken.
    service.send(Signal::TERM);
    service.send(Signal::INT);
    paused.go_on();
    eventually("it has gone", || service.is_gone());
    assert_ended_and_still_owed(&home, &old);
}

#[test]
fn a_kill_leaves_the_old_backup_and_the_run_is_made_again() {
    let home = busy_home();
    let old = home.bytes("backups/big.tar");
    let paused = home.pause_during("big");
    let service = paused.service;
    service.send(Signal::KILL);
    eventually("it is dead", || service.is_gone());
    assert!(home.bytes("backups/big.tar") == old, "the old backup is kept byte for byte");
    assert_eq!(home.done(&["backups"]).stdout, "big.tar\n", "what is unfinished is not listed");
    assert_eq!(home.manager(&["status"]).code, Some(1));

    home.write("big", "new");
    home.start(&[]);
    home.done(&["stop"]);
    assert_eq!(home.names("backups"), ["big.tar"], "what was unfinished is gone");
    assert_eq!(
        home.service_log(),
        [
            "backup_service started",
            "backup_service started",
            "Removed 1 unfinished archive of a dead process",
            "Backup interrupted for big, still due",
            "Backup done for big in backups/big.tar",
            "backup_service stopped"
        ]
    );
}

#[test]
fn each_signal_stops_an_idle_service_cleanly() {
    for signal in [Signal::TERM, Signal::INT] {
        let home = home();
        home.write("backup_schedules.txt", "# none\n");
        let service = home.start(&[]);
        service.send(signal);
        eventually("it has gone", || service.is_gone());
        assert_eq!(home.names(""), ["backup_schedules.txt", "logs"]);
        assert_eq!(home.service_log(), ["backup_service started", "backup_service stopped"]);
    }
}

#[test]
fn sighup_looks_at_the_schedules_now() {
    let home = home();
    home.write("docs", "");
    let service = home.start(&["--poll", "86400"]);
    home.due("docs", "docs");
    service.send(Signal::HUP);
    eventually("the backup is made", || home.path("backups/docs.tar").exists());
    assert!(!service.is_gone());
}

#[test]
fn sighup_disturbs_no_backup() {
    let home = busy_home();
    let paused = home.pause_during("big");
    paused.service.send(Signal::HUP);
    paused.go_on();
    home.done(&["stop"]);
    assert_finished(&home);
}

#[test]
fn a_run_by_hand_is_ended_cleanly() {
    let home = home();
    home.write("big", "old");
    home.due("big", "big");
    home.done(&["run", "big"]);
    let old = home.bytes("backups/big.tar");
    home.write_zeros("big", LARGE);
    let child = home.begin(&["run", "big"]);
    let run = backup_tests::Process { pid: child.id() };
    let draft = home.path("backups/.big.tar.partial");
    eventually("the backup begins", || draft.metadata().is_ok_and(|draft| draft.len() > 0));
    run.send(Signal::INT);
    let output = Finished::of(child);
    assert_eq!((output.code, output.signal), (Some(130), None), "{output:?}");
    assert_eq!(
        output.stderr,
        "Backup interrupted for big\nhint: nothing was replaced: the backup made before it stays\n"
    );
    assert_eq!(home.names("backups"), ["big.tar"]);
    assert!(home.bytes("backups/big.tar") == old, "the old backup is kept byte for byte");
}

#[test]
fn two_runs_of_one_name_at_once_are_kept_apart() {
    let home = busy_home();
    let paused = home.pause_during("big");
    let second = home.manager(&["run", "big"]);
    assert_eq!(second.code, Some(1));
    assert!(second.stderr.contains("hint: another process is making this backup"), "{}", second.stderr);
    paused.go_on();
    home.done(&["stop"]);
    assert_finished(&home);
}

#[test]
fn starts_and_stops_mixed_leave_at_most_one() {
    let home = home();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..5 {
                    let start = home.manager(&["start"]);
                    assert!(matches!(start.code, Some(0 | 1)), "{start:?}");
                    let stop = home.manager(&["stop"]);
                    assert!(matches!(stop.code, Some(0 | 1)), "{stop:?}");
                }
            });
        }
    });
    let _ = home.manager(&["stop"]);
    assert!(home.manager(&["status"]).stdout.contains("\nbackup_service not running: "));
    eventually("all have gone", || backup_tests::Process::find("backup_service", home.folder()).is_empty());
    home.start(&[]);
}
