//! Readers that go away, and readers that wait for the end of everything.

use std::process::Stdio;

use backup_tests::{Finished, Home};

use crate::home;

/// Runs a command whose standard output nobody reads any more.
fn unread(home: &Home, arguments: &[&str]) -> Finished {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let mut command = home.manager_command(arguments);
    Finished::of(command.stdout(Stdio::from(writer)).spawn().expect("the program starts"))
}

#[test]
fn a_reader_that_has_gone_is_no_error() {
    let home = home();
    let many: String = (0..5_000).map(|number| format!("d{number};16:07;n{number}\n")).collect();
    home.write("backup_schedules.txt", many);
    home.write("backups/a.tar", "");
    home.write("d0", "");
    home.write("a", "");
    let cases: &[(&[&str], i32)] = &[
        (&["list"], 0),
        (&["status"], 1),
        (&["backups", "--long"], 0),
        (&["run", "0"], 0),
        (&["create", "a;16:07;a;keep=last:2;paused=yes"], 0),
        (&["pause", "1"], 0),
        (&["--help"], 0),
        (&["--version"], 0),
    ];
    for (arguments, code) in cases {
        let output = unread(&home, arguments);
        assert_eq!((output.code, output.signal), (Some(*code), None), "{arguments:?}: {output:?}");
        assert_eq!(output.stderr, "", "{arguments:?}");
    }
}

#[test]
fn a_list_cut_short_by_head_ends_well() {
    let home = home();
    let many: String = (0..6_000).map(|number| format!("d{number};16:07;n{number}\n")).collect();
    home.write("backup_schedules.txt", many);
    let output = home.sh("{ backup_manager list; echo code $? >&2; } | head -n 1");
    assert_eq!(output.stdout, "0: d0;16:07;n0\n");
    assert_eq!(output.stderr, "code 0\n");
}

#[test]
fn errors_that_nobody_reads_keep_their_code() {
    let home = home();
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let mut command = home.manager_command(&["list"]);
    let output = Finished::of(command.stderr(Stdio::from(writer)).spawn().expect("the program starts"));
    assert_eq!((output.code, output.signal), (Some(1), None));
}

/// What the shell runs returns only when nobody holds the pipe any more, and the service lives on.
#[test]
fn start_through_a_pipe_returns() {
    let scripts = [
        "backup_manager start | cat",
        "backup_manager start 2>&1 | cat",
        "{ backup_manager start 3>&1; } | cat",
        "{ backup_manager start 3>&1 9>&1 2>&1; } | cat",
    ];
    for script in scripts {
        let home = home();
        home.write("backup_schedules.txt", "docs;16:07;docs\n");
        let output = home.sh(script);
        assert_eq!(
            (output.stdout.as_str(), output.stderr.as_str()),
            ("backup_service started\n", ""),
            "{script}"
        );
        let service = home.service().expect("the service runs");
        assert!(!service.is_gone(), "{script}");
    }
}

#[test]
fn the_service_outlives_the_session_it_was_started_in() {
    let home = home();
    home.sh("setsid -w sh -c 'backup_manager start; kill -HUP 0' || true");
    let service = home.service().expect("the service runs");
    assert_eq!(home.done(&["status"]).stderr, "");
    assert!(!service.is_gone());
}

#[test]
fn what_cannot_be_written_is_no_success() {
    let home = home();
    home.write("backup_schedules.txt", "docs;16:07;docs\n");
    for command in ["list", "status"] {
        let output = home.sh(&format!("backup_manager {command} > /dev/full; echo code $?"));
        assert_eq!(output.stdout, "code 1\n", "{command}");
        assert!(output.stderr.starts_with("Error: can't write to standard output: "), "{output:?}");
    }
}

#[test]
fn a_start_where_nothing_is_scheduled_says_so() {
    let home = home();
    let output = home.done(&["start"]);
    assert_eq!(output.stdout, "backup_service started\n");
    assert!(output.stderr.starts_with("warning: nothing is scheduled in "), "{output:?}");
}
