//! Priority of threads: makes a run give way to other programs.
//!
//! On Linux, the niceness and the disk priority belong to a thread, and a thread inherits those of the one that starts it.
//! Without privileges they can't be raised again. So they end with the thread of the run.

use std::io;
use std::process::{Command, Stdio};

use backup_core::model::error::{Failure, PortError};
use backup_core::model::schedule::{IoPriority, Priority};
use nix::unistd::gettid;
use rustix::process::{getpriority_process, setpriority_process};

use super::supervisor::without_supervisor;
use crate::error::port_error;

/// The program that sets the disk priority of a thread. No call of the standard library does, and a call of our own would
/// be unsafe.
const IONICE: &str = "ionice";

/// Makes this thread give way, and those that it starts from now on. It never raises a priority.
///
/// # Errors
/// What could not be set. The rest is set all the same.
pub fn lower_priority(priority: &Priority) -> Result<(), PortError> {
    let nice = lower_niceness(priority.niceness.into());
    let nice = nice.map_err(|error| port_error(format!("set nice={}", priority.niceness), error));
    priority.io.as_ref().map_or(Ok(()), lower_io).and(nice)
}

fn lower_niceness(niceness: i32) -> io::Result<()> {
    if niceness == 0 || niceness <= getpriority_process(None)? {
        return Ok(());
    }
    Ok(setpriority_process(None, niceness)?)
}

fn lower_io(priority: &IoPriority) -> Result<(), PortError> {
    let mut command = Command::new(IONICE);
    match priority {
        IoPriority::Idle => command.args(["-c", "3"]),
        IoPriority::BestEffort(level) => command.args(["-c", "2", "-n", &level.to_string()]),
    };
    command.args(["-p", &gettid().to_string()]).env("LC_ALL", "C").stdin(Stdio::null());
    let failed = || PortError::new(Failure::Other, format!("set ionice={priority}"));
    let output = without_supervisor(&mut command).output().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => {
            failed().because(format!("there is no program {IONICE}; install the package util-linux"))
        }
        _ => failed().because(error),
    })?;
    match output.status.success() {
        true => Ok(()),
        false => Err(failed().because(String::from_utf8_lossy(&output.stderr).trim())),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::thread;

    use backup_core::testing::skipped;

    use super::*;

    /// Returns the niceness of this thread, as the kernel's line about it has it.
    fn niceness() -> i32 {
        let stat = fs::read_to_string("/proc/thread-self/stat").unwrap();
        let (_, fields) = stat.rsplit_once(") ").unwrap();
        fields.split(' ').nth(16).unwrap().parse().unwrap()
    }

    fn io_priority() -> String {
        let output = Command::new(IONICE).args(["-p", &gettid().to_string()]).output().unwrap();
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// Runs on a thread of its own, so that nothing is left of it.
    fn lowered<T: Send>(priority: Priority, look: fn() -> T) -> T {
        thread::scope(|scope| {
            let run = scope.spawn(|| {
                lower_priority(&priority).unwrap();
                thread::spawn(|| ());
                scope.spawn(look).join().unwrap()
            });
            run.join().unwrap()
        })
    }

    #[test]
    fn the_threads_of_a_run_are_nicer_and_no_others() {
        let before = niceness();
        let nicer = u8::try_from(before.max(0)).unwrap() + 1;
        assert_eq!(lowered(Priority { niceness: nicer, io: None }, niceness), i32::from(nicer));
        assert_eq!(niceness(), before);
        assert_eq!(lowered(Priority::default(), niceness), before, "0 changes nothing");
    }

    #[test]
    fn a_priority_is_never_raised() {
        let niceness_of_both = thread::spawn(|| {
            lower_priority(&Priority { niceness: 19, io: None }).unwrap();
            lower_priority(&Priority { niceness: 5, io: None }).unwrap();
            niceness()
        });
        assert_eq!(niceness_of_both.join().unwrap(), 19);
    }

    #[test]
    fn the_threads_of_a_run_give_way_on_the_disk_and_no_others() {
        if Command::new(IONICE).output().is_err() {
            return skipped("there is no ionice here");
        }
        let before = io_priority();
        let idle = lowered(Priority { niceness: 0, io: Some(IoPriority::Idle) }, io_priority);
        assert_eq!(idle, "idle");
        let low = lowered(Priority { niceness: 0, io: Some(IoPriority::BestEffort(7)) }, io_priority);
        assert_eq!(low, "best-effort: prio 7");
        assert_eq!(io_priority(), before);
    }
}
