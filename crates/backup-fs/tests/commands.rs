//! Commands and their children end when they should, and get nothing that isn't theirs.

#![expect(clippy::unwrap_used, reason = "a test program, its helpers included")]

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::Write;
use std::os::fd::AsRawFd;
use std::path::Path;
use std::time::{Duration, Instant};

use backup_core::model::command::{Command, CommandEnd, CommandReport, OutputLimit};
use backup_core::model::error::{Failure, PortError};
use backup_core::ports::{CommandRequest, Commands, Progress, SilentProgress};
use backup_fs::{CancelFlag, SystemCommands};
use tempfile::TempDir;

const LONG: Duration = Duration::from_secs(100);
const KEEP: OutputLimit = OutputLimit { first_bytes: 10_000, last_bytes: 10_000 };

fn request<'a>(command: &'a Command, dir: &'a Path) -> CommandRequest<'a> {
    CommandRequest { command, dir, variables: &[], input: None, timeout: LONG, keep: KEEP }
}

fn shell(text: &str) -> Command {
    Command::shell(text.to_owned()).unwrap()
}

fn program(words: &[&str]) -> Command {
    Command::program(words.iter().map(|word| (*word).to_owned()).collect()).unwrap()
}

/// Runs a text in a folder.
fn run(text: &str, dir: &TempDir, timeout: Duration, progress: &dyn Progress) -> CommandReport {
    let command = shell(text);
    let request = CommandRequest { timeout, ..request(&command, dir.path()) };
    SystemCommands.run(&request, None, progress).unwrap()
}

fn text(report: &CommandReport) -> String {
    String::from_utf8([report.output.first(), &report.output.last()].concat()).unwrap()
}

/// Returns whether a process is there that isn't a zombie.
fn lives(pid: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{}/stat", pid.trim()));
    stat.is_ok_and(|stat| !stat.rsplit_once(')').unwrap().1.starts_with(" Z"))
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn a_grandchild_ends_with_a_command_that_takes_too_long() {
    let dir = folder();
    // The shell waits for its child, so that the child outlives it when both are asked to end.
    let report = run("sleep 1000 & echo $! > pid; wait", &dir, Duration::from_millis(300), &SilentProgress);
    assert_eq!(report.end, CommandEnd::TimedOut);
    assert!(!lives(&fs::read_to_string(dir.path().join("pid")).unwrap()));
}

#[test]
fn what_does_not_end_when_it_is_asked_is_killed() {
    let dir = folder();
    let stubborn =
        "trap '' TERM; (trap '' TERM; while :; do sleep 0.1; done) & echo $! > pid; echo begun; wait";
    let begun = Instant::now();
    let report = run(stubborn, &dir, Duration::from_millis(300), &SilentProgress);
    assert_eq!((report.end, text(&report).as_str()), (CommandEnd::TimedOut, "begun\n"));
    assert!(!lives(&fs::read_to_string(dir.path().join("pid")).unwrap()));
    assert!(begun.elapsed() > Duration::from_secs(5), "it got time to end");
}

#[test]
fn what_cleans_up_when_it_is_asked_gets_the_time_for_it() {
    let dir = folder();
    // The leader ends at once, its child half a second later.
    let slow = "(trap 'sleep 0.5; echo clean > clean; exit' TERM; echo > ready; sleep 1000 & wait) & wait";
    let report = run(slow, &dir, Duration::from_millis(700), &SilentProgress);
    assert_eq!(report.end, CommandEnd::TimedOut);
    assert!(dir.path().join("ready").exists());
    assert!(dir.path().join("clean").exists());
}

#[test]
fn a_cancelled_command_ends_with_its_children() {
    let (dir, flag) = (folder(), CancelFlag::default());
    let pid = dir.path().join("pid");
    let report = std::thread::scope(|scope| {
        let running =
            scope.spawn(|| run("sleep 1000 & echo $! > pid.new; mv pid.new pid; wait", &dir, LONG, &flag));
        while !pid.exists() {
            std::thread::yield_now();
        }
        flag.cancel();
        running.join().unwrap()
    });
    assert_eq!(report.end, CommandEnd::Cancelled);
    assert!(!lives(&fs::read_to_string(pid).unwrap()));
}

#[test]
fn a_child_in_the_background_is_not_waited_for_and_goes_on() {
    let dir = folder();
    let begun = Instant::now();
    let report = run("sleep 1000 & echo $! > pid; echo done", &dir, LONG, &SilentProgress);
    assert_eq!((report.end, text(&report).as_str()), (CommandEnd::Exited(0), "done\n"));
    assert!(begun.elapsed() < Duration::from_secs(30));
    let pid = fs::read_to_string(dir.path().join("pid")).unwrap();
    assert!(lives(&pid));
    assert!(std::process::Command::new("kill").arg(pid.trim()).status().unwrap().success());
}

#[test]
fn a_child_in_the_background_that_prints_for_ever_is_not_waited_for() {
    let dir = folder();
    let report = run("yes & echo $! > pid", &dir, LONG, &SilentProgress);
    assert_eq!(report.end, CommandEnd::Exited(0));
    assert!(report.output.first().len() <= KEEP.first_bytes);
}

/// Waits before each write, as a slow disk does.
struct Slow(usize);

impl Write for Slow {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        std::thread::sleep(Duration::from_millis(20));
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_slow_sink_gets_all_that_was_printed_before_the_end() {
    let (dir, mut slow) = (folder(), Slow(0));
    // Sixteen writes of the sink take longer than children in the background are waited for.
    let command = shell("sleep 1000 & echo $! > pid; head -c 400000 /dev/zero");
    let report =
        SystemCommands.run(&request(&command, dir.path()), Some(&mut slow), &SilentProgress).unwrap();
    assert_eq!((report.end, slow.0), (CommandEnd::Exited(0), 400_000));
    let pid = fs::read_to_string(dir.path().join("pid")).unwrap();
    assert!(std::process::Command::new("kill").arg(pid.trim()).status().unwrap().success());
}

#[test]
fn nobody_is_left_as_a_zombie() {
    let dir = folder();
    let report = run("echo $$", &dir, LONG, &SilentProgress);
    assert!(!Path::new(&format!("/proc/{}", text(&report).trim())).exists());
    let report = run("echo $$; sleep 1000", &dir, Duration::from_millis(300), &SilentProgress);
    assert!(!Path::new(&format!("/proc/{}", text(&report).trim())).exists());
}

#[test]
fn it_gets_no_open_file_of_ours() {
    let dir = folder();
    let ours = File::create(dir.path().join("lock")).unwrap();
    let report = run("ls -l /proc/self/fd", &dir, LONG, &SilentProgress);
    assert!(!text(&report).contains("lock"), "{}", text(&report));
    assert!(ours.as_raw_fd() > 2);
}

#[test]
fn it_leads_a_group_and_blocks_no_signal() {
    let dir = folder();
    let report =
        run("cut -d ' ' -f 1,5 /proc/$$/stat; grep SigBlk /proc/self/status", &dir, LONG, &SilentProgress);
    let said = text(&report);
    let words: Vec<_> = said.split_whitespace().collect();
    assert_eq!(words[0], words[1], "its group has its number");
    assert_eq!(words[3].trim_matches('0'), "", "{said}");
}

#[test]
fn no_shell_sees_arguments_and_variables() {
    let dir = folder();
    let odd = "$(touch made) `touch made`; touch made | * ~ 'a\" \\ \n-x";
    let command = program(&["printf", "%s|", odd, "", "--"]);
    let report = SystemCommands.run(&request(&command, dir.path()), None, &SilentProgress).unwrap();
    assert_eq!(text(&report), format!("{odd}||--|"));
    assert!(!dir.path().join("made").exists());
}

#[test]
fn a_variable_may_be_any_bytes() {
    use std::os::unix::ffi::OsStringExt;
    let dir = folder();
    let variables = [("BACKUP_SOURCE".to_owned(), OsString::from_vec(b"a\xffb".to_vec()))];
    let command = shell("printf '%s' \"$BACKUP_SOURCE\" | od -An -tx1");
    let request = CommandRequest { variables: &variables, ..request(&command, dir.path()) };
    let report = SystemCommands.run(&request, None, &SilentProgress).unwrap();
    assert_eq!(text(&report).trim(), "61 ff 62");
}

fn error_of(command: &Command, dir: &Path) -> PortError {
    SystemCommands.run(&request(command, dir), None, &SilentProgress).unwrap_err()
}

#[test]
fn what_can_not_be_started_is_named() {
    let dir = folder();
    let file = dir.path().join("plain");
    fs::write(&file, "no program").unwrap();
    let plain = program(&[file.to_str().unwrap()]);
    let error = error_of(&plain, dir.path());
    assert_eq!(error.failure, Failure::Denied);
    assert!(error.to_string().contains("plain: Permission denied"), "{error}");
    let missing = program(&["no-such-program-here"]);
    let error = error_of(&missing, dir.path());
    assert_eq!(error.failure, Failure::Missing);
    assert_eq!(error.to_string(), "can't start no-such-program-here: No such file or directory (os error 2)");
    let error = error_of(&shell("true"), &file);
    assert_eq!(error.failure, Failure::Refused);
    assert!(error.to_string().ends_with("plain: it is no folder"), "{error}");
}
