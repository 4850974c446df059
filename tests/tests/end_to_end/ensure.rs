//! `start --ensure` and `stop --ensure`: for scripts that don't know whether the service runs.

use backup_tests::Home;

use crate::home;

fn check(home: &Home, arguments: &[&str], stdout: &str) {
    let finished = home.done(arguments);
    assert_eq!((finished.stdout.as_str(), finished.stderr.as_str()), (stdout, ""), "{arguments:?}");
}

#[test]
fn succeeds_whether_or_not_it_runs() {
    let home = home();
    home.write("backup_schedules.txt", "");
    check(&home, &["stop", "--ensure"], "backup_service not running\n");
    check(&home, &["start", "--ensure"], "backup_service started\n");
    let service = home.service().expect("it runs");
    check(&home, &["start", "--ensure"], "backup_service already running\n");
    let with_workers = home.done(&["start", "--ensure", "--workers", "7"]);
    assert_eq!(with_workers.stdout, "backup_service already running\n");
    assert!(with_workers.stderr.contains("`backup_manager start --workers 7`"), "{with_workers:?}");
    assert_eq!(home.service(), Some(service), "it is the same one");
    assert_eq!(home.manager(&["start"]).code, Some(1), "without it, that is an error");
    check(&home, &["stop", "--ensure"], "backup_service stopped\n");
    check(&home, &["stop", "--now", "--ensure"], "backup_service not running\n");
    assert_eq!(home.manager(&["stop"]).code, Some(1));
    let refused = ["Error: backup_service already running", "Error: backup_service not running"];
    let log = ["backup_service started", refused[0], "backup_service stopped", refused[1]];
    assert_eq!(home.manager_log(), log, "what changes nothing leaves no line");
}

#[test]
fn fails_where_it_can_not_start() {
    let home = home();
    home.write("backup_manager.toml", "workers = ");
    let start = home.manager(&["start", "--ensure"]);
    assert_eq!((start.code, start.stdout.as_str()), (Some(1), ""), "{start:?}");
}
