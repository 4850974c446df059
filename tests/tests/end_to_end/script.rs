//! The script that shows the product, word for word.

use insta::assert_snapshot;

use crate::home;

const SCRIPT: &str = r#"
backup_manager create "test;16:07;backup_test"; backup_manager create "test1;16:07;personal_data"
backup_manager create "test2;16:07;office_docs"; backup_manager create "test;"
backup_manager list; backup_manager start; backup_manager stop; backup_manager backups
cat logs/backup_service.log
"#;

#[test]
#[expect(clippy::too_many_lines, reason = "a session is worth reading in one piece")]
fn the_script_gives_what_it_promises() {
    // Begun anew when 16:07 was over before the last schedule was there.
    let (home, output) = loop {
        let home = home();
        for folder in ["test", "test1", "test2"] {
            home.write(&format!("{folder}/letter.txt"), folder);
        }
        let output = home.sh(SCRIPT);
        if home.clock.now() == "16:07" {
            break (home, output);
        }
    };

    assert_eq!(output.code, Some(0));
    let (head, done) = sorted_tail(&home.redact(&output.stdout), 4);
    assert_snapshot!(head, @"
    New schedule added: test;16:07;backup_test
    New schedule added: test1;16:07;personal_data
    New schedule added: test2;16:07;office_docs
    0: test;16:07;backup_test
    1: test1;16:07;personal_data
    2: test2;16:07;office_docs
    backup_service started
    backup_service stopped
    backup_test.tar
    office_docs.tar
    personal_data.tar
    [[time]] backup_service started
    ");
    assert_snapshot!(done, @"
    [[time]] Backup done for test in backups/backup_test.tar
    [[time]] Backup done for test1 in backups/personal_data.tar
    [[time]] Backup done for test2 in backups/office_docs.tar
    [[time]] backup_service stopped
    ");
    assert_snapshot!(home.redact(&output.stderr), @r#"
    first run: [time], once the service runs
    only one copy will be kept: add keep=, as in `backup_manager edit backup_test --keep daily:7,weekly:4`
    first run: [time], once the service runs
    only one copy will be kept: add keep=, as in `backup_manager edit personal_data --keep daily:7,weekly:4`
    first run: [time], once the service runs
    only one copy will be kept: add keep=, as in `backup_manager edit office_docs --keep daily:7,weekly:4`
    Error: malformed schedule: test;
    caused by: it has 2 fields, not the three of folder;time;name
    hint: a schedule is folder;time;name, for example "docs;16:07;docs"
    "#);
    assert_snapshot!(home.manager_log().join("\n"), @"
    New schedule added: test;16:07;backup_test
    New schedule added: test1;16:07;personal_data
    New schedule added: test2;16:07;office_docs
    Error: malformed schedule: test;
    Show schedules list
    backup_service started
    backup_service stopped
    Show backups list
    ");
    assert_eq!(home.listing("backups/backup_test.tar"), ["test/", "test/letter.txt"]);
    assert_eq!(home.listing("backups/personal_data.tar"), ["test1/", "test1/letter.txt"]);
    assert_eq!(home.listing("backups/office_docs.tar"), ["test2/", "test2/letter.txt"]);
}

/// Parts off what follows "started" in the service's log: backups run side by side, and end in any order.
fn sorted_tail(text: &str, lines: usize) -> (String, String) {
    let all: Vec<&str> = text.lines().collect();
    let (head, tail) = all.split_at(all.len() - lines);
    let mut tail = tail.to_vec();
    tail.sort_unstable();
    (head.join("\n"), tail.join("\n"))
}
