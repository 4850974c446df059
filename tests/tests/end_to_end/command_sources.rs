//! Sources that are what a command prints, with real commands.

use backup_tests::{Home, Signal, eventually};

use crate::home;

/// Returns a home with a schedule of what this command prints, which is written as in the configuration.
fn home_with(run: &str) -> Home {
    let home = home();
    configure(&home, run);
    home.sh("mkdir app").expect_done();
    home.done(&["create", "app;03:00;db;command=app-db;compress=zstd;verify=yes"]);
    home
}

fn configure(home: &Home, run: &str) {
    home.write("backup_manager.toml", format!("[commands.app-db]\nrun = {run}\nfile = \"app.sql\"\n"));
}

fn contents(home: &Home) -> String {
    home.sh("tar --zstd -xOf backups/db.tar.zst app.sql").expect_done().stdout
}

#[test]
fn what_a_command_prints_comes_back_with_stock_tools() {
    let home = home_with("\"pwd; seq 1 300000\"");
    home.done(&["run", "db"]);
    assert_eq!(home.sh("tar --zstd -tf backups/db.tar.zst").expect_done().stdout, "app.sql\n");
    let expected = home.sh("(cd app && pwd; seq 1 300000)").expect_done().stdout;
    assert!(contents(&home) == expected, "another dump came back");
    home.done(&["verify", "db"]);
    home.done(&["drill", "db"]);
    assert_eq!(home.names("backups"), ["db.tar.zst"]);
}

#[test]
fn a_command_that_fails_in_the_middle_replaces_nothing() {
    let home = home_with("[\"echo\", \"a;b $HOME *\"]");
    home.done(&["run", "db"]);
    assert_eq!(contents(&home), "a;b $HOME *\n", "no shell sees the arguments");
    configure(&home, "\"echo half; echo no such table >&2; exit 3\"");
    let failed = home.manager(&["run", "db"]);
    assert_eq!(failed.code, Some(1), "{failed:?}");
    let expected = "Error: can't back up app: the command app-db ended with exit code 3: no such table\n";
    assert_eq!(failed.stderr, expected);
    configure(&home, "[\"no-such-program\"]");
    let failed = home.manager(&["run", "db"]);
    assert!(failed.stderr.contains("no-such-program"), "{failed:?}");
    assert_eq!(contents(&home), "a;b $HOME *\n");
    assert_eq!(home.names("backups"), ["db.tar.zst"], "nothing else remains");
}

#[test]
fn a_killed_dump_leaves_nothing_behind_and_is_made_again() {
    let home =
        home_with("\"echo begun > begun; echo half; while test -e slow; do sleep 0.1; done; echo whole\"");
    home.write("app/slow", "");
    let due = home.due("app", "later");
    home.write("backup_schedules.txt", format!("{due};command=app-db\n"));
    let service = home.start(&[]);
    eventually("the command runs", || home.path("app/begun").exists());
    service.send(Signal::KILL);
    eventually("the service is gone", || service.is_gone());
    assert!(!home.path("backups/later.tar").exists(), "half a dump is no backup");
    home.sh("rm app/slow app/begun").expect_done();
    home.start(&[]);
    eventually("the dump is made again", || home.path("backups/later.tar").exists());
    home.done(&["stop"]);
    assert_eq!(home.sh("tar -xOf backups/later.tar app.sql").expect_done().stdout, "half\nwhole\n");
    assert_eq!(home.names("backups"), ["later.tar"]);
}

#[test]
fn what_needs_a_folder_says_that_there_is_none() {
    let home = home_with("[\"echo\", \"x\"]");
    home.done(&["run", "db"]);
    for arguments in [&["restore", "db", "--in-place"][..], &["run", "db", "--dry-run"]] {
        let refused = home.manager(arguments);
        assert_eq!(refused.code, Some(1), "{refused:?}");
        assert!(refused.stderr.contains("is what a command prints, not a folder"), "{refused:?}");
    }
    home.done(&["restore", "db", "--to", "back"]);
    assert_eq!(home.text("back/app.sql"), "x\n");
}
