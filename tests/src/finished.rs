//! A command that has ended, and what it said.

use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use crate::eventually::{PATIENCE, wait_for};

/// What became of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// What it wrote to standard output.
    pub stdout: String,
    /// What it wrote to standard error.
    pub stderr: String,
    /// Its exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
}

impl Finished {
    /// Runs the command to its end, and until both its outputs are closed by everybody who inherited them.
    ///
    /// # Panics
    /// When it doesn't start, doesn't end, or leaves an output open.
    pub fn run(command: &mut Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Self::of(command.spawn().unwrap_or_else(|error| panic!("can't start {command:?}: {error}")))
    }

    /// Waits for the end of a child whose outputs are pipes, or are not.
    ///
    /// # Panics
    /// When it doesn't end, or leaves an output open.
    pub fn of(mut child: Child) -> Self {
        let stdout = collect(child.stdout.take());
        let stderr = collect(child.stderr.take());
        let status = end(&mut child);
        Self { stdout: text(&stdout), stderr: text(&stderr), code: status.code(), signal: status.signal() }
    }

    /// Returns the same, if it ended well.
    ///
    /// # Panics
    /// When its exit code is not 0.
    pub fn expect_done(self) -> Self {
        assert_eq!(self.code, Some(0), "{self:?}");
        self
    }
}

fn end(child: &mut Child) -> ExitStatus {
    wait_for("a command ends", || child.try_wait().expect("a child can be waited for"))
}

fn collect(pipe: Option<impl Read + Send + 'static>) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            pipe.read_to_end(&mut bytes).expect("a pipe can be read");
        }
        // Nobody listens when the test has failed already.
        let _ = sender.send(bytes);
    });
    receiver
}

fn text(bytes: &Receiver<Vec<u8>>) -> String {
    let bytes = bytes.recv_timeout(PATIENCE).expect("every output is closed once the command has ended");
    String::from_utf8(bytes).expect("the programs print UTF-8")
}
