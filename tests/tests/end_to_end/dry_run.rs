//! `run --dry-run`: what would be packed, and what left out.

use std::fs;

use backup_tests::Home;
use insta::assert_snapshot;

use crate::home;

fn home_with_folder() -> Home {
    let home = home();
    let tree = "mkdir -p docs/cache docs/letters docs/out && echo may > docs/letters/may.txt && printf x > docs/a.tmp \
        && printf x > docs/cache/object && printf x > docs/out/inner \
        && printf 'Signature: 8a477f597d28d172789f06886806bc55' > docs/cache/CACHEDIR.TAG \
        && ln docs/letters/may.txt docs/hard && truncate -s 1M docs/sparse && printf end >> docs/sparse";
    home.sh(tree).expect_done();
    home.write("backup_schedules.txt", "docs;00:00;docs;exclude=*.tmp;exclude=out;exclude-caches=yes\n");
    home
}

#[test]
fn it_says_what_a_backup_would_hold() {
    let home = home_with_folder();
    assert_snapshot!(home.done(&["run", "docs", "--dry-run"]).stdout, @"
    a.tmp is excluded
    cache is a cache, its contents left out
    out is excluded
    A backup of docs would hold 7 entries (50 B)
    3 entries left out on purpose
    ");
    assert_snapshot!(home.done(&["run", "docs", "--dry-run", "--list", "--exclude", "letters"]).stdout, @"
               0 ./
    a.tmp is excluded
               0 cache
    cache is a cache, its contents left out
              43 cache/CACHEDIR.TAG
               4 hard
    letters is excluded
    out is excluded
               3 sparse
    A backup of docs would hold 5 entries (50 B)
    4 entries left out on purpose
    ");
    assert!(home.names("").iter().all(|name| name != "backups"), "nothing is made: {:?}", home.names(""));
    assert_eq!(home.bytes("logs/history.jsonl"), b"", "and nothing noted");
}

#[test]
fn it_counts_as_the_run_does() {
    let home = home_with_folder();
    let before = home.done(&["run", "docs", "--dry-run", "--json"]).stdout;
    home.done(&["run", "docs"]);
    let ran = home.done(&["history", "--json"]).stdout;
    let number = |text: &str, key: &str| {
        let (_, rest) = text.rsplit_once(&format!("\"{key}\":")).expect("the field is there");
        rest.chars().take_while(char::is_ascii_digit).collect::<String>()
    };
    assert_eq!(number(&before, "entries"), number(&ran, "entries"));
    assert_eq!(number(&before, "excluded_entries"), number(&ran, "excluded"));
    assert_eq!(home.done(&["run", "docs", "--dry-run", "--json"]).stdout, before, "again, the same");
    assert_eq!(home.names("backups"), ["docs.tar"]);
}

#[test]
fn what_is_asked_for_wrongly_is_said() {
    let home = home_with_folder();
    for (arguments, code) in [
        (&["run", "nothing", "--dry-run"][..], 1),
        (&["run", "docs", "--list"], 2),
        (&["run", "docs", "--dry-run", "--output", "x.tar"], 2),
        (&["run", "docs", "--dry-run", "--exclude", "["], 2),
    ] {
        let said = home.manager(arguments);
        assert_eq!((said.code, said.stdout.as_str()), (Some(code), ""), "{arguments:?}: {said:?}");
    }
    fs::remove_dir_all(home.path("docs")).expect("it can be removed");
    let said = home.manager(&["run", "docs", "--dry-run"]);
    assert_eq!((said.code, said.stderr.contains("path docs does not exist")), (Some(1), true), "{said:?}");
}
