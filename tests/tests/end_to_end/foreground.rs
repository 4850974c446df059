//! A service in the foreground: what it writes to standard error.

use std::fs::File;
use std::io::{PipeReader, PipeWriter, Read, Write, pipe};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::process::Child;

use backup_tests::{Finished, Home, Process, Signal, eventually};

use crate::home;

/// Returns a home with a schedule that is due.
fn due_home() -> Home {
    let home = home();
    home.write("docs", "");
    home.due("docs", "docs");
    home
}

/// Waits for the backup, and stops the service with SIGTERM.
fn let_it_work(home: &Home, child: Child) -> Finished {
    eventually("the backup is made", || home.path("backups/docs.tar").exists());
    Process { pid: child.id() }.send(Signal::TERM);
    Finished::of(child).expect_done()
}

/// The name that systemd gives to its end of a pipe.
fn stream_of(output: &PipeWriter) -> String {
    let file = File::from(output.as_fd().try_clone_to_owned().expect("a pipe can be cloned"));
    let metadata = file.metadata().expect("a pipe has an inode");
    format!("{}:{}", metadata.dev(), metadata.ino())
}

#[test]
fn writes_the_lines_of_its_log_to_standard_error() {
    let home = due_home();
    let child = home.service_command(&[]).spawn().expect("the program starts");
    let finished = let_it_work(&home, child);
    assert_eq!(home.service_log().len(), 3);
    assert_eq!(finished.stderr, home.text("logs/backup_service.log"));
    assert_eq!(finished.stdout, "");
}

/// Runs a service whose standard error is what `JOURNAL_STREAM` names, and returns what it wrote.
fn in_the_journal(home: &Home, work: impl Fn(&Home, Child) -> Finished) -> (Finished, String) {
    let (mut reader, output) = pipe().expect("there is a pipe");
    let stream = stream_of(&output);
    let mut command = home.service_command(&[]);
    let child = command.env("JOURNAL_STREAM", stream).stderr(output).spawn().expect("the program starts");
    drop(command);
    let finished = work(home, child);
    let mut text = String::new();
    reader.read_to_string(&mut text).expect("it writes text");
    (finished, text)
}

#[test]
fn has_priorities_and_no_times_in_the_journal() {
    let home = due_home();
    home.write("backup_manager.toml", "workers = ");
    let (finished, text) = in_the_journal(&home, |_, child| Finished::of(child));
    assert_eq!(finished.code, Some(1));
    let lines: Vec<_> = text.lines().collect();
    assert!(lines[0].starts_with("<3>Error: "), "{text}");
    assert!(lines[1].starts_with("<6>hint: "), "{text}");
    std::fs::remove_file(home.path("backup_manager.toml")).expect("it is there");
    home.write("backup_schedules.txt", format!("{}nonsense\n", home.text("backup_schedules.txt")));
    let (_, text) = in_the_journal(&home, let_it_work);
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines[0], "<6>backup_service started");
    assert!(lines[1].starts_with("<3>Error: malformed schedule: nonsense"), "{text}");
    assert_eq!(lines[2..], ["<6>Backup done for docs in backups/docs.tar", "<6>backup_service stopped"]);
}

/// Returns a pipe that takes no more, and its end, which nobody reads.
fn full_pipe() -> (PipeReader, OwnedFd) {
    let (reader, output) = pipe().expect("there is a pipe");
    let output = OwnedFd::from(output);
    rustix::io::ioctl_fionbio(&output, true).expect("a pipe can be told not to block");
    let mut file = File::from(output.try_clone().expect("a pipe can be cloned"));
    while file.write(&[0; 4096]).is_ok() {}
    rustix::io::ioctl_fionbio(&output, false).expect("a pipe can be told to block");
    (reader, output)
}

#[test]
fn a_standard_error_that_is_full_or_gone_stops_nothing() {
    let home = due_home();
    let (_reader, output) = full_pipe();
    let child = home.service_command(&[]).stderr(output).spawn().expect("the program starts");
    let_it_work(&home, child);
    for closed in ["2>&-", "2>/dev/full"] {
        let home = due_home();
        let mut shell = home.command("sh");
        shell.arg("-c").arg(format!("exec backup_service {closed}"));
        let_it_work(&home, shell.spawn().expect("there is a shell"));
        let log =
            ["backup_service started", "Backup done for docs in backups/docs.tar", "backup_service stopped"];
        assert_eq!(home.service_log(), log, "{closed}");
    }
    let home = due_home();
    let (reader, output) = pipe().expect("there is a pipe");
    drop(reader);
    let child = home.service_command(&[]).stderr(output).spawn().expect("the program starts");
    let_it_work(&home, child);
}

#[test]
fn a_log_that_can_not_be_written_is_said_once_a_line() {
    let home = due_home();
    home.sh("mkdir -p logs/backup_service.log").expect_done();
    let child = home.service_command(&[]).spawn().expect("the program starts");
    let text = home.redact(&let_it_work(&home, child).stderr);
    let warning = "warning: can't write [home]/logs/backup_service.log: it is not a regular file";
    assert_eq!(text.lines().filter(|line| *line == warning).count(), 3, "{text}");
    assert_eq!(text.lines().count(), 6, "{text}");
}
