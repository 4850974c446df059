//! The processes that restore an archive, one behind the other. Dropped, they are ended.

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
use super::ended::Ended;
use crate::error::port_error;

/// How long nobody asks whether to go on.
const TICK: Timespec = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };

const AT_ONCE: Timespec = Timespec { tv_sec: 0, tv_nsec: 0 };

/// How much of what a process says is kept.
const MOST_SAID_BYTES: usize = 1 << 20;

/// How much is heard at once: more than a pipe holds, unless a tool makes it larger.
const PIECE_BYTES: usize = 4096;
const MOST_PIECES: usize = 64;

/// Processes under way, the last one in the line first.
///
/// Nobody ever waits for a pipe: what a process leaves running may hold its other end for ever.
#[derive(Debug, Default)]
pub(super) struct Pipeline {
    running: Vec<Running>,
}

#[derive(Debug)]
struct Running {
    name: String,
    /// It is the last one in the line.
    is_tar: bool,
    child: Child,
    heard: Option<OwnedFd>,
    said: Vec<u8>,
}

impl Pipeline {
    /// Returns a line of one process that reads nothing, and of which standard output is heard.
    pub(super) fn of_one(command: &mut Command, program: &OsStr) -> io::Result<Self> {
        let command = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = start(command)?;
        let heard = child.stdout.take().map(OwnedFd::from);
        Ok(Self { running: vec![Running::new(program, child, heard, true)] })
    }

    /// Starts one more process in front of the line, of which standard error is heard, and returns what it reads from.
    pub(super) fn put_in_front(
        &mut self,
        command: &mut Command,
        program: &OsStr,
    ) -> Result<ChildStdin, PortError> {
        let failed = |error| port_error(format!("start {}", program.to_string_lossy()), error);
        let mut child = start(command.stdin(Stdio::piped()).stderr(Stdio::piped())).map_err(failed)?;
        let (stdin, heard) = (child.stdin.take(), child.stderr.take().map(OwnedFd::from));
        let is_tar = self.running.is_empty();
        self.running.push(Running::new(program, child, heard, is_tar));
        stdin.ok_or_else(|| failed(ErrorKind::BrokenPipe.into()))
    }

    /// Waits until all have ended, the last one in the line first.
    ///
    /// # Errors
    /// [`Failure::Interrupted`](backup_core::model::error::Failure::Interrupted) when `progress` cancels: then all are killed.
    pub(super) fn wait(mut self, progress: &dyn Progress) -> Result<Vec<Ended>, PortError> {
        let failed = |error| port_error("wait for tar", error);
        let mut ended = Vec::new();
        while let Some(first) = self.running.first_mut() {
            if progress.is_cancelled() {
                return Err(interrupted());
            }
            match first.child.try_wait().map_err(failed)? {
                Some(status) => ended.push(self.running.remove(0).ended(status)),
                None => self.pause(),
            }
        }
        Ok(ended)
    }

    /// Waits until the first process ends or one says something, but not for long, and hears that, so that they never wait.
    fn pause(&mut self) {
        let first = self.running.first().and_then(|first| handle(&first.child));
        let heard = self.running.iter().filter_map(|running| running.heard.as_ref());
        let mut ready: Vec<_> = heard.chain(&first).map(|pipe| PollFd::new(pipe, PollFlags::IN)).collect();
        let _ = poll(&mut ready, Some(&TICK));
        for running in &mut self.running {
            running.hear();
        }
    }
}

impl Drop for Pipeline {
    fn drop(&mut self) {
        for running in &mut self.running {
            // Nobody has waited for it, so that no other process can have its number; what it began goes with it.
            let _ = process(&running.child).map(|group| kill_process_group(group, Signal::KILL));
            let _ = running.child.wait();
        }
    }
}

impl Running {
    fn new(program: &OsStr, child: Child, heard: Option<OwnedFd>, is_tar: bool) -> Self {
        Self { name: program.to_string_lossy().into_owned(), is_tar, child, heard, said: Vec::new() }
    }

    /// Hears what it has said by now, and no more than a full pipe, for it may never stop.
    fn hear(&mut self) {
        let mut piece = [0; PIECE_BYTES];
        for _ in 0..MOST_PIECES {
            let Some(pipe) = &self.heard else { return };
            let mut ready = [PollFd::new(pipe, PollFlags::IN)];
            if !poll(&mut ready, Some(&AT_ONCE)).is_ok_and(|ready| ready > 0) {
                return;
            }
            match read(pipe, &mut piece) {
                Ok(0) => self.heard = None,
                Ok(heard) => {
                    let room = MOST_SAID_BYTES.saturating_sub(self.said.len());
                    self.said.extend_from_slice(&piece[..heard.min(room)]);
                }
                Err(Errno::INTR | Errno::AGAIN) => {}
                Err(_) => self.heard = None,
            }
        }
    }

    fn ended(mut self, status: ExitStatus) -> Ended {
        // What it said before its end fits in a pipe; what it leaves running may say more.
        self.hear();
        let said = String::from_utf8_lossy(&self.said).into_owned();
        Ended { name: self.name, is_tar: self.is_tar, status, said }
    }
}

/// Starts it with a group of its own, so that what it starts can be ended with it.
fn start(command: &mut Command) -> io::Result<Child> {
    // What TAR_OPTIONS says is not what everybody's tar does.
    command.env("LC_ALL", "C").env_remove("TAR_OPTIONS").process_group(0).spawn()
}

fn process(child: &Child) -> Option<Pid> {
    i32::try_from(child.id()).ok().and_then(Pid::from_raw)
}

fn handle(child: &Child) -> Option<OwnedFd> {
    process(child).and_then(|process| pidfd_open(process, PidfdFlags::empty()).ok())
}

/// Writes all of it, as long as somebody reads and `progress` doesn't cancel. Returns whether it did.
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
                let _ = poll(&mut [PollFd::new(&*stdin, PollFlags::OUT)], Some(&TICK));
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

    /// Returns a process that has ended, and of which this is heard.
    fn hearing(path: &str) -> (Running, ExitStatus) {
        let mut child = start(&mut Command::new("true")).unwrap();
        let status = child.wait().unwrap();
        (Running::new(OsStr::new("tool"), child, Some(File::open(path).unwrap().into()), true), status)
    }

    #[test]
    fn what_never_stops_is_not_heard_for_ever() {
        let (mut endless, status) = hearing("/dev/zero");
        endless.hear();
        assert_eq!(endless.said.len(), MOST_PIECES * PIECE_BYTES);
        let ended = endless.ended(status);
        assert_eq!(ended.said.len(), 2 * MOST_PIECES * PIECE_BYTES);
    }

    #[test]
    fn what_ends_is_heard_to_its_end() {
        let (silent, status) = hearing("/dev/null");
        let ended = silent.ended(status);
        assert_eq!(ended.said, "");
    }
}
