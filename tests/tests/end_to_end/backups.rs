//! What is in a backup, and what becomes of the one before it.

use backup_tests::{Finished, Home};
use insta::assert_snapshot;

use crate::home;

/// Runs a command without root's power to read everything. Returns `None` where that can't be had.
pub(crate) fn without_power(home: &Home, command: &str) -> Option<Finished> {
    let probe =
        home.sh("test -r locked || setpriv --bounding-set=-dac_override,-dac_read_search test ! -r locked");
    let wrapper = match (home.sh("test ! -r locked").code, probe.code) {
        (Some(0), _) => "",
        (_, Some(0)) if home.sh("which setpriv").code == Some(0) => {
            "setpriv --bounding-set=-dac_override,-dac_read_search"
        }
        _ => return None,
    };
    let output = home.sh(&format!("{wrapper} {command}"));
    Some(output)
}

/// Backs the source up by the service, and returns what the service says about it.
fn back_up(home: &Home) -> Vec<String> {
    home.start(&[]);
    home.done(&["stop"]);
    let about_itself = ["backup_service started", "backup_service stopped"];
    home.service_log().into_iter().filter(|line| !about_itself.contains(&line.as_str())).collect()
}

#[test]
fn a_folder_comes_back_as_it_was() {
    let home = home();
    home.sh("mkdir -p docs/a/b docs/empty && echo one > docs/a/one && echo two > docs/a/b/two && ln -s ../one docs/a/b/link \
             && ln docs/a/one docs/hard && mkfifo docs/fifo && chmod 640 docs/a/one && touch -d 2001-02-03T04:05:06 docs/a/one \
             && : > 'docs/with space' && : > \"$(printf 'docs/new\\nline')\"")
        .expect_done();
    home.due("docs", "docs");
    assert_eq!(back_up(&home), ["Backup done for docs in backups/docs.tar"]);
    home.sh("mkdir back && tar -xf backups/docs.tar -C back").expect_done();
    let listing = "find . -printf '%p %y %m %s %n %T@ %l\\n' | sort";
    let original = home.sh(&format!("cd docs && {listing}")).stdout;
    assert_eq!(home.sh(&format!("cd back/docs && {listing}")).stdout, original);
    assert_eq!(home.sh("diff -r --no-dereference -x fifo docs back/docs").expect_done().stdout, "");
    assert_eq!(home.listing("backups/docs.tar").first().map(String::as_str), Some("docs/"));
    assert_eq!(home.sh("find backups logs -newer docs -name '.*' -not -name .catalog").stdout, "");
}

#[test]
fn the_same_source_gives_the_same_bytes() {
    let home = home();
    for name in ["c", "a", "b/d", "b/a"] {
        home.write(&format!("docs/{name}"), name);
    }
    home.due("docs", "docs");
    home.done(&["run", "0"]);
    let first = home.bytes("backups/docs.tar");
    home.done(&["run", "docs"]);
    assert!(home.bytes("backups/docs.tar") == first);
}

#[test]
fn a_single_file_is_a_source() {
    let home = home();
    home.write("shelf/letter.txt", "dear");
    home.due("shelf/letter.txt", "letter");
    assert_eq!(back_up(&home), ["Backup done for shelf/letter.txt in backups/letter.tar"]);
    assert_eq!(home.listing("backups/letter.tar"), ["letter.txt"]);
    assert_eq!(home.sh("tar -xOf backups/letter.tar").stdout, "dear");
}

#[test]
fn an_absolute_source_is_taken_as_it_is() {
    let (home, other) = (home(), home());
    other.write("docs/letter.txt", "");
    home.due(other.path("docs").to_str().expect("a plain name"), "docs");
    back_up(&home);
    assert_eq!(home.listing("backups/docs.tar"), ["docs/", "docs/letter.txt"]);
}

#[test]
fn a_missing_source_is_an_error_and_keeps_the_old_backup() {
    let home = home();
    home.write("documents/letter.txt", "");
    home.due("documents", "docs");
    home.done(&["run", "docs"]);
    let old = home.bytes("backups/docs.tar");
    home.sh("rm -r documents").expect_done();

    let run = home.manager(&["run", "docs"]);
    assert_eq!((run.code, run.stdout.as_str()), (Some(1), ""));
    assert_snapshot!(run.stderr, @"
    Error: path documents does not exist
    hint: a relative path is relative to the home folder
    ");
    assert_eq!(back_up(&home), ["Error: path documents does not exist"]);
    assert!(home.bytes("backups/docs.tar") == old);
    assert_eq!(home.names("backups"), ["docs.tar"]);
}

#[test]
fn a_missing_source_leaves_no_trace_in_the_backups() {
    let home = home();
    home.due("documents", "docs");
    assert_eq!(back_up(&home), ["Error: path documents does not exist"]);
    assert_eq!(home.manager(&["backups"]).stdout, "");
}

#[test]
fn a_source_that_became_empty_keeps_the_old_backup() {
    let home = home();
    home.write("docs/letter.txt", "");
    home.due("docs", "docs");
    home.done(&["run", "docs"]);
    let old = home.bytes("backups/docs.tar");
    home.sh("rm docs/letter.txt").expect_done();
    let run = home.manager(&["run", "docs"]);
    assert_eq!(run.code, Some(1));
    assert_snapshot!(run.stderr, @"
    Error: path docs has nothing to back up in it, but its last backup has 2 entries; that backup is kept
    hint: is it a mount point with nothing mounted? if not, move the old archive away first
    ");
    assert!(home.bytes("backups/docs.tar") == old);
}

#[test]
fn what_can_not_be_read_makes_it_incomplete_beside_the_old_one() {
    let home = home();
    home.write("docs/a", "a");
    home.write("docs/secret/b", "b");
    home.write("docs/z", "z");
    home.due("docs", "docs");
    home.done(&["run", "docs"]);
    let old = home.bytes("backups/docs.tar");
    home.sh("chmod 000 docs/a docs/secret && : > locked && chmod 000 locked").expect_done();

    let run = without_power(&home, "backup_manager run docs");
    let unlock = "chmod 755 docs/secret && chmod 644 docs/a";
    let Some(run) = run else {
        home.sh(unlock).expect_done();
        backup_core::testing::skipped("root reads everything, and can't give that up here");
        return;
    };
    assert_eq!(run.code, Some(3), "{run:?}");
    assert_snapshot!(run.stdout, @"Backup incomplete for docs in backups/docs.incomplete.tar: 2 entries could not be read");
    assert_snapshot!(run.stderr, @"
    In docs: can't read a: Permission denied (os error 13)
    In docs: can't read secret: Permission denied (os error 13)
    hint: what need not be in the backup can be left out on purpose: add ;exclude=PATTERN to the schedule
    ");
    assert!(home.bytes("backups/docs.tar") == old);
    assert_eq!(home.done(&["backups"]).stdout, "docs.incomplete.tar\ndocs.tar\n");
    assert_snapshot!(home.listing("backups/docs.incomplete.tar").join("\n"), @"
    docs/
    docs/secret/
    docs/z
    ");
    assert!(home.manager_log().iter().any(|line| line.starts_with("In docs: can't read a: ")));

    home.sh(unlock).expect_done();
    home.done(&["run", "docs"]);
    assert_eq!(home.done(&["backups"]).stdout, "docs.tar\n", "a whole one makes the incomplete one needless");
}

/// The home is its own source: its backups and logs stay out, or each backup would hold the one before.
#[test]
fn a_source_around_the_home_does_not_grow() {
    let home = home();
    home.write("letter.txt", "dear");
    home.due(".", "all");
    home.start(&[]);
    let done = "Backup done for . in backups/all.tar".to_owned();
    backup_tests::eventually("the service has made its own", || home.service_log().contains(&done));
    let mut sizes = Vec::new();
    for _ in 0..3 {
        home.sh("backup_manager run all").expect_done();
        sizes.push(home.bytes("backups/all.tar").len());
        // An archiver that opens and closes the service's own file must not lose its lock.
        assert_eq!(home.manager(&["start"]).stderr, "Error: backup_service already running\n");
    }
    assert_eq!((sizes[0], sizes[0]), (sizes[1], sizes[2]), "{sizes:?}");
    home.done(&["stop"]);
    let members = home.listing("backups/all.tar").join("\n");
    assert!(members.contains("/letter.txt"), "{members}");
    assert!(!members.contains("/backups") && !members.contains("/logs"), "{members}");
    assert!(home.manager_log().iter().any(|line| line == "In .: logs belongs to Backup Manager, left out"));
}

/// The service itself reads its own file while it packs its home, and is the only one all the same.
#[test]
fn a_service_that_packs_its_home_keeps_its_lock() {
    let home = home();
    home.write("letter.txt", "dear");
    home.due(".", "all");
    home.start(&[]);
    backup_tests::eventually("the backup is made", || home.path("backups/all.tar").exists());
    assert!(home.listing("backups/all.tar").iter().any(|name| name.ends_with("/backup_service.pid")));
    assert_eq!(home.manager(&["start"]).stderr, "Error: backup_service already running\n");
    assert_eq!(home.manager(&["status"]).code, Some(0));
    home.done(&["stop"]);
}

#[test]
fn a_run_by_hand_says_what_it_did() {
    let home = home();
    home.write("docs/letter.txt", "");
    home.write("backup_schedules.txt", "docs;16:07;docs\n");
    let run = home.done(&["run", "docs"]);
    assert_eq!(run.stdout, "Backup done for docs in backups/docs.tar\n");
    assert_eq!(run.stderr, "");
    assert_eq!(home.manager_log(), ["Backup done for docs in backups/docs.tar"]);
}
