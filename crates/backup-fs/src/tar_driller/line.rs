//! The processes that restore an archive, one behind the other. Dropped, they are ended.

use std::ffi::OsStr;
use std::io::{self, Read, Write};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::thread::{Builder, JoinHandle};

use backup_core::error::PortError;
use backup_core::ports::Progress;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};

use super::interrupted;
use crate::failure::port_error;

/// How long nobody asks whether to go on.
const TICK: Timespec = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };

/// How much of what a process says is kept.
const MOST_SAID_BYTES: u64 = 4096;

/// Processes under way, the last one in the line first.
#[derive(Debug, Default)]
pub(super) struct Line {
    running: Vec<Running>,
}

#[derive(Debug)]
struct Running {
    name: String,
    child: Child,
    said: Option<JoinHandle<String>>,
}

/// How a process has ended.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) name: String,
    pub(super) status: ExitStatus,
    /// The beginning of what it said to standard error.
    pub(super) said: String,
}

impl Line {
    /// Starts one more process in front of the line, and returns what it reads from.
    pub(super) fn put_in_front(
        &mut self,
        command: &mut Command,
        program: &OsStr,
    ) -> Result<ChildStdin, PortError> {
        let name = program.to_string_lossy().into_owned();
        let failed = |error| port_error(format!("start {name}"), error);
        // What TAR_OPTIONS says is not what everybody's tar does.
        command.env("LC_ALL", "C").env_remove("TAR_OPTIONS").stdin(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(failed)?;
        let stderr = child.stderr.take();
        let stdin = child.stdin.take();
        self.running.push(Running { name: name.clone(), child, said: None });
        let listen = move || stderr.map_or_else(String::new, hear);
        let listening = Builder::new().name(format!("stderr of {name}")).spawn(listen).map_err(failed)?;
        if let Some(last) = self.running.last_mut() {
            last.said = Some(listening);
        }
        stdin.ok_or_else(|| failed(io::ErrorKind::BrokenPipe.into()))
    }

    /// Waits until all have ended, the last one in the line first.
    ///
    /// # Errors
    /// [`Failure::Interrupted`](backup_core::error::Failure::Interrupted) when `progress` cancels: then all are killed.
    pub(super) fn wait(mut self, progress: &dyn Progress) -> Result<Vec<Ended>, PortError> {
        let failed = |error| port_error("wait for tar", error);
        let mut ended = Vec::new();
        while !self.running.is_empty() {
            let status = loop {
                if progress.is_cancelled() {
                    return Err(interrupted());
                }
                let child = &mut self.running[0].child;
                match child.try_wait().map_err(failed)? {
                    Some(status) => break status,
                    None => pause(child),
                }
            };
            let Running { name, said, .. } = self.running.remove(0);
            ended.push(Ended {
                name,
                status,
                said: said.and_then(|said| said.join().ok()).unwrap_or_default(),
            });
        }
        Ok(ended)
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        for running in &mut self.running {
            // One that has ended meanwhile can't be killed, and must be waited for.
            let _ = running.child.kill();
            let _ = running.child.wait();
        }
    }
}

/// Waits until a process ends, but not for long.
fn pause(child: &Child) {
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let handle = pid.and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok());
    let mut ends: Vec<_> = handle.iter().map(|handle| PollFd::new(handle, PollFlags::IN)).collect();
    let _ = poll(&mut ends, Some(&TICK));
}

/// Hears all that a process says, so that it never waits, and returns how that began.
fn hear(mut stderr: impl Read) -> String {
    let mut said = Vec::new();
    let _ = stderr.by_ref().take(MOST_SAID_BYTES).read_to_end(&mut said);
    let _ = io::copy(&mut stderr, &mut io::sink());
    String::from_utf8_lossy(&said).into_owned()
}

/// Writes all of it, as long as somebody reads.
pub(super) fn write(stdin: &mut ChildStdin, bytes: &[u8]) -> io::Result<bool> {
    match stdin.write_all(bytes) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        written => written.map(|()| true),
    }
}
