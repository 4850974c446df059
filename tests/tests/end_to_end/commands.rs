//! What every command prints, logs and returns.

use insta::assert_snapshot;

use crate::home;

/// One command in a home where the schedules file is `schedules`: what it prints, logs and returns.
struct Case {
    arguments: &'static [&'static str],
    schedules: Option<&'static str>,
    code: i32,
    stdout: &'static str,
    /// The first line of it.
    stderr: &'static str,
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
    let stderr = output.stderr.lines().next().unwrap_or_default();
    let found = (output.code, output.stdout.as_str(), stderr, home.manager_log());
    let expected = (Some(case.code), case.stdout, case.stderr, vec![case.logged.to_owned()]);
    assert_eq!(found, expected, "backup_manager {}", case.arguments.join(" "));
}

/// A success: its message on standard output and in the log.
fn done(arguments: &'static [&'static str], message: &'static str, printed: &'static str) {
    check(&Case { arguments, schedules: TWO, code: 0, stdout: printed, stderr: "", logged: message });
}

/// A failure: the same message on standard error and in the log.
fn failed(schedules: Option<&'static str>, arguments: &'static [&'static str], message: &'static str) {
    check(&Case { arguments, schedules, code: 1, stdout: "", stderr: message, logged: message });
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
        stderr: "",
        logged: "New schedule added: docs;16:07;docs",
    });
}

#[test]
fn failures() {
    let missing = "Error: can't find backup_schedules.txt";
    failed(None, &["list"], missing);
    failed(None, &["delete", "0"], missing);
    failed(None, &["delete", "abc"], missing);
    failed(None, &["run", "docs"], missing);
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
    failed(TWO, &["run", "2"], "Error: can't find schedule 2");
    failed(TWO, &["run", "letters"], "Error: can't find schedule letters");
    failed(TWO, &["run", "docs"], "Error: path docs does not exist");
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
            check(&Case { arguments, schedules, code: 2, stdout: "", stderr: message, logged: message });
        }
    }
}

#[test]
fn a_refused_schedule_writes_nothing() {
    let home = home();
    assert_eq!(home.manager(&["create", "test;"]).code, Some(2));
    assert_eq!(home.names(""), ["logs"]);
}

#[test]
fn an_error_says_why_and_what_to_do() {
    let home = home();
    home.write("backup_schedules.txt", "docs;16:07;docs\n");
    let stderr = |arguments: &[&str]| home.manager(arguments).stderr;
    assert_snapshot!(stderr(&["backups"]), @"
    Error: can't find backups directory
    hint: the first backup makes it; `backup_manager run` makes one now
    ");
    assert_snapshot!(stderr(&["create", "docs;24:00;docs"]), @r#"
    Error: malformed schedule: docs;24:00;docs
    caused by: the time is not hh:mm between 00:00 and 23:59
    hint: a schedule is folder;hh:mm;name, for example "docs;16:07;docs"
    "#);
    assert_snapshot!(stderr(&["create", "music;16:07;docs"]), @"
    Error: name docs already used for another folder at index 0: docs;16:07;docs
    hint: choose another name: both backups would be written to the same archive
    ");
    assert_snapshot!(stderr(&["delete", "7"]), @"
    Error: can't find schedule at index 7
    hint: `backup_manager list` shows the schedules
    ");
    assert_snapshot!(stderr(&["run", "docs"]), @"
    Error: path docs does not exist
    hint: a relative path is relative to the home folder
    ");
    assert_snapshot!(stderr(&["stop"]), @"
    Error: backup_service not running
    hint: `backup_manager start` starts it
    ");
}

#[test]
fn wrong_usage_is_told_apart() {
    let cases: &[(&[&str], &str, &str)] = &[
        (&["frobnicate"], "Error: unknown instruction: frobnicate", "Error: unknown instruction: frobnicate"),
        (
            &["frobnicate", "-x", "y"],
            "Error: unknown instruction: frobnicate",
            "Error: unknown instruction: frobnicate",
        ),
        (&["fro\nb"], "Error: unknown instruction: fro\\nb", "Error: unknown instruction: fro\\nb"),
        (&[], "Error: wrong usage: no instruction given", "Error: wrong usage: no instruction given"),
    ];
    for (arguments, stderr, logged) in cases {
        let home = home();
        let output = home.manager(arguments);
        assert_eq!((output.code, output.stdout.as_str()), (Some(2), ""), "{arguments:?}");
        assert_eq!(output.stderr.lines().next(), Some(*stderr), "{arguments:?}");
        assert!(output.stderr.contains("Usage: backup_manager"), "{arguments:?}");
        assert_eq!(home.manager_log(), [*logged], "{arguments:?}");
    }
}

#[test]
fn wrong_arguments_say_what_is_wrong() {
    let home = home();
    let stderr = |arguments: &[&str]| {
        let output = home.manager(arguments);
        assert_eq!((output.code, output.stdout.as_str()), (Some(2), ""), "{arguments:?}");
        output.stderr
    };
    assert_snapshot!(stderr(&["create"]), @"
    Error: wrong usage: the following required arguments were not provided: <SCHEDULE>

    Usage: backup_manager create <SCHEDULE>

    For more information, try '--help'.
    ");
    assert_snapshot!(stderr(&["list", "extra"]), @"
    Error: wrong usage: unexpected argument 'extra' found

    Usage: backup_manager list [OPTIONS]

    For more information, try '--help'.
    ");
    assert_snapshot!(stderr(&["start", "--poll", "0"]), @"
    Error: wrong usage: invalid value '0' for '--poll <SECONDS>': 0 is not in 1..=86400

    For more information, try '--help'.
    ");
    assert_snapshot!(home.manager_log().join("\n"), @"
    Error: wrong usage: the following required arguments were not provided: <SCHEDULE>
    Error: wrong usage: unexpected argument 'extra' found
    Error: wrong usage: invalid value '0' for '--poll <SECONDS>': 0 is not in 1..=86400
    ");
}

#[test]
fn archives_are_listed_and_nothing_else() {
    let home = home();
    for name in ["b.tar", "a.tar", "notes.txt", ".b.tar.partial", "c.tar/inside"] {
        home.write(&format!("backups/{name}"), "12345");
    }
    assert_eq!(home.done(&["backups"]).stdout, "a.tar\nb.tar\n");
    home.sh("touch -d '400 days ago' backups/a.tar && touch -d '100 years' backups/b.tar").expect_done();
    assert_snapshot!(home.done(&["backups", "--long"]).stdout, @"
    5 B  57 weeks ago    a.tar
    5 B  in the future   b.tar
    ");
    assert_eq!(home.manager_log(), ["Show backups list", "Show backups list"]);
}

#[test]
fn an_empty_folder_of_backups_lists_nothing() {
    let home = home();
    home.write("backups/notes.txt", "");
    let output = home.done(&["backups"]);
    assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("", ""));
}

#[test]
fn what_makes_no_sense_is_wrong_usage() {
    let home = home();
    home.write("docs/letter", "Dear all");
    home.write("backup_schedules.txt", "docs;16:07;docs\nnonsense\n");
    let cases: [&[&str]; 12] = [
        &["create", "test;"],
        &["create", "docs;24:00;new"],
        &["create", "docs;16:08;new", "--keep", "hourly:3"],
        &["create", "docs;16:08;new;keep=hourly:3"],
        &["create", "docs;16:08;new", "--exclude", "a["],
        &["run", "docs", "--exclude", "a["],
        &["run", "1"],
        &["prune", "1"],
        &["why", "docs", "soon"],
        &["restore", "docs", "--at", "soon"],
        &["delete"],
        &["strat"],
    ];
    home.sh("mkdir backups");
    for arguments in cases {
        let told = home.manager(arguments);
        assert_eq!((told.code, told.stdout.as_str()), (Some(2), ""), "{arguments:?}: {told:?}");
    }
    assert_eq!(home.text("backup_schedules.txt"), "docs;16:07;docs\nnonsense\n");
    assert_eq!(home.names("backups"), [""; 0]);
    // What makes sense, and can't be done.
    for arguments in [["delete", "7"], ["run", "music"], ["create", "docs;16:07;docs"], ["why", "music"]] {
        let arguments: Vec<_> =
            arguments.into_iter().chain((arguments[0] == "why").then_some("today")).collect();
        assert_eq!(home.manager(&arguments).code, Some(1), "{arguments:?}");
    }
}
