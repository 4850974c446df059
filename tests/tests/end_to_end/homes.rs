//! Which folder is the home.

use backup_tests::{Finished, Home};
use insta::assert_snapshot;

use crate::home;

/// Runs `create` in `here`, with or without `--home` and `BACKUP_MANAGER_HOME`.
fn create(here: &Home, option: Option<&str>, variable: Option<&str>) -> Finished {
    let mut command = here.manager_command(&["create", "docs;16:07;docs"]);
    command.args(option.map(|home| ["--home", home]).into_iter().flatten());
    command.envs(variable.map(|home| ("BACKUP_MANAGER_HOME", home)));
    Finished::run(&mut command)
}

#[test]
fn is_the_current_folder_unless_another_is_given() {
    let (here, there, elsewhere) = (home(), home(), home());
    let there_path = there.folder().to_str();
    let elsewhere_path = elsewhere.folder().to_str();
    let cases = [
        (None, None, &here),
        (there_path, None, &there),
        (None, there_path, &there),
        (there_path, elsewhere_path, &there),
    ];
    for (option, variable, chosen) in cases {
        create(&here, option, variable).expect_done();
        for home in [&here, &there, &elsewhere] {
            let is_chosen = std::ptr::eq(home, chosen);
            assert_eq!(home.path("backup_schedules.txt").exists(), is_chosen, "{option:?} {variable:?}");
            assert_eq!(home.path("logs").exists(), is_chosen, "{option:?} {variable:?}");
        }
        for leftover in chosen.names("") {
            chosen.sh(&format!("rm -r {leftover}")).expect_done();
        }
    }
}

#[test]
fn an_empty_variable_names_none() {
    let here = home();
    create(&here, None, Some("")).expect_done();
    assert!(here.path("backup_schedules.txt").exists());
}

#[test]
fn the_option_may_stand_before_the_command() {
    let (here, there) = (home(), home());
    there.done(&["create", "docs;16:07;docs"]);
    let there_path = there.folder().to_str().expect("a plain name");
    assert_eq!(here.done(&["--home", there_path, "list"]).stdout, "0: docs;16:07;docs\n");
}

#[test]
fn a_missing_home_or_one_that_is_no_folder_is_reported() {
    let here = home();
    here.write("file", "");
    for (home, why) in [("missing", "No such file or directory"), ("file", "Not a directory")] {
        let output = create(&here, Some(home), None);
        assert_eq!((output.code, output.stdout.as_str()), (Some(1), ""), "{home}");
        assert!(
            output
                .stderr
                .starts_with(&format!("Error: can't open home folder {}: ", here.path(home).display())),
            "{}",
            output.stderr
        );
        assert!(output.stderr.to_lowercase().contains(&why.to_lowercase()), "{}", output.stderr);
    }
    assert_eq!(here.names(""), ["file"], "nothing was made anywhere");
}

#[test]
fn the_service_knows_it_too() {
    let (here, there) = (home(), home());
    let there_path = there.folder().to_str().expect("a plain name");
    here.done(&["start", "--home", there_path]);
    assert!(there.service().is_some());
    assert!(here.names("").is_empty());
    assert_eq!(here.done(&["stop", "--home", there_path]).stdout, "backup_service stopped\n");
}

#[test]
fn a_relative_source_is_relative_to_it() {
    let (here, there) = (home(), home());
    there.write("docs/letter.txt", "");
    there.due("docs", "docs");
    let there_path = there.folder().to_str().expect("a plain name");
    here.done(&["run", "docs", "--home", there_path]);
    assert_eq!(there.listing("backups/docs.tar"), ["docs/", "docs/letter.txt"]);
}

#[test]
fn a_folder_that_is_no_home_is_named_and_stays_as_it_is() {
    let here = home();
    here.write("letter", "");
    let commands: [&[&str]; 14] = [
        &["status"],
        &["status", "--check"],
        &["history"],
        &["why", "docs", "today"],
        &["show", "docs"],
        &["cat", "docs", "a"],
        &["find", "a"],
        &["check"],
        &["verify"],
        &["drill"],
        &["run", "docs"],
        &["prune", "docs"],
        &["restore", "docs"],
        &["restore", "--colour"],
    ];
    for arguments in commands {
        for home_option in [&[][..], &["--home", "."]] {
            let refused = here.manager(&[arguments, home_option].concat());
            let code = if arguments.contains(&"--colour") { 2 } else { 1 };
            assert_eq!((refused.code, refused.stdout.as_str()), (Some(code), ""), "{arguments:?}");
            assert_eq!(here.names(""), ["letter"], "{arguments:?}");
        }
    }
    assert_snapshot!(here.redact(&here.manager(&["status"]).stderr), @"
    Error: [home] is no home: it has no backup_schedules.txt, no backups and no logs
    hint: choose another with --home DIR or the variable BACKUP_MANAGER_HOME, or make this one a home: `backup_manager create` adds a schedule
    ");
    assert_snapshot!(here.redact(&here.manager(&["list"]).stderr), @"
    Error: can't find backup_schedules.txt
    hint: looked in [home], which is no home: choose another with --home DIR or the variable BACKUP_MANAGER_HOME, or make this one a home: `backup_manager create` adds a schedule
    ");
    for sign in ["backup_schedules.txt", "backups/docs.tar", "logs/history.jsonl"] {
        let there = home();
        there.write(sign, "");
        assert!(there.manager(&["status"]).stdout.starts_with("nothing is scheduled\n"), "{sign}");
    }
}
