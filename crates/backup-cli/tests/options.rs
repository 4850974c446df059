//! What is left out on purpose, and what is missing against one's will, as `backup_manager` says it.
#![expect(clippy::unwrap_used, reason = "tests, and what they need, outside a test function")]

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;

/// Nobody, so that there is something that can't be read even when root runs the tests.
const NOBODY: u32 = 65_534;

/// A home with the folder `docs`, and the program in it, where nobody can reach it.
struct Home {
    folder: tempfile::TempDir,
    is_roots: bool,
}

impl Home {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let is_roots = fs::metadata(folder.path()).unwrap().uid() == 0;
        let home = Self { folder, is_roots };
        // By another process: a file that this one still writes while another thread forks can't be run.
        let copy = Command::new("cp").arg(env!("CARGO_BIN_EXE_backup_manager")).arg(home.program()).status();
        assert!(copy.unwrap().success());
        for file in ["letter", "a.tmp", "b.tmp", "cache/object", "web/CACHEDIR.TAG", "web/page"] {
            home.put(file, "Signature: 8a477f597d28d172789f06886806bc55");
        }
        home
    }

    fn program(&self) -> PathBuf {
        self.folder.path().join("backup_manager")
    }

    fn put(&self, file: &str, contents: &str) {
        let path = self.folder.path().join("docs").join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, contents).unwrap();
    }

    /// Makes a file that its owner can't read.
    fn close(&self, file: &str) {
        self.put(file, "x");
        let path = self.folder.path().join("docs").join(file);
        fs::set_permissions(path, Permissions::from_mode(0o000)).unwrap();
    }

    /// Runs the program as nobody if we are root. Returns all that it says but when the first or next run is, with
    /// its times made even.
    fn say(&self, arguments: &[&str]) -> String {
        let mut command = Command::new(self.program());
        command.current_dir(self.folder.path()).args(arguments).env_remove("BACKUP_MANAGER_HOME");
        if self.is_roots {
            give_to_nobody(self.folder.path().to_owned());
            command.uid(NOBODY).gid(NOBODY);
        }
        let run = command.output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let (out, err) = (text(run.stdout), text(run.stderr));
        let said = format!("{out}--- stderr\n{err}--- exit code {}", run.status.code().unwrap());
        let is_of_now = |line: &&str| line.starts_with("   next run") || line.starts_with("first run");
        let lines = said.lines().filter(|line| !is_of_now(line));
        lines.map(even).collect::<Vec<_>>().join("\n")
    }
}

fn give_to_nobody(path: PathBuf) {
    chown(&path, Some(NOBODY), Some(NOBODY)).unwrap();
    if path.is_dir() {
        fs::read_dir(path).unwrap().for_each(|entry| give_to_nobody(entry.unwrap().path()));
    }
}

/// Puts one letter for all times, and one word for an age.
fn even(line: &str) -> String {
    let mut words: Vec<String> = line.split(' ').map(str::to_owned).collect();
    for word in &mut words {
        let is_time = word.contains(['-', ':']) && word.starts_with(|first: char| first.is_ascii_digit());
        if is_time && !word.ends_with(':') {
            word.clear();
            word.push('T');
        }
    }
    let line = words.join(" ");
    match line.split_once(" s old, ") {
        Some((before, after)) => {
            format!("{} AGE old, {after}", before.trim_end_matches(char::is_numeric).trim_end())
        }
        None => line,
    }
}

#[test]
fn create_writes_its_flags_as_fields() {
    let home = Home::new();
    let flags = ["--exclude", "*.tmp", "--exclude=/cache/", "--one-file-system", "--exclude-caches"];
    insta::assert_snapshot!(home.say(&[&["create", "docs;16:07;docs"], &flags[..]].concat()), @"
    New schedule added: docs;16:07;docs;exclude=*.tmp;exclude=/cache/;one-file-system=yes;exclude-caches=yes
    --- stderr
    only one copy will be kept: add keep=, as in `backup_manager edit docs --keep daily:7,weekly:4`
    --- exit code 0
    ");
    insta::assert_snapshot!(home.say(&["create", "docs;16:08;docs;exclude=a", "--exclude=!a"]), @"
    New schedule added: docs;16:08;docs;exclude=a;exclude=!a
    --- stderr
    only one copy will be kept: add keep=, as in `backup_manager edit docs --keep daily:7,weekly:4`
    --- exit code 0
    ");
    insta::assert_snapshot!(home.say(&["create", "docs;16:09;packed;exclude=a", "--compress", "zstd"]), @"
    New schedule added: docs;16:09;packed;exclude=a;compress=zstd
    --- stderr
    only one copy will be kept: add keep=, as in `backup_manager edit packed --keep daily:7,weekly:4`
    --- exit code 0
    ");
    insta::assert_snapshot!(home.say(&["create", "docs;16:10;late", "--tz", "Europe/Paris", "--jitter=10m"]), @"
    New schedule added: docs;16:10;late;tz=Europe/Paris;jitter=10m
    --- stderr
    only one copy will be kept: add keep=, as in `backup_manager edit late --keep daily:7,weekly:4`
    --- exit code 0
    ");
    let file = fs::read_to_string(home.folder.path().join("backup_schedules.txt")).unwrap();
    insta::assert_snapshot!(file, @"
    docs;16:07;docs;exclude=*.tmp;exclude=/cache/;one-file-system=yes;exclude-caches=yes
    docs;16:08;docs;exclude=a;exclude=!a
    docs;16:09;packed;exclude=a;compress=zstd
    docs;16:10;late;tz=Europe/Paris;jitter=10m
    ");
}

#[test]
fn options_that_make_no_sense_are_refused() {
    let home = Home::new();
    insta::assert_snapshot!(home.say(&["create", "docs;16:07;docs;exlude=*.tmp"]), @r#"
    --- stderr
    Error: malformed schedule: docs;16:07;docs;exlude=*.tmp
    caused by: "exlude" is no option; did you mean exclude?
    hint: options follow the name, for example "docs;16:07;docs;exclude=*.tmp;one-file-system=yes"
    --- exit code 2
    "#);
    insta::assert_snapshot!(home.say(&["create", "docs;16:07;docs;one-file-system=maybe"]), @r#"
    --- stderr
    Error: malformed schedule: docs;16:07;docs;one-file-system=maybe
    caused by: one-file-system=maybe: it takes yes or no
    hint: options follow the name, for example "docs;16:07;docs;exclude=*.tmp;one-file-system=yes"
    --- exit code 2
    "#);
    insta::assert_snapshot!(home.say(&["create", "docs;16:07;docs", "--exclude=[a"]), @r#"
    --- stderr
    Error: malformed schedule: docs;16:07;docs;exclude=[a
    caused by: the pattern [a: unclosed character class; missing ']'
    hint: options follow the name, for example "docs;16:07;docs;exclude=*.tmp;one-file-system=yes"
    --- exit code 2
    "#);
    insta::assert_snapshot!(home.say(&["create", "docs;16:07;docs", "--exclude=a;b"]), @"
    --- stderr
    Error: wrong usage: invalid value 'a;b' for '--exclude <PATTERN>': exclude=a;b: it takes a pattern, which is not empty and holds neither a ; nor a control character
    hint: `backup_manager help create` shows how it is used
    --- exit code 2
    ");
    assert!(!home.folder.path().join("backup_schedules.txt").exists());
    home.say(&["create", "docs;16:07;docs"]);
    insta::assert_snapshot!(home.say(&["run", "docs", "--exclude=[a"]), @r#"
    --- stderr
    Error: malformed schedule: docs;16:07;docs;exclude=[a
    caused by: the pattern [a: unclosed character class; missing ']'
    hint: options follow the name, for example "docs;16:07;docs;exclude=*.tmp;one-file-system=yes"
    --- exit code 2
    "#);
    // A line that was edited by hand.
    fs::write(home.folder.path().join("backup_schedules.txt"), "docs;16:07;docs;exclude=[a\n").unwrap();
    insta::assert_snapshot!(home.say(&["list"]), @"
    0: docs;16:07;docs;exclude=[a
    --- stderr
    warning: line 1 of backup_schedules.txt doesn't run: malformed schedule: docs;16:07;docs;exclude=[a (the pattern [a: unclosed character class; missing ']')
    --- exit code 0
    ");
}

#[test]
fn run_counts_what_it_leaves_out_and_names_it_when_asked() {
    let home = Home::new();
    home.say(&["create", "docs;16:07;docs", "--exclude=*.tmp"]);
    insta::assert_snapshot!(home.say(&["run", "docs"]), @"
    Backup done for docs in backups/docs.tar
    --- stderr
    In docs: 2 entries left out on purpose
    --- exit code 0
    ");
    let more =
        ["--verbose", "--exclude=cache/", "--exclude-caches", "--one-file-system", "--output=more.tar"];
    insta::assert_snapshot!(home.say(&[&["run", "docs"], &more[..]].concat()), @"
    Backup done for docs in more.tar
    --- stderr
    a.tmp is excluded
    b.tmp is excluded
    cache is excluded
    web is a cache, its contents left out
    In docs: 4 entries left out on purpose
    --- exit code 0
    ");
    insta::assert_snapshot!(home.say(&["status", "docs"]), @"
    backup_service not running: nothing runs until `backup_manager start`
    0: docs;16:07;docs;exclude=*.tmp
       last run   T T done, 20.4 kB in backups/docs.tar, 2 left out on purpose
    --- stderr
    --- exit code 1
    ");
    let archive = home.folder.path().join("more.tar");
    let listed = Command::new("tar").arg("-tf").arg(archive).output().unwrap();
    insta::assert_snapshot!(String::from_utf8(listed.stdout).unwrap(), @"
    docs/
    docs/letter
    docs/web/
    docs/web/CACHEDIR.TAG
    ");
}

#[test]
fn a_run_that_leaves_out_more_than_its_schedule_is_refused() {
    let home = Home::new();
    home.say(&["create", "docs;16:07;docs"]);
    insta::assert_snapshot!(home.say(&["run", "docs", "--exclude=*.tmp", "--exclude-caches"]), @"
    --- stderr
    Error: a run with --exclude '*.tmp' --exclude-caches holds less than schedule docs asks for, and would replace its backup
    hint: write it to a file of its own: backup_manager run docs --exclude '*.tmp' --exclude-caches --output FILE.tar
    --- exit code 2
    ");
    assert!(!home.folder.path().join("backups").exists());
}

/// The README names the flags that `run` takes.
#[test]
fn run_takes_the_flags_that_say_what_is_stored_and_how() {
    let home = Home::new();
    home.say(&["create", "docs;16:07;docs;compress=zstd"]);
    let done = home.say(&["run", "docs", "--compress=no"]);
    assert!(done.starts_with("Backup done for docs in backups/docs.tar\n"), "{done}");
    for flag in ["--verify", "--keep=last:3", "--drill=weekly", "--no-catch-up"] {
        let refused = home.say(&["run", "docs", flag]);
        assert!(refused.ends_with("--- exit code 2"), "{flag}: {refused}");
    }
}

#[test]
fn an_incomplete_backup_is_reported_until_an_exclude_makes_it_a_decision() {
    let home = Home::new();
    home.say(&["create", "docs;16:07;docs"]);
    home.say(&["run", "docs"]);
    home.close("secret");
    insta::assert_snapshot!(home.say(&["run", "docs"]), @"
    Backup incomplete for docs in backups/docs.incomplete.tar: 1 entry could not be read
    --- stderr
    In docs: can't read secret: Permission denied (os error 13)
    hint: what need not be in the backup can be left out on purpose: add ;exclude=PATTERN to the schedule
    --- exit code 3
    ");
    insta::assert_snapshot!(home.say(&["run", "docs", "--verbose"]), @"
    Backup incomplete for docs in backups/docs.incomplete.tar: 1 entry could not be read
    --- stderr
    can't read secret: Permission denied (os error 13)
    hint: what need not be in the backup can be left out on purpose: add ;exclude=PATTERN to the schedule
    --- exit code 3
    ");
    let docs = home.folder.path().join("docs");
    fs::rename(&docs, home.folder.path().join("elsewhere")).unwrap();
    home.say(&["run", "docs"]);
    insta::assert_snapshot!(home.say(&["status", "docs"]), @"
    backup_service not running: nothing runs until `backup_manager start`
    0: docs;16:07;docs
       last run   T T FAILED
                  path docs does not exist
       last good  T T AGE old, 20.4 kB in backups/docs.tar
                  fix the problem above, then make the backup again: `backup_manager run docs`
       INCOMPLETE backups/docs.incomplete.tar of T T newer than the complete backups/docs.tar of T T
                  can't read secret: Permission denied (os error 13)
    --- stderr
    --- exit code 1
    ");
    fs::rename(home.folder.path().join("elsewhere"), &docs).unwrap();
    let schedules = home.folder.path().join("backup_schedules.txt");
    fs::write(schedules, "docs;16:07;docs;exclude=/secret\n").unwrap();
    insta::assert_snapshot!(home.say(&["run", "docs"]), @"
    Backup done for docs in backups/docs.tar
    --- stderr
    In docs: 1 entry left out on purpose
    --- exit code 0
    ");
    insta::assert_snapshot!(home.say(&["status", "docs"]), @"
    backup_service not running: nothing runs until `backup_manager start`
    0: docs;16:07;docs;exclude=/secret
       last run   T T done, 20.4 kB in backups/docs.tar, 1 left out on purpose
    --- stderr
    --- exit code 1
    ");
}

#[test]
fn an_incomplete_backup_is_a_problem_before_it_is_overdue() {
    let home = Home::new();
    home.say(&["create", "docs;16:07;docs"]);
    home.say(&["run", "docs"]);
    home.close("secret");
    home.say(&["run", "docs"]);
    let verdict = home.say(&["status", "--check"]);
    assert!(verdict.starts_with("PROBLEM - 1 schedule: 1 INCOMPLETE\n"), "{verdict}");
    assert!(verdict.ends_with("--- exit code 1"), "{verdict}");
}
