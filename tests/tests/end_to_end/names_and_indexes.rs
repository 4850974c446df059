//! A name or an index: every command takes both, and means the same backup by it.

use backup_tests::Home;
use insta::assert_snapshot;

use crate::home;

const NOTE: &str = "note: took 0 for the index, not for the name 0\n";

/// A home with two generations of docs, whose index is the name of the second schedule.
fn home_with_digits() -> Home {
    let home = home();
    home.write("docs/a", "a");
    home.write("docs/sub/b", "b");
    home.write("music/song", "la");
    home.write("backup_schedules.txt", "docs;00:00;docs;keep=last:9\nmusic;00:00;0\n");
    for key in ["docs", "docs", "1"] {
        home.done(&["run", key]);
    }
    home
}

fn with_key<'k>(command: &[&'k str], key: &'k str) -> Vec<&'k str> {
    command.iter().map(|word| if *word == "KEY" { key } else { word }).collect()
}

#[test]
fn every_command_takes_the_index_for_the_name() {
    let home = home_with_digits();
    let commands: &[&[&str]] = &[
        &["restore", "KEY", "--to", "found", "--dry-run"],
        &["restore", "KEY", "--in-place", "--dry-run", "--json"],
        &["show", "KEY"],
        &["show", "KEY", "sub", "--json"],
        &["cat", "KEY", "sub/b"],
        &["find", "b", "KEY", "--json"],
        &["diff", "KEY", "newest", "--json"],
        &["verify", "KEY", "--all", "--against-source"],
        &["verify", "KEY", "--json"],
        &["prune", "KEY", "--dry-run", "--json"],
        &["run", "KEY", "--dry-run", "--list"],
        &["backups", "KEY"],
        &["backups", "KEY", "--json"],
        &["history", "KEY", "--json"],
        &["next", "KEY", "--from", "2026-03-10"],
    ];
    for command in commands {
        let said = |key: &str| home.done(&with_key(command, key));
        let (by_name, by_index) = (said("docs"), said("0"));
        assert_eq!(by_index.stdout, by_name.stdout, "{command:?}");
        assert_eq!(by_index.stderr, format!("{NOTE}{}", by_name.stderr), "{command:?}");
        assert!(!by_name.stderr.contains("note:"), "{command:?}");
    }
    let drilled = home.done(&["drill", "0", "--json"]);
    assert!(drilled.stdout.contains(r#""archive":"docs.tar""#), "{}", drilled.stdout);
    assert!(drilled.stderr.starts_with(NOTE), "{}", drilled.stderr);
    assert_eq!(home.done(&["run", "0"]).stdout, "Backup done for docs in backups/docs.tar\n");
    let unambiguous = home.done(&["show", "1", "song"]);
    assert!(unambiguous.stdout.ends_with(" song\n") && unambiguous.stderr.is_empty(), "{unambiguous:?}");
    home.done(&["restore", "0"]);
    assert_eq!(home.text("docs.restored/sub/b"), "b", "it has the name of the backup");
}

#[test]
fn archives_keep_their_name_when_their_schedule_is_gone() {
    let home = home_with_digits();
    home.done(&["delete", "1"]);
    assert_eq!(home.done(&["cat", "0", "a"]).stderr, NOTE, "its archive still has the name 0");
    home.done(&["restore", "0", "--generation", "0.tar"]);
    assert_eq!(home.text("0.restored/song"), "la", "the file says which of both is meant");
    home.done(&["delete", "docs"]);
    assert_eq!(home.done(&["cat", "docs", "a"]).stdout, "a");
    let by_name = home.done(&["cat", "0", "song"]);
    assert_eq!((by_name.stdout.as_str(), by_name.stderr.as_str()), ("la", ""), "no schedule has an index");
    assert!(home.done(&["verify", "0"]).stdout.starts_with("0.tar  good"));
    assert!(home.done(&["drill", "0"]).stdout.starts_with("0.tar  came back whole"));
    assert_eq!(home.done(&["find", "song", "0"]).stdout.lines().count(), 1);
}

/// A home like that, with a schedule that has no archive, a line that is none, and an archive that has no schedule.
fn home_with_more() -> Home {
    let home = home_with_digits();
    home.write("backup_schedules.txt", "docs;00:00;docs;keep=last:9\nmusic;00:00;letters\nnonsense\n");
    home.sh("cp backups/0.tar backups/pictures.tar").expect_done();
    home
}

/// Returns what a command says that fails.
fn refused(home: &Home, arguments: &[&str]) -> String {
    let said = home.manager(arguments);
    assert_eq!((said.code, said.stdout.as_str()), (Some(1), ""), "{arguments:?}");
    said.stderr
}

#[test]
fn an_unknown_name_or_index_is_refused_by_every_command_alike() {
    let home = home_with_more();
    let similar = "Error: can't find a backup \"dosc\"\nhint: did you mean docs?\n";
    let index = "Error: can't find a backup \"9\"\nhint: there are 3 schedules, with the indexes 0 to 2: \
        `backup_manager list` shows them\n";
    let commands: &[&[&str]] = &[
        &["restore", "KEY"],
        &["verify", "KEY"],
        &["show", "KEY"],
        &["cat", "KEY", "a"],
        &["find", "a", "KEY"],
        &["drill", "KEY"],
        &["diff", "KEY", "newest"],
        &["backups", "KEY"],
    ];
    for command in commands {
        for (key, expected) in [("dosc", similar), ("9", index)] {
            let words = with_key(command, key);
            assert_eq!(refused(&home, &words), expected, "{words:?}");
        }
    }
    for command in ["run", "prune", "pause", "resume", "status", "next"] {
        let expected = index.replace("a backup", "schedule");
        assert_eq!(refused(&home, &[command, "9"]), expected, "{command}");
        let expected = similar.replace("a backup", "schedule");
        assert_eq!(refused(&home, &[command, "dosc"]), expected, "{command}");
    }
}

#[test]
fn an_unknown_name_or_index_gets_the_way_out() {
    let home = home_with_more();
    assert_snapshot!(refused(&home, &["show", "pictrues"]), @r#"
    Error: can't find a backup "pictrues"
    hint: did you mean pictures?
    "#);
    assert_snapshot!(refused(&home, &["restore", "1"]), @r#"
    Error: can't find a backup "letters"
    hint: a schedule has that name, but no archive of it exists: `backup_manager run letters` makes one now
    "#);
    assert_snapshot!(refused(&home, &["history", "9"]), @"
    Error: nothing is known of 9; known are: 0, docs, letters
    hint: there are 3 schedules, with the indexes 0 to 2: `backup_manager list` shows them
    ");
    assert_snapshot!(refused(&home, &["delete", "9"]), @"
    Error: can't find schedule at index 9
    hint: there are 3 schedules, with the indexes 0 to 2: `backup_manager list` shows them
    ");
    let malformed = home.manager(&["show", "2"]);
    assert_eq!(malformed.code, Some(2));
    assert!(malformed.stderr.starts_with("Error: malformed schedule: nonsense\n"), "{}", malformed.stderr);
}

#[test]
fn backups_of_one_name_come_newest_first() {
    let home = home_with_digits();
    home.done(&["run", "docs"]);
    // Names of one second don't sort by age, but `find` goes by it.
    let found = home.done(&["find", "/a", "docs"]).stdout;
    let mut all: Vec<_> = found.lines().filter_map(|line| line.split_whitespace().next()).collect();
    all.reverse();
    assert_eq!((all.len(), all[0]), (3, "docs.tar"), "{all:?}");
    assert_eq!(home.done(&["backups", "docs"]).stdout.lines().collect::<Vec<_>>(), all);
    let long = home.done(&["backups", "docs", "--long"]).stdout;
    let files: Vec<_> = long.lines().filter_map(|line| line.split_whitespace().last()).collect();
    assert_eq!(files, all);
    assert!(long.lines().all(|line| line.contains(" ago ")), "{long}");
    assert!(home.manager_log().iter().any(|line| line == "Show backups list"));
}

#[test]
fn an_edited_time_keeps_the_history() {
    let home = home_with_digits();
    let before = home.done(&["history", "docs"]).stdout;
    home.done(&["edit", "docs", "--time", "10:00"]);
    home.done(&["create", "docs;12:00;docs;keep=last:9"]);
    for key in ["docs", "0", "2"] {
        assert_eq!(home.done(&["history", key]).stdout, before, "{key}");
    }
    let newest = home.done(&["history", "0", "--last", "1"]).stdout;
    assert!(newest.trim_end().ends_with(" docs  docs.tar"), "{newest}");
    home.sh("rm backups/docs.tar").expect_done();
    let gone = home.done(&["history", "0"]).stdout;
    assert_eq!(gone.matches("docs.tar (gone)").count(), 1, "{gone}");
    let gone = home.done(&["history", "0", "--json"]).stdout;
    assert_eq!(gone.matches(r#""archive":"docs.tar","archive_now":null"#).count(), 1, "{gone}");
}

#[test]
fn paths_are_taken_as_people_have_them() {
    let home = home_with_digits();
    let absolute = home.path("docs/sub").display().to_string();
    let double = absolute.replace("/sub", "//sub");
    for folder in ["sub", "sub/", "./sub", "docs/sub", "docs/sub/", "./docs/sub/", &absolute, &double] {
        let file = format!("{}/b", folder.trim_end_matches('/'));
        assert_eq!(home.done(&["cat", "0", &file]).stdout, "b", "{file}");
        for (path, entries) in [(folder, 2), (&*file, 1)] {
            let lines = |arguments: &[&str]| home.done(arguments).stdout.lines().count();
            assert_eq!(lines(&["show", "0", path]), entries, "{path}");
            assert_eq!(lines(&["find", path, "0"]), 2 * entries, "{path}");
            home.done(&["restore", "0", path, "--to", "back"]);
            assert_eq!(home.sh("cd back && find . -type f").stdout, "./sub/b\n", "{path}");
            home.sh("rm -r back").expect_done();
        }
    }
}

#[test]
fn an_archive_is_named_by_its_file_or_by_a_path_to_it() {
    let home = home_with_digits();
    let older =
        home.names("backups").into_iter().find(|name| name.starts_with("docs.2")).expect("two were kept");
    let absolute = home.path("backups").join(&older).display().to_string();
    home.sh("ln -s backups way").expect_done();
    let paths = [older.clone(), format!("backups/{older}"), format!("./backups/{older}"), absolute];
    for path in paths.iter().chain([&format!("docs/../backups/{older}"), &format!("way/{older}")]) {
        for arguments in [&["show", "docs"][..], &["cat", "docs", "a"]] {
            home.done(&[arguments, &["--generation", path]].concat());
        }
        let restored = home.done(&["restore", "docs", "--to", "back", "--generation", path]).stdout;
        assert!(restored.contains(&format!(" of backups/{older}, ")), "{restored}");
        home.sh("rm -r back").expect_done();
        for words in [[path.as_str(), "newest"], ["newest", path]] {
            let said = home.done(&["diff", "docs", words[0], words[1]]).stdout;
            assert!(said.contains(&older) && said.contains("docs.tar"), "{said}");
        }
    }
    let elsewhere = home
        .sh(&format!("cd docs/sub && backup_manager --home ../.. show 0 --generation ../../backups/{older}"));
    assert_eq!(elsewhere.expect_done().stdout.lines().count(), 4);
    let other = home.sh(&format!(
        "mkdir -p other/backups && cp backups/{older} other/backups && \
        backup_manager show docs --generation other/backups/{older}"
    ));
    assert_eq!(other.code, Some(1), "it is no archive of this home: {other:?}");
}
