//! The schedules file belongs to the user, and to many processes at once.

use std::thread;

use insta::assert_snapshot;

use crate::home;

/// Edited by hand: a byte order mark, comments, both line endings, blank lines, bytes that are no text, no end.
const BY_HAND: &[u8] =
    b"\xEF\xBB\xBF# my schedules\r\n\r\ndocs;16:07;docs\r\n\t# indented\n\n   \nnonsense\ncaf\xE9;16:07;cafe\nmusic;9:05;music";

#[test]
fn what_is_not_touched_stays_byte_for_byte() {
    let home = home();
    home.write("backup_schedules.txt", BY_HAND);
    home.done(&["create", "new;10:00;new"]);
    let expected = [BY_HAND, b"\nnew;10:00;new\n"].concat();
    assert_eq!(home.bytes("backup_schedules.txt"), expected);

    home.done(&["delete", "4"]);
    home.done(&["delete", "0"]);
    let expected = b"\xEF\xBB\xBF# my schedules\r\n\r\n\t# indented\n\n   \nnonsense\ncaf\xE9;16:07;cafe\nmusic;9:05;music\n";
    assert_eq!(home.bytes("backup_schedules.txt"), expected);
}

#[test]
fn a_line_that_is_not_understood_is_shown_and_can_be_deleted() {
    let home = home();
    home.write("backup_schedules.txt", BY_HAND);
    let listed = home.done(&["list"]);
    assert_snapshot!(listed.stdout, @r"
    0: docs;16:07;docs
    1: nonsense
    2: caf\xe9;16:07;cafe
    3: music;9:05;music
    ");
    assert_snapshot!(listed.stderr, @r"
    warning: line 7 of backup_schedules.txt doesn't run: malformed schedule: nonsense (it has 1 field, not the three of folder;time;name)
    warning: line 8 of backup_schedules.txt doesn't run: malformed schedule: caf\xe9;16:07;cafe (it is not valid UTF-8)
    ");
    home.done(&["delete", "1"]);
    assert_snapshot!(home.done(&["list"]).stdout, @r"
    0: docs;16:07;docs
    1: caf\xe9;16:07;cafe
    2: music;9:05;music
    ");
}

#[test]
fn what_looks_like_a_comment_behind_a_name_is_warned_of() {
    let home = home();
    home.write("backup_schedules.txt", "# letters\ndocs;16:07;docs # letters\n");
    let list = home.done(&["list"]);
    assert_eq!(list.stdout, "0: docs;16:07;docs # letters\n");
    let expected = "warning: what follows the # in line 2 of backup_schedules.txt is no comment, but belongs to the name\n";
    assert_eq!(list.stderr, expected);
}

#[test]
fn it_keeps_its_mode() {
    let home = home();
    home.write("backup_schedules.txt", "docs;16:07;docs\n");
    home.sh("chmod 640 backup_schedules.txt").expect_done();
    home.done(&["create", "music;16:07;music"]);
    assert_eq!(home.text("backup_schedules.txt"), "docs;16:07;docs\nmusic;16:07;music\n");
    assert_eq!(home.mode("backup_schedules.txt"), 0o640);
}

#[test]
fn many_edits_at_once_lose_nothing() {
    const EDITS: usize = 50;
    const AT_ONCE: usize = 8;
    let home = home();
    let line = |kind: &str, number: usize| format!("{kind}{number};16:07;{kind}{number}");
    let old: Vec<String> = (0..EDITS).map(|number| line("old", number)).collect();
    home.write("backup_schedules.txt", format!("# kept\n{}\n", old.join("\n")));
    thread::scope(|scope| {
        for worker in 0..AT_ONCE {
            let (home, line) = (&home, &line);
            scope.spawn(move || {
                for number in (worker..EDITS).step_by(AT_ONCE) {
                    home.done(&["create", &line("new", number)]);
                    // The old ones stand first until they are gone, and just as many are deleted.
                    home.done(&["delete", "0"]);
                }
            });
        }
    });
    let text = home.text("backup_schedules.txt");
    let mut found: Vec<&str> = text.lines().collect();
    let mut expected: Vec<String> = (0..EDITS).map(|number| line("new", number)).collect();
    expected.push("# kept".to_owned());
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found, expected);
    assert_eq!(home.manager_log().len(), 2 * EDITS);
    assert_eq!(home.names(""), [".backup_schedules.lock", "backup_schedules.txt", "logs"]);
}

#[test]
fn many_identical_creates_make_one() {
    let home = home();
    let children: Vec<_> = (0..10).map(|_| home.begin(&["create", "docs;16:07;docs"])).collect();
    let codes: Vec<_> = children.into_iter().map(|child| backup_tests::Finished::of(child).code).collect();
    assert_eq!(codes.iter().filter(|code| **code == Some(0)).count(), 1, "{codes:?}");
    assert_eq!(home.text("backup_schedules.txt"), "docs;16:07;docs\n");
}
