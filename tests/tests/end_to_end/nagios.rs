//! `status --check --format nagios`: one line, and the exit codes of a plugin.

use crate::home;

#[test]
fn a_check_is_one_line_with_the_exit_code_of_a_plugin() {
    let home = home();
    home.sh("mkdir docs && echo may > docs/may.txt").expect_done();
    let check = |more: &[&str]| {
        let end = home.manager(&[&["status", "--check", "--format", "nagios"], more].concat());
        assert_eq!((end.stdout.lines().count(), end.stderr.as_str()), (1, ""), "{end:?}");
        (end.code, end.stdout)
    };
    let (code, line) = check(&[]);
    assert_eq!(code, Some(3), "{line}");
    assert!(line.starts_with("BACKUP UNKNOWN - ") && line.contains("is no home"), "{line}");
    home.write("backup_schedules.txt", "");
    let (code, line) = check(&[]);
    assert_eq!(
        (code, line.starts_with("BACKUP CRITICAL - nothing is scheduled;")),
        (Some(2), true),
        "{line}"
    );
    home.done(&["create", "docs;00:00;docs"]);
    home.done(&["run", "docs"]);
    let (code, line) = check(&[]);
    assert_eq!(
        (code, line.starts_with("BACKUP OK - 1 backup, all right; service not running | ok=1;;;0;1 ")),
        (Some(0), true),
        "{line}"
    );
    assert!(line.contains(" 'size docs'=10240B;;;0"), "{line}");
    home.done(&["create", "gone;00:00;gone"]);
    home.manager(&["run", "gone"]);
    let (code, line) = check(&[]);
    assert_eq!((code, line.contains("1 of 2 backups; gone FAILED;")), (Some(1), true), "{line}");
    assert_eq!(check(&["docs"]).0, Some(0), "of one backup");
    assert_eq!(check(&["dcos"]).0, Some(3), "of one that doesn't exist");
    home.sh("rm backups/docs.tar").expect_done();
    let (code, line) = check(&[]);
    assert_eq!((code, line.contains("docs MISSING, gone FAILED;")), (Some(2), true), "{line}");
    home.write("logs/history.jsonl", "nonsense\n");
    assert!(check(&[]).1.contains("1 line of the history can't be read"));
    assert_eq!(home.manager(&["status", "--format", "nagios"]).code, Some(2), "it needs --check");
}
