//! Symbolic links planted where Backup Manager writes: refused, named, and never followed.

use std::os::unix::fs::symlink;

use backup_tests::{Finished, Home};
use insta::assert_snapshot;

use crate::home;

/// Returns a home with a schedule that is due and a link at `path` to the folder or file `trap/victim`.
fn home_with_link(path: &str, victim: Victim) -> Home {
    let home = home();
    home.write("docs/letter.txt", "dear");
    home.due("docs", "docs");
    home.write("trap/beside", "untouched");
    match victim {
        Victim::Folder => home.sh("mkdir trap/victim && rm -rf logs").expect_done(),
        Victim::File => home.sh("printf untouched > trap/victim && mkdir -p backups").expect_done(),
    };
    symlink(home.path("trap/victim"), home.path(path)).expect("a link can be made");
    home
}

#[derive(Clone, Copy)]
enum Victim {
    Folder,
    File,
}

/// Runs a command and sees to it that nothing was written through the link.
fn untouched(home: &Home, victim: Victim, arguments: &[&str]) -> Finished {
    let output = home.manager(arguments);
    match victim {
        Victim::Folder => assert!(home.names("trap/victim").is_empty(), "{arguments:?}"),
        Victim::File => assert_eq!(home.text("trap/victim"), "untouched", "{arguments:?}"),
    }
    Finished { stderr: home.redact(&output.stderr), ..output }
}

#[test]
fn in_place_of_the_backups() {
    let home = home_with_link("backups", Victim::Folder);
    let run = untouched(&home, Victim::Folder, &["run", "docs"]);
    assert_eq!(run.code, Some(1));
    assert_snapshot!(run.stderr, @"
    Error: can't back up docs: can't use [home]/backups: it is a symbolic link, and must be a folder
    hint: Backup Manager expected something else there and left it alone: look at it, or name another
    ");
    let list = untouched(&home, Victim::Folder, &["backups"]);
    assert_eq!(list.code, Some(1));
    assert_snapshot!(list.stderr, @"
    Error: can't read [home]/backups: it is a symbolic link, and must be a folder
    hint: Backup Manager expected something else there and left it alone: look at it, or name another
    ");
    home.start(&[]);
    home.done(&["stop"]);
    assert!(home.names("trap/victim").is_empty());
    assert_snapshot!(home.redact(&home.service_log().join("\n")), @"
    backup_service started
    Error: can't clean up [home]/backups: it is a symbolic link, and must be a folder
    Error: can't back up docs: can't use [home]/backups: it is a symbolic link, and must be a folder
    backup_service stopped
    ");
}

#[test]
fn in_place_of_the_logs() {
    let home = home_with_link("logs", Victim::Folder);
    let list = untouched(&home, Victim::Folder, &["list"]);
    assert_eq!(list.code, Some(0));
    assert_snapshot!(list.stderr, @"
    warning: can't write [home]/logs/backup_manager.log: it is a symbolic link, and must be a folder
    [[time]] Show schedules list
    ");
    let run = untouched(&home, Victim::Folder, &["run", "docs"]);
    assert_eq!(run.code, Some(1));
}

#[test]
fn in_place_of_a_log() {
    let home = home_with_link("logs/backup_service.log", Victim::File);
    home.start(&[]);
    home.done(&["stop"]);
    assert_eq!(home.text("trap/victim"), "untouched");
    assert_eq!(home.done(&["backups"]).stdout, "docs.tar\n", "a backup doesn't need its log");
}

#[test]
fn in_place_of_the_history() {
    let home = home();
    home.write("docs/letter.txt", "dear");
    home.write("backup_schedules.txt", "docs;16:07;docs\n");
    home.write("victim", "untouched");
    home.write("logs/other", "");
    symlink(home.path("victim"), home.path("logs/history.jsonl")).expect("a link can be made");
    let run = home.manager(&["run", "docs"]);
    assert_eq!(home.text("victim"), "untouched");
    assert_eq!(run.code, Some(1));
    assert!(run.stderr.contains("logs/history.jsonl"), "{}", run.stderr);
}

#[test]
fn in_place_of_an_archive() {
    let home = home_with_link("backups/docs.tar", Victim::File);
    let run = untouched(&home, Victim::File, &["run", "docs"]);
    assert_eq!(run.code, Some(1));
    assert_snapshot!(run.stderr, @"
    Error: can't back up docs: can't finish [home]/backups/docs.tar: something that is not a regular file has that name
    hint: Backup Manager expected something else there and left it alone: look at it, or name another
    ");
    assert_eq!(home.names("backups"), ["docs.tar"], "no temporary file is left");
}

#[test]
fn in_place_of_a_temporary_file() {
    let home = home_with_link("backups/.docs.tar.partial", Victim::File);
    let run = untouched(&home, Victim::File, &["run", "docs"]);
    assert_eq!(run.code, Some(1));
    assert_snapshot!(run.stderr, @"
    Error: can't back up docs: can't begin the backup docs in [home]/backups: [home]/backups/.docs.tar.partial: it is a symbolic link
    hint: Backup Manager expected something else there and left it alone: look at it, or name another
    ");
}

#[test]
fn in_place_of_the_lock_of_the_schedules() {
    let home = home();
    home.write("victim", "untouched");
    symlink(home.path("victim"), home.path(".backup_schedules.lock")).expect("a link can be made");
    let create = home.manager(&["create", "docs;16:07;docs"]);
    assert_eq!((create.code, home.text("victim").as_str()), (Some(1), "untouched"));
    assert!(create.stderr.starts_with("Error: can't change "), "{}", create.stderr);
}
