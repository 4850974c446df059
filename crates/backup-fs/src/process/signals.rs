//! Signal handling through a descriptor (signalfd), without signal handlers.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::thread::Builder;
use std::{fs, io};

use nix::errno::Errno;
use nix::libc::signalfd_siginfo;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};

use super::orphans::{is_reaper, reap_orphans};
use crate::posix::capabilities::status_field;

/// The signal that asks a service to finish what is running, and stop. Sending it again changes nothing.
///
/// Its original meaning is a power failure, for init. So nothing sends it to a service by mistake, as log rotation does
/// with SIGUSR1.
pub(crate) const FINISH_SIGNAL: Signal = Signal::SIGPWR;
/// The signal that asks a service to end what is running, and stop.
pub(crate) const NOW_SIGNAL: Signal = Signal::SIGURG;

/// The same two signals of older versions.
const OLD_FINISH_SIGNAL: Signal = Signal::SIGUSR1;
const OLD_NOW_SIGNAL: Signal = Signal::SIGUSR2;

/// The name that the kernel has for processes of the program that stops services.
pub(super) const MANAGER: &str = "backup_manager";

/// The signals that keep their default action: faults, job control, the CPU limit, and signals that do nothing.
const DEFAULT_ACTION: [Signal; 17] = [
    Signal::SIGKILL,
    Signal::SIGSTOP,
    Signal::SIGILL,
    Signal::SIGTRAP,
    Signal::SIGABRT,
    Signal::SIGBUS,
    Signal::SIGFPE,
    Signal::SIGSEGV,
    Signal::SIGSYS,
    Signal::SIGTSTP,
    Signal::SIGTTIN,
    Signal::SIGTTOU,
    Signal::SIGCONT,
    Signal::SIGPIPE,
    Signal::SIGXCPU,
    Signal::SIGWINCH,
    Signal::SIGCHLD,
];

/// The request that a signal stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    /// Finish what is running, then stop.
    Finish,
    /// End what is running, and stop.
    Now,
    /// Finish what is running, then stop. The second time, stop now. SIGTERM, SIGINT and SIGQUIT mean this.
    Leave,
    /// Read the schedules now.
    Reload,
}

/// The blocked signals of this process, which are read from a descriptor.
#[derive(Debug)]
pub struct Signals {
    descriptor: SignalFd,
}

impl Signals {
    /// Blocks the signals. From now on they wait until they are read, and don't end the process.
    ///
    /// Call it before any thread is started, because threads inherit it. If this process is the parent of orphans, they
    /// are reaped from now on.
    ///
    /// # Errors
    /// Any failure of a system call.
    pub fn take() -> io::Result<Self> {
        let mut handled = SigSet::all();
        DEFAULT_ACTION.into_iter().for_each(|signal| handled.remove(signal));
        if is_reaper() {
            handled.add(Signal::SIGCHLD);
        }
        handled.thread_block()?;
        let descriptor = SignalFd::with_flags(&handled, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK)?;
        Ok(Self { descriptor })
    }

    /// Returns the next request that has arrived, if any. Signals that stand for no request are skipped.
    ///
    /// # Errors
    /// Any failure to read the descriptor.
    pub fn next(&self) -> io::Result<Option<Request>> {
        while let Some(info) = self.descriptor.read_signal()? {
            if let Some(request) = request(&info) {
                return Ok(Some(request));
            }
        }
        Ok(None)
    }
}

fn request(info: &signalfd_siginfo) -> Option<Request> {
    let number = i32::try_from(info.ssi_signo).unwrap_or_default();
    match Signal::try_from(number).ok()? {
        FINISH_SIGNAL => Some(Request::Finish),
        NOW_SIGNAL => Some(Request::Now),
        OLD_FINISH_SIGNAL if is_sent_by_manager(info) => Some(Request::Finish),
        OLD_NOW_SIGNAL if is_sent_by_manager(info) => Some(Request::Now),
        Signal::SIGTERM | Signal::SIGINT | Signal::SIGQUIT => Some(Request::Leave),
        Signal::SIGHUP => Some(Request::Reload),
        Signal::SIGCHLD => {
            reap_orphans();
            None
        }
        _ => None,
    }
}

/// Returns whether `backup_manager` sent the signal. An older `stop` is still running then, because it waits for the
/// service.
fn is_sent_by_manager(info: &signalfd_siginfo) -> bool {
    let name = fs::read_to_string(format!("/proc/{}/comm", info.ssi_pid));
    name.is_ok_and(|name| name.trim_end() == MANAGER)
}

/// Returns the signal to send to a service for `signal`.
///
/// A service of an older version doesn't block today's signals and would be killed by them. It gets the old ones.
pub(crate) fn signal_for(handle: BorrowedFd<'_>, signal: Signal) -> Signal {
    match signal {
        FINISH_SIGNAL if !blocks(handle, signal) => OLD_FINISH_SIGNAL,
        NOW_SIGNAL if !blocks(handle, signal) => OLD_NOW_SIGNAL,
        _ => signal,
    }
}

/// Returns whether a process blocks a signal. If that can't be found out, the answer is yes.
fn blocks(handle: BorrowedFd<'_>, signal: Signal) -> bool {
    let fdinfo = fs::read_to_string(format!("/proc/self/fdinfo/{}", handle.as_raw_fd())).unwrap_or_default();
    let pid = fdinfo.lines().find_map(|line| line.strip_prefix("Pid:")).map(str::trim);
    let status = pid.and_then(|pid| fs::read_to_string(format!("/proc/{pid}/status")).ok());
    let blocked = status.and_then(|status| status_field(&status, "SigBlk:"));
    blocked.is_none_or(|blocked| blocked & (1 << (signal as i32 - 1)) != 0)
}

impl AsFd for Signals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }
}

/// Blocks SIGXFSZ, so that a write beyond the file-size limit fails with an error and doesn't kill the process.
///
/// Call it before any thread is started.
///
/// # Errors
/// Any failure of a system call.
pub fn survive_file_size_limit() -> io::Result<()> {
    let mut limit = SigSet::empty();
    limit.add(Signal::SIGXFSZ);
    Ok(limit.thread_block()?)
}

/// Calls `asked` each time that a signal asks the program to end. Waits for the signals on a thread of its own.
///
/// # Errors
/// Any failure to start the thread.
pub fn on_request_to_end(signals: Signals, mut asked: impl FnMut() + Send + 'static) -> io::Result<()> {
    let watch = move || {
        while wait_for_end(&signals) {
            asked();
        }
    };
    Builder::new().name("signals".to_owned()).spawn(watch).map(drop)
}

/// Waits for a signal that asks the program to end. Returns false if it can't wait any more.
fn wait_for_end(signals: &Signals) -> bool {
    loop {
        match poll(&mut [PollFd::new(signals.as_fd(), PollFlags::POLLIN)], PollTimeout::NONE) {
            Ok(_) if matches!(signals.next(), Ok(None | Some(Request::Reload))) => {}
            Ok(_) => return true,
            Err(Errno::EINTR) => {}
            Err(_) => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use nix::sys::signal::raise;
    use rustix::process::{Pid, PidfdFlags, pidfd_open};

    use super::*;

    #[test]
    fn each_signal_stands_for_its_request() {
        let signals = Signals::take().unwrap();
        assert_eq!(signals.next().unwrap(), None);
        let cases = [
            (Signal::SIGTERM, Request::Leave),
            (Signal::SIGINT, Request::Leave),
            (Signal::SIGQUIT, Request::Leave),
            (Signal::SIGHUP, Request::Reload),
            (FINISH_SIGNAL, Request::Finish),
            (NOW_SIGNAL, Request::Now),
        ];
        for (signal, expected) in cases {
            // `raise` sends it to this thread alone. The other threads of a test program haven't blocked the signals.
            raise(signal).unwrap();
            assert_eq!(signals.next().unwrap(), Some(expected), "{signal}");
            assert_eq!(signals.next().unwrap(), None, "{signal}");
        }
    }

    #[test]
    fn other_signals_are_ignored() {
        let signals = Signals::take().unwrap();
        let others = [
            Signal::SIGUSR1,
            Signal::SIGUSR2,
            Signal::SIGALRM,
            Signal::SIGVTALRM,
            Signal::SIGPROF,
            Signal::SIGIO,
            Signal::SIGPIPE,
            Signal::SIGWINCH,
        ];
        others.into_iter().for_each(|signal| raise(signal).unwrap());
        assert_eq!(signals.next().unwrap(), None);
        raise(Signal::SIGTERM).unwrap();
        assert_eq!(signals.next().unwrap(), Some(Request::Leave), "it is found after them");
    }

    #[test]
    fn an_older_service_gets_the_old_signals() {
        // A child of std::process blocks no signal.
        let mut old = Command::new("sleep").arg("1000").spawn().unwrap();
        let old_pid = Pid::from_raw(i32::try_from(old.id()).unwrap()).unwrap();
        let handle = pidfd_open(old_pid, PidfdFlags::empty()).unwrap();
        let chosen = [FINISH_SIGNAL, NOW_SIGNAL].map(|signal| signal_for(handle.as_fd(), signal));
        old.kill().unwrap();
        old.wait().unwrap();
        assert_eq!(chosen, [Signal::SIGUSR1, Signal::SIGUSR2]);
        let gone = [FINISH_SIGNAL, NOW_SIGNAL].map(|signal| signal_for(handle.as_fd(), signal));
        assert_eq!(gone, [FINISH_SIGNAL, NOW_SIGNAL], "nothing is known of a process that has ended");
    }

    #[test]
    fn a_request_to_read_the_schedules_does_not_end_the_program() {
        let signals = Signals::take().unwrap();
        raise(Signal::SIGHUP).unwrap();
        raise(Signal::SIGTERM).unwrap();
        assert!(wait_for_end(&signals));
        assert_eq!(signals.next().unwrap(), None, "both were read");
    }
}
