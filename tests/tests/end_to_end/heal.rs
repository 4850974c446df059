//! Damaged archives: `verify` names what is damaged, and `restore --heal` takes it from other backups.

use backup_core::testing::skipped;
use backup_tests::{Home, with_disk};
use insta::assert_snapshot;

use crate::home;

/// Changes bytes of an archive as a disk that fails does: its date stays.
const DAMAGE: &str = r#"damage() { touch -r "$1" date; printf ZZZZ | dd of="$1" bs=1 seek="$2" conv=notrunc status=none; touch -r date "$1"; rm date; }
at() { grep -abo "$2" "$1" | head -1 | cut -d: -f1; }"#;

fn sh(home: &Home, script: &str) {
    home.sh(&format!("{DAMAGE}\n{script}")).expect_done();
}

/// A home with two generations of a backup. The newest is damaged in two files: one is the same in both generations, the other isn't.
fn damaged_home() -> Home {
    let home = home();
    sh(
        &home,
        "mkdir -p docs/letters && echo 'Dear Ann, hello' > docs/letters/may.txt && echo 'first text' > docs/new.txt && echo rest > docs/rest",
    );
    home.done(&["create", "docs;00:00;docs;keep=last:5"]);
    home.done(&["run", "docs"]);
    sh(&home, "echo 'second text' > docs/new.txt");
    home.done(&["run", "docs"]);
    sh(
        &home,
        "damage backups/docs.tar $(at backups/docs.tar 'Dear Ann'); damage backups/docs.tar $(at backups/docs.tar 'second text')",
    );
    home
}

/// Replaces the name of the older generation.
fn redacted(home: &Home, text: &str) -> String {
    let older = home.names("backups").into_iter().find(|name| name.starts_with("docs.2"));
    home.redact(&text.replace(&older.expect("there is an older one"), "OLDER.tar"))
}

#[test]
fn verify_names_what_is_damaged() {
    let home = damaged_home();
    let said = home.manager(&["verify", "docs"]);
    assert_eq!((said.code, said.stderr.as_str()), (Some(1), ""));
    assert_snapshot!(said.stdout, @"
    docs.tar  DAMAGED: 2 entries aren't what was stored: docs/letters/may.txt, docs/new.txt
      docs/letters/may.txt
      docs/new.txt
    ");
    let log = home.manager_log();
    assert!(
        log.iter().any(|line| line.contains("DAMAGED: 2 entries") && line.contains("docs/new.txt")),
        "{log:?}"
    );
    let json = home.manager(&["verify", "docs", "--json"]).stdout;
    assert!(
        json.contains(r#""damaged":[{"path":"docs/letters/may.txt"},{"path":"docs/new.txt"}]"#),
        "{json}"
    );
    assert!(json.contains(r#""damaged_entries":2"#) && json.contains(r#""state":"damaged""#), "{json}");
}

#[test]
fn what_other_generations_hold_comes_from_there() {
    let home = damaged_home();
    let said = home.manager(&["restore", "docs"]);
    assert_eq!(said.code, Some(3));
    let told = redacted(&home, &said.stderr);
    for line in [
        "docs/letters/may.txt is damaged in the archive; OLDER.tar holds the same contents\n",
        "docs/new.txt is damaged in the archive, and no other archive holds its contents\n",
        "hint: take it from there: `backup_manager restore docs --to [home]/docs.restored --overwrite --heal`\n",
    ] {
        assert!(told.contains(line), "{told}");
    }
    let target = home.path("docs.restored").display().to_string();
    let said = home.manager(&["restore", "docs", "--to", &target, "--overwrite", "--heal"]);
    assert_eq!(said.code, Some(3), "one file is lost for good");
    let told = redacted(&home, &said.stderr);
    assert!(told.contains("docs/letters/may.txt is healed: OLDER.tar holds it\n"), "{told}");
    assert!(
        told.contains("docs/new.txt is damaged in the archive, and no other archive holds its contents\n"),
        "{told}"
    );
    assert_eq!(home.text("docs.restored/letters/may.txt"), "Dear Ann, hello\n");
    let json = home.manager(&["restore", "docs", "letters", "--to", "out", "--heal", "--json"]);
    assert_eq!(json.code, Some(0), "what isn't chosen isn't missing: {}", json.stderr);
    let told = redacted(&home, &json.stdout);
    assert!(
        told.contains(r#""healed":1"#)
            && told.contains(r#"{"from":"OLDER.tar","path":"docs/letters/may.txt"}"#),
        "{told}"
    );
    assert_eq!(home.names("out"), ["letters"]);
}

#[test]
fn an_archive_that_begins_with_damage_is_healed() {
    let home = damaged_home();
    sh(&home, "damage backups/docs.tar 20; damage backups/docs.tar 100");
    assert_eq!(home.manager(&["restore", "docs"]).code, Some(1), "nothing of it can be read");
    let said = home.manager(&["restore", "docs", "--heal"]);
    assert_eq!(said.code, Some(3), "{}", said.stderr);
    assert_eq!(home.text("docs.restored/letters/may.txt"), "Dear Ann, hello\n");
    assert_eq!(home.text("docs.restored/rest"), "rest\n");
    assert_eq!(home.names("docs.restored"), ["letters", "rest"]);
}

/// A home with two generations of a backup of four files, one of which is damaged in the newest as any program does it: its date changes.
fn overwritten_home() -> Home {
    let home = home();
    sh(
        &home,
        "mkdir docs && for name in a b c; do echo text $name > docs/$name; done; echo 'Dear Ann' > docs/letter",
    );
    home.done(&["create", "docs;00:00;docs;keep=last:5"]);
    home.done(&["run", "docs"]);
    home.done(&["run", "docs"]);
    sh(
        &home,
        "printf ZZZZ | dd of=backups/docs.tar bs=1 seek=$(at backups/docs.tar 'Dear Ann') conv=notrunc status=none",
    );
    home
}

#[test]
fn an_archive_that_was_written_to_is_compared_and_healed() {
    let home = overwritten_home();
    let said = home.manager(&["verify", "docs"]);
    assert_eq!(
        (said.code, &*said.stdout),
        (Some(1), "docs.tar  DAMAGED: docs/letter isn't what was stored\n  docs/letter\n")
    );
    let said = home.manager(&["restore", "docs", "--to", "out", "--heal"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert_eq!(home.text("out/letter"), "Dear Ann\n");
    // Its catalog outlives the next run, which replaces it.
    home.done(&["run", "docs"]);
    let older = home.names("backups").into_iter().filter(|name| name.starts_with("docs.2")).max();
    let older = older.expect("there are older ones");
    let said = home.manager(&["restore", "docs", "--generation", &older, "--to", "out2", "--heal"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert_eq!(home.text("out2/letter"), "Dear Ann\n");
}

#[test]
fn one_file_out_of_a_damaged_archive_is_told_to_be_damaged() {
    for home in [damaged_home(), overwritten_home()] {
        let path = if home.path("docs/letter").exists() { "letter" } else { "letters/may.txt" };
        let said = home.manager(&["cat", "docs", path]);
        assert_eq!(said.code, Some(3), "{said:?}");
        let told = format!(
            "backups/docs.tar: docs/{path} isn't what was stored: its contents are damaged in the archive\n"
        );
        assert_eq!(said.stderr, told);
        let said = home.manager(&["restore", "docs", path, "--to", "out"]);
        assert_eq!(said.code, Some(3), "{said:?}");
        let told = format!("docs/{path} is damaged in the archive; OLDER.tar holds the same contents\n");
        assert!(redacted(&home, &said.stderr).contains(&told), "{said:?}");
        let sound =
            home.manager(&["restore", "docs", if path == "letter" { "a" } else { "rest" }, "--to", "out2"]);
        assert_eq!(sound.code, Some(0), "{sound:?}");
    }
}

#[test]
fn no_catalog_is_made_of_damage() {
    let home = damaged_home();
    let said = home.manager(&["catalog", "rebuild", "docs.tar"]);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.stdout.contains("docs.tar  NO CATALOG: "), "{said:?}");
    assert_eq!(home.manager(&["cat", "docs", "new.txt"]).code, Some(3), "the catalog before is there yet");
    std::fs::remove_dir_all(home.path("backups/.catalog")).expect("it may be removed");
    let said = home.manager(&["catalog", "rebuild", "docs.tar"]);
    assert_eq!(said.code, Some(1), "its SHA-256 is another: {said:?}");
    let said = home.manager(&["restore", "docs", "rest", "--to", "out", "--heal"]);
    assert_eq!(said.code, Some(3), "{said:?}");
    let told = "nothing was compared with what was stored, or taken from other archives: the archive has no catalog\n";
    assert!(said.stderr.contains(told), "{said:?}");
}

/// Runs on a disk that shares blocks, a day apart. Before the second, a byte of the first archive is damaged.
const SPREAD: &str = "
for number in $(seq 40); do head -c 400000 /dev/urandom >../docs/$number; done
printf 'a letter that nobody has changed' | dd of=../docs/7 bs=1 seek=200000 conv=notrunc status=none
backup_manager create '../docs;16:07;docs;reuse=auto;keep=last:9OPTIONS' >/dev/null
run() { NO_FAKE_STAT=1 faketime -f \"+$1d\" backup_manager run docs >/dev/null 2>&1 && echo made || echo not made; }
run 1
damage backups/docs.tar $(at backups/docs.tar 'a letter that')
run 2
faketime -f '+2d' backup_manager verify docs --all | grep -v good || true
run 3
faketime -f '+3d' backup_manager verify docs | grep -o '^docs.tar  good'
";

/// Runs on a disk that can't share blocks, a day apart. Before the second, a byte of the first archive is damaged.
const COPIED: &str = "
for number in $(seq 40); do head -c 40000 /dev/urandom >../docs/$number; done
printf 'a letter that nobody has changed' | dd of=../docs/7 bs=1 seek=20000 conv=notrunc status=none
backup_manager create '../docs;16:07;docs;keep=last:9' >/dev/null
run() { NO_FAKE_STAT=1 faketime -f \"+$1d\" backup_manager run docs >/dev/null 2>&1 && echo made || echo not made; }
run 1
damage backups/docs.tar $(at backups/docs.tar 'a letter that')
NO_FAKE_STAT=1 faketime -f '+2d' backup_manager run docs 2>told && code=0 || code=$?
echo code $code
sed 's/docs[.]20[^ ,]*[.]tar/OLDER.tar/g' told
faketime -f '+2d' backup_manager status docs | grep -A2 DAMAGED | sed 's/docs[.]20[^ ,]*[.]tar/OLDER.tar/g; s/, 20[-0-9]* [0-9:]*: /, NOW: /'
faketime -f '+2d' backup_manager status --check | head -1
grep -ho 'Verified .*' logs/*.log
faketime -f '+2d' backup_manager verify docs | grep -o '^docs.tar  good'
mkdir ../back
tar -xf backups/docs.tar -C ../back
diff -r ../docs ../back/docs && echo the same
";

#[test]
fn damage_that_a_run_meets_is_not_copied_and_is_told() {
    let home = home();
    let Some(played) = with_disk(&home, "ext4", &format!("{DAMAGE}\n{COPIED}")) else {
        return skipped("no ext4 can be made and mounted here, or there is no faketime");
    };
    assert_snapshot!(played.expect_done().stdout, @"
    made
    Backup done for ../docs in backups/docs.tar
    code 3
    warning: the backup before this one, backups/OLDER.tar, is DAMAGED: docs/7 isn't what was stored. This backup isn't affected: it read every file anew
    hint: check the disk, and the other backups with `backup_manager verify docs --all`; `backup_manager restore docs --generation OLDER.tar --heal` takes what is damaged in that one from the others
       DAMAGED    the older backups/OLDER.tar, by the last verify, NOW: docs/7 isn't what was stored
                  check the disk; `backup_manager restore docs --generation OLDER.tar --heal` takes what is damaged in that one from the others
                  this is shown until that archive is removed, or a verify finds it good
    OK - 1 schedule: 1 OLDER DAMAGED
    Verified backups/docs.tar: DAMAGED: docs/7 isn't what was stored
    docs.tar  good
    the same
    ");
}

#[test]
fn damage_in_a_shared_block_does_not_spread_unseen() {
    for (kind, options) in [("xfs", ""), ("btrfs", ""), ("xfs", ";verify=yes")] {
        let home = home();
        let script = SPREAD.replace("OPTIONS", options);
        let Some(played) = with_disk(&home, kind, &format!("{DAMAGE}\n{script}")) else {
            skipped(format!("no {kind} can be made and mounted here, or there is no faketime"));
            continue;
        };
        let told: Vec<_> = played.expect_done().stdout.lines().map(str::to_owned).collect();
        assert_eq!(told.first().map(String::as_str), Some("made"), "{kind}: {told:?}");
        if options.is_empty() {
            assert!(
                told.iter().any(|line| line.ends_with("DAMAGED: docs/7 isn't what was stored")),
                "{told:?}"
            );
        } else {
            assert_eq!(told[1], "not made", "what was taken over is read back: {told:?}");
        }
        assert_eq!(
            told[told.len() - 2..],
            ["made", "docs.tar  good"],
            "{kind}: a damaged base is no base: {told:?}"
        );
    }
}
