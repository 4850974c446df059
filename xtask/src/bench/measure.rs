//! What one run of one program took: wall time, processor time and peak memory.
//!
//! The kernel tells a process what its children used, summed up (and for memory: the most) over all of them so far. So
//! every run gets a process of its own, this same xtask called as `measure`, which has no other children.

use std::env;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::str::FromStr;
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::{TimeVal, TimeValLike};

use crate::command::Call;
use crate::failure::{Failure, Outcome};
use crate::out;

/// What `measure` is asked to do.
#[derive(Debug, PartialEq, Eq, clap::Args)]
pub(crate) struct Job {
    /// Make FILE durable afterwards, as `sync -d` does, or all of the file system that a folder is on, as `sync -f` does, and say when that was done too
    #[arg(long, value_name = "FILE")]
    sync: Option<PathBuf>,

    /// The program, and its arguments
    #[arg(required = true, last = true, value_name = "PROGRAM")]
    command: Vec<OsString>,
}

/// What one run took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cost {
    /// Until the program was done.
    pub(crate) wall: Duration,
    /// Until its file was durable.
    pub(crate) durable: Duration,
    pub(crate) user: Duration,
    pub(crate) system: Duration,
    pub(crate) peak_bytes: u64,
}

/// Runs the job and prints its cost: the whole of `cargo xtask measure`.
pub(crate) fn run(job: &Job) -> Outcome {
    let start = Instant::now();
    succeed(&job.command)?;
    let wall = start.elapsed();
    if let Some(file) = &job.sync {
        let how = if file.is_dir() { "-f" } else { "-d" };
        succeed(&["sync".into(), how.into(), file.into()])?;
    }
    let durable = start.elapsed();
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).map_err(Failure::doing("ask what the program used"))?;
    let peak_bytes = u64::try_from(usage.max_rss()).unwrap_or(0) * 1024;
    let (user, system) = (duration(usage.user_time()), duration(usage.system_time()));
    out::say(&Cost { wall, durable, user, system, peak_bytes }.to_string());
    Ok(())
}

/// Returns what a call takes, measured in a process of its own; with `sync`, until that file is durable.
pub(crate) fn measured(call: &Call, sync: Option<&Path>) -> Outcome<Cost> {
    let xtask = env::current_exe().map_err(Failure::doing("find this program"))?;
    let sync = sync.map(|file| ["--sync".into(), file.display().to_string()]);
    let words = ["measure".into()].into_iter().chain(sync.into_iter().flatten()).chain(["--".into()]);
    Call::new(xtask).args(words.chain(call.words())).read()?.trim().parse()
}

fn succeed(command: &[OsString]) -> Outcome {
    let [program, args @ ..] = command else { return Err(Failure::new("no program to measure")) };
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::null()).stdout(Stdio::null());
    let shown = program.display();
    let status = command.status().map_err(Failure::doing(format!("start `{shown}`")))?;
    if status.success() { Ok(()) } else { Err(Failure::new(format!("`{shown}` failed: {status}"))) }
}

fn duration(time: TimeVal) -> Duration {
    Duration::from_micros(u64::try_from(time.num_microseconds()).unwrap_or(0))
}

/// One line of numbers, as the measuring process passes it on: microseconds, and bytes at the end.
impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for time in [self.wall, self.durable, self.user, self.system] {
            write!(f, "{} ", time.as_micros())?;
        }
        write!(f, "{}", self.peak_bytes)
    }
}

impl FromStr for Cost {
    type Err = Failure;

    fn from_str(line: &str) -> Outcome<Self> {
        let numbers: Option<Vec<u64>> = line.split(' ').map(|word| word.parse().ok()).collect();
        let Some(&[wall, durable, user, system, peak_bytes]) = numbers.as_deref() else {
            return Err(Failure::new(format!("the measuring process answered {line:?}")));
        };
        let [wall, durable, user, system] = [wall, durable, user, system].map(Duration::from_micros);
        Ok(Self { wall, durable, user, system, peak_bytes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cost_survives_its_line() {
        let [wall, durable, user, system] = [1_500_000, 1_700_000, 40, 0].map(Duration::from_micros);
        let cost = Cost { wall, durable, user, system, peak_bytes: 4096 };
        assert_eq!(cost.to_string(), "1500000 1700000 40 0 4096");
        assert_eq!(cost.to_string().parse(), Ok(cost));
    }

    #[test]
    fn an_answer_that_is_no_cost_is_reported() {
        for line in ["", "1 2 3 4", "1 2 3 4 5 6", "1 2 3 4 five"] {
            let failure = line.parse::<Cost>().unwrap_err();
            assert_eq!(failure.message, format!("the measuring process answered {line:?}"));
        }
    }

    #[test]
    fn a_failing_program_has_no_cost() {
        let failure = succeed(&["false".into()]).unwrap_err();
        assert_eq!(failure.message, "`false` failed: exit status: 1");
        assert_eq!(succeed(&["true".into()]), Ok(()));
    }
}
