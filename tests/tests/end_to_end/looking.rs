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

#[test]
fn where_nothing_is_found_a_hint_leads_on() {
    let home = home_with_backups();
    let older = home.names("backups").into_iter().find(|name| name.starts_with("docs.2")).expect("it stands");
    let in_older = format!("`backup_manager show docs --generation {older}` lists what is in it");
    let that_one =
        |command: &str| format!("for that archive: `backup_manager {command} docs --generation {older}`");
    let all = "`backup_manager show docs` lists what is in it".to_owned();
    let forms = "diff takes a file as `backup_manager backups` shows it, a moment such as 2026-11-21, \
                 \"2026-11-21 16:07\" or yesterday, or the word newest";
    let cases: [(&[&str], String); 9] = [
        (&["restore", "docs", "nothere"], all.clone()),
        (&["restore", "docs", "nothere", "--dry-run"], all.clone()),
        (&["show", "docs", "nothere"], all.clone()),
        (&["cat", "docs", "nothere"], all),
        (&["show", "docs", "nothere", "--generation", &older], in_older),
        (&["show", "docs", &older], that_one("show")),
        (&["restore", "docs", &older], that_one("restore")),
        (
            &["find", "may", "docs"],
            "a pattern without * matches whole names: '*may*' finds what has it anywhere in its name"
                .to_owned(),
        ),
        (&["diff", "docs", "docs"], forms.to_owned()),
    ];
    for (arguments, hint) in cases {
        let said = home.manager(arguments);
        assert!(said.code == Some(1 + i32::from(arguments[0] == "diff")), "{arguments:?}: {said:?}");
        assert_eq!(said.stderr.lines().last(), Some(&*format!("hint: {hint}")), "{arguments:?}: {said:?}");
    }
    assert!(!home.manager(&["find", "m*y", "docs"]).stderr.contains("hint"));
}

#[test]
fn a_path_is_understood_as_tar_escapes_it() {
    let home = home();
    home.write("docs/über.txt", "über");
    home.write("backup_schedules.txt", "docs;00:00;docs\n");
    home.done(&["run", "docs"]);
    let shown = home.sh("LC_ALL=C tar -tf backups/docs.tar | grep ber").expect_done().stdout;
    let typed = shown.trim_end();
    assert_eq!(typed, r"docs/\303\274ber.txt");
    for path in [typed, r"\303\274ber.txt"] {
        assert_eq!(home.done(&["cat", "docs", path]).stdout, "über", "{path}");
        assert!(home.done(&["show", "docs", path]).stdout.contains("ber.txt"), "{path}");
        home.sh("rm -rf found").expect_done();
        home.done(&["restore", "docs", path, "--to", "found"]);
        assert_eq!(home.text("found/über.txt"), "über", "{path}");
    }
    let refused = home.manager(&["restore", "docs", r"docs/\303\274ber", "--to", "none"]);
    assert!(refused.code == Some(1) && refused.stderr.contains(r"docs/\303\274ber"), "{refused:?}");
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
