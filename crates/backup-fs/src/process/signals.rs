//! The signals that the programs heed, read from a descriptor: nothing runs in a signal handler.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::sync::Arc;
use std::thread::Builder;
use std::{fs, io};

use nix::errno::Errno;
use nix::libc::signalfd_siginfo;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};

use super::cancel::CancelFlag;
use super::orphans::{is_reaper, reap_orphans};
use crate::posix::capabilities::status_field;

/// Asks a service to finish what is under way, and leave; the same however often it comes. It is what an init gets when the
/// power fails, and nothing sends it to a service by mistake, as log rotation sends SIGUSR1.
pub(crate) const FINISH_SIGNAL: Signal = Signal::SIGPWR;
/// Asks a service to end what is under way, and leave.
pub(crate) const NOW_SIGNAL: Signal = Signal::SIGURG;

/// The same two for a service of an older version.
const OLD_FINISH_SIGNAL: Signal = Signal::SIGUSR1;
const OLD_NOW_SIGNAL: Signal = Signal::SIGUSR2;

/// The program that stops services, as the kernel calls its processes.
const MANAGER: &str = "backup_manager";

/// The signals that do what they do in any program: faults, job control, a limit, and those that do nothing.
const LEFT_ALONE: [Signal; 17] = [
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

/// What a signal asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    /// Finish, then leave.
    Finish,
    /// End what is under way, and leave.
    Now,
    /// SIGTERM, SIGINT or SIGQUIT: finish, then leave; the second time, leave now.
    Leave,
    /// Look at the schedules.
    Look,
}

/// The signals of this process, from the moment they are taken on.
#[derive(Debug)]
pub struct Signals {
    descriptor: SignalFd,
}

impl Signals {
    /// Takes on the signals: from here on they wait to be read and end nothing. To be called before any thread is
    /// started, for threads inherit it. Where the kernel hands orphans to this process, it waits for them from now on.
    ///
    /// # Errors
    /// Whatever the kernel fails with.
    pub fn take() -> io::Result<Self> {
        let mut heeded = SigSet::all();
        LEFT_ALONE.into_iter().for_each(|signal| heeded.remove(signal));
        if is_reaper() {
            heeded.add(Signal::SIGCHLD);
        }
        heeded.thread_block()?;
        let descriptor = SignalFd::with_flags(&heeded, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK)?;
        Ok(Self { descriptor })
    }

    /// Returns the next request that has come, if any. Signals that ask for nothing are passed over.
    ///
    /// # Errors
    /// Whatever the kernel fails with.
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
        Signal::SIGHUP => Some(Request::Look),
        Signal::SIGCHLD => {
            reap_orphans();
            None
        }
        _ => None,
    }
}

/// An older `backup_manager stop` still waits for the service when that reads its signal.
fn is_sent_by_manager(info: &signalfd_siginfo) -> bool {
    let name = fs::read_to_string(format!("/proc/{}/comm", info.ssi_pid));
    name.is_ok_and(|name| name.trim_end() == MANAGER)
}

/// Returns the signal that the service with this process handle takes for `signal`: an older one doesn't hold back ours, and
/// would be ended by it.
pub(crate) fn signal_for(handle: BorrowedFd<'_>, signal: Signal) -> Signal {
    match signal {
        FINISH_SIGNAL if !holds_back(handle, signal) => OLD_FINISH_SIGNAL,
        NOW_SIGNAL if !holds_back(handle, signal) => OLD_NOW_SIGNAL,
        _ => signal,
    }
}

/// Returns whether that process holds back a signal until it reads it. So does one of which that can't be told.
fn holds_back(handle: BorrowedFd<'_>, signal: Signal) -> bool {
    let told = fs::read_to_string(format!("/proc/self/fdinfo/{}", handle.as_raw_fd())).unwrap_or_default();
    let pid = told.lines().find_map(|line| line.strip_prefix("Pid:")).map(str::trim);
    let status = pid.and_then(|pid| fs::read_to_string(format!("/proc/{pid}/status")).ok());
    let held_back = status.and_then(|status| status_field(&status, "SigBlk:"));
    held_back.is_none_or(|held_back| held_back & (1 << (signal as i32 - 1)) != 0)
}

impl AsFd for Signals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }
}

/// Lets a write beyond the file-size limit fail with an error that can be handled: blocked, SIGXFSZ doesn't kill. To be
/// called before any thread is started.
///
/// # Errors
/// Whatever the kernel fails with.
pub fn survive_file_size_limit() -> io::Result<()> {
    let mut limit = SigSet::empty();
    limit.add(Signal::SIGXFSZ);
    Ok(limit.thread_block()?)
}

/// Sets the flag once somebody asks the program to end. Watches on a thread of its own until then.
///
/// # Errors
/// Whatever the kernel fails with.
pub fn cancel_on_signal(signals: Signals, flag: Arc<CancelFlag>) -> io::Result<()> {
    let watch = move || {
        if wait_for_end(&signals) {
            flag.cancel();
        }
    };
    Builder::new().name("signals".to_owned()).spawn(watch).map(drop)
}

/// Returns true once somebody asks for the end, and false when that can't be heard any more.
fn wait_for_end(signals: &Signals) -> bool {
    loop {
        match poll(&mut [PollFd::new(signals.as_fd(), PollFlags::POLLIN)], PollTimeout::NONE) {
            Ok(_) if matches!(signals.next(), Ok(None | Some(Request::Look))) => {}
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
    fn a_signal_is_a_request() {
        let signals = Signals::take().unwrap();
        assert_eq!(signals.next().unwrap(), None);
        let cases = [
            (Signal::SIGTERM, Request::Leave),
            (Signal::SIGINT, Request::Leave),
            (Signal::SIGQUIT, Request::Leave),
            (Signal::SIGHUP, Request::Look),
            (FINISH_SIGNAL, Request::Finish),
            (NOW_SIGNAL, Request::Now),
        ];
        for (signal, expected) in cases {
            // To this thread alone: the others of a test program haven't taken the signals on.
            raise(signal).unwrap();
            assert_eq!(signals.next().unwrap(), Some(expected), "{signal}");
            assert_eq!(signals.next().unwrap(), None, "{signal}");
        }
    }

    #[test]
    fn what_asks_for_nothing_ends_nothing() {
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
        assert_eq!(signals.next().unwrap(), Some(Request::Leave), "it is found behind them");
    }

    #[test]
    fn a_service_that_does_not_know_our_signals_gets_those_that_it_knows() {
        // A child of std::process holds back nothing.
        let mut old = Command::new("sleep").arg("1000").spawn().unwrap();
        let old_pid = Pid::from_raw(i32::try_from(old.id()).unwrap()).unwrap();
        let handle = pidfd_open(old_pid, PidfdFlags::empty()).unwrap();
        let chosen = [FINISH_SIGNAL, NOW_SIGNAL].map(|signal| signal_for(handle.as_fd(), signal));
        old.kill().unwrap();
        old.wait().unwrap();
        assert_eq!(chosen, [Signal::SIGUSR1, Signal::SIGUSR2]);
        let gone = [FINISH_SIGNAL, NOW_SIGNAL].map(|signal| signal_for(handle.as_fd(), signal));
        assert_eq!(gone, [FINISH_SIGNAL, NOW_SIGNAL], "of one that is gone nothing can be told");
    }

    #[test]
    fn a_request_to_look_is_none_to_end() {
        let signals = Signals::take().unwrap();
        raise(Signal::SIGHUP).unwrap();
        raise(Signal::SIGTERM).unwrap();
        assert!(wait_for_end(&signals));
        assert_eq!(signals.next().unwrap(), None, "both were heard");
    }
}
