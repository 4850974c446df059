//! The logs of a service that goes on and on.

use backup_tests::{Process, Signal, eventually};

use crate::home;

/// Makes the service look at the schedules, and waits until it has begun to. When two have begun, the first is over.
fn look(service: Process) {
    service.send(Signal::HUP);
    eventually("the service takes the signal", || !service.is_pending(Signal::HUP));
}

#[test]
fn a_log_that_was_renamed_goes_on_in_a_new_file() {
    let home = home();
    home.write("docs", "");
    home.write("backup_schedules.txt", "# none\n");
    let service = home.start(&["--poll", "86400"]);
    eventually("it logs its start", || !home.service_log().is_empty());
    home.sh("mv logs/backup_service.log logs/backup_service.log.1").expect_done();
    home.due("docs", "docs");
    look(service);
    eventually("it logs the backup", || home.service_log() == ["Backup done for docs in backups/docs.tar"]);
    assert_eq!(backup_tests::messages(&home.text("logs/backup_service.log.1")), ["backup_service started"]);
}

#[test]
fn an_outage_is_logged_when_it_begins_and_when_it_ends() {
    let home = home();
    let service = home.start(&["--poll", "1"]);
    for _ in 0..5 {
        look(service);
    }
    assert_eq!(home.service_log(), ["backup_service started", "Error: can't read backup_schedules.txt"]);
    home.done(&["create", "docs;16:06;docs"]);
    look(service);
    look(service);
    home.done(&["stop"]);
    assert_eq!(
        home.service_log(),
        [
            "backup_service started",
            "Error: can't read backup_schedules.txt",
            "backup_schedules.txt can be read again",
            "backup_service stopped"
        ]
    );
}

#[test]
fn a_malformed_line_is_reported_once_and_stops_no_other() {
    let home = home();
    home.write("docs", "");
    home.write("backup_schedules.txt", "nonsense\n");
    home.due("docs", "docs");
    let service = home.start(&["--poll", "86400"]);
    for _ in 0..5 {
        look(service);
    }
    home.done(&["stop"]);
    let mut log = home.service_log();
    log.sort();
    assert_eq!(
        log,
        [
            "Backup done for docs in backups/docs.tar",
            "Error: malformed schedule: nonsense",
            "backup_service started",
            "backup_service stopped"
        ]
    );
}

#[test]
fn one_event_is_one_line_whatever_the_names_hold() {
    let home = home();
    home.write("backup_schedules.txt", b"a\x1b[31m\rb;16:07;c\n\xff\xfe\n");
    home.start(&[]);
    home.done(&["stop"]);
    home.manager(&["create", "x\ny;16:07;\u{202e}z"]);
    let log = [home.service_log(), home.manager_log()].concat().join("\n");
    assert!(!log.contains(['\u{1b}', '\r', '\u{202e}']), "{log}");
    assert!(log.contains("Error: malformed schedule: a\\u{1b}[31m\\rb;16:07;c"), "{log}");
    assert!(log.contains("Error: malformed schedule: x\\ny;16:07;\\u{202e}z"), "{log}");
}

#[test]
fn every_line_has_its_minute() {
    let home = home();
    home.due("docs", "docs");
    home.start(&[]);
    home.done(&["stop"]);
    for log in ["logs/backup_manager.log", "logs/backup_service.log"] {
        // `messages` refuses a line without a time; here it is the time that counts.
        assert!(home.text(log).lines().all(|line| line[12..].starts_with("16:")), "{}", home.text(log));
    }
}
