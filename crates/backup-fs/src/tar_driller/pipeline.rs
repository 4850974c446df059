//! The pipeline of tools that restores an archive. Dropped, it kills them.

use std::ffi::OsStr;
use std::io::{self, ErrorKind, Write};
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};

use backup_core::model::error::PortError;
use backup_core::ports::Progress;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{Errno, ioctl_fionbio, read};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open};

use super::archive::interrupted;
use crate::error::port_error;
use crate::process::supervisor::without_supervisor;

/// The longest time between two checks for a cancellation.
const POLL_INTERVAL: Timespec = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };

const NO_WAIT: Timespec = Timespec { tv_sec: 0, tv_nsec: 0 };

/// The largest part of a tool's output that is kept.
const MAX_OUTPUT_BYTES: usize = 1 << 20;

/// The size of one read of a tool's output. All reads together take more than a pipe holds, unless a tool enlarges
/// it.
const PIECE_BYTES: usize = 4096;
const MAX_PIECES: usize = 64;

/// The running processes, the last one of the pipeline first.
///
/// Nothing ever waits for a pipe to close, because a child of a tool may hold its other end forever.
#[derive(Debug, Default)]
pub(super) struct Pipeline {
    running: Vec<Running>,
}

/// The exit of a tool.
#[derive(Debug)]
pub(super) struct ToolExit {
    pub(super) name: String,
    pub(super) is_tar: bool,
    pub(super) status: ExitStatus,
    /// Its output, or the beginning of it.
    pub(super) output_text: String,
}

#[derive(Debug)]
struct Running {
    name: String,
    /// Whether it is the last process of the pipeline.
    is_tar: bool,
    child: Child,
    output: Option<OwnedFd>,
    output_text: Vec<u8>,
}

impl Pipeline {
    /// Returns a pipeline of one process without input. Its standard output is read.
    pub(super) fn single(command: &mut Command, program: &OsStr) -> io::Result<Self> {
        let command = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = start(command)?;
        let output = child.stdout.take().map(OwnedFd::from);
        Ok(Self { running: vec![Running::new(program, child, output, true)] })
    }

    /// Starts one more process in front of the others, and returns its standard input. Its standard error is read.
    pub(super) fn prepend(
        &mut self,
        command: &mut Command,
        program: &OsStr,
    ) -> Result<ChildStdin, PortError> {
        let failed = |error| port_error(format!("start {}", program.to_string_lossy()), error);
        let mut child = start(command.stdin(Stdio::piped()).stderr(Stdio::piped())).map_err(failed)?;
        let (stdin, output) = (child.stdin.take(), child.stderr.take().map(OwnedFd::from));
        let is_tar = self.running.is_empty();
        self.running.push(Running::new(program, child, output, is_tar));
        stdin.ok_or_else(|| failed(ErrorKind::BrokenPipe.into()))
    }

    /// Waits until all processes have exited, the last one of the pipeline first.
    ///
    /// # Errors
    /// [`Failure::Interrupted`](backup_core::model::error::Failure::Interrupted) if `progress` cancels. Then all
    /// processes are killed.
    pub(super) fn wait(mut self, progress: &dyn Progress) -> Result<Vec<ToolExit>, PortError> {
        let failed = |error| port_error("wait for tar", error);
        let mut exits = Vec::new();
        while let Some(first) = self.running.first_mut() {
            if progress.is_cancelled() {
                return Err(interrupted());
            }
            match first.child.try_wait().map_err(failed)? {
                Some(status) => exits.push(self.running.remove(0).into_exit(status)),
                None => self.pause(),
            }
        }
        Ok(exits)
    }

    /// Waits a short time until the first process exits or one prints something, and reads the output, so that no
    /// process blocks.
    fn pause(&mut self) {
        let first = self.running.first().and_then(|first| handle(&first.child));
        let output = self.running.iter().filter_map(|running| running.output.as_ref());
        let mut ready: Vec<_> = output.chain(&first).map(|pipe| PollFd::new(pipe, PollFlags::IN)).collect();
        let _ = poll(&mut ready, Some(&POLL_INTERVAL));
        for running in &mut self.running {
            running.read_output();
        }
    }
}

impl Drop for Pipeline {
    fn drop(&mut self) {
        for running in &mut self.running {
            // Nothing has waited for the process, so its id can't be another's. Its children are killed as well.
            let _ = process(&running.child).map(|group| kill_process_group(group, Signal::KILL));
            let _ = running.child.wait();
        }
    }
}

impl Running {
    fn new(program: &OsStr, child: Child, output: Option<OwnedFd>, is_tar: bool) -> Self {
        Self { name: program.to_string_lossy().into_owned(), is_tar, child, output, output_text: Vec::new() }
    }

    /// Reads the output so far, but no more than a full pipe, because it may be endless.
    fn read_output(&mut self) {
        let mut piece = [0; PIECE_BYTES];
        for _ in 0..MAX_PIECES {
            let Some(pipe) = &self.output else { return };
            let mut ready = [PollFd::new(pipe, PollFlags::IN)];
            if !poll(&mut ready, Some(&NO_WAIT)).is_ok_and(|ready| ready > 0) {
                return;
            }
            match read(pipe, &mut piece) {
                Ok(0) => self.output = None,
                Ok(count) => {
                    let room = MAX_OUTPUT_BYTES.saturating_sub(self.output_text.len());
                    self.output_text.extend_from_slice(&piece[..count.min(room)]);
                }
                Err(Errno::INTR | Errno::AGAIN) => {}
                Err(_) => self.output = None,
            }
        }
    }

    fn into_exit(mut self, status: ExitStatus) -> ToolExit {
        // All output before its exit fits into a pipe. Its children may write more.
        self.read_output();
        let output_text = String::from_utf8_lossy(&self.output_text).into_owned();
        ToolExit { name: self.name, is_tar: self.is_tar, status, output_text }
    }
}

/// Starts a process in a new process group, so that its children can be killed with it.
fn start(command: &mut Command) -> io::Result<Child> {
    // TAR_OPTIONS would change what tar does.
    without_supervisor(command).env("LC_ALL", "C").env_remove("TAR_OPTIONS").process_group(0).spawn()
}

fn process(child: &Child) -> Option<Pid> {
    i32::try_from(child.id()).ok().and_then(Pid::from_raw)
}

fn handle(child: &Child) -> Option<OwnedFd> {
    process(child).and_then(|process| pidfd_open(process, PidfdFlags::empty()).ok())
}

/// Writes all bytes unless the reader goes away or `progress` cancels. Returns whether all were written.
pub(super) fn write(stdin: &mut ChildStdin, mut bytes: &[u8], progress: &dyn Progress) -> io::Result<bool> {
    ioctl_fionbio(&*stdin, true)?;
    while !bytes.is_empty() {
        if progress.is_cancelled() {
            return Ok(false);
        }
        match stdin.write(bytes) {
            Ok(written) => bytes = &bytes[written..],
            Err(error) if error.kind() == ErrorKind::BrokenPipe => return Ok(false),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                let _ = poll(&mut [PollFd::new(&*stdin, PollFlags::OUT)], Some(&POLL_INTERVAL));
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;

    /// Returns a process that has exited, with `path` as its output.
    fn finished_process(path: &str) -> (Running, ExitStatus) {
        let mut child = start(&mut Command::new("true")).unwrap();
        let status = child.wait().unwrap();
        (Running::new(OsStr::new("tool"), child, Some(File::open(path).unwrap().into()), true), status)
    }

    #[test]
    fn endless_output_is_not_read_forever() {
        let (mut endless, status) = finished_process("/dev/zero");
        endless.read_output();
        assert_eq!(endless.output_text.len(), MAX_PIECES * PIECE_BYTES);
        let exit = endless.into_exit(status);
        assert_eq!(exit.output_text.len(), 2 * MAX_PIECES * PIECE_BYTES);
    }

    #[test]
    fn finished_output_is_read_to_its_end() {
        let (silent, status) = finished_process("/dev/null");
        let exit = silent.into_exit(status);
        assert_eq!(exit.output_text, "");
    }
}
