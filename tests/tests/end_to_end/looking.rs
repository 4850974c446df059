//! Commands that only look: they change no log, and make nothing in a folder that is no home.

use backup_tests::{Finished, Home};

use crate::home;

/// The commands, and what they end with in the home of the test.
const LOOKING: [(&[&str], i32); 21] = [
    (&["status"], 1),
    (&["status", "docs"], 1),
    (&["status", "--check"], 0),
    (&["status", "--json"], 1),
    (&["next"], 0),
    (&["explain", "16:07"], 0),
    (&["check"], 0),
    (&["history"], 0),
    (&["history", "docs", "--json"], 0),
    (&["why", "docs", "today"], 0),
    (&["show", "docs"], 0),
    (&["find", "may.txt"], 0),
    (&["cat", "docs", "may.txt"], 0),
    (&["diff", "docs", "today"], 0),
    (&["prune", "docs", "--dry-run"], 0),
    (&["prune", "docs", "--dry-run", "--json"], 0),
    (&["run", "docs", "--dry-run"], 0),
    (&["run", "docs", "--dry-run", "--list", "--json"], 0),
    (&["restore", "docs", "--dry-run"], 0),
    (&["restore", "docs", "--dry-run", "--in-place"], 0),
    (&["import", "crontab", "crontab"], 0),
];

fn home_with_backups() -> Home {
    let home = home();
    home.write("docs/may.txt", "may");
    home.write("crontab", "0 3 * * * tar cf /x/docs.tar /home/ann/docs\n");
    home.write("backup_schedules.txt", "docs;00:00;docs;keep=last:9\n");
    home.done(&["run", "docs"]);
    home.done(&["run", "docs"]);
    home
}

/// Returns each file of a folder with its bytes.
fn files(home: &Home, folder: &str) -> Vec<(String, Vec<u8>)> {
    home.names(folder)
        .into_iter()
        .map(|name| (name.clone(), home.bytes(&format!("{folder}/{name}"))))
        .collect()
}

#[test]
fn a_command_that_only_looks_changes_no_log() {
    let home = home_with_backups();
    let before = (files(&home, "logs"), home.names(""), home.names("backups"));
    for (arguments, code) in LOOKING {
        let said: Finished = home.manager(arguments);
        assert_eq!(said.code, Some(code), "{arguments:?}: {said:?}");
        let after = (files(&home, "logs"), home.names(""), home.names("backups"));
        assert!(after == before, "{arguments:?} changes something");
    }
}

#[test]
fn a_command_that_only_looks_makes_nothing_in_a_folder_that_is_no_home() {
    let home = home();
    let others: [&[&str]; 3] = [&["verify"], &["verify", "docs"], &["drill"]];
    for arguments in LOOKING.map(|(arguments, _)| arguments).into_iter().chain(others) {
        let said = home.manager(arguments);
        assert_eq!(home.names(""), [""; 0], "{arguments:?}: {said:?}");
    }
}

#[test]
fn verify_writes_its_verdict_and_nothing_else() {
    let home = home_with_backups();
    let (history, log) = (home.bytes("logs/history.jsonl"), home.manager_log());
    home.done(&["verify", "docs"]);
    assert!(home.bytes("logs/history.jsonl") == history, "that it is still good is no news");
    let after = home.manager_log();
    assert_eq!((after.len(), after.starts_with(&log)), (log.len() + 1, true), "{after:?}");
    assert!(after[log.len()].starts_with("Verified backups/docs.tar: good"), "{after:?}");
}
