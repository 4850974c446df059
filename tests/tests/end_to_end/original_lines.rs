//! The lines that stay to the letter: what create, list, delete, start, stop and backups print and log, and what the
//! service logs of its backups. Other programs read them.

use backup_tests::Home;

use crate::home;

/// One command in a home where the schedules file is `schedules`: what it prints, logs and returns.
struct Case {
    arguments: &'static [&'static str],
    schedules: Option<&'static str>,
    code: i32,
    stdout: &'static str,
    /// The first line of it, where the original says something there or nothing is said.
    stderr: Option<&'static str>,
    logged: &'static str,
}

const TWO: Option<&str> = Some("docs;16:07;docs\nmusic;9:05;music\n");

fn check(case: &Case) {
    let home = home();
    if let Some(schedules) = case.schedules {
        home.write("backup_schedules.txt", schedules);
    }
    if case.code == 0 {
        ["docs", "pictures"].iter().for_each(|source| home.write(source, ""));
    }
    let output = home.manager(case.arguments);
    let first = output.stderr.lines().next().unwrap_or_default();
    let stderr = case.stderr.map(|_| first);
    let found = (output.code, output.stdout.as_str(), stderr, home.manager_log());
    let expected = (Some(case.code), case.stdout, case.stderr, vec![case.logged.to_owned()]);
    assert_eq!(found, expected, "backup_manager {}", case.arguments.join(" "));
}

/// A success: its message on standard output and in the log. More may be said on standard error.
fn done(arguments: &'static [&'static str], message: &'static str, printed: &'static str) {
    check(&Case { arguments, schedules: TWO, code: 0, stdout: printed, stderr: None, logged: message });
}

/// A failure: the same message on standard error and in the log.
fn failed(schedules: Option<&'static str>, arguments: &'static [&'static str], message: &'static str) {
    check(&Case { arguments, schedules, code: 1, stdout: "", stderr: Some(message), logged: message });
}

#[test]
fn successes() {
    done(
        &["create", "pictures;9:05;pictures"],
        "New schedule added: pictures;09:05;pictures",
        "New schedule added: pictures;09:05;pictures\n",
    );
    // The same folder at another time, under the same name.
    done(
        &["create", "docs;17:00;docs"],
        "New schedule added: docs;17:00;docs",
        "New schedule added: docs;17:00;docs\n",
    );
    done(&["list"], "Show schedules list", "0: docs;16:07;docs\n1: music;9:05;music\n");
    done(&["delete", "1"], "Schedule at index 1 deleted", "Schedule at index 1 deleted\n");
}

#[test]
fn successes_without_a_file() {
    check(&Case {
        arguments: &["create", "docs;16:07;docs"],
        schedules: None,
        code: 0,
        stdout: "New schedule added: docs;16:07;docs\n",
        stderr: None,
        logged: "New schedule added: docs;16:07;docs",
    });
}

#[test]
fn failures() {
    let missing = "Error: can't find backup_schedules.txt";
    failed(None, &["list"], missing);
    failed(None, &["delete", "0"], missing);
    failed(None, &["delete", "abc"], missing);
    failed(None, &["backups"], "Error: can't find backups directory");
    failed(None, &["stop"], "Error: backup_service not running");
    failed(None, &["stop", "--now"], "Error: backup_service not running");
    failed(TWO, &["delete", "2"], "Error: can't find schedule at index 2");
    failed(TWO, &["delete", "-1"], "Error: can't find schedule at index -1");
    failed(TWO, &["delete", "abc"], "Error: can't find schedule at index abc");
    failed(TWO, &["delete", "+1"], "Error: can't find schedule at index +1");
    failed(TWO, &["delete", ""], "Error: can't find schedule at index ");
    failed(
        TWO,
        &["delete", "99999999999999999999"],
        "Error: can't find schedule at index 99999999999999999999",
    );
    failed(TWO, &["create", "docs;16:07;docs"], "Error: schedule already exists at index 0: docs;16:07;docs");
    failed(
        TWO,
        &["create", "docs;16:07;music"],
        "Error: name music already used for another folder at index 1: music;09:05;music",
    );
}

#[test]
fn malformed_schedules() {
    let texts: &[(&'static [&'static str], &'static str)] = &[
        (&["create", "test;"], "Error: malformed schedule: test;"),
        (&["create", ""], "Error: malformed schedule: "),
        (&["create", "a;16:07;b;c"], "Error: malformed schedule: a;16:07;b;c"),
        (&["create", ";16:07;b"], "Error: malformed schedule: ;16:07;b"),
        (&["create", "a;;b"], "Error: malformed schedule: a;;b"),
        (&["create", "a;24:00;b"], "Error: malformed schedule: a;24:00;b"),
        (&["create", "a;16:60;b"], "Error: malformed schedule: a;16:60;b"),
        (&["create", "a;16:7;b"], "Error: malformed schedule: a;16:7;b"),
        (&["create", "a;16 07;b"], "Error: malformed schedule: a;16 07;b"),
        (&["create", "a;-1:07;b"], "Error: malformed schedule: a;-1:07;b"),
        (&["create", "a;16:07;"], "Error: malformed schedule: a;16:07;"),
        (&["create", "a;16:07;../b"], "Error: malformed schedule: a;16:07;../b"),
        (&["create", "a;16:07;.b"], "Error: malformed schedule: a;16:07;.b"),
        (&["create", "a;16:07;b\nc"], "Error: malformed schedule: a;16:07;b\\nc"),
        (&["create", "a\nx;16:07;b"], "Error: malformed schedule: a\\nx;16:07;b"),
        (&["create", "a;16:07;\u{1b}[31m"], "Error: malformed schedule: a;16:07;\\u{1b}[31m"),
        (&["create", "#a;16:07;b"], "Error: malformed schedule: #a;16:07;b"),
    ];
    for (arguments, message) in texts {
        for schedules in [None, TWO] {
            check(&Case {
                arguments,
                schedules,
                code: 2,
                stdout: "",
                stderr: Some(message),
                logged: message,
            });
        }
    }
}

#[test]
fn archives_are_listed_by_name() {
    let home = home();
    ["b.tar", "a.tar"].iter().for_each(|name| home.write(&format!("backups/{name}"), "12345"));
    let listed = home.manager(&["backups"]);
    assert_eq!(
        (listed.code, listed.stdout.as_str(), listed.stderr.as_str()),
        (Some(0), "a.tar\nb.tar\n", "")
    );
    assert_eq!(home.manager_log(), ["Show backups list"]);
}

#[test]
fn start_and_stop() {
    let home = home();
    home.write("backup_schedules.txt", "# none\n");
    let steps = [
        ("start", 0, "backup_service started"),
        ("start", 1, "Error: backup_service already running"),
        ("stop", 0, "backup_service stopped"),
        ("stop", 1, "Error: backup_service not running"),
    ];
    for (command, code, line) in steps {
        let told = home.manager(&[command]);
        let shown = if code == 0 { &told.stdout } else { &told.stderr };
        assert_eq!((told.code, shown.lines().next()), (Some(code), Some(line)), "{command}: {told:?}");
    }
    assert_eq!(home.manager_log(), steps.map(|(.., line)| line));
    assert_eq!(home.service_log(), ["backup_service started", "backup_service stopped"]);
}

#[test]
fn a_start_that_fails() {
    let home = home();
    home.write("backup_schedules.txt", "# none\n");
    home.sh("mkdir backup_service.pid").expect_done();
    let told = home.manager(&["start"]);
    let line = home.redact(told.stderr.lines().next().unwrap_or_default());
    let expected =
        "Error: can't start backup_service: can't read [home]/backup_service.pid: it is not a regular file";
    assert_eq!((told.code, told.stdout.as_str(), line.as_str()), (Some(1), "", expected));
    assert_eq!(home.manager_log().iter().map(|line| home.redact(line)).collect::<Vec<_>>(), [expected]);
}

/// Lets the service make what is due, and returns what it logs of it.
fn logged(home: &Home) -> Vec<String> {
    home.start(&[]);
    home.done(&["stop"]);
    let mut log = home.service_log();
    assert_eq!(log.first().map(String::as_str), Some("backup_service started"));
    assert_eq!(log.last().map(String::as_str), Some("backup_service stopped"));
    log.retain(|line| !["backup_service started", "backup_service stopped"].contains(&line.as_str()));
    log
}

#[test]
fn backups_of_the_service() {
    let made = home();
    made.write("docs/letter", "Dear all");
    made.due("docs", "docs");
    assert_eq!(logged(&made), ["Backup done for docs in backups/docs.tar"]);

    let missing = home();
    missing.due("docs", "docs");
    assert_eq!(logged(&missing), ["Error: path docs does not exist"]);

    let malformed = home();
    malformed.write("backup_schedules.txt", "nonsense\n");
    assert_eq!(logged(&malformed), ["Error: malformed schedule: nonsense"]);

    let without_schedules = home();
    assert_eq!(logged(&without_schedules), ["Error: can't read backup_schedules.txt"]);
}
