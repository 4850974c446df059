//! The catalogs of archives, and what is found by them.

use std::fs;

use backup_tests::Home;
use insta::assert_snapshot;

use crate::home;

/// A home with a plain backup and a compressed one, which have no catalogs.
fn home_without_catalogs() -> Home {
    let home = home();
    home.sh("mkdir -p docs/letters && echo may > docs/letters/may.txt && ln docs/letters/may.txt docs/link")
        .expect_done();
    for schedule in ["docs;00:00;docs", "docs;00:00;packed;compress=zstd"] {
        home.done(&["create", schedule]);
    }
    for name in ["docs", "packed"] {
        home.done(&["run", name]);
    }
    assert_eq!(home.names("backups/.catalog"), ["docs", "packed"]);
    fs::remove_dir_all(home.path("backups/.catalog")).expect("it may be removed");
    home
}

fn rebuilt(home: &Home, arguments: &[&str], code: i32) -> String {
    let said = home.manager(&[&["catalog", "rebuild"], arguments].concat());
    assert_eq!(said.code, Some(code), "{said:?}");
    said.stdout + &said.stderr
}

#[test]
fn they_are_made_anew() {
    let home = home_without_catalogs();
    let found = home.done(&["find", "*.txt"]).stdout;
    assert_snapshot!(rebuilt(&home, &[], 0), @r"
    docs.tar  catalog made: 4 entries
    packed.tar.zst  catalog made: 4 entries
    ");
    assert_eq!(home.names("backups/.catalog"), ["docs", "packed"]);
    assert_eq!(home.names("backups/.catalog/docs").len(), 1);
    assert_eq!(home.done(&["find", "*.txt"]).stdout, found);
    assert_snapshot!(rebuilt(&home, &["--json"], 0), @r#"
    {"archive":"docs.tar","entries":null,"problem":null,"state":"present"}
    {"archive":"packed.tar.zst","entries":null,"problem":null,"state":"present"}
    "#);
    for words in [&["docs"][..], &["0"], &["backups/docs.tar", "docs"]] {
        assert_eq!(rebuilt(&home, words, 0), "docs.tar  catalog made: 4 entries\n", "{words:?}");
    }
    let log = home.text("logs/backup_manager.log");
    assert!(log.contains("Made the catalog of backups/packed.tar.zst\n"), "{log}");
}

#[test]
fn a_damaged_archive_gets_none() {
    let home = home_without_catalogs();
    let whole = home.bytes("backups/docs.tar");
    home.write("backups/docs.tar", &whole[..700]);
    assert_snapshot!(rebuilt(&home, &[], 1), @r"
    docs.tar  NO CATALOG: at byte 700: the archive ends within a header
    packed.tar.zst  catalog made: 4 entries
    ");
    assert!(home.names("backups/.catalog/docs").is_empty());
    let said = rebuilt(&home, &["docs", "--json"], 1);
    assert!(said.contains(r#""state":"not-made""#), "{said}");
}

#[test]
fn what_is_no_archive_is_said() {
    let home = home_without_catalogs();
    for word in ["films", "films.tar"] {
        let said = rebuilt(&home, &[word], 1);
        assert!(said.starts_with("Error: ") && said.contains(word), "{said}");
    }
    assert!(!home.path("backups/.catalog").exists());
    let said = home.manager(&["catalog"]);
    assert_eq!(said.code, Some(2), "{said:?}");
}

#[test]
fn an_archive_of_another_tool_gets_one() {
    let home = home_without_catalogs();
    home.sh("tar -cf backups/theirs.tar docs").expect_done();
    assert_eq!(rebuilt(&home, &["theirs"], 0), "theirs.tar  catalog made: 4 entries\n");
    home.sh("rm -r docs").expect_done();
    home.done(&["restore", "theirs", "letters/may.txt", "--to", "out"]);
    assert_eq!(home.text("out/letters/may.txt"), "may\n");
}
