//! The configuration: `backup_manager.toml` in the home.

use std::fs;

use backup_tests::{Home, eventually};
use insta::assert_snapshot;

use crate::home;

const FILE: &str = "backup_manager.toml";
const WRONG: &str = "[defaults]\nkeep = \"last:3\"\nexlude = [\"*.tmp\"]\n\n[service]\nworkers = 0\n";

/// Returns a home with a folder to back up.
fn home_with_docs() -> Home {
    let home = home();
    home.sh("mkdir docs && echo may > docs/may.txt && echo x > docs/left.tmp").expect_done();
    home
}

#[test]
fn defaults_count_for_every_schedule_and_stay_out_of_its_line() {
    let home = home_with_docs();
    home.write(FILE, "[defaults]\nexclude = [\"*.tmp\"]\nkeep = \"last:2\"\n");
    let created = home.done(&["create", "docs;00:00;docs"]);
    assert!(!created.stderr.contains("only one copy"), "{created:?}");
    for _ in 0..3 {
        home.done(&["run", "docs"]);
    }
    assert_eq!(home.names("backups").len(), 2);
    assert_eq!(home.listing("backups/docs.tar"), ["docs/", "docs/may.txt"]);
    assert_eq!(home.text("backup_schedules.txt"), "docs;00:00;docs\n");
    home.done(&["edit", "docs", "--set", "exclude=!left.tmp"]);
    assert_eq!(home.text("backup_schedules.txt"), "docs;00:00;docs;exclude=!left.tmp\n");
    home.done(&["run", "docs"]);
    assert!(home.listing("backups/docs.tar").contains(&"docs/left.tmp".to_owned()), "it was taken back");
    let details = home.manager(&["status", "docs"]).stdout;
    assert!(
        details.contains("   defaults   exclude=*.tmp keep=last:2, by backup_manager.toml\n"),
        "{details}"
    );
}

#[test]
fn what_is_in_force_can_be_shown() {
    let home = home_with_docs();
    let none = home.done(&["config", "show"]);
    assert_snapshot!(none.stdout, @r"
    [defaults] (options that every schedule has unless it says otherwise)
      none
    [service]
      workers=2  built in
    ");
    assert_eq!(
        none.stderr,
        "there is no backup_manager.toml; `backup_manager config init` writes an example\n"
    );
    home.write(
        FILE,
        "[defaults]\nexclude = [\"*.tmp\", \"/cache/\"]\nverify = true\n[service]\nworkers = 3\n",
    );
    assert_snapshot!(home.done(&["config", "show"]).stdout, @r"
    [defaults] (options that every schedule has unless it says otherwise)
      exclude=*.tmp    backup_manager.toml, line 2
      exclude=/cache/  backup_manager.toml, line 2
      verify=yes       backup_manager.toml, line 3
    [service]
      workers=3        backup_manager.toml, line 5
    ");
}

#[test]
fn an_example_changes_nothing_and_replaces_nothing() {
    let home = home_with_docs();
    home.done(&["config", "init"]);
    let example = home.text(FILE);
    assert!(example.lines().all(|line| line.is_empty() || line.starts_with(['#', '['])), "{example}");
    let alone = home.manager(&["check"]);
    assert_eq!(
        (alone.code, alone.stdout.as_str()),
        (Some(1), "backup_manager.toml: 0 settings\n"),
        "no schedules"
    );
    home.done(&["create", "docs;00:00;docs"]);
    assert!(home.done(&["check"]).stdout.starts_with("backup_manager.toml: 0 settings\n"));
    let again = home.manager(&["config", "init"]);
    assert_eq!(again.code, Some(1));
    assert_snapshot!(again.stderr, @r"
    Error: can't write backup_manager.toml: it exists, and is kept as it is
    hint: `backup_manager config show` shows what it says
    ");
    assert_eq!(home.text(FILE), example);
    assert_eq!(home.mode(FILE), 0o600);
}

#[test]
fn a_wrong_file_is_told_with_its_lines_and_nothing_starts() {
    let home = home_with_docs();
    home.write("backup_schedules.txt", "docs;00:00;docs\n");
    home.write(FILE, WRONG);
    let start = home.manager(&["start"]);
    assert_eq!(start.code, Some(1));
    assert_snapshot!(start.stderr, @r"
    Error: backup_manager.toml, line 3: defaults.exlude: no such key; did you mean exclude?; line 6: service.workers: it takes a number from 1 to 64
    hint: `backup_manager check` shows each fault with its line; correct them, and do it again
    ");
    let check = home.manager(&["check"]);
    assert_eq!(check.code, Some(1));
    assert!(check.stdout.starts_with(
        "backup_manager.toml, line 3: defaults.exlude: no such key; did you mean exclude?\n\
         backup_manager.toml, line 6: service.workers: it takes a number from 1 to 64\n\
         backup_manager.toml: 2 errors; backup_service can't start until that is right\n\
         line 1: docs;00:00;docs\n"
    ));
    for refused in
        [&["run", "docs"][..], &["prune", "docs"], &["create", "a;1:00;a"], &["next"], &["config", "show"]]
    {
        let said = home.manager(refused);
        assert_eq!(said.code, Some(1), "{refused:?}: {said:?}");
        assert!(said.stderr.starts_with("Error: backup_manager.toml, line 3: "), "{said:?}");
    }
    home.done(&["list"]);
    let status = home.manager(&["status", "--check"]);
    assert_eq!(status.code, Some(1));
    assert!(
        status.stdout.lines().next().unwrap_or_default().ends_with("; backup_manager.toml can't be used")
    );
    assert!(
        status.stdout.contains("; backup_service can't start until that is right\n"),
        "{}",
        status.stdout
    );
    let service = home.service_command(&[]).output().expect("it starts");
    assert_eq!(service.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&service.stderr).starts_with("Error: backup_manager.toml, line 3: "));
    home.write(FILE, WRONG.replace("exlude", "exclude").replace('0', "1"));
    home.start(&[]);
}

#[test]
fn a_file_that_a_power_cut_left_is_no_configuration() {
    let home = home_with_docs();
    for bytes in ["", "\0\0\0\0"] {
        home.write(FILE, bytes);
        assert_eq!(home.manager(&["start"]).code, Some(1), "{bytes:?}");
    }
    fs::remove_file(home.path(FILE)).expect("it was there");
    home.start(&[]);
}

/// Returns how often the service's log has a line with this text.
fn logged(home: &Home, text: &str) -> usize {
    home.service_log().iter().filter(|line| line.contains(text)).count()
}

#[test]
fn a_service_goes_by_the_last_right_file() {
    let home = home_with_docs();
    home.write("backup_schedules.txt", "docs;00:00;docs\n");
    home.write(FILE, "[defaults]\nkeep = \"last:3\"\n");
    home.start(&["--poll", "1"]);
    // It says that it runs before it has read everything.
    eventually("it has looked once", || home.text("logs/history.jsonl").contains("adopted"));
    home.write(FILE, WRONG);
    let wrong = "service.workers: it takes a number from 1 to 64; backup_service goes on with the settings that it read before";
    eventually("the wrong file is reported", || logged(&home, wrong) == 1);
    let status = home.manager(&["status"]).stdout;
    assert!(status.contains(&format!("line 6: {wrong}\n")), "{status}");
    fs::remove_file(home.path(FILE)).expect("it was there");
    eventually("that it is gone is reported", || logged(&home, "Error: backup_manager.toml is gone") == 1);
    home.write(FILE, "[defaults]\nkeep = \"last:4\"\n");
    let taken = "The settings in backup_manager.toml are in force";
    eventually("the right file is taken", || logged(&home, taken) == 1);
    assert_eq!(logged(&home, wrong), 1, "{:?}", home.service_log());
    home.done(&["stop"]);
}
