//! The signals that the programs heed, read from a descriptor: nothing runs in a signal handler.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::thread::Builder;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};

use crate::cancel::CancelFlag;

/// Asks a service to finish what is under way, and leave; the same however often it comes.
pub(crate) const FINISH_SIGNAL: Signal = Signal::SIGUSR1;
/// Asks a service to end what is under way, and leave.
pub(crate) const NOW_SIGNAL: Signal = Signal::SIGUSR2;

/// What a signal asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    /// Finish, then leave.
    Finish,
    /// End what is under way, and leave.
    Now,
    /// SIGTERM or SIGINT: finish, then leave; the second time, leave now.
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
    /// started, for threads inherit it.
    ///
    /// # Errors
    /// Whatever the kernel fails with.
    pub fn take() -> io::Result<Self> {
        let mut heeded = SigSet::empty();
        let all = [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP, FINISH_SIGNAL, NOW_SIGNAL];
        all.into_iter().for_each(|signal| heeded.add(signal));
        heeded.thread_block()?;
        let descriptor = SignalFd::with_flags(&heeded, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK)?;
        Ok(Self { descriptor })
    }

    /// Returns the next request that has come, if any.
    ///
    /// # Errors
    /// Whatever the kernel fails with.
    pub fn next(&self) -> io::Result<Option<Request>> {
        let Some(info) = self.descriptor.read_signal()? else { return Ok(None) };
        let number = i32::try_from(info.ssi_signo).unwrap_or_default();
        Ok(match Signal::try_from(number) {
            Ok(FINISH_SIGNAL) => Some(Request::Finish),
            Ok(NOW_SIGNAL) => Some(Request::Now),
            Ok(Signal::SIGHUP) => Some(Request::Look),
            _ => Some(Request::Leave),
        })
    }
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
    use nix::sys::signal::raise;

    use super::*;

    #[test]
    fn a_signal_is_a_request() {
        let signals = Signals::take().unwrap();
        assert_eq!(signals.next().unwrap(), None);
        let cases = [
            (Signal::SIGTERM, Request::Leave),
            (Signal::SIGINT, Request::Leave),
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
    fn a_request_to_look_is_none_to_end() {
        let signals = Signals::take().unwrap();
        raise(Signal::SIGHUP).unwrap();
        raise(Signal::SIGTERM).unwrap();
        assert!(wait_for_end(&signals));
        assert_eq!(signals.next().unwrap(), None, "both were heard");
    }
}
