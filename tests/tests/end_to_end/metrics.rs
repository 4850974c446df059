//! Metrics: printed, written to a file by hand and by the service, and read by Prometheus' own tool.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Stdio;

use backup_core::testing::skipped;
use backup_tests::{Home, eventually};

use crate::home;

fn home_with_docs() -> Home {
    let home = home();
    home.sh("mkdir docs && echo may > docs/may.txt").expect_done();
    home.write("backup_schedules.txt", "docs;00:00;docs\ndocs;00:00;a\"b\\\ngone;00:00;gone\nnonsense\n");
    home.done(&["run", "docs"]);
    home.manager(&["run", "gone"]);
    home
}

/// Returns the value of a sample.
fn sample(text: &str, name: &str) -> Option<String> {
    let line = text.lines().find(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(' ')));
    line.and_then(|line| line.rsplit_once(' ')).map(|(_, value)| value.to_owned())
}

fn is(home: &Home, file: &str, name: &str, value: &str) -> bool {
    let text = fs::read_to_string(home.path(file)).unwrap_or_default();
    sample(&text, name).as_deref() == Some(value)
}

#[test]
fn metrics_are_what_prometheus_expects() {
    let home = home_with_docs();
    let text = home.done(&["metrics"]).stdout;
    assert_eq!(sample(&text, "backup_manager_last_run_success{name=\"docs\"}").as_deref(), Some("1"));
    assert_eq!(sample(&text, "backup_manager_last_run_success{name=\"gone\"}").as_deref(), Some("0"));
    assert_eq!(sample(&text, "backup_manager_generations{name=\"a\\\"b\\\\\"}").as_deref(), Some("0"));
    assert_eq!(sample(&text, "backup_manager_service_up").as_deref(), Some("0"));
    home.write("m.prom", &text);
    let check = home.sh("command -v promtool >/dev/null || exit 99; promtool check metrics <m.prom");
    match check.code {
        Some(99) => skipped("no promtool here (Debian package prometheus)"),
        code => assert_eq!((code, check.stdout.as_str(), check.stderr.as_str()), (Some(0), "", "")),
    }
}

#[test]
fn a_text_file_is_replaced_as_a_whole() {
    let home = home_with_docs();
    home.sh("mkdir out").expect_done();
    assert_eq!(home.done(&["metrics", "--textfile", "out/m.prom"]).stdout, "");
    assert_eq!((home.mode("out/m.prom") & 0o777, home.names("out")), (0o644, vec!["m.prom".to_owned()]));
    fs::set_permissions(home.path("out/m.prom"), PermissionsExt::from_mode(0o640)).unwrap();
    home.done(&["metrics", "--textfile", "out/m.prom"]);
    assert_eq!(home.mode("out/m.prom") & 0o777, 0o640, "it keeps its mode");
    symlink("m.prom", home.path("out/link.prom")).unwrap();
    let refused = |file: &str| home.manager(&["metrics", "--textfile", file]);
    for (file, reason) in [
        ("out/link.prom", "something that is not a regular file has that name"),
        ("out", "something that is not a regular file has that name"),
        ("out/", "it is a folder, but a file is needed"),
        ("backups/m.prom", "Backup Manager keeps its own files there; choose another folder"),
        ("logs/m.prom", "Backup Manager keeps its own files there; choose another folder"),
        ("backup_schedules.txt", "Backup Manager keeps its own files there; choose another folder"),
    ] {
        let end = refused(file);
        assert_eq!(end.code, Some(1), "{file}");
        assert!(end.stderr.contains(reason), "{file}: {}", end.stderr);
    }
    assert!(refused("none/m.prom").stderr.contains("there is no folder"));
    assert_eq!(fs::read_link(home.path("out/link.prom")).unwrap().to_str(), Some("m.prom"));
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let home = home_with_docs();
    let mut child = home.manager_command(&["metrics"]).stdout(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn the_service_writes_after_each_change_and_says_once_when_it_cannot() {
    let home = home_with_docs();
    home.write("backup_manager.toml", "[service]\nmetrics_file = \"out/m.prom\"\nreport_file = \"r.html\"\n");
    home.start(&["--poll", "1"]);
    let failed =
        |lines: &[String]| lines.iter().filter(|line| line.contains("can't write out/m.prom")).count();
    eventually("it says that it can't write", || failed(&home.service_log()) == 1);
    eventually("the report is there all the same", || home.path("r.html").exists());
    home.done(&["run", "docs"]);
    home.sh("mkdir out").expect_done();
    home.done(&["run", "docs"]);
    eventually("the file is written", || is(&home, "out/m.prom", "backup_manager_service_up", "1"));
    let recovered = |line: &String| line.contains("the file of the metrics can be written again");
    eventually("it says that it can write", || home.service_log().iter().any(recovered));
    assert_eq!(failed(&home.service_log()), 1, "{:#?}", home.service_log());
    home.write("backup_schedules.txt", "docs;00:00;docs\ndocs;00:00;other\n");
    eventually("it follows the schedules", || is(&home, "out/m.prom", "backup_manager_schedules", "2"));
    home.done(&["stop"]);
    assert!(is(&home, "out/m.prom", "backup_manager_service_up", "0"), "the last one says that it is gone");
    assert!(home.text("r.html").contains("service doesn\u{2019}t run"));
    assert_eq!(home.names("out"), ["m.prom"]);
}

#[test]
fn a_file_among_the_own_ones_is_refused_with_its_line() {
    let home = home_with_docs();
    home.write("backup_manager.toml", "[service]\nworkers = 2\nmetrics_file = \"logs/m.prom\"\n");
    let check = home.manager(&["check"]);
    let told = "backup_manager.toml, line 3: service.metrics_file: Backup Manager keeps its own files there; choose another place";
    assert!(check.stdout.starts_with(told), "{}", check.stdout);
    assert_eq!((check.code, home.manager(&["start"]).code), (Some(1), Some(1)));
}
