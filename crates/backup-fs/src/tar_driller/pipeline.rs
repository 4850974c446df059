//! The pipeline of tools that restores an archive. Dropped, it kills them.

use std::convert::Infallible;
use std::ffi::OsStr;
use std::io::{self, ErrorKind, Write};
use std::process::{ChildStdin, Command, ExitStatus, Stdio};

use backup_core::model::error::PortError;
use backup_core::ports::Progress;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::ioctl_fionbio;

use super::archive::interrupted;
use crate::error::port_error;
use crate::process::child_group::ChildGroup;
use crate::process::pipe::PipeEnd;

/// The longest time between two checks for a cancellation.
const POLL_INTERVAL: Timespec = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };

/// The largest part of a tool's output that is kept.
const MAX_OUTPUT_BYTES: usize = 1 << 20;

/// The running processes, the last one of the pipeline first. Each is killed with its children when it is dropped.
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
    group: ChildGroup,
    output: PipeEnd,
    output_text: Vec<u8>,
}

impl Pipeline {
    /// Returns a pipeline of one process without input. Its standard output is read.
    pub(super) fn single(command: &mut Command, program: &OsStr) -> io::Result<Self> {
        let command = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut group = start(command)?;
        let output = PipeEnd::new(group.take_stdout());
        Ok(Self { running: vec![Running::new(program, group, output, true)] })
    }

    /// Starts one more process in front of the others, and returns its standard input. Its standard error is read.
    pub(super) fn prepend(
        &mut self,
        command: &mut Command,
        program: &OsStr,
    ) -> Result<ChildStdin, PortError> {
        let failed = |error| port_error(format!("start {}", program.to_string_lossy()), error);
        let mut group = start(command.stdin(Stdio::piped()).stderr(Stdio::piped())).map_err(failed)?;
        let (stdin, output) = (group.take_stdin(), PipeEnd::new(group.take_stderr()));
        let is_tar = self.running.is_empty();
        self.running.push(Running::new(program, group, output, is_tar));
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
            match first.group.try_wait().map_err(failed)? {
                Some(status) => exits.push(self.running.remove(0).into_exit(status)),
                None => self.pause(),
            }
        }
        Ok(exits)
    }

    /// Waits a short time until the first process exits or one prints something, and reads the output, so that no
    /// process blocks.
    fn pause(&mut self) {
        let first = self.running.first().and_then(|first| first.group.handle());
        let output = self.running.iter().filter_map(|running| running.output.open());
        let mut ready: Vec<_> = output.map(|pipe| PollFd::from_borrowed_fd(pipe, PollFlags::IN)).collect();
        ready.extend(first.as_ref().map(|first| PollFd::new(first, PollFlags::IN)));
        let _ = poll(&mut ready, Some(&POLL_INTERVAL));
        for running in &mut self.running {
            running.read_output();
        }
    }
}

impl Running {
    fn new(program: &OsStr, group: ChildGroup, output: PipeEnd, is_tar: bool) -> Self {
        Self { name: program.to_string_lossy().into_owned(), is_tar, group, output, output_text: Vec::new() }
    }

    /// Reads the output so far, but no more than a full pipe, because it may be endless.
    fn read_output(&mut self) {
        let text = &mut self.output_text;
        let Ok(_more) = self.output.read(|bytes| {
            let room = MAX_OUTPUT_BYTES.saturating_sub(text.len());
            text.extend_from_slice(&bytes[..bytes.len().min(room)]);
            Ok::<_, Infallible>(())
        });
    }

    fn into_exit(mut self, status: ExitStatus) -> ToolExit {
        // All output before its exit fits into a pipe. Its children may write more.
        self.read_output();
        let output_text = String::from_utf8_lossy(&self.output_text).into_owned();
        ToolExit { name: self.name, is_tar: self.is_tar, status, output_text }
    }
}

/// Starts a process in a new process group, so that its children are killed with it.
fn start(command: &mut Command) -> io::Result<ChildGroup> {
    // TAR_OPTIONS would change what tar does.
    ChildGroup::spawn(command.env("LC_ALL", "C").env_remove("TAR_OPTIONS"))
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
