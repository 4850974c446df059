//! Encrypted backups: what stock tools make of them, what the programs need to read them, and what nobody else can see.

use std::fs;
use std::path::Path;

use backup_tests::{Finished, Home, wait_for};
use insta::assert_snapshot;

use crate::home;

const SKIPPED: &str = "age is not installed";

/// A text in the contents of a file, and one in the names of files. They are looked for wherever they must not be.
const CONTENTS: &str = "the-marked-contents-of-a-letter";
const NAME: &str = "the-marked-name-of-a-letter";

/// The line of a configuration that holds the public key of `key.txt`, which isn't in the home.
struct Keys {
    folder: tempfile::TempDir,
    public: String,
}

impl Keys {
    /// Makes a pair of keys with age-keygen; `None` where there is none.
    fn make() -> Option<Self> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let made =
            std::process::Command::new("age-keygen").arg("-o").arg(folder.path().join("key.txt")).output();
        let said = String::from_utf8(made.ok()?.stderr).expect("it is text");
        let public = said.trim().strip_prefix("Public key: ")?.to_owned();
        Some(Self { folder, public })
    }

    fn file(&self) -> String {
        self.path("key.txt")
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().expect("temporary folders have plain names").to_owned()
    }

    fn config(&self) -> String {
        format!("[encryption.main]\nrecipients = [\"{}\"]\n", self.public)
    }
}

/// Returns a home with a marked folder, and a schedule that encrypts it with these further options.
fn home_with_docs(keys: &Keys, options: &[&str]) -> Home {
    let home = home();
    home.write("backup_manager.toml", keys.config());
    home.write("docs/a letter", format!("{CONTENTS}\n").repeat(1000));
    home.write(&format!("docs/sub/{NAME}"), CONTENTS);
    let noise: Vec<_> = (0..1_500_000_u32).map(|n| (n.wrapping_mul(n) >> 7).to_le_bytes()).collect();
    home.write("docs/noise", noise.as_flattened());
    home.write("docs/zoo/last", "the last one");
    home.done(&[&["create", "docs;00:00;docs;encrypt=main"], options].concat());
    home
}

fn comes_back(home: &Home, unpack: &str) -> Finished {
    let script = format!("rm -rf back && mkdir back && {unpack} && diff -r --no-dereference docs back/docs");
    home.sh(&script).expect_done()
}

/// Returns the files below a folder whose names or contents have a mark.
fn marked(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().map(|entry| entry.expect("a name")) {
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        let kind = entry.file_type().expect("it has a type");
        if kind.is_dir() {
            found.extend(marked(&path));
        }
        // Nobody writes to a pipe, and who reads it would wait for ever.
        let bytes = if kind.is_file() { fs::read(&path).unwrap_or_default() } else { Vec::new() };
        let text = String::from_utf8_lossy(&bytes);
        let has = |mark: &str| name.contains(mark) || text.contains(mark);
        if has(CONTENTS) || has(NAME) {
            found.push(path.display().to_string());
        }
    }
    found
}

#[test]
fn stock_tools_read_an_encrypted_backup() {
    let Some(keys) = Keys::make() else { return backup_core::testing::skipped(SKIPPED) };
    let home = home_with_docs(&keys, &[]);
    assert_snapshot!(home.done(&["run", "docs"]).stdout, @"Backup done for docs in backups/docs.tar.age");
    let key = keys.file();
    comes_back(&home, &format!("age -d -i {key} backups/docs.tar.age | tar -x -C back"));
    home.sh("cd backups && sha256sum -c --quiet SHA256SUMS").expect_done();
    home.done(&["edit", "docs", "--set", "compress=zstd"]);
    home.done(&["run", "docs"]);
    assert_eq!(home.names("backups"), ["docs.tar.zst.age"]);
    comes_back(&home, &format!("age -d -i {key} backups/docs.tar.zst.age | zstd -d | tar -x -C back"));
    home.sh("cd backups && sha256sum -c --quiet SHA256SUMS").expect_done();
}

#[test]
fn an_identity_brings_everything_back_and_without_one_nothing_is_read() {
    let Some(keys) = Keys::make() else { return backup_core::testing::skipped(SKIPPED) };
    for options in [&[][..], &["compress=zstd"]] {
        let home = home_with_docs(&keys, options);
        home.done(&["run", "docs"]);
        let key = keys.file();
        home.done(&["restore", "docs", "--identity", &key]);
        home.sh("diff -r docs docs.restored").expect_done();
        let letter = home.done(&["cat", "docs", &format!("sub/{NAME}"), "--identity", &key]);
        assert_eq!(letter.stdout, CONTENTS);
        assert!(home.done(&["show", "docs", "--identity", &key]).stdout.contains(NAME));
        assert!(home.done(&["find", NAME, "--identity", &key]).stdout.contains(NAME));
        let same = home.done(&["diff", "docs", "newest", "--identity", &key]).stdout;
        assert!(same.starts_with("0 new, 0 gone, 0 changed"), "{same}");
        for command in [
            vec!["restore", "docs", "--to", "elsewhere"],
            vec!["cat", "docs", "a letter"],
            vec!["show", "docs"],
            vec!["find", NAME],
            vec!["diff", "docs", "newest"],
        ] {
            let refused = home.manager(&command);
            assert_eq!(refused.code, Some(1), "{command:?}: {}", refused.stderr);
            assert!(
                refused.stderr.contains("it is encrypted, and no identity was given"),
                "{}",
                refused.stderr
            );
            assert!(refused.stderr.contains("--identity FILE"), "{}", refused.stderr);
        }
        assert!(!home.path("elsewhere").exists());
    }
}

#[test]
fn keys_of_ssh_work_as_well() {
    let Some(keys) = Keys::make() else { return backup_core::testing::skipped(SKIPPED) };
    let home = home_with_docs(&keys, &["compress=zstd"]);
    for kind in ["ed25519", "rsa"] {
        let key = keys.path(kind);
        let made = home.sh(&format!("ssh-keygen -q -t {kind} -N '' -f {key}"));
        if made.code != Some(0) {
            return backup_core::testing::skipped("ssh-keygen is not installed");
        }
        let public = fs::read_to_string(format!("{key}.pub")).expect("it was made");
        home.write(
            "backup_manager.toml",
            format!("[encryption.main]\nrecipients = [\"{}\", \"{}\"]\n", public.trim(), keys.public),
        );
        home.done(&["run", "docs"]);
        for identity in [&key, &keys.file()] {
            let letter = home.done(&["cat", "docs", &format!("sub/{NAME}"), "--identity", identity]);
            assert_eq!(letter.stdout, CONTENTS);
        }
        comes_back(&home, &format!("age -d -i {key} backups/docs.tar.zst.age | zstd -d | tar -x -C back"));
    }
}

#[test]
fn verify_needs_no_key_for_the_bytes_and_one_for_what_is_inside() {
    let Some(keys) = Keys::make() else { return backup_core::testing::skipped(SKIPPED) };
    let home = home_with_docs(&keys, &["verify=yes"]);
    home.done(&["run", "docs"]);
    let locked = home.done(&["verify"]);
    assert!(locked.stdout.contains("docs.tar.age  good"), "{}", locked.stdout);
    assert!(
        locked.stdout.contains("only its bytes were compared: it is encrypted, and no identity was given"),
        "{}",
        locked.stdout
    );
    let unlocked = home.done(&["verify", "--identity", &keys.file()]);
    assert!(!unlocked.stdout.contains("only its bytes"), "{}", unlocked.stdout);
    assert_eq!(locked.stdout.lines().next(), unlocked.stdout.lines().next());
    let other = Keys::make().expect("it was there before");
    let wrong = home.manager(&["verify", "--identity", &other.file()]);
    assert_eq!(wrong.code, Some(1), "{}", wrong.stdout);
    assert!(wrong.stdout.contains("doesn't open it"), "{}", wrong.stdout);
    home.sh("printf xxxx | dd of=backups/docs.tar.age bs=1 seek=100000 conv=notrunc status=none")
        .expect_done();
    let damaged = home.manager(&["verify"]);
    assert_eq!(damaged.code, Some(1), "{}", damaged.stdout);
    let inside = home.manager(&["verify", "--identity", &keys.file()]);
    assert_eq!(inside.code, Some(1), "{}", inside.stdout);
    assert!(inside.stdout.contains("DAMAGED"), "{}", inside.stdout);
}

#[test]
fn verify_says_what_was_not_checked() {
    let Some(keys) = Keys::make() else { return backup_core::testing::skipped(SKIPPED) };
    let home = home_with_docs(&keys, &[]);
    home.done(&["run", "docs"]);
    home.sh("cp backups/docs.tar.age backups/strange.tar.age").expect_done();
    let unchecked = home.manager(&["verify", "strange"]);
    let expected = "strange.tar.age  NOT CHECKED: it is encrypted, and no identity was given; \
        no SHA-256 is known to compare its bytes with\n";
    assert_eq!((unchecked.code, &*unchecked.stdout), (Some(1), expected), "{unchecked:?}");
    assert!(unchecked.stderr.contains("--identity FILE"), "{unchecked:?}");
    let json = home.manager(&["verify", "strange", "--json"]);
    assert!(json.stdout.contains(r#""sound":false,"state":"unchecked""#), "{json:?}");
    let checked = home.done(&["verify", "strange", "--identity", &keys.file()]);
    assert!(checked.stdout.contains("whole, but the history doesn't know it"), "{checked:?}");
    assert_eq!(home.done(&["verify", "docs"]).code, Some(0));
}

#[test]
fn another_archive_in_its_place_is_restored_and_reported() {
    let Some(keys) = Keys::make() else { return backup_core::testing::skipped(SKIPPED) };
    let (key, public) = (keys.file(), &keys.public);
    for (options, make, file) in [
        (&["encrypt=main"][..], format!("age -r {public}"), "docs.tar.age"),
        (&["encrypt=main", "compress=zstd"], format!("zstd | age -r {public}"), "docs.tar.zst.age"),
        (&["compress=zstd"], "zstd".to_owned(), "docs.tar.zst"),
    ] {
        let home = home();
        home.write("backup_manager.toml", keys.config());
        home.write("docs/letter", "mine");
        home.write("strange/docs/letter", "of somebody else");
        home.done(&["create", &format!("docs;00:00;docs;{}", options.join(";"))]);
        home.done(&["run", "docs"]);
        let restore = |to: &str| home.manager(&["restore", "docs", "--to", to, "--identity", &key]);
        assert_eq!(restore("before").code, Some(0));
        home.sh(&format!("tar -C strange -cf - docs | {make} >backups/{file}")).expect_done();
        let restored = restore("after");
        assert_eq!(restored.code, Some(3), "{file}: {restored:?}");
        assert!(restored.stderr.contains("THE ARCHIVE ISN'T WHAT WAS WRITTEN"), "{file}: {restored:?}");
    }
}

#[test]
fn a_secret_key_at_the_wrong_place_is_never_shown() {
    let Some(keys) = Keys::make() else { return backup_core::testing::skipped(SKIPPED) };
    let home = home_with_docs(&keys, &[]);
    home.done(&["run", "docs"]);
    let file = fs::read_to_string(keys.file()).expect("it was made");
    let secret = file.lines().last().expect("the key is last");
    let refused = home.manager(&["show", "docs", "--identity", secret]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.stderr.contains("takes the path of a file"), "{refused:?}");
    assert!(!format!("{refused:?}").contains(secret), "{refused:?}");
    for key in ["recipients", "identity", "passphrase_file"] {
        home.write("backup_manager.toml", format!("[encryption.main]\n{key} = \"{secret}\"\n"));
        for command in [
            &["config", "show"][..],
            &["config", "show", "--json"],
            &["check"],
            &["check", "--json"],
            &["run", "docs"],
            &["status"],
        ] {
            let said = home.manager(command);
            assert!(!format!("{said:?}").contains(secret), "{key} {command:?}: {said:?}");
        }
        let checked = home.manager(&["check"]);
        assert!(format!("{checked:?}").contains("this is a secret key, not "), "{checked:?}");
    }
    let logs = home.sh("cat logs/*").stdout;
    assert!(!logs.contains(secret), "{logs}");
}

#[test]
fn an_encrypted_backup_is_not_drilled_among_the_backups() {
    let Some(keys) = Keys::make() else { return backup_core::testing::skipped(SKIPPED) };
    let home = home_with_docs(&keys, &[]);
    home.done(&["run", "docs"]);
    let key = keys.file();
    home.sh("mkdir backups/deep && ln -s backups link && mkdir elsewhere").expect_done();
    for place in ["backups", "backups/deep", "link"] {
        let refused = home.manager(&["drill", "docs", "--in", place, "--identity", &key]);
        assert_eq!(refused.code, Some(1), "{place}: {refused:?}");
        assert!(refused.stderr.contains("must not be among the backups"), "{place}: {refused:?}");
    }
    let inside = home.sh(&format!("TMPDIR=$PWD/backups backup_manager drill docs --identity {key}"));
    assert_eq!(inside.code, Some(1), "{inside:?}");
    home.done(&["drill", "docs", "--in", "elsewhere", "--identity", &key]);
}

#[test]
fn what_a_killed_drill_left_before_encryption_is_removed() {
    let Some(keys) = Keys::make() else { return backup_core::testing::skipped(SKIPPED) };
    let home = home_with_docs(&keys, &[]);
    let leave = || home.write("backups/.docs.drill/tree/docs/letter", CONTENTS);
    for command in [vec!["run", "docs"], vec!["drill", "docs"]] {
        leave();
        home.manager(&command);
        assert_eq!(marked(&home.path("backups")), [""; 0], "{command:?}");
    }
}

#[test]
fn an_archive_whose_date_changed_is_compared_with_the_catalog_it_was_made_with() {
    let Some(keys) = Keys::make() else { return backup_core::testing::skipped(SKIPPED) };
    for (options, file) in [(&[][..], "docs.tar.age"), (&["compress=zstd"], "docs.tar.zst.age")] {
        let home = home_with_docs(&keys, options);
        home.done(&["run", "docs"]);
        home.sh(&format!("touch -d 2020-01-01 backups/{file}")).expect_done();
        let (key, uncompared) = (keys.file(), "nothing was compared with what was stored");
        let restore = |to: &str| {
            home.manager(&["restore", "docs", "a letter", "--to", to, "--heal", "--identity", &key])
        };
        let compared = restore("out");
        assert_eq!((compared.code, &*compared.stderr), (Some(0), ""), "{compared:?}");
        home.sh(&format!("printf xxxx | dd of=backups/{file} bs=1 seek=2000000 conv=notrunc status=none"))
            .expect_done();
        let damaged = home.manager(&["verify", "docs", "--identity", &key]);
        assert_eq!(damaged.code, Some(1), "{damaged:?}");
        assert!(damaged.stdout.contains("\n  docs/noise\n"), "it names what is damaged: {damaged:?}");
        home.sh("rm -r backups/.catalog").expect_done();
        let bare = restore("out2");
        assert!(bare.stderr.contains(uncompared), "{bare:?}");
    }
}

#[test]
fn what_is_damaged_costs_no_other_file_and_is_healed() {
    let Some(keys) = Keys::make() else { return backup_core::testing::skipped(SKIPPED) };
    let key = keys.file();
    for (options, file) in [(&[][..], "docs.tar.age"), (&["compress=zstd"], "docs.tar.zst.age")] {
        let home = home_with_docs(&keys, &[&["keep=last:2"], options].concat());
        home.done(&["run", "docs"]);
        home.done(&["run", "docs"]);
        home.sh(&format!("printf XXXX | dd of=backups/{file} bs=1 seek=3000000 conv=notrunc status=none"))
            .expect_done();
        let damaged = home.manager(&["restore", "docs", "--to", "out", "--identity", &key]);
        assert_eq!(damaged.code, Some(3), "{damaged:?}");
        let named = damaged.stderr.lines().filter(|line| line.contains("is damaged in the archive")).count();
        assert_eq!(named, 1, "{damaged:?}");
        assert!(damaged.stderr.contains("docs/noise is damaged in the archive"), "{damaged:?}");
        home.sh("diff -r --exclude=noise docs out").expect_done();
        home.done(&["restore", "docs", "--to", "whole", "--heal", "--identity", &key]);
        home.sh("diff -r docs whole").expect_done();
        // A cut costs what is behind it.
        home.sh(&format!("truncate -s -20 backups/{file}")).expect_done();
        let letter = home.manager(&["cat", "docs", "a letter", "--identity", &key]);
        assert_eq!((letter.code, letter.stdout), (Some(3), format!("{CONTENTS}\n").repeat(1000)));
    }
}

#[test]
fn a_drill_uses_the_stock_age() {
    let Some(keys) = Keys::make() else { return backup_core::testing::skipped(SKIPPED) };
    for options in [&[][..], &["compress=zstd"]] {
        let home = home_with_docs(&keys, options);
        home.done(&["run", "docs"]);
        let drilled = home.done(&["drill", "docs", "--identity", &keys.file()]);
        assert!(drilled.stdout.contains("came back whole"), "{}", drilled.stdout);
        let locked = home.manager(&["drill", "docs"]);
        assert_eq!(locked.code, Some(1));
        assert!(locked.stderr.contains("it is encrypted, and no identity was given"), "{}", locked.stderr);
        // Another age is what does it.
        home.write("bin/age", "#!/bin/sh\n[ \"$1\" = --version ] && exec echo v1\nexec head -c 100\n");
        home.sh("chmod +x bin/age").expect_done();
        let script = format!("PATH=$PWD/bin:$PATH backup_manager drill docs --identity {}", keys.file());
        let failed = home.sh(&script);
        assert_eq!(failed.code, Some(1), "{}{}", failed.stdout, failed.stderr);
        assert_eq!(marked(&home.path("backups")), [""; 0]);
    }
}

#[test]
fn nothing_of_the_source_is_in_the_backups_folder() {
    let Some(keys) = Keys::make() else { return backup_core::testing::skipped(SKIPPED) };
    for options in [&["keep=last:3"][..], &["keep=last:3", "compress=zstd", "verify=yes"]] {
        let home = home_with_docs(&keys, options);
        home.sh("mkfifo docs/pipe && chmod 000 'docs/a letter'").expect_done();
        for _ in 0..2 {
            home.manager(&["run", "docs"]);
        }
        home.sh("chmod 600 'docs/a letter'").expect_done();
        for _ in 0..2 {
            home.done(&["run", "docs"]);
        }
        home.done(&["run", "docs", "--output", "elsewhere.tar.age"]);
        home.done(&["catalog", "rebuild", "docs", "--identity", &keys.file()]);
        home.done(&["restore", "docs", "--identity", &keys.file()]);
        assert!(!marked(&home.path("docs")).is_empty(), "the marks are found where they are");
        assert_eq!(marked(&home.path("backups")), [""; 0]);
        assert_eq!(home.sh(&format!("grep -c {CONTENTS} elsewhere.tar.age")).stdout.trim(), "0");
        assert!(home.names("backups/.catalog/docs").len() > 1, "there are catalogs");
    }
}

#[test]
fn a_killed_run_leaves_nothing_of_the_source_either() {
    let Some(keys) = Keys::make() else { return backup_core::testing::skipped(SKIPPED) };
    for options in [&[][..], &["compress=zstd"]] {
        let home = home_with_docs(&keys, options);
        home.write("docs/large", CONTENTS.repeat(6_000_000 / CONTENTS.len()));
        // It is killed at any of its writes; strace counts them.
        for number in [3, 10, 30] {
            let inject = format!("inject=write:signal=KILL:when={number}");
            let killed = home
                .sh(&format!("strace -f -q -e trace=write -e {inject} -o /dev/null backup_manager run docs"));
            if killed.code == Some(127) {
                return backup_core::testing::skipped("strace is not installed");
            }
            assert_eq!(marked(&home.path("backups")), [""; 0], "after {number} writes");
        }
        home.done(&["run", "docs"]);
        comes_back(
            &home,
            &match options {
                [] => format!("age -d -i {} backups/docs.tar.age | tar -x -C back", keys.file()),
                _ => format!("age -d -i {} backups/docs.tar.zst.age | zstd -d | tar -x -C back", keys.file()),
            },
        );
        assert_eq!(home.names("backups").len(), 1, "{:?}", home.names("backups"));
    }
}

#[test]
fn no_write_of_a_run_has_a_mark_but_to_the_logs() {
    let Some(keys) = Keys::make() else { return backup_core::testing::skipped(SKIPPED) };
    let home = home_with_docs(&keys, &["verify=yes"]);
    let traced = home.sh(
        "strace -f -q -y -s 200000 -e trace=write,pwrite64,writev,pwritev,openat,rename,renameat,renameat2,linkat,mkdirat \
         -o trace backup_manager run docs",
    );
    if traced.code == Some(127) {
        return backup_core::testing::skipped("strace is not installed");
    }
    traced.expect_done();
    let trace = String::from_utf8_lossy(&home.bytes("trace")).into_owned();
    let writes: Vec<_> =
        trace.lines().filter(|line| line.contains("/backups/") && line.contains("write")).collect();
    assert!(writes.len() > 3, "the archive was written: {}", writes.len());
    let has_mark = |line: &&&str| line.contains(NAME) || line.contains(CONTENTS);
    assert_eq!(writes.iter().filter(has_mark).count(), 0);
}

#[test]
fn the_service_encrypts_and_goes_on_after_a_kill() {
    let Some(keys) = Keys::make() else { return backup_core::testing::skipped(SKIPPED) };
    let home = home();
    home.write(
        "backup_manager.toml",
        format!("[defaults]\nencrypt = \"main\"\ndrill = \"daily\"\n{}", keys.config()),
    );
    home.write("docs/a letter", CONTENTS);
    home.due("docs", "docs");
    let checked = home.done(&["check"]);
    assert!(checked.stdout.contains("the service can't drill docs"), "{}", checked.stdout);
    assert!(checked.stdout.contains("counts for new archives"), "{}", checked.stdout);
    home.start(&[]);
    let made = home.path("backups/docs.tar.age");
    wait_for("the backup is made", || made.exists().then_some(()));
    wait_for("it is noted", || home.done(&["history"]).stdout.contains("done").then_some(()));
    home.done(&["stop"]);
    assert!(home.service_log().iter().all(|line| !line.contains("rill")), "{:?}", home.service_log());
    assert!(home.manager(&["status"]).stdout.contains("ok     docs"));
}

#[test]
fn the_service_drills_with_the_identity_of_the_configuration() {
    let Some(keys) = Keys::make() else { return backup_core::testing::skipped(SKIPPED) };
    let home = home();
    let identity = format!("identity = \"{}\"\n", keys.file());
    home.write("backup_manager.toml", format!("{}{identity}", keys.config()));
    home.write("docs/a letter", CONTENTS);
    let schedule = home.due("docs", "docs");
    home.write("backup_schedules.txt", format!("{schedule};encrypt=main;drill=daily\n"));
    home.start(&[]);
    let is_drilled = || home.service_log().iter().any(|line| line.contains("came back whole"));
    wait_for("the backup is drilled", || is_drilled().then_some(()));
    assert_eq!(marked(&home.path("backups")), [""; 0]);
}

#[test]
fn what_is_wrong_is_said_with_its_value_and_the_way_out() {
    let Some(keys) = Keys::make() else { return backup_core::testing::skipped(SKIPPED) };
    let home = home_with_docs(&keys, &[]);
    let said = |config: &str, words: &[&str]| {
        home.write("backup_manager.toml", config);
        let refused = home.manager(words);
        assert_ne!(refused.code, Some(0), "{config}{}", refused.stdout);
        refused.stderr
    };
    let run = ["run", "docs"];
    let none = said("# nothing\n", &run);
    assert!(none.contains("encrypt=main: the configuration has no [encryption.main]"), "{none}");
    let wrong = said("[encryption.main]\nrecipients = [\"age1nonsense\"]\n", &run);
    assert!(wrong.contains("the recipient age1nonsense is no public key of age"), "{wrong}");
    let secret = fs::read_to_string(keys.file()).expect("it was made");
    let secret = secret.lines().last().expect("the key is last");
    let wrong = said(&format!("[encryption.main]\nrecipients = [\"{secret}\"]\n"), &run);
    assert!(wrong.contains("is a secret key") && !wrong.contains(secret), "{wrong}");
    let both = said(&format!("{}passphrase_file = \"/p\"\n", keys.config()), &run);
    assert!(both.contains("it can't be there together with recipients"), "{both}");
    let empty = said("[encryption.main]\n", &run);
    assert!(empty.contains("the key recipients is missing"), "{empty}");
    let gone = said("[encryption.main]\npassphrase_file = \"/nowhere/p\"\n", &run);
    assert!(gone.contains("/nowhere/p: No such file"), "{gone}");
    home.write("open", "correct horse\n");
    home.sh("chmod 644 open").expect_done();
    let open = home.path("open").display().to_string();
    let phrase = format!("[encryption.main]\npassphrase_file = \"{open}\"\n");
    let world_readable = said(&phrase, &run);
    assert!(world_readable.contains(&format!("chmod 600 {open}")), "{world_readable}");
    assert!(home.names("docs").len() > 1 && !home.path("backups/docs.tar.age").exists());
    home.write("backup_manager.toml", keys.config());
    home.done(&["run", "docs"]);
    for (contents, expected) in [
        ("nothing of that kind\n", "it is no identity"),
        (keys.public.as_str(), "it is a public key"),
        ("AGE-PLUGIN-YUBIKEY-1\n", "it is for a plugin of age"),
    ] {
        home.write("identity", contents);
        let refused = home.manager(&["show", "docs", "--identity", "identity"]);
        assert_eq!(refused.code, Some(1));
        assert!(
            refused.stderr.contains(expected) && refused.stderr.contains("/identity"),
            "{}",
            refused.stderr
        );
    }
    let missing = home.manager(&["show", "docs", "--identity", "nowhere"]);
    assert!(missing.stderr.contains("nowhere: No such file"), "{}", missing.stderr);
    let plain = home.manager(&["run", "docs", "--output", "plain.tar"]);
    assert!(plain.stderr.contains("let its name end with .age"), "{}", plain.stderr);
}

#[test]
fn a_passphrase_opens_an_archive_only_on_a_terminal() {
    let Some(keys) = Keys::make() else { return backup_core::testing::skipped(SKIPPED) };
    let home = home_with_docs(&keys, &[]);
    home.write("passphrase", "correct horse\n");
    home.sh("chmod 600 passphrase").expect_done();
    let file = home.path("passphrase").display().to_string();
    home.write("backup_manager.toml", format!("[encryption.main]\npassphrase_file = \"{file}\"\n"));
    home.done(&["run", "docs"]);
    let refused = home.manager(&["show", "docs"]);
    assert_eq!(refused.code, Some(1));
    assert!(
        refused.stderr.contains("it is encrypted with a passphrase, and there is no terminal"),
        "{}",
        refused.stderr
    );
    let locked = home.done(&["verify"]);
    assert!(locked.stdout.contains("only its bytes were compared"), "{}", locked.stdout);
}

#[test]
fn a_passphrase_that_is_typed_opens_an_archive() {
    let Some(keys) = Keys::make() else { return backup_core::testing::skipped(SKIPPED) };
    let home = home_with_docs(&keys, &["compress=zstd"]);
    home.write("passphrase", "correct horse\n");
    home.sh("chmod 600 passphrase").expect_done();
    let file = home.path("passphrase").display().to_string();
    home.write("backup_manager.toml", format!("[encryption.main]\npassphrase_file = \"{file}\"\n"));
    home.done(&["run", "docs"]);
    // `script` gives the program a terminal, and types what it reads.
    let type_in = |words: &str, command: &str| {
        home.sh(&format!("printf '{words}\\n' | script -qec 'backup_manager {command}' /dev/null"))
    };
    let letter = type_in("correct horse", "cat docs zoo/last");
    assert_eq!(letter.code, Some(0), "{}", letter.stdout);
    assert!(letter.stdout.contains("Passphrase of docs.tar.zst.age: "), "{}", letter.stdout);
    assert!(letter.stdout.ends_with("the last one"), "{}", letter.stdout);
    let wrong = type_in("wrong horse", "cat docs zoo/last");
    assert_eq!(wrong.code, Some(1), "{}", wrong.stdout);
    assert!(wrong.stdout.contains("the passphrase is wrong"), "{}", wrong.stdout);
}

#[test]
fn one_file_is_read_without_decrypting_the_rest() {
    let Some(keys) = Keys::make() else { return backup_core::testing::skipped(SKIPPED) };
    let home = home_with_docs(&keys, &["compress=zstd"]);
    let noise: Vec<_> = (0..10_000_000_u32).map(|n| (n.wrapping_mul(n) >> 7).to_le_bytes()).collect();
    home.write("docs/more noise", noise.as_flattened());
    home.done(&["run", "docs"]);
    let size = home.path("backups/docs.tar.zst.age").metadata().expect("it was made").len();
    let traced = home.sh(&format!(
        "strace -f -q -y -e trace=read,pread64 -o trace backup_manager cat docs zoo/last --identity {}",
        keys.file()
    ));
    if traced.code == Some(127) {
        return backup_core::testing::skipped("strace is not installed");
    }
    assert_eq!(traced.expect_done().stdout, "the last one");
    let trace = String::from_utf8_lossy(&home.bytes("trace")).into_owned();
    let reads = trace.lines().filter(|line| line.contains("/backups/docs.tar.zst.age>"));
    let read: u64 = reads.filter_map(|line| line.rsplit(" = ").next()?.trim().parse::<u64>().ok()).sum();
    assert!(read > 1000 && read < size / 4, "{read} of {size}");
}
