//! Files that come back: the command as people call it, and killed at every kind of step.

use backup_tests::Home;
use insta::assert_snapshot;

use crate::backups::without_power;
use crate::home;

/// A home with a backup of a small folder with a bit of everything.
fn home_with_backup() -> Home {
    let home = home();
    let tree = "mkdir -p docs/letters/old && echo may > docs/letters/may.txt && echo june > docs/letters/june.txt \
        && echo x > docs/a && ln docs/a docs/letters/old/hard && ln -s letters/may.txt docs/link \
        && head -c 400000 /dev/zero | tr '\\0' x > docs/large && touch -d 2001-02-03T04:05:06.789 docs/letters docs/a docs \
        && chmod 555 docs/letters/old";
    home.sh(tree).expect_done();
    home.done(&["create", "docs;00:00;docs"]);
    home.done(&["run", "docs"]);
    home
}

/// Says which entry differs in contents, kind, mode, time or links.
fn listing(home: &Home, folder: &str) -> String {
    let script = format!(
        "cd {folder} && find . -printf '%p %y %m %T@ %n %s %l\\n' | sed 's/ d \\([0-9]*\\) \\([^ ]*\\) .*/ d \\1 \\2/' | sort && \
         find . -type f -exec cksum {{}} + | sort -k3"
    );
    home.sh(&script).expect_done().stdout
}

fn same(home: &Home, folder: &str) {
    assert_eq!(listing(home, folder), listing(home, "docs"));
}

fn redacted(text: &str, home: &Home) -> String {
    let text = text.replace(home.folder().to_str().expect("a plain path"), "HOME");
    let (before, after) = text.split_once(", made ").expect("it says when");
    format!("{before}, made WHEN{}", &after[after.find(", in").expect("it says where")..])
}

#[test]
fn a_backup_comes_back_beside_where_one_stands() {
    let home = home_with_backup();
    let said = home.done(&["restore", "docs"]);
    assert_snapshot!(redacted(&said.stdout, &home), @"Restored 8 entries (400.0 kB) of backups/docs.tar, made WHEN, in HOME/docs.restored");
    same(&home, "docs.restored");
    let again = home.manager(&["restore", "docs"]);
    assert_eq!(again.code, Some(1));
    assert!(
        again.stderr.contains("it exists already\nhint: choose another folder with --to DIR"),
        "{}",
        again.stderr
    );
    home.done(&["restore", "docs", "--to", "some/where"]);
    same(&home, "some/where");
    home.done(&["restore", "docs", "--generation", "docs.tar", "--to", "third"]);
    same(&home, "third");
    assert!(!home.sh("ls -A | grep restoring").stdout.contains("restoring"));
    let log = home.text("logs/backup_manager.log");
    assert!(log.contains("Restored 8 entries of backups/docs.tar in "), "{log}");
}

#[test]
fn a_compressed_backup_comes_back() {
    let home = home_with_backup();
    home.done(&["run", "docs", "--compress", "zstd"]);
    home.done(&["restore", "docs"]);
    same(&home, "docs.restored");
    home.done(&["restore", "docs", "letters/may.txt", "--to", "some"]);
    assert_eq!(home.text("some/letters/may.txt"), "may\n");
}

#[test]
fn a_changed_archive_is_restored_and_reported() {
    let home = home_with_backup();
    // A byte of a file's contents. No tar has a checksum of it.
    let mut archive = std::fs::read(home.path("backups/docs.tar")).expect("it stands");
    let at = archive.windows(5).position(|bytes| bytes == b"\0may\n").expect("the letter is in it");
    archive[at + 1] = b'W';
    std::fs::write(home.path("backups/docs.tar"), archive).expect("it can be written");
    let restored = home.manager(&["restore", "docs"]);
    assert_eq!(restored.code, Some(3));
    assert!(restored.stderr.starts_with("THE ARCHIVE ISN'T WHAT WAS WRITTEN"), "{}", restored.stderr);
    let hint = "hint: `backup_manager verify` tells which archives are good\n";
    assert!(restored.stderr.ends_with(hint), "{}", restored.stderr);
    assert_eq!(home.text("docs.restored/letters/may.txt"), "Way\n", "and all of it is there");
    assert_eq!(home.manager(&["verify"]).code, Some(1));
}

#[test]
fn what_an_incomplete_archive_lacks_is_reported() {
    let home = home_with_backup();
    home.sh("chmod 000 docs/a docs/letters/old && : > locked && chmod 000 locked").expect_done();
    let Some(run) = without_power(&home, "backup_manager run docs") else {
        backup_core::testing::skipped("root reads everything, and can't give that up here");
        return;
    };
    assert_eq!(run.code, Some(3), "{run:?}");
    let incomplete = |arguments: &[&str]| {
        let generation = ["--generation", "docs.incomplete.tar"];
        home.manager(&[arguments, &generation].concat())
    };
    let lacking = [
        "THE ARCHIVE IS INCOMPLETE: what could not be read when it was made is missing, or holds zeros instead",
        "when it was made: can't read a: Permission denied (os error 13)",
        "when it was made: can't read letters/old: Permission denied (os error 13)",
    ];
    for more in [&[][..], &["--dry-run"], &["letters/may.txt", "--overwrite"]] {
        let restored = incomplete(&[&["restore", "docs", "--to", "there"], more].concat());
        assert_eq!(restored.code, Some(3), "{restored:?}");
        assert_eq!(restored.stderr.lines().take(3).collect::<Vec<_>>(), lacking, "{more:?}");
    }
    let shown = incomplete(&["show", "docs"]);
    assert_eq!(shown.code, Some(0));
    assert_snapshot!(shown.stderr, @"backups/docs.incomplete.tar is incomplete: what could not be read when it was made is missing, or holds zeros instead");
    let cat = incomplete(&["cat", "docs", "letters/may.txt"]);
    assert_eq!((cat.code, cat.stdout.as_str(), cat.stderr), (Some(3), "may\n", shown.stderr));
    home.sh("chmod 755 docs/letters/old").expect_done();
}

#[test]
fn what_is_missing_is_reported() {
    let home = home_with_backup();
    let some = home.manager(&["restore", "docs", "*.txt", "nothing"]);
    assert_eq!(some.code, Some(3));
    assert_snapshot!(some.stderr, @"nothing matches nothing in the backup");
    assert_eq!(
        home.sh("cd docs.restored && find . -type f | sort").stdout,
        "./letters/june.txt\n./letters/may.txt\n"
    );
    let none = home.manager(&["restore", "docs", "nothing"]);
    assert_eq!(none.code, Some(1));
    assert_snapshot!(none.stderr, @"
    Error: can't restore backups/docs.tar: can't find nothing: nothing in the archive matches
    hint: `backup_manager show docs` lists what is in it
    ");
    let unknown = home.manager(&["restore", "music"]);
    assert_eq!(unknown.code, Some(1));
    assert_snapshot!(unknown.stderr, @r#"
    Error: can't find a backup "music"
    hint: `backup_manager backups` shows the archives
    "#);
}

#[test]
fn paths_are_meant_as_a_shell_writes_them() {
    let home = home_with_backup();
    home.done(&["restore", "docs", "."]);
    same(&home, "docs.restored");
    home.done(&["restore", "docs", "./", "--to", "all"]);
    same(&home, "all");
    home.done(&["restore", "docs", ".", "!large", "--to", "most"]);
    assert_eq!(home.names("most"), ["a", "letters", "link"]);
    for line in ["./letters", "./letters/", "letters/."] {
        home.done(&["restore", "docs", line, "--to", "some"]);
        assert_eq!(home.names("some"), ["letters"], "{line}");
        assert_eq!(home.text("some/letters/may.txt"), "may\n");
        home.sh("chmod -R u+w some && rm -r some").expect_done();
    }
    assert_eq!(home.done(&["show", "docs", "."]).stdout, home.done(&["show", "docs"]).stdout);
    let missing = home.manager(&["restore", "docs", "./nothing"]);
    assert!(missing.stderr.contains("can't find ./nothing"), "{}", missing.stderr);
}

#[test]
fn a_different_entry_stays_and_is_reported() {
    let home = home_with_backup();
    home.sh("mkdir there && echo mine > there/large && echo mine > there/letters").expect_done();
    let dry = home.manager(&["restore", "docs", "a", "large", "--to", "there", "--dry-run"]);
    assert_eq!(dry.code, Some(3));
    assert!(dry.stdout.contains("1 entry changed, would stay:\n  large\n"), "{}", dry.stdout);
    let kept = home.manager(&["restore", "docs", "a", "large", "--to", "there"]);
    assert_eq!(kept.code, Some(3));
    assert_snapshot!(kept.stderr, @r"
    docs/large existed already, differed, and stayed
    1 entry existed already, differed, and stayed; --overwrite replaces such
    ");
    assert_eq!(home.text("there/large"), "mine\n");
    let over = home.done(&["restore", "docs", "--to", "there", "--overwrite"]);
    assert_snapshot!(over.stderr, @r"
    1 entry existed already as in the backup
    1 entry removed for a folder of that name:
      docs/letters
    ");
    home.sh("touch -d 2001-02-03T04:05:06.789 there && chmod --reference=docs there").expect_done();
    same(&home, "there");
}

#[test]
fn a_dry_run_tells_all_that_the_restore_would() {
    let home = home_with_backup();
    let here = |arguments: &[&str]| {
        let arguments = [&["restore", "docs", "--to", "there", "--dry-run"], arguments].concat();
        let before = home.sh("ls -lAR there").stdout;
        let said = home.manager(&arguments);
        assert_eq!(home.sh("ls -lAR there").stdout, before, "nothing was restored");
        format!("{}--- stderr\n{}--- exit code {}", said.stdout, said.stderr, said.code.unwrap_or(-1))
    };
    assert_snapshot!(here(&["letters/*.txt"]), @r"
    2 entries new:
      letters/june.txt
      letters/may.txt
    0 entries changed, would stay
    0 entries not in the backup, would stay
    0 entries as in the backup
    --- stderr
    --- exit code 0
    ");
    home.sh(
        "mkdir -p there/a && echo mine > there/letters && echo mine > there/large && echo mine > there/extra",
    )
    .expect_done();
    assert_snapshot!(here(&[]), @"
    1 entry new:
      link
    1 entry changed, would stay:
      large
    1 entry not in the backup, would stay:
      extra
    0 entries as in the backup
    --- stderr
    docs/a refused: a folder exists in its place; move it away
    docs/letters/ refused: something that isn't a folder is in its way
    docs/letters/june.txt refused: something that isn't a folder is in its way
    docs/letters/may.txt refused: something that isn't a folder is in its way
    docs/letters/old/ refused: something that isn't a folder is in its way
    docs/letters/old/hard refused: something that isn't a folder is in its way
    --- exit code 3
    ");
    assert_snapshot!(here(&["--overwrite", "large", "letters/may.txt", "a", "nothing"]), @"
    1 entry new:
      letters/may.txt
    1 entry would be replaced:
      large
    0 entries not in the backup, would stay
    1 entry would be removed for a folder of that name:
      letters
    0 entries as in the backup
    --- stderr
    docs/a refused: a folder exists in its place; move it away
    nothing matches nothing in the backup
    --- exit code 3
    ");
}

#[test]
fn in_place_it_shows_what_changes_and_wants_a_yes() {
    let home = home_with_backup();
    home.sh("cp -a docs was && echo new > docs/letters/may.txt && rm docs/large && echo mine > docs/extra")
        .expect_done();
    let asked = home.manager(&["restore", "docs", "--in-place"]);
    assert_eq!(asked.code, Some(2));
    assert_eq!(home.text("docs/letters/may.txt"), "new\n");
    let dry = home.done(&["restore", "docs", "--in-place", "--dry-run"]);
    assert_snapshot!(dry.stdout, @"
    1 entry new:
      large
    1 entry would be replaced:
      letters/may.txt
    1 entry not in the backup, would stay:
      extra
    6 entries as in the backup
    ");
    assert_eq!(home.text("docs/letters/may.txt"), "new\n");
    home.done(&["restore", "docs", "--in-place", "--yes"]);
    assert_eq!(home.text("docs/extra"), "mine\n");
    home.sh("rm docs/extra && touch -d 2001-02-03T04:05:06.789 docs").expect_done();
    assert_eq!(listing(&home, "was"), listing(&home, "docs"));
    home.done(&["delete", "0"]);
    let unknown = home.manager(&["restore", "docs", "--in-place", "--yes"]);
    assert_snapshot!(unknown.stderr, @r"
    Error: no schedule has the name docs
    hint: name a folder with --to DIR instead of --in-place
    ");
}

#[test]
fn in_place_where_nothing_differs_nothing_is_asked() {
    let home = home_with_backup();
    home.write("docs/extra", "mine");
    let nothing = home.done(&["restore", "docs", "--in-place", "--yes"]);
    assert_snapshot!(nothing.stdout, @"
    0 entries new
    0 entries would be replaced
    1 entry not in the backup, would stay:
      extra
    8 entries as in the backup
    Nothing to restore: everything in the backup is there already, and is the same
    ");
    assert!(!home.text("logs/backup_manager.log").contains("Restored"));
    if home.sh("script --version").code == Some(0) {
        let asked = home.sh("script -qec 'backup_manager restore docs --in-place' /dev/null </dev/null");
        assert_eq!(asked.code, Some(0), "{asked:?}");
        assert!(asked.stdout.contains("Nothing to restore") && !asked.stdout.contains("[y/N]"), "{asked:?}");
    } else {
        backup_core::testing::skipped("script is not installed, so that there is no terminal");
    }
    home.sh("rm -r docs/large && mkdir docs/large").expect_done();
    let refused = home.manager(&["restore", "docs", "--in-place", "--yes"]);
    assert_eq!(refused.code, Some(3));
    assert!(refused.stdout.ends_with("as in the backup\nNothing to restore\n"), "{}", refused.stdout);
    assert!(refused.stderr.contains("docs/large refused: a folder exists"), "{}", refused.stderr);
}

#[test]
fn in_place_another_mode_or_time_of_a_folder_is_reported_and_set() {
    let home = home_with_backup();
    home.sh("cp -a docs was && chmod 700 docs/letters/old && touch docs/letters").expect_done();
    let dry = home.done(&["restore", "docs", "--in-place", "--dry-run"]);
    let told = "2 folders among these with another mode, owner, time or attribute, which would be set\n";
    assert!(dry.stdout.ends_with(told), "{}", dry.stdout);
    let beside = home.done(&["restore", "docs", "--to", "was", "--dry-run"]);
    assert!(!beside.stdout.contains("folders among these"), "they stay: {}", beside.stdout);
    home.done(&["restore", "docs", "--in-place", "--yes"]);
    assert_eq!(listing(&home, "was"), listing(&home, "docs"));
    if home.sh("setfattr -n user.x -v y docs/letters").code == Some(0) {
        home.done(&["run", "docs"]);
        home.sh("setfattr -x user.x docs/letters").expect_done();
        let dry = home.done(&["restore", "docs", "--in-place", "--dry-run"]);
        assert!(dry.stdout.contains("1 folder among these"), "{}", dry.stdout);
    } else {
        backup_core::testing::skipped("no extended attributes here");
    }
}

#[test]
fn killed_at_any_step_it_is_finished_by_the_next_run() {
    let home = home_with_backup();
    if home.sh("strace -V").code != Some(0) {
        return backup_core::testing::skipped("strace is not installed");
    }
    let calls = [
        "openat2",
        "mkdirat",
        "pwrite64",
        "write",
        "utimensat",
        "fchmod",
        "symlinkat",
        "linkat",
        "renameat2",
        "unlinkat",
        "close",
    ];
    let mut kills = 0;
    for call in calls {
        for when in [1, 2, 3, 5, 8] {
            let script = format!(
                "strace -f -o /dev/null -e trace={call} -e inject={call}:signal=KILL:when={when} backup_manager restore docs"
            );
            let killed = home.sh(&script).code != Some(0);
            kills += u32::from(killed);
            let is_whole = home.path("docs.restored").exists();
            if killed && is_whole {
                // Only its own mode and time may be missing.
                assert_eq!(home.text("docs.restored/letters/may.txt"), "may\n", "{call} {when}");
            }
            if killed {
                let next = home.manager(&["restore", "docs"]);
                let is_done = next.code == Some(0) || is_whole && next.stderr.contains("it exists already");
                assert!(is_done, "{call} {when}: {}", next.stderr);
            }
            same(&home, "docs.restored");
            assert!(!home.path(".docs.restored.restoring").exists(), "{call} {when}");
            home.sh("chmod -R u+w docs.restored && rm -r docs.restored").expect_done();
        }
    }
    assert!(kills > 25, "{kills}");
}

#[test]
fn killed_in_a_folder_that_was_there_it_leaves_no_half_file() {
    let home = home_with_backup();
    if home.sh("strace -V").code != Some(0) {
        return backup_core::testing::skipped("strace is not installed");
    }
    let mut kills = 0;
    for call in
        ["openat2", "mkdirat", "pwrite64", "write", "fchmod", "renameat2", "linkat", "symlinkat", "close"]
    {
        for when in [1, 2, 3, 5] {
            home.sh("rm -rf there && mkdir there && echo mine > there/a").expect_done();
            let script = format!(
                "strace -f -o /dev/null -e trace={call} -e inject={call}:signal=KILL:when={when} \
                 backup_manager restore docs --to there --overwrite"
            );
            kills += u32::from(home.sh(&script).code != Some(0));
            let half = home.sh("find there -name large -size -400000c; cat there/a");
            assert!(["mine\n", "x\n"].contains(&&half.stdout[..]), "{call} {when}: {}", half.stdout);
            home.done(&["restore", "docs", "--to", "there", "--overwrite"]);
            home.sh("touch -d 2001-02-03T04:05:06.789 there && chmod --reference=docs there").expect_done();
            same(&home, "there");
        }
    }
    assert!(kills > 15, "{kills}");
}

#[test]
fn killed_in_a_folder_that_was_there_it_is_finished_without_overwriting() {
    let home = home_with_backup();
    if home.sh("strace -V").code != Some(0) {
        return backup_core::testing::skipped("strace is not installed");
    }
    let mut kills = 0;
    for call in ["mkdirat", "pwrite64", "utimensat", "fchmod", "renameat2", "linkat", "close"] {
        for when in 1..10 {
            home.sh("rm -rf there && mkdir there && echo mine > there/mine").expect_done();
            let script = format!(
                "strace -f -o /dev/null -e trace={call} -e inject={call}:signal=KILL:when={when} \
                 backup_manager restore docs --to there"
            );
            kills += u32::from(home.sh(&script).code != Some(0));
            home.done(&["restore", "docs", "--to", "there"]);
            assert_eq!(home.text("there/mine"), "mine\n", "{call} {when}");
            home.sh(
                "rm there/mine && touch -d 2001-02-03T04:05:06.789 there && chmod --reference=docs there",
            )
            .expect_done();
            assert_eq!(listing(&home, "there"), listing(&home, "docs"), "{call} {when}");
        }
    }
    assert!(kills > 15, "{kills}");
}

#[test]
fn a_full_disk_ends_it_with_a_clear_word() {
    let home = home_with_backup();
    if home.sh("strace -V").code != Some(0) {
        return backup_core::testing::skipped("strace is not installed");
    }
    let script = "strace -f -o /dev/null -e trace=pwrite64 -e inject=pwrite64:error=ENOSPC backup_manager restore docs";
    let full = home.sh(script);
    assert_eq!(full.code, Some(1));
    assert_snapshot!(full.stderr, @r"
    Error: can't restore backups/docs.tar: can't write docs/large: No space left on device (os error 28)
    hint: make room, then run the same again: it goes on where it stopped
    ");
    assert!(!home.path("docs.restored").exists());
    home.done(&["restore", "docs"]);
    same(&home, "docs.restored");
}

#[test]
fn a_bomb_goes_no_further_than_there_is_room() {
    let home = home();
    if home.sh("zstd --version").code != Some(0) {
        return backup_core::testing::skipped("zstd is not installed");
    }
    // 300 MB of zeros in a few KB: a file of that size, without holes.
    let script = "mkdir -p backups docs && chmod 700 backups && head -c 300000000 /dev/zero > docs/bomb && echo good > docs/good \
        && tar -cf - docs | zstd -q -o backups/docs.tar.zst && rm docs/bomb";
    home.sh(script).expect_done();
    let restored = home.sh("ulimit -f 20000; ulimit -v 400000; backup_manager restore docs");
    assert_eq!(restored.code, Some(3));
    assert_snapshot!(restored.stderr, @"can't restore docs/bomb: File too large (os error 27)");
    assert_eq!(home.sh("ls docs.restored").stdout, "good\n");
}

#[test]
fn who_is_not_root_owns_what_comes_back() {
    let home = home_with_backup();
    let as_nobody = "setpriv --reuid=65534 --regid=65534 --clear-groups";
    if home.sh(&format!("{as_nobody} true")).code != Some(0) {
        return backup_core::testing::skipped("only root can try what others can't");
    }
    let prepare = "mkdir mine && touch docs/program && chmod 4755 docs/program && mknod docs/null c 1 3 && chmod 444 docs/a \
        && (setfattr -n user.x -v y docs/a || true) && backup_manager run docs && chown -R 65534:65534 mine backups logs docs . \
        && chmod 755 .";
    home.sh(prepare).expect_done();
    let restored = home.sh(&format!("{as_nobody} backup_manager restore docs --keep-setuid --to mine/docs"));
    assert_eq!(restored.code, Some(3), "{}", restored.stderr);
    assert_snapshot!(restored.stderr, @"docs/null refused: it is a device, which only root may make");
    let seen = home.sh("find mine/docs -printf '%P %U:%G %m\\n' | sort");
    assert_snapshot!(seen.stdout, @r"
     65534:65534 755
    a 65534:65534 444
    large 65534:65534 644
    letters 65534:65534 755
    letters/june.txt 65534:65534 644
    letters/may.txt 65534:65534 644
    letters/old 65534:65534 555
    letters/old/hard 65534:65534 444
    link 65534:65534 777
    program 65534:65534 4755
    ");
    if home.sh("getfattr --version").code == Some(0) {
        assert_eq!(
            home.sh("getfattr -n user.x --only-values mine/docs/a").stdout,
            "y",
            "a file that may not be written"
        );
    }
    // Over it once more, though folders are closed.
    let again = home.sh(&format!(
        "rm -f mine/docs/large; chmod 500 mine/docs; {as_nobody} backup_manager restore docs --to mine/docs --overwrite"
    ));
    assert_eq!(again.code, Some(3), "{}", again.stderr);
}

#[test]
fn an_old_kernel_is_enough() {
    let home = home_with_backup();
    if home.sh("strace -V").code != Some(0) {
        return backup_core::testing::skipped("strace is not installed");
    }
    let without =
        "strace -f -o /dev/null -e trace=openat2 -e inject=openat2:error=ENOSYS backup_manager restore docs";
    home.sh(without).expect_done();
    same(&home, "docs.restored");
}
