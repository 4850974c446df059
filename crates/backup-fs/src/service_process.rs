//! Starts, finds and stops the service process.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use backup_core::error::{Failure, PortError};
use backup_core::ports::{RunningService, ServiceControl, Urgency, moment};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use crate::failure::port_error;
use crate::home::Home;
use crate::readiness::Readiness;
use crate::service_lock::{Holder, holder, holds_lock};
use crate::signals::{FINISH_SIGNAL, NOW_SIGNAL};
use crate::system_clock::SystemClock;

/// The program of the service.
const PROGRAM: &str = "backup_service";

/// How long a service may take to write its number after it has locked the file.
const NUMBER_PATIENCE: Duration = Duration::from_secs(2);

/// How often a file is looked at while its lock's holder can't be told.
const TICK: Duration = Duration::from_millis(10);

/// The service of one home, as the kernel knows it.
#[derive(Debug)]
pub struct ServiceProcess {
    home: Home,
    arguments: Vec<String>,
    /// The service that was asked to leave: its lock goes before its process does.
    leaving: RefCell<Option<OwnedFd>>,
}

impl ServiceProcess {
    /// Returns the control of that home's service. `arguments` are given to a service that is started.
    #[must_use]
    pub fn new(home: Home, arguments: Vec<String>) -> Self {
        Self { home, arguments, leaving: RefCell::default() }
    }

    fn holder(&self, action: &str) -> Result<Holder, PortError> {
        let failed = |error| port_error(format!("{action} {}", self.home.service_pid().display()), error);
        let give_up = Instant::now() + NUMBER_PATIENCE;
        loop {
            let holder = holder(&self.home).map_err(failed)?;
            if holder != Holder::Unknown || Instant::now() >= give_up {
                return Ok(holder);
            }
            sleep(TICK);
        }
    }

    fn spawn(&self) -> Result<Child, PortError> {
        let program = program();
        let mut command = Command::new(&program);
        command.arg("--home").arg(self.home.root()).arg("--background").args(&self.arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        command.spawn().map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => {
                port_error(format!("find {PROGRAM} beside this program or on the PATH"), error)
            }
            _ => port_error(format!("run {}", program.display()), error),
        })
    }

    /// Returns a handle on the service's process that can't turn into another's: the process is looked up first, then
    /// seen to hold the lock. Had it died in between and its number been given away, the lock would not be there.
    fn handle(&self) -> Result<OwnedFd, PortError> {
        let action = format!("reach {PROGRAM}");
        let failed = |error: io::Error| port_error(action.clone(), error);
        let pid = match self.holder("read")? {
            Holder::None => return Err(PortError::new(Failure::Missing, action)),
            Holder::Unknown => return Err(PortError::new(Failure::Denied, action).because(UNKNOWN_HOLDER)),
            Holder::Process(pid) => pid,
        };
        let number = i32::try_from(pid).ok().and_then(Pid::from_raw);
        let number = number.ok_or_else(|| failed(io::ErrorKind::InvalidData.into()))?;
        let handle = pidfd_open(number, PidfdFlags::empty()).map_err(|error| failed(error.into()))?;
        let file = File::open(self.home.service_pid()).map_err(failed)?;
        if holds_lock(pid, &file) { Ok(handle) } else { Err(PortError::new(Failure::Missing, action)) }
    }
}

const UNKNOWN_HOLDER: &str = "its lock is held by a process of another user or another container";

impl ServiceControl for ServiceProcess {
    fn running(&self) -> Result<Option<RunningService>, PortError> {
        let pid = match self.holder("read")? {
            Holder::None => return Ok(None),
            Holder::Unknown => None,
            Holder::Process(pid) => Some(pid),
        };
        let written = self.home.service_pid().metadata().and_then(|metadata| metadata.modified());
        let since = written.ok().map(|written| moment(&SystemClock, written.into()));
        Ok(Some(RunningService { pid, since }))
    }

    fn launch(&self) -> Result<(), PortError> {
        let mut child = self.spawn()?;
        let mut line = String::new();
        if let Some(output) = child.stdout.take() {
            BufReader::new(output)
                .read_line(&mut line)
                .map_err(|error| port_error(format!("hear from {PROGRAM}"), error))?;
        }
        // The child only prepares the way for the service proper and has ended by now, or does so at once.
        let status = child.wait().map_err(|error| port_error(format!("wait for {PROGRAM}"), error))?;
        match Readiness::parse(&line) {
            Some(Readiness::Ready) => Ok(()),
            Some(Readiness::Busy) => Err(PortError::new(Failure::Busy, format!("start {PROGRAM} twice"))),
            // The reason is a sentence of the same form as ours.
            Some(Readiness::Failed(reason)) => {
                Err(PortError::new(Failure::Other, reason.strip_prefix("can't ").unwrap_or(&reason)))
            }
            None => {
                let cause = format!("{PROGRAM} ended with {status} and gave no reason");
                Err(PortError::new(Failure::Other, "begin").because(cause))
            }
        }
    }

    fn request_stop(&self, urgency: Urgency) -> Result<(), PortError> {
        let handle = self.handle()?;
        let signal = match urgency {
            Urgency::Finish => FINISH_SIGNAL,
            Urgency::Now => NOW_SIGNAL,
        };
        let number = Signal::from_named_raw(signal as i32);
        let number = number.ok_or_else(|| PortError::new(Failure::Other, format!("signal {PROGRAM}")))?;
        pidfd_send_signal(&handle, number)
            .map_err(|error| port_error(format!("signal {PROGRAM}"), error.into()))?;
        self.leaving.replace(Some(handle));
        Ok(())
    }

    fn wait_until_gone(&self, at_most: Duration) -> Result<bool, PortError> {
        let asked = self.leaving.borrow();
        if let Some(handle) = &*asked {
            return has_ended(handle.as_fd(), at_most);
        }
        match self.handle() {
            Err(error) if error.failure == Failure::Missing => Ok(true),
            handle => has_ended(handle?.as_fd(), at_most),
        }
    }
}

/// Waits for the end of a process, which makes its handle readable.
fn has_ended(process: BorrowedFd<'_>, at_most: Duration) -> Result<bool, PortError> {
    let timeout = PollTimeout::try_from(at_most).unwrap_or(PollTimeout::MAX);
    match poll(&mut [PollFd::new(process, PollFlags::POLLIN)], timeout) {
        Ok(ended) => Ok(ended > 0),
        Err(Errno::EINTR) => Ok(false),
        Err(error) => Err(port_error(format!("wait for {PROGRAM}"), error.into())),
    }
}

/// Returns the service's program: the one beside this program, else one on the PATH.
fn program() -> PathBuf {
    let beside = std::env::current_exe().map(|program| program.with_file_name(PROGRAM));
    beside.ok().filter(|program| program.is_file()).unwrap_or_else(|| PathBuf::from(PROGRAM))
}
