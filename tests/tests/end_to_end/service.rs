//! The process of the service: where it lives, that it is the only one, and who else never hears of it.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use backup_tests::{Finished, Home, Process, Signal, eventually, has_reaper};
use insta::assert_snapshot;

use crate::home;

/// A program that has nothing to do with backups, and dies of any signal that it gets.
struct Bystander(Child);

impl Bystander {
    fn new() -> Self {
        let mut command = Command::new("sleep");
        Self(command.arg("1000").stdin(Stdio::null()).spawn().expect("there is sleep"))
    }

    fn is_unharmed(&mut self) -> bool {
        self.0.try_wait().expect("a child can be asked").is_none()
    }
}

impl Drop for Bystander {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn lives_in_the_background() {
    let home = home();
    let service = home.start(&[]);
    assert_eq!(Process::find("backup_service", home.folder()), [service]);
    assert_eq!(service.session(), Some(service.pid), "it leads a session of its own");
    assert_eq!(service.link("cwd"), Path::new("/"));
    eventually("it lets go of its starter's pipe", || {
        ["fd/0", "fd/1", "fd/2"].iter().all(|name| service.link(name) == Path::new("/dev/null"))
    });
}

#[test]
fn twenty_starts_at_once_make_one() {
    let home = home();
    let children: Vec<Child> = (0..20).map(|_| home.begin(&["start"])).collect();
    let outputs: Vec<Finished> = children.into_iter().map(Finished::of).collect();
    let (won, lost): (Vec<_>, Vec<_>) = outputs.iter().partition(|output| output.code == Some(0));
    assert_eq!(won.len(), 1, "{outputs:?}");
    for output in lost {
        assert_eq!(
            (output.code, output.stderr.as_str()),
            (Some(1), "Error: backup_service already running\n")
        );
    }
    eventually("those that were too late have gone", || {
        Process::find("backup_service", home.folder()).len() == 1
    });
    assert_eq!(Process::find("backup_service", home.folder()), [home.service().expect("it runs")]);
}

#[test]
fn ten_starts_and_stops_leave_nothing() {
    let home = home();
    let mut services = Vec::new();
    for _ in 0..10 {
        services.push(home.start(&[]));
        assert_eq!(home.manager(&["start"]).stderr, "Error: backup_service already running\n");
        assert_eq!(home.done(&["stop"]).stdout, "backup_service stopped\n");
        assert!(home.manager(&["status"]).stdout.contains("\nbackup_service not running: "));
        assert_eq!(home.names(""), ["logs"]);
    }
    let reaper = has_reaper();
    if !reaper {
        backup_core::testing::skipped("nobody here waits for orphans, so zombies would not be ours");
    }
    for service in services {
        eventually("it has gone", || if reaper { service.is_reaped() } else { service.is_gone() });
    }
}

/// The end of the process is drawn out: until it is there, the stop waits.
#[test]
fn a_stop_waits_until_the_process_is_gone() {
    let home = home();
    if home.sh("strace -o /dev/null true").code != Some(0) {
        return backup_core::testing::skipped("there is no strace here, or it is not allowed");
    }
    let mut tracer = home.command("strace");
    tracer.args([
        "-f",
        "-o",
        "/dev/null",
        "-e",
        "trace=exit_group",
        "-e",
        "inject=exit_group:delay_enter=2000000",
    ]);
    tracer.args(["backup_service", "--home"]).arg(home.folder());
    let tracer = tracer.spawn().expect("strace was there a moment ago");
    eventually("the service runs", || home.manager(&["status"]).code == Some(0));
    let service = home.service().expect("a service that runs has a number");
    home.done(&["stop"]);
    assert!(service.is_gone(), "the process is still there");
    Finished::of(tracer).expect_done();
}

/// The number of somebody else's process in the file, and no lock on it.
#[test]
fn a_stale_number_fools_nobody() {
    let home = home();
    let mut bystander = Bystander::new();
    home.write("backup_service.pid", format!("{}\n", bystander.0.id()));
    assert_eq!(home.manager(&["status"]).code, Some(1));
    for arguments in [&["stop"][..], &["stop", "--now"]] {
        let stop = home.manager(arguments);
        assert_eq!(stop.code, Some(1));
        assert!(stop.stderr.starts_with("Error: backup_service not running\n"), "{}", stop.stderr);
    }
    let service = home.start(&[]);
    assert_ne!(service.pid, bystander.0.id());
    home.done(&["stop"]);
    assert!(bystander.is_unharmed());
}

/// The number of somebody else's process in the file, while the service holds the lock on it.
#[test]
fn a_forged_number_harms_nobody() {
    let home = home();
    let mut bystander = Bystander::new();
    // A service that looks at its file at this very moment writes its own number again, and can be stopped.
    let tries = std::iter::repeat_with(|| {
        let service = home.start(&[]);
        home.write("backup_service.pid", format!("{}\n", bystander.0.id()));
        (service, home.manager(&["stop"]))
    });
    let failed = tries.take(5).find(|(_, stop)| stop.code != Some(0));
    let (service, stop) = failed.expect("a service looks at its file now and then, not all the time");
    assert_eq!(stop.code, Some(1));
    assert_snapshot!(home.redact(&stop.stderr), @"Error: can't stop backup_service: can't reach backup_service: its lock is held by a process of another user or another container");
    assert_eq!(home.manager(&["start"]).stderr, "Error: backup_service already running\n");
    assert!(!service.is_gone());
    assert!(bystander.is_unharmed());
}

/// Returns what a command says when `backup_service.pid` is this.
fn with_odd_file(make: impl Fn(&Home), arguments: &[&str]) -> String {
    let home = home();
    make(&home);
    let output = home.manager(arguments);
    assert_eq!(output.code, Some(1), "{arguments:?}");
    assert_eq!(home.text("victim"), "untouched", "{arguments:?}");
    home.redact(&output.stderr)
}

#[test]
fn a_link_in_place_of_its_file_is_refused_and_named() {
    let link = |home: &Home| {
        home.write("victim", "untouched");
        symlink(home.path("victim"), home.path("backup_service.pid")).expect("a link can be made");
    };
    assert_snapshot!(with_odd_file(link, &["start"]), @"Error: can't start backup_service: can't read [home]/backup_service.pid: it is a symbolic link");
    assert_snapshot!(with_odd_file(link, &["stop"]), @"Error: can't stop backup_service: can't read [home]/backup_service.pid: it is a symbolic link");
    assert_snapshot!(with_odd_file(link, &["status"]), @"
    Error: can't read [home]/backup_service.pid: it is a symbolic link
    hint: Backup Manager expected something else there and left it alone: look at it, or name another
    ");
}

#[test]
fn a_folder_in_place_of_its_file_is_reported() {
    let folder = |home: &Home| home.write("victim", "untouched");
    let folder = |home: &Home| {
        folder(home);
        std::fs::create_dir(home.path("backup_service.pid")).expect("a folder can be made");
    };
    assert_snapshot!(with_odd_file(folder, &["start"]), @"Error: can't start backup_service: can't read [home]/backup_service.pid: it is not a regular file");
}

#[test]
fn rubbish_in_its_file_is_stale() {
    for rubbish in ["", "abc", "-1", "0", "99999999999999999999", "\0\0\0"] {
        let home = home();
        home.write("backup_service.pid", rubbish);
        assert!(home.manager(&["status"]).stdout.contains("\nbackup_service not running: "), "{rubbish:?}");
        home.start(&[]);
        home.done(&["stop"]);
    }
}

#[test]
fn a_file_that_was_deleted_leaves_the_service_alone() {
    let home = home();
    let service = home.start(&[]);
    std::fs::remove_file(home.path("backup_service.pid")).expect("it is there");
    service.send(Signal::TERM);
    eventually("it ends all the same", || service.is_gone());
    assert_eq!(home.service_log().last().map(String::as_str), Some("backup_service stopped"));
}

#[test]
fn one_that_was_killed_is_not_running_and_can_be_started() {
    let home = home();
    let service = home.start(&[]);
    service.send(Signal::KILL);
    eventually("it is dead", || service.is_gone());
    assert!(home.path("backup_service.pid").exists(), "nobody could clean up");
    assert!(home.manager(&["status"]).stdout.contains("\nbackup_service not running: "));
    assert_eq!(home.manager(&["stop"]).code, Some(1));
    assert_ne!(home.start(&[]), service);
}

#[test]
fn works_in_the_foreground_by_hand() {
    let home = home();
    home.write("docs", "");
    home.due("docs", "docs");
    let mut child = home.service_command(&[]).spawn().expect("the program starts");
    eventually("the backup is made", || home.path("backups/docs.tar").exists());
    assert_eq!(home.service(), Some(Process { pid: child.id() }));
    assert_eq!(home.manager(&["start"]).stderr, "Error: backup_service already running\n");
    let second = Finished::run(&mut home.service_command(&[]));
    assert_eq!((second.code, second.stderr.as_str()), (Some(1), "Error: backup_service already running\n"));
    assert!(child.try_wait().expect("a child can be asked").is_none());
    Process { pid: child.id() }.send(Signal::TERM);
    assert_eq!(Finished::of(child).expect_done().stdout, "");
}

#[test]
fn goes_into_the_background_by_hand_and_says_how_that_went() {
    let home = home();
    home.write("backup_schedules.txt", "");
    let run = |arguments: &[&str]| Finished::run(&mut home.service_command(arguments));
    let first = run(&["--background", "--poll", "7"]);
    assert_eq!(
        (first.code, first.stdout.as_str(), first.stderr.as_str()),
        (Some(0), "backup_service started\n", "")
    );
    let service = home.service().expect("it runs");
    assert!(service.command_line().contains("--poll 7"), "{}", service.command_line());
    let second = run(&["--background"]);
    let expected = (Some(1), "", "Error: backup_service already running\n");
    assert_eq!((second.code, second.stdout.as_str(), second.stderr.as_str()), expected);
    home.done(&["stop"]);
    home.sh("rm -r logs/history.jsonl; mkdir logs/history.jsonl").expect_done();
    let failed = run(&["--background"]);
    assert_eq!((failed.code, failed.stdout.as_str()), (Some(1), ""));
    let expected =
        "Error: can't start backup_service: can't read logs/history.jsonl: it is not a regular file";
    assert_eq!(failed.stderr.lines().next(), Some(expected));
    let refused = "Error: backup_service already running";
    assert_eq!(home.service_log(), ["backup_service started", refused, "backup_service stopped", expected]);
    assert_eq!(run(&[]).code, Some(1));
    assert_eq!(home.service_log().last().map(String::as_str), Some(expected), "in the foreground, too");
    assert_eq!(home.service_log().len(), 5);
}

#[test]
fn goes_on_when_the_folder_it_was_started_in_is_deleted() {
    let (here, there) = (home(), home());
    there.write("docs", "");
    there.due("docs", "docs");
    let there_path = there.folder().to_str().expect("a plain name");
    here.sh(&format!("mkdir gone && cd gone && backup_manager --home {there_path} start && rmdir ../gone"))
        .expect_done();
    eventually("the backup is made", || there.path("backups/docs.tar").exists());
}

#[test]
fn a_home_that_is_deleted_stops_nothing_but_itself() {
    let (gone, other) = (home(), home());
    gone.start(&["--poll", "1"]);
    let service = gone.service().expect("it runs");
    gone.sh("rm -rf backup_service.pid logs").expect_done();
    service.send(Signal::HUP);
    eventually("it has looked", || !service.is_pending(Signal::HUP));
    assert!(!service.is_gone());
    other.write("backup_schedules.txt", "");
    assert!(other.manager(&["status"]).stdout.contains("\nbackup_service not running: "));
}
