//! Control of the service process: starts, finds and stops it.

use std::cell::RefCell;
use std::io::{self, BufRead, BufReader};
use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use backup_core::model::error::{Failure, PortError, Remedy};
use backup_core::ports::{RunningService, ServiceControl, Urgency};
use backup_core::time::moment;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use super::readiness::Readiness;
use super::service_lock::{Holder, held_since, holder};
use super::signals::{FINISH_SIGNAL, NOW_SIGNAL, signal_for};
use super::supervisor::without_supervisor;
use crate::clock::system_clock::SystemClock;
use crate::error::port_error;
use crate::home::layout::Home;

/// The name of the service's program.
const PROGRAM: &str = "backup_service";

/// How long to wait for a service that has locked the file but not written its number yet.
const NUMBER_PATIENCE: Duration = Duration::from_secs(2);

/// The pause between two reads of the file while the holder of its lock is unknown.
const TICK: Duration = Duration::from_millis(10);

/// The process of a container with which all others end.
const FIRST: u32 = 1;

/// The longest wait. It is a little less than poll(2) can wait.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 60 * 60 * 24);

/// The control of one home's service.
#[derive(Debug)]
pub struct ServiceProcess {
    home: Home,
    arguments: Vec<String>,
    /// The service that was asked to stop. It releases its lock before its process ends.
    leaving: RefCell<Option<Found>>,
}

/// The process of a service.
#[derive(Debug)]
struct Found {
    handle: OwnedFd,
    /// Whether it is process 1 of the container that this process is in, too.
    is_first: bool,
}

impl ServiceProcess {
    /// Returns the control of a home's service. A service that is started gets these `arguments`.
    #[must_use]
    pub fn new(home: Home, arguments: Vec<String>) -> Self {
        Self { home, arguments, leaving: RefCell::default() }
    }

    /// Returns the holder of the lock. Waits a moment for one that is unknown.
    fn holder(&self, action: &str) -> Result<Holder, PortError> {
        let failed = |error| port_error(format!("{action} {}", self.home.service_pid().display()), error);
        let deadline = Instant::now() + NUMBER_PATIENCE;
        loop {
            let holder = holder(&self.home).map_err(failed)?;
            if holder != Holder::Unknown || Instant::now() >= deadline {
                return Ok(holder);
            }
            sleep(TICK);
        }
    }

    fn spawn(&self) -> Result<Child, PortError> {
        let program = program();
        let mut command = Command::new(&program);
        command.arg("--home").arg(self.home.root()).arg("--launch");
        command.arg(format!("--home-identity={}", self.home.identity()?));
        command.args(self.home.is_trusted().then_some("--trust-home")).args(&self.arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        without_supervisor(&mut command).spawn().map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => {
                port_error(format!("find {PROGRAM} beside this program or on the PATH"), error)
            }
            _ => port_error(format!("run {}", program.display()), error),
        })
    }

    /// Returns the service's process, or `None` if no service runs. A handle never refers to another process.
    ///
    /// Why it is the right process: it is opened first, and then checked to hold the lock. If it had died in between and
    /// another process had got its number, that one wouldn't hold the lock. Then the search begins anew.
    fn find(&self) -> Result<Option<Found>, PortError> {
        let failed = |error| port_error(format!("reach {PROGRAM}"), error);
        loop {
            let pid = match self.holder("read")? {
                Holder::None => return Ok(None),
                Holder::Unknown => return Err(failed(unknown_holder())),
                Holder::Process(pid) => pid,
            };
            let handle = open_handle(pid).map_err(failed)?;
            let found = handle.map(|handle| Found { handle, is_first: pid == FIRST });
            if found.is_some() && holder(&self.home).map_err(failed)? == Holder::Process(pid) {
                return Ok(found);
            }
        }
    }

    /// Returns whether a service ends in time.
    ///
    /// With process 1, this process ends, too. So the end of that one is the release of its lock: it waits for a moment then,
    /// see [`wait_for_managers`](super::first_process::wait_for_managers).
    fn ends_within(&self, service: &Found, at_most: Duration) -> io::Result<bool> {
        if !service.is_first {
            return ends_within(&service.handle, at_most);
        }
        let deadline = Instant::now() + at_most.min(LONGEST_WAIT);
        loop {
            let is_released = holder(&self.home)? == Holder::None;
            if is_released || ends_within(&service.handle, TICK)? || Instant::now() >= deadline {
                return Ok(is_released);
            }
        }
    }
}

fn unknown_holder() -> io::Error {
    let reason = "its lock is held by a process of another user or another container";
    io::Error::new(io::ErrorKind::PermissionDenied, reason)
}

impl ServiceControl for ServiceProcess {
    fn running(&self) -> Result<Option<RunningService>, PortError> {
        let pid = match self.holder("read")? {
            Holder::None => return Ok(None),
            Holder::Unknown => None,
            Holder::Process(pid) => Some(pid),
        };
        let since = held_since(&self.home).map(|written| moment(&SystemClock, written.into()));
        Ok(Some(RunningService { pid, since }))
    }

    fn launch(&self) -> Result<(), PortError> {
        let mut child = self.spawn()?;
        let mut line = String::new();
        if let Some(output) = child.stdout.take() {
            BufReader::new(output)
                .read_line(&mut line)
                .map_err(|error| port_error(format!("get an answer from {PROGRAM}"), error))?;
        }
        // The child only starts the actual service. It has ended by now, or ends at once.
        let status = child.wait().map_err(|error| port_error(format!("wait for {PROGRAM}"), error))?;
        match Readiness::parse(&line) {
            Some(Readiness::Ready) => Ok(()),
            Some(Readiness::Busy) => Err(PortError::new(Failure::Busy, format!("start {PROGRAM} twice"))),
            Some(Readiness::Failed(reason)) => Err(not_started(Failure::Other, &reason)),
            Some(Readiness::Full(reason)) => Err(not_started(Failure::Full, &reason)),
            Some(Readiness::Untrusted(reason)) => {
                Err(not_started(Failure::Denied, &reason).with_remedy(Remedy::TrustHome))
            }
            None => {
                Err(PortError::new(Failure::Other, "begin")
                    .because(format!("it ended at once with {status}")))
            }
        }
    }

    fn request_stop(&self, urgency: Urgency) -> Result<(), PortError> {
        let gone = || PortError::new(Failure::Missing, format!("signal {PROGRAM}"));
        let service = self.find()?.ok_or_else(gone)?;
        let signal = match urgency {
            Urgency::Finish => FINISH_SIGNAL,
            Urgency::Now => NOW_SIGNAL,
        };
        let number = Signal::from_named_raw(signal_for(service.handle.as_fd(), signal) as i32);
        let number = number.ok_or_else(|| PortError::new(Failure::Other, format!("signal {PROGRAM}")))?;
        match pidfd_send_signal(&service.handle, number) {
            Err(Errno::SRCH) => return Err(gone()),
            sent => sent.map_err(|error| port_error(format!("signal {PROGRAM}"), error.into()))?,
        }
        self.leaving.replace(Some(service));
        Ok(())
    }

    fn wait_until_gone(&self, at_most: Duration) -> Result<bool, PortError> {
        let failed = |error| port_error(format!("wait for {PROGRAM}"), error);
        if let Some(leaving) = &*self.leaving.borrow() {
            return self.ends_within(leaving, at_most).map_err(failed);
        }
        self.find()?.map_or(Ok(true), |service| self.ends_within(&service, at_most).map_err(failed))
    }
}

/// Returns the error for a service that failed to start. Most reasons are messages of this program: "can't ...".
fn not_started(failure: Failure, reason: &str) -> PortError {
    match reason.strip_prefix("can't ") {
        Some(action) => PortError::new(failure, action),
        None => PortError::new(failure, "begin").because(reason),
    }
}

/// Returns whether a process ends in time. Its handle becomes readable then.
fn ends_within(handle: &OwnedFd, at_most: Duration) -> io::Result<bool> {
    let deadline = Instant::now() + at_most.min(LONGEST_WAIT);
    loop {
        let remaining = deadline.saturating_duration_since(Instant::now());
        let timeout = PollTimeout::try_from(remaining).unwrap_or(PollTimeout::MAX);
        match poll(&mut [PollFd::new(handle.as_fd(), PollFlags::POLLIN)], timeout) {
            Err(nix::errno::Errno::EINTR) => {}
            ended => return Ok(ended? > 0),
        }
    }
}

/// Returns a handle of the process with that number, or `None` if it has ended.
fn open_handle(pid: u32) -> io::Result<Option<OwnedFd>> {
    let number = i32::try_from(pid).ok().and_then(Pid::from_raw).ok_or(io::ErrorKind::InvalidData)?;
    match pidfd_open(number, PidfdFlags::empty()) {
        Err(Errno::SRCH) => Ok(None),
        handle => Ok(Some(handle?)),
    }
}

/// Returns the service's program: the one beside this program, otherwise one on the PATH.
fn program() -> PathBuf {
    let beside = std::env::current_exe().map(|program| program.with_file_name(PROGRAM));
    beside.ok().filter(|program| program.is_file()).unwrap_or_else(|| PathBuf::from(PROGRAM))
}
