//! When a schedule runs, and when it doesn't.

use backup_tests::{WallClock, eventually};

use crate::home;

fn done(log: &[String]) -> usize {
    log.iter().filter(|line| line.starts_with("Backup done")).count()
}

#[test]
fn a_time_that_has_passed_is_for_tomorrow() {
    let home = home();
    home.write("docs", "");
    for minutes in [60, 300, 2] {
        let time = home.clock.minutes_ago(minutes);
        home.done(&["create", &format!("docs;{time};docs")]);
    }
    home.start(&[]);
    home.done(&["stop"]);
    assert_eq!(home.service_log(), ["backup_service started", "backup_service stopped"]);
    assert!(!home.path("backups").exists());
}

#[test]
fn a_schedule_of_this_minute_runs_now_and_a_restart_doubles_nothing() {
    let home = home();
    home.write("docs", "");
    home.due("docs", "docs");
    for _ in 0..3 {
        home.start(&[]);
        home.done(&["stop"]);
    }
    assert_eq!(done(&home.service_log()), 1);
    assert_eq!(home.service_log().len(), 7);
}

#[test]
fn a_schedule_written_by_hand_in_this_minute_runs_now() {
    // Begun anew when the minute turned between the reading of the clock and the writing of the file.
    let home = loop {
        let home = home();
        home.write("docs", "");
        let minute = home.clock.minute();
        home.write("backup_schedules.txt", format!("docs;{};docs\n", home.clock.now()));
        if home.clock.minute() == minute {
            break home;
        }
    };
    home.start(&[]);
    home.done(&["stop"]);
    assert_eq!(done(&home.service_log()), 1);
}

#[test]
fn deleting_and_creating_it_again_doubles_nothing() {
    let home = home();
    home.write("docs", "");
    let schedule = home.due("docs", "docs");
    home.start(&[]);
    home.done(&["stop"]);
    let minute = schedule.split(';').nth(1).map(str::to_owned);
    home.done(&["delete", "0"]);
    home.done(&["create", &schedule]);
    home.start(&[]);
    home.done(&["stop"]);
    assert_eq!(done(&home.service_log()), 1, "{minute:?}");
}

#[test]
fn all_that_is_due_is_made_before_a_stop() {
    let home = home();
    let names: Vec<String> = (0..8).map(|number| format!("docs{number}")).collect();
    for name in &names {
        home.write(&format!("{name}/letter.txt"), name);
        home.due(name, name);
    }
    home.start(&["--workers", "2"]);
    home.done(&["stop"]);
    assert_eq!(home.names("backups"), names.iter().map(|name| format!("{name}.tar")).collect::<Vec<_>>());
    assert_eq!(done(&home.service_log()), names.len());
}

#[test]
fn one_folder_at_two_times_has_one_name() {
    let home = home();
    home.write("docs", "");
    home.due("docs", "docs");
    let earlier = home.clock.minutes_ago(60);
    home.done(&["create", &format!("docs;{earlier};docs")]);
    home.start(&[]);
    home.done(&["stop"]);
    assert_eq!(done(&home.service_log()), 1);
    assert_eq!(home.names("backups"), ["docs.tar"]);
}

/// It wakes for the minute itself: its next look would come a day later.
#[test]
fn a_backup_begins_when_its_minute_begins() {
    let home = home().with_clock(WallClock::reading_16_07_in(3));
    home.write("docs", "");
    home.done(&["create", "docs;16:07;docs"]);
    home.start(&["--poll", "86400"]);
    eventually("the backup is made", || home.path("backups/docs.tar").exists());
    assert_eq!(home.clock.now(), "16:07");
    eventually("it is logged", || done(&home.service_log()) == 1);
}

#[test]
fn a_schedule_created_while_the_service_runs_is_found_at_the_next_poll() {
    let home = home();
    home.write("docs", "");
    home.start(&["--poll", "1"]);
    home.due("docs", "docs");
    eventually("the backup is made", || home.path("backups/docs.tar").exists());
}
