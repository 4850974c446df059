//! A child process in a process group of its own. Dropped, it is killed with its group.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Command, ExitStatus};

use rustix::process::{
    Pid, PidfdFlags, Signal, WaitId, WaitIdOptions, kill_process_group, pidfd_open, waitid,
};

use crate::process::supervisor::without_supervisor;

/// A child process that leads a process group.
///
/// Until it is reaped, no other process or group can get its number. So a signal never reaches somebody else.
#[derive(Debug)]
pub(crate) struct ChildGroup {
    child: Child,
    pid: Option<Pid>,
    is_reaped: bool,
}

impl ChildGroup {
    /// Starts a command in a new process group. What it sends to a supervisor isn't taken for the service's.
    pub(crate) fn spawn(command: &mut Command) -> io::Result<Self> {
        let child = without_supervisor(command).process_group(0).spawn()?;
        let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        Ok(Self { child, pid, is_reaped: false })
    }

    /// Takes its standard input.
    pub(crate) fn take_stdin(&mut self) -> Option<ChildStdin> {
        self.child.stdin.take()
    }

    /// Takes the other end of its standard output.
    pub(crate) fn take_stdout(&mut self) -> Option<OwnedFd> {
        self.child.stdout.take().map(OwnedFd::from)
    }

    /// Takes the other end of its standard error.
    pub(crate) fn take_stderr(&mut self) -> Option<OwnedFd> {
        self.child.stderr.take().map(OwnedFd::from)
    }

    /// Returns a descriptor that can be read when the process has ended. Old kernels have none.
    pub(crate) fn handle(&self) -> Option<OwnedFd> {
        pidfd_open(self.pid?, PidfdFlags::empty()).ok()
    }

    /// Returns whether the process has ended. It isn't reaped.
    pub(crate) fn has_ended(&self) -> bool {
        let Some(pid) = self.pid else { return true };
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        // If it can't be asked, it is gone.
        self.is_reaped || !matches!(waitid(WaitId::Pid(pid), options), Ok(None))
    }

    /// Returns how the process ended, and reaps it. `None` if it hasn't ended.
    pub(crate) fn try_wait(&mut self) -> io::Result<Option<ExitStatus>> {
        let status = self.child.try_wait()?;
        self.is_reaped |= status.is_some();
        Ok(status)
    }

    /// Waits for the process to end, and reaps it.
    pub(crate) fn wait(&mut self) -> io::Result<ExitStatus> {
        let status = self.child.wait()?;
        self.is_reaped = true;
        Ok(status)
    }

    /// Sends a signal to all processes of the group.
    pub(crate) fn signal(&self, signal: Signal) {
        if let (Some(group), false) = (self.pid, self.is_reaped) {
            let _ = kill_process_group(group, signal);
        }
    }

    /// Returns the number of the group.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for ChildGroup {
    fn drop(&mut self) {
        if !self.is_reaped {
            self.signal(Signal::KILL);
            let _ = self.wait();
        }
    }
}
