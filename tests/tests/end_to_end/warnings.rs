//! Warnings about what is most likely not meant, and an unknown zone, which is never taken for UTC.

use backup_core::testing::skipped;
use backup_tests::{Finished, Home, eventually, with_mounts};
use insta::assert_snapshot;

use crate::home;

/// Runs `backup_manager` in that zone.
fn in_zone(home: &Home, zone: &str, arguments: &[&str]) -> Finished {
    Finished::run(home.manager_command(arguments).env("TZ", zone))
}

#[test]
fn create_warns_and_creates_all_the_same() {
    let home = home();
    home.write("docs/a", "a");
    let create = |schedule: &str, flags: &[&str]| {
        let created = home.done(&[&["create", schedule], flags].concat());
        assert_eq!(created.stdout.lines().count(), 1);
        let is_warning = |line: &&str| line.starts_with("warning: ");
        let said: String =
            created.stderr.lines().filter(is_warning).map(|line| format!("{line}\n")).collect();
        said.replace(&home.folder().display().to_string(), "HOME")
    };
    assert_eq!(create("docs;16:07;docs", &["--exclude", "*.tmp"]), "");
    let said = [
        create("~/docs;16:07;a", &[]),
        create(" docs;16:07;b", &[]),
        create("'docs';16:07;c", &[]),
        create("missing;16:07;d", &[]),
        create("docs;16:08;e.tar", &[]),
        create("docs;16:08;7", &["--exclude", "*.tmp,*.bak"]),
        create("docs;16:09;f", &["--exclude", "./x", "--exclude", "../y", "--exclude", "*.tmp # old"]),
    ];
    assert_snapshot!(said.concat(), @r#"
    warning: only a shell expands ~, and the folder ~/docs is taken literally; write HOME/docs
    warning: the folder " docs" begins or ends with a blank, which belongs to its name; write docs
    warning: the quotation marks of 'docs' belong to the folder's name; write docs
    warning: HOME/missing does not exist, and each backup of it fails until it does
    warning: the name e.tar is given another ending: its backup is backups/e.tar.tar; write e
    warning: the name 7 may be taken for an index: commands take digits for the index, if there is one
    warning: exclude=*.tmp,*.bak is one pattern, and not a list: a comma belongs to the pattern; write exclude=*.tmp;exclude=*.bak
    warning: exclude=./x matches nothing: a pattern can't contain ./ or //; write exclude=/x
    warning: exclude=../y matches nothing: patterns begin below the folder, and never lead out of it
    warning: the # in exclude=*.tmp # old begins no comment; give comments lines of their own; write exclude=*.tmp
    "#);
}

#[test]
fn check_names_each_line_and_what_to_write_instead() {
    let home = home();
    home.write("docs/a", "a");
    home.write("backup_schedules.txt", "# mine\ndocs;16:07;docs\n");
    let checked = home.done(&["check"]);
    let shown = |text: &str| home.redact(&text.replace(&home.folder().display().to_string(), "HOME"));
    assert_eq!(checked.stderr, "");
    assert_snapshot!(shown(&checked.stdout), @"
    line 2: docs;16:07;docs
       ok, next run [time]
    backup_schedules.txt: 1 line, 0 errors, 0 warnings
    ");
    home.write("backup_schedules.txt", "docs;16:07;docs\n$HOME/docs;16:08;b\n");
    let checked = home.done(&["check"]);
    assert_snapshot!(shown(&checked.stdout), @"
    line 1: docs;16:07;docs
       ok, next run [time]
    line 2: $HOME/docs;16:08;b
       warning: only a shell expands variables, and the folder $HOME/docs is taken literally; write HOME/docs
       next run [time]
    backup_schedules.txt: 2 lines, 0 errors, 1 warning
    ");
    let lines = "docs;16:07;docs\nnonsense\ndocs;16:08;x;verify=yes # all\ndocs;16:09;docs;keep=last:2\ndocs;16:10;y;paused=yes\n";
    home.write("backup_schedules.txt", lines);
    let checked = home.manager(&["check"]);
    assert_eq!(checked.code, Some(1));
    assert_snapshot!(shown(&checked.stdout), @r#"
    line 1: docs;16:07;docs
       ok, next run [time]
    line 2: nonsense
       error: malformed schedule: nonsense (it has 1 field, not the three of folder;time;name)
       hint: a schedule is folder;time;name, for example "docs;16:07;docs"
    line 3: docs;16:08;x;verify=yes # all
       error: malformed schedule: docs;16:08;x;verify=yes # all (verify=yes # all: it takes yes or no), at column 14
       hint: options follow the name, for example "docs;16:07;docs;exclude=*.tmp;one-file-system=yes"
       warning: the # in docs;16:08;x;verify=yes # all begins no comment; give comments lines of their own; write docs;16:08;x;verify=yes
    line 4: docs;16:09;docs;keep=last:2
       error: schedule docs;16:09;docs;keep=last:2 contradicts the one at index 0, docs;16:07;docs: both write the same backup, and differ in keep
       hint: give both the same keep=, compress=, encrypt= and verify=, or names of their own; while two lines of one name differ, the safer of both settings is used
       next run [time]
    line 5: docs;16:10;y;paused=yes
       ok, paused
    backup_schedules.txt: 5 lines, 3 errors, 1 warning
    "#);
    assert_eq!(home.text("backup_schedules.txt"), lines);
}

#[test]
fn a_zone_that_nobody_knows_is_an_error() {
    let home = home();
    home.write("docs/a", "a");
    home.done(&["create", "docs;16:07;docs"]);
    let hint = "hint: install tzdata, correct TZ or /etc/localtime, or set TZ=UTC where the times are meant in UTC\n";
    for arguments in [&["create", "docs;16:08;docs"][..], &["start"]] {
        let refused = in_zone(&home, "Europe/Berln", arguments);
        let expected =
            format!("Error: can't find the time zone Europe/Berln, which the variable TZ is set to\n{hint}");
        assert_eq!((refused.code, refused.stderr), (Some(1), expected), "{arguments:?}");
    }
    let service = Finished::run(home.service_command(&[]).env("TZ", "Europe/Berln"));
    assert_eq!(service.code, Some(1));
    assert!(service.stderr.ends_with(hint), "{service:?}");
    assert_eq!(home.text("backup_schedules.txt"), "docs;16:07;docs\n");
    // What gets files back, or only looks, goes on.
    home.done(&["run", "docs"]);
    for arguments in [&["restore", "docs"][..], &["list"], &["verify"], &["backups"], &["run", "docs"]] {
        let done = in_zone(&home, "Europe/Berln", arguments).expect_done();
        let warning = "warning: can't find the time zone Europe/Berln, which the variable TZ is set to; times are shown in UTC\n";
        assert!(done.stderr.starts_with(&format!("{warning}{hint}")), "{arguments:?}: {done:?}");
    }
    for zone in ["", "UTC", "CET-1CEST,M3.5.0,M10.5.0/3", ":UTC0"] {
        assert_eq!(in_zone(&home, zone, &["list"]).expect_done().stderr, "", "{zone}");
    }
}

/// The zone's file vanishes under a running service, and comes back.
const VANISHING_ZONE: &str = "
set -e
test -e /usr/share/zoneinfo/Europe/Berlin || exit 77
mkdir zoneinfo && cp /usr/share/zoneinfo/Europe/Berlin zoneinfo/here
export TZ=$PWD/zoneinfo/here
backup_service --home . --poll 1 >/dev/null 2>&1 &
until grep -q started logs/backup_service.log 2>/dev/null; do sleep 0.1; done
mv zoneinfo/here zoneinfo/gone
until grep -q 'the times stay' logs/backup_service.log; do sleep 0.1; done
mv zoneinfo/gone zoneinfo/here
until grep -q 'can be read again' logs/backup_service.log; do sleep 0.1; done
kill -TERM $! && wait
";

#[test]
fn a_service_keeps_the_zone_that_it_knew() {
    let home = home();
    home.write("docs/a", "a");
    home.done(&["create", "docs;16:07;docs"]);
    let played = home.sh(VANISHING_ZONE);
    if played.code == Some(77) {
        return skipped("a zone that vanishes: this machine has no Europe/Berlin");
    }
    played.expect_done();
    let log = home.service_log();
    let said: Vec<&str> = log.iter().map(String::as_str).filter(|line| line.contains("zone")).collect();
    assert!(said[0].ends_with("; the times stay those of the zone before"), "{said:?}");
    assert_eq!(said[1..], ["the time zone can be read again"]);
}

#[test]
fn without_zoneinfo_a_service_in_a_zone_does_not_start() {
    let home = home();
    home.write("backup_schedules.txt", "docs;16:07;docs\n");
    let script = "
        [ ! -d /usr/share/zoneinfo ] || mount -t tmpfs none /usr/share/zoneinfo || exit 77
        export TZ=Europe/Berlin
        backup_manager start; echo $?
        TZ=UTC backup_manager start && TZ=UTC backup_manager stop
    ";
    let Some(played) = with_mounts(&home, script) else {
        return skipped("a machine without zoneinfo: mounting isn't allowed here");
    };
    assert_eq!(played.stdout, "1\nbackup_service started\nbackup_service stopped\n", "{played:?}");
    assert!(played.stderr.starts_with("Error: can't find the time zone Europe/Berlin"), "{played:?}");
    eventually("nothing runs", || home.manager(&["status"]).stdout.contains("backup_service not running"));
}
