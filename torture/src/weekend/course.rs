//! A weekend of the service, lived through.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::faketime::Faketime;
use super::plan::Weekend;
use super::verdict;
use crate::programs::Programs;

/// How many times as fast its clock goes.
const SPEED: u32 = 1_000;

/// What a machine under load may take beyond that.
const PATIENCE: Duration = Duration::from_secs(120);

const TICK: Duration = Duration::from_millis(50);

/// What the service left behind.
#[derive(Debug)]
pub(super) struct Course {
    /// `logs/history.jsonl`.
    pub(super) history: String,
    /// `logs/backup_service.log`.
    pub(super) log: String,
}

impl Course {
    /// Runs the service in a home of its own until the last run that is due has ended, or should have.
    pub(super) fn of(weekend: &Weekend, programs: &Programs, faketime: &Faketime) -> Result<Self, String> {
        let told = |error: io::Error| format!("the service can't be run: {error}");
        let home = home(weekend).map_err(told)?;
        let mut command = Command::new(&programs.service);
        command.arg("--home").arg(home.path()).env_clear();
        let local = weekend.start.format("%F %T").to_string();
        faketime.set(&mut command, &weekend.zone, &local, SPEED);
        let mut service = Running(command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().map_err(told)?);
        let history = home.path().join("logs/history.jsonl");
        service.wait_until(deadline(weekend), || verdict::is_over(weekend, &text(&history)))?;
        service.stop()?;
        Ok(Self { history: text(&history), log: text(&home.path().join("logs/backup_service.log")) })
    }
}

fn deadline(weekend: &Weekend) -> Duration {
    let last = weekend.owed.last().and_then(|run| verdict::seconds(&run.planned));
    let seconds = last.map_or(0, |last| last - weekend.start.timestamp());
    Duration::from_secs(u64::try_from(seconds).unwrap_or_default()) / SPEED + PATIENCE
}

/// Returns a home with a small folder, and a schedule for each time. They are as old as the service, which therefore
/// owes nothing from before.
fn home(weekend: &Weekend) -> io::Result<TempDir> {
    let home = tempfile::tempdir()?;
    fs::create_dir(home.path().join("docs"))?;
    fs::write(home.path().join("docs/letter.txt"), "Dear diary")?;
    let line = |time: &&str| format!("docs;{time};{}\n", verdict::name(time));
    let path = home.path().join("backup_schedules.txt");
    fs::write(&path, weekend.times().iter().map(line).collect::<String>())?;
    let start = Duration::from_secs(u64::try_from(weekend.start.timestamp()).unwrap_or_default());
    File::options().write(true).open(path)?.set_modified(SystemTime::UNIX_EPOCH + start)?;
    Ok(home)
}

/// Of a file that isn't there yet, nothing.
fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

/// The service, which doesn't outlive the proof.
struct Running(Child);

impl Running {
    fn wait_until(&mut self, deadline: Duration, is_over: impl Fn() -> bool) -> Result<(), String> {
        let start = Instant::now();
        while start.elapsed() < deadline && !is_over() {
            if let Ok(Some(status)) = self.0.try_wait() {
                return Err(format!("the service ended by itself: {status}"));
            }
            sleep(TICK);
        }
        // Whatever is missing by now is found when the runs are counted.
        Ok(())
    }

    /// Asks it to finish what is under way, and waits.
    fn stop(&mut self) -> Result<(), String> {
        let pid =
            i32::try_from(self.0.id()).ok().and_then(Pid::from_raw).ok_or("the service has no number")?;
        kill_process(pid, Signal::TERM).map_err(|error| format!("the service can't be stopped: {error}"))?;
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if let Ok(Some(status)) = self.0.try_wait() {
                let said = || format!("the service ended with {status}");
                return if status.success() { Ok(()) } else { Err(said()) };
            }
            sleep(TICK);
        }
        Err("the service doesn't stop".to_owned())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
