//! A program that has ended, and what it said.

use std::fs::{self, File};
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// What only a program that hangs takes.
const PATIENCE: Duration = Duration::from_secs(120);

/// How often an end is looked for.
const TICK: Duration = Duration::from_millis(1);

/// What became of a program.
#[derive(Debug, Clone, Default)]
pub(crate) struct Finished {
    /// Its exit code; `None` when a signal ended it, or it never ended.
    pub(crate) code: Option<i32>,
    /// The signal that ended it; `None` as well when it never ended and had to be killed.
    pub(crate) signal: Option<i32>,
    /// What it wrote to standard error.
    pub(crate) stderr: String,
}

impl Finished {
    /// Runs the command to its end; what it says goes into files in `folder`, so that no pipe can fill up.
    pub(crate) fn run(command: &mut Command, folder: &Path) -> io::Result<Self> {
        let path = folder.join("stderr");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(&path)?);
        let status = end(&mut command.spawn()?)?;
        let stderr = String::from_utf8_lossy(&fs::read(path)?).into_owned();
        let (code, signal) = status.map_or((None, None), |status| (status.code(), status.signal()));
        Ok(Self { code, signal, stderr })
    }

    /// Returns whether it said that it was done.
    pub(crate) fn is_done(&self) -> bool {
        self.code == Some(0)
    }

    /// Returns what became of it, in a few words.
    pub(crate) fn told(&self) -> String {
        let end = match (self.code, self.signal) {
            (Some(code), _) => format!("exit code {code}"),
            (None, Some(signal)) => format!("ended by signal {signal}"),
            (None, None) => "never ended".to_owned(),
        };
        format!("{end}: {}", self.stderr.trim().replace('\n', " / "))
    }
}

fn end(child: &mut Child) -> io::Result<Option<ExitStatus>> {
    let give_up = Instant::now() + PATIENCE;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if Instant::now() > give_up {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        sleep(TICK);
    }
}
