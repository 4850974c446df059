//! Other processes, as `/proc` shows them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::eventually::eventually;

/// How often an ending process is looked at.
const TICK: Duration = Duration::from_millis(5);

/// After so many looks it isn't waited for any longer.
const MOST_TICKS: u32 = 1_000;

/// The number of write(2).
const WRITE: &str = if cfg!(target_arch = "x86_64") { "1" } else { "64" };

/// A process, by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Process {
    /// Its number.
    pub pid: u32,
}

impl Process {
    /// Returns the processes whose command line holds both, as `ps -ef | grep` finds them.
    #[must_use]
    pub fn find(program: &str, argument: &Path) -> Vec<Self> {
        let argument = argument.to_str().expect("the homes of tests have plain names");
        let is_it = |process: &Self| {
            let line = process.command_line();
            line.contains(program) && line.contains(argument)
        };
        all().filter(is_it).collect()
    }

    /// Returns its arguments, the program first, parted by spaces.
    #[must_use]
    pub fn command_line(self) -> String {
        let bytes = fs::read(self.file("cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).replace('\0', " ").trim_end().to_owned()
    }

    /// Returns where a link of the kernel leads: `cwd`, `fd/0`.
    #[must_use]
    pub fn link(self, name: &str) -> PathBuf {
        fs::read_link(self.file(name)).unwrap_or_default()
    }

    /// Returns its session.
    #[must_use]
    pub fn session(self) -> Option<u32> {
        self.stat(3)?.parse().ok()
    }

    /// Returns its state: `R`, `S`, `T` for stopped, `Z` for a zombie.
    #[must_use]
    pub fn state(self) -> Option<char> {
        self.stat(0)?.chars().next()
    }

    /// Returns whether it has ended. One that nobody has waited for counts as ended, too.
    #[must_use]
    pub fn is_gone(self) -> bool {
        matches!(self.state(), None | Some('Z'))
    }

    /// Returns whether nothing is left of it, not even a zombie.
    #[must_use]
    pub fn is_reaped(self) -> bool {
        self.state().is_none()
    }

    /// Returns whether a signal waits to be taken.
    #[must_use]
    pub fn is_pending(self, signal: Signal) -> bool {
        let status = fs::read_to_string(self.file("status")).unwrap_or_default();
        let mask = status.lines().find_map(|line| line.strip_prefix("ShdPnd:")).unwrap_or("0");
        let mask = u64::from_str_radix(mask.trim(), 16).expect("the kernel writes hexadecimal");
        mask & (1 << (signal.as_raw() - 1)) != 0
    }

    /// Returns whether one of its threads sleeps in write(2), because a pipe is full.
    #[must_use]
    pub fn is_waiting_to_write(self) -> bool {
        let Ok(threads) = fs::read_dir(self.file("task")) else { return false };
        threads.flatten().any(|thread| {
            let call = fs::read_to_string(thread.path().join("syscall")).unwrap_or_default();
            call.split(' ').next().is_some_and(|number| number == WRITE)
        })
    }

    /// Sends a signal.
    ///
    /// # Panics
    /// When that can't be done.
    pub fn send(self, signal: Signal) {
        let pid = i32::try_from(self.pid).ok().and_then(Pid::from_raw).expect("a process number is above 0");
        kill_process(pid, signal).unwrap_or_else(|error| panic!("can't signal {self:?}: {error}"));
    }

    /// Ends a service: cleanly if it can, and for certain.
    pub(crate) fn end(self) {
        let signals = [Signal::CONT, Signal::TERM, Signal::TERM];
        let number = i32::try_from(self.pid).ok().and_then(Pid::from_raw);
        let send = |signal| number.is_some_and(|pid| kill_process(pid, signal).is_ok());
        // The second SIGTERM must not come while the first is pending, or both count as one.
        for signal in signals {
            send(signal);
            sleep(TICK);
        }
        if !(0..MOST_TICKS).any(|_| {
            sleep(TICK);
            self.is_gone()
        }) {
            send(Signal::KILL);
        }
    }

    fn file(self, name: &str) -> PathBuf {
        PathBuf::from(format!("/proc/{}/{name}", self.pid))
    }

    /// Returns a field of the kernel's line, counted behind the program's name.
    fn stat(self, field: usize) -> Option<String> {
        let stat = fs::read_to_string(self.file("stat")).ok()?;
        let (_, fields) = stat.rsplit_once(") ")?;
        fields.split(' ').nth(field).map(str::to_owned)
    }
}

fn all() -> impl Iterator<Item = Process> {
    let numbers = fs::read_dir("/proc").expect("/proc is there").flatten();
    numbers.filter_map(|entry| Some(Process { pid: entry.file_name().to_str()?.parse().ok()? }))
}

/// Returns whether somebody here waits for orphans when they end; in a container without an init nobody may.
#[must_use]
pub fn has_reaper() -> bool {
    let mut command = Command::new("sh");
    command.args(["-c", "sh -c : >&- & echo $!"]).stdin(Stdio::null());
    let output = command.output().expect("there is a shell");
    let pid =
        String::from_utf8_lossy(&output.stdout).trim().parse().expect("a shell tells its child's number");
    let orphan = Process { pid };
    eventually("an orphan ends", || orphan.is_gone());
    (0..MOST_TICKS).any(|_| {
        sleep(TICK);
        orphan.is_reaped()
    })
}
