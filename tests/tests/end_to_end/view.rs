//! Looking into backups: `show`, `cat`, `find`, and `--at`.

use std::fs;

use backup_tests::Home;
use insta::assert_snapshot;

use crate::home;

/// A home with one backup of a folder with a bit of everything, stored in that way.
fn home_with_backup(compress: &str) -> Home {
    let home = home();
    let tree = "mkdir -p docs/letters && echo may > docs/letters/may.txt && ln docs/letters/may.txt docs/zhard \
        && ln docs/letters/may.txt docs/zlast && ln -s letters/may.txt docs/link && mkfifo docs/pipe \
        && truncate -s 3M docs/sparse && printf end >> docs/sparse && head -c 3000000 /dev/urandom > docs/random \
        && printf x > \"$(printf 'docs/odd\\n\\033[2J')\" && chmod 755 docs docs/letters && chmod 640 docs/letters/may.txt \
        && chmod 644 docs/odd* docs/random docs/sparse docs/pipe \
        && find docs -exec touch -h -d '2001-02-03 04:05:06 UTC' {} +";
    home.sh(tree).expect_done();
    home.write("backup_schedules.txt", format!("docs;00:00;docs;keep=last:9;compress={compress}\n"));
    home.done(&["run", "docs"]);
    home
}

/// The lines of `show`, without owners and times.
fn shown(home: &Home, arguments: &[&str]) -> String {
    let said = home.done(&[&["show"], arguments].concat()).stdout;
    let line = |line: &str| {
        let mut words = line.split_whitespace();
        let (mode, _, size) = (words.next(), words.next(), words.next());
        let rest = words.skip(2).collect::<Vec<_>>().join(" ");
        format!("{} {} {rest}\n", mode.unwrap_or_default(), size.unwrap_or_default())
    };
    said.lines().map(line).collect()
}

#[test]
fn show_lists_what_is_in_it() {
    let home = home_with_backup("no");
    let all = shown(&home, &["docs"]);
    assert_snapshot!(all, @r"
    drwxr-xr-x 0 ./
    drwxr-xr-x 0 letters/
    -rw-r----- 4 letters/may.txt
    lrwxrwxrwx 0 link -> letters/may.txt
    -rw-r--r-- 1 $'odd\n\x1b[2J'
    prw-r--r-- 0 pipe
    -rw-r--r-- 3000000 random
    -rw-r--r-- 3145731 sparse
    hrw-r----- 0 zhard link to letters/may.txt
    hrw-r----- 0 zlast link to letters/may.txt
    ");
    assert_snapshot!(shown(&home, &["docs", "letters"]), @r"
    drwxr-xr-x 0 letters/
    -rw-r----- 4 letters/may.txt
    ");
    let nothing = home.manager(&["show", "docs", "nothing"]);
    assert_eq!((nothing.code, nothing.stdout.as_str()), (Some(1), ""));
    assert_snapshot!(nothing.stderr, @"
    Error: can't find nothing in backups/docs.tar
    hint: `backup_manager show docs` lists what is in it
    ");
    assert_eq!(shown(&home_with_backup("zstd"), &["docs"]), all);
}

#[test]
fn owners_and_times_are_as_stock_tar_shows_them() {
    let home = home_with_backup("no");
    let ours = home.done(&["show", "docs", "letters/may.txt"]).stdout;
    let theirs = home.sh("tar -tvf backups/docs.tar docs/letters/may.txt").expect_done().stdout;
    assert_eq!(ours.replace("letters/may.txt", "docs/letters/may.txt"), theirs);
}

/// The README says so.
#[test]
fn a_later_name_of_a_file_comes_back_with_stock_tar_beside_the_first() {
    let home = home_with_backup("no");
    let listed = home.sh("tar -tvf backups/docs.tar").expect_done().stdout;
    assert!(listed.contains(" docs/zhard link to docs/letters/may.txt\n"), "{listed}");
    let alone = home.sh("mkdir out && LC_ALL=C tar -C out -xf backups/docs.tar docs/zhard");
    assert!(alone.code != Some(0) && alone.stderr.contains("Cannot hard link to"), "{alone:?}");
    home.sh("tar -C out -xf backups/docs.tar docs/letters/may.txt docs/zhard").expect_done();
    assert_eq!(home.text("out/docs/zhard"), "may\n");
    home.done(&["restore", "docs", "zhard", "--to", "ours"]);
    assert_eq!(home.text("ours/zhard"), "may\n");
}

#[test]
fn cat_gives_every_byte() {
    for compress in ["no", "zstd"] {
        let home = home_with_backup(compress);
        for path in ["letters/may.txt", "zhard", "zlast", "sparse", "random", "./letters/may.txt"] {
            home.sh(&format!("backup_manager cat docs {path} > out && cmp out docs/{path}")).expect_done();
        }
        // As tar and file managers show them.
        let absolute = home.path("docs/letters/may.txt").display().to_string();
        for path in ["docs/letters/may.txt", "./docs/letters/may.txt", &absolute] {
            assert_eq!(home.done(&["cat", "docs", path]).stdout, "may\n", "{path}");
            let generation = format!("backups/{}", home.done(&["backups"]).stdout.trim());
            let shown = shown(&home, &["docs", path, "--generation", &generation]);
            assert_eq!(shown, "-rw-r----- 4 letters/may.txt\n", "{path}");
            assert_eq!(home.done(&["find", path]).stdout.lines().count(), 1, "{path}");
            home.done(&["restore", "docs", path, "--to", "back", "--overwrite"]);
            assert_eq!(home.text("back/letters/may.txt"), "may\n", "{path}");
            home.sh("rm -r back").expect_done();
        }
        for (path, expected) in [
            ("nothing", "it isn't in the archive"),
            ("letters", "it is a folder"),
            ("link", "it is a symbolic link to letters/may.txt: ask for letters/may.txt instead"),
            ("pipe", "it isn't a file"),
        ] {
            let said = home.manager(&["cat", "docs", path]);
            assert_eq!((said.code, said.stdout.as_str()), (Some(1), ""), "{path}");
            assert!(
                said.stderr.starts_with(&format!("Error: can't show {path} in backups/docs.tar")),
                "{}",
                said.stderr
            );
            assert!(said.stderr.contains(expected), "{}", said.stderr);
        }
    }
}

#[test]
fn of_two_entries_of_one_path_the_last_counts() {
    let home = home_with_backup("no");
    let twice = "tar -cf backups/two.tar docs && echo later > docs/letters/may.txt && \
        tar -rf backups/two.tar docs/letters/may.txt";
    home.sh(twice).expect_done();
    assert_eq!(home.done(&["cat", "two", "letters/may.txt"]).stdout, "later\n");
    assert_eq!(home.done(&["cat", "two", "zhard"]).stdout, "may\n");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let home = home_with_backup("no");
    home.sh("cd docs && for i in $(seq 3000); do : > file$i; done").expect_done();
    home.done(&["run", "docs"]);
    for command in ["cat docs random", "show docs", "find 'file*'"] {
        let said = home.sh(&format!("{{ backup_manager {command}; echo code $? >&2; }} | head -c 1 | wc -c"));
        assert_eq!((said.stdout.trim(), said.stderr.as_str()), ("1", "code 0\n"), "{command}");
    }
}

#[test]
fn an_output_that_is_full_is_an_error_for_each_archive() {
    let home = home_with_backup("no");
    home.sh("cd docs && for i in $(seq 3000); do : > file$i; done").expect_done();
    (0..4).for_each(|_| drop(home.done(&["run", "docs"])));
    let archives = home.names("backups").iter().filter(|name| name.ends_with(".tar")).count();
    let said = home.sh("backup_manager find 'file*' docs > /dev/full");
    let told = "Error: can't write to standard output: No space left on device (os error 28)\n";
    assert!(archives > 3, "more than are read at once");
    assert_eq!((said.code, said.stderr), (Some(1), told.repeat(archives - 1)), "the first has no such file");
}

#[test]
fn find_names_every_backup_that_holds_it() {
    let home = home_with_backup("no");
    home.sh("printf longer > docs/new.txt && touch -d '2001-02-03 04:05:06 UTC' docs/new.txt").expect_done();
    home.done(&["run", "docs"]);
    let archives = home.names("backups");
    let older =
        archives.iter().find(|name| name.starts_with("docs.2")).expect("the first one was kept").clone();
    let said = home.done(&["find", "*.txt", "docs"]).stdout;
    let words: Vec<Vec<&str>> = said.lines().map(|line| line.split_whitespace().collect()).collect();
    let told: Vec<_> = words.iter().map(|words| (words[0], words[1], words[4])).collect();
    let expected = [
        (older.as_str(), "4", "letters/may.txt"),
        ("docs.tar", "4", "letters/may.txt"),
        ("docs.tar", "6", "new.txt"),
    ];
    assert_eq!(told, expected);
    assert_eq!(home.done(&["find", "/new.txt"]).stdout.lines().count(), 1);
    assert_eq!(home.manager(&["find", "nothing"]).code, Some(1));
    assert_eq!(home.manager(&["find", "*.txt", "music"]).code, Some(1));
    let refused = home.manager(&["find", "a["]);
    assert!(
        refused.code == Some(1) && refused.stderr.starts_with("Error: can't choose a["),
        "{}",
        refused.stderr
    );
    fs::write(home.path("backups/broken.tar"), "no tar").expect("it can be written");
    let broken = home.manager(&["find", "*.txt"]);
    assert_eq!((broken.code, broken.stdout.lines().count()), (Some(1), 3), "{}", broken.stderr);
}

#[test]
fn find_says_which_archives_are_incomplete() {
    let home = home_with_backup("no");
    home.sh("cp backups/docs.tar backups/docs.incomplete.tar").expect_done();
    let found = home.done(&["find", "letters/may.txt", "docs"]);
    assert_eq!(found.stdout.lines().count(), 2);
    assert_snapshot!(found.stderr, @"backups/docs.incomplete.tar is incomplete: what could not be read when it was made is missing, or holds zeros instead");
}

#[test]
fn find_says_where_links_lead() {
    let home = home_with_backup("no");
    let said = home.done(&["find", "z*"]).stdout + &home.done(&["find", "link", "docs"]).stdout;
    let told: String = said
        .lines()
        .map(|line| line.split_whitespace().skip(4).collect::<Vec<_>>().join(" ") + "\n")
        .collect();
    assert_snapshot!(told, @"
    zhard link to letters/may.txt
    zlast link to letters/may.txt
    link -> letters/may.txt
    ");
}

#[test]
fn a_moment_chooses_the_backup() {
    let home = home_with_backup("no");
    home.sh("echo june > docs/letters/may.txt").expect_done();
    home.done(&["run", "docs"]);
    // The history says that the first one was made long ago.
    let history = home.text("logs/history.jsonl");
    let older =
        home.names("backups").into_iter().find(|name| name.starts_with("docs.2")).expect("it was kept");
    let (stamp, far) = (&older["docs.".len()..older.len() - ".tar".len()], "docs.2001-01-29T14-00+0000.tar");
    assert!(history.contains(stamp), "{history}");
    fs::rename(home.path(format!("backups/{older}")), home.path(format!("backups/{far}")))
        .expect("it can be renamed");
    let first = history.lines().find(|line| line.contains("\"note\":\"ended\"")).expect("a run ended");
    let began = first.split("\"began\":\"").nth(1).and_then(|rest| rest.split('"').next()).expect("it began");
    let history = history.replace(began, "2001-01-29T14:00:30+00:00").replace(&older, far);
    home.write("logs/history.jsonl", history);

    for at in ["2001-01-30", "2001-01-31 03:00", "yesterday", "yesterday 00:00"] {
        let said = home.done(&["cat", "docs", "letters/may.txt", "--at", at]);
        assert_eq!(said.stdout, "may\n", "{at}");
        assert!(said.stderr.starts_with(&format!("Taking backups/{far}, made for ")), "{}", said.stderr);
    }
    let now = home.done(&["cat", "docs", "letters/may.txt", "--at", "today"]);
    assert_eq!(now.stdout, "june\n");
    assert!(now.stderr.starts_with("Taking backups/docs.tar, made for "), "{}", now.stderr);
    home.done(&["restore", "docs", "letters/may.txt", "--at", "2001-12-31", "--to", "old"]);
    assert_eq!(home.text("old/letters/may.txt"), "may\n");
    assert!(home.done(&["show", "docs", "--at", "yesterday"]).stderr.contains(far));
    let none = home.manager(&["show", "docs", "--at", "2000-01-01"]);
    let expected =
        format!("Error: docs has no backup of 2000-01-01 or before; the oldest is {far}, made for ");
    assert!(none.code == Some(1) && none.stderr.starts_with(&expected), "{}", none.stderr);
    assert_eq!(home.manager(&["show", "docs", "--at", "soon"]).code, Some(2));
    let both = home.manager(&["show", "docs", "--at", "today", "--generation", "docs.tar"]);
    assert_eq!(both.code, Some(2), "{}", both.stderr);
}
