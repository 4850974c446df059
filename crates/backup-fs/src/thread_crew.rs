//! Carries out the service's jobs on threads, and waits for their ends, for signals and for time.

use std::cell::Cell;
use std::io;
use std::os::fd::AsFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{Builder, Scope};

use backup_core::error::{Error, Failure, PortError};
use backup_core::history::RunKey;
use backup_core::ports::{Clock, Crew, Moment, Progress, Wake};
use backup_core::run::{Job, RunResult};
use chrono::TimeDelta;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::eventfd::{EfdFlags, EventFd};

use crate::cancel::CancelFlag;
use crate::signals::{Request, Signals};

/// What carries out one job.
pub type Perform<'a> = &'a (dyn Fn(&Job, &dyn Progress) -> RunResult + Sync);

/// A job that has ended.
type Ended = (RunKey, RunResult);

/// What the threads share with the one that waits.
#[derive(Debug)]
pub struct CrewRoom {
    bell: EventFd,
    cancel: CancelFlag,
}

impl CrewRoom {
    /// Returns an empty room.
    ///
    /// # Errors
    /// Whatever the kernel fails with.
    pub fn new() -> io::Result<Self> {
        let bell = EventFd::from_flags(EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK)?;
        Ok(Self { bell, cancel: CancelFlag::default() })
    }

    fn report(&self, sender: &Sender<Ended>, ended: Ended) {
        // Nobody listens any more only when the service itself has failed.
        let _ = sender.send(ended);
        let _ = self.bell.write(1);
    }
}

/// A thread a job, inside a scope that ends after them all.
///
/// It waits in poll(2), so that a clock that runs faster for the whole process (libfaketime) is kept to.
pub struct ThreadCrew<'scope, 'env> {
    scope: &'scope Scope<'scope, 'env>,
    room: &'env CrewRoom,
    perform: Perform<'env>,
    signals: &'env Signals,
    clock: &'env dyn Clock,
    poll: TimeDelta,
    ended: (Sender<Ended>, Receiver<Ended>),
    asked_to_leave: Cell<bool>,
}

impl<'scope, 'env> ThreadCrew<'scope, 'env> {
    /// Returns a crew that works inside `scope`, and comes back from a wait after `poll` at the latest.
    pub fn new(
        scope: &'scope Scope<'scope, 'env>,
        room: &'env CrewRoom,
        perform: Perform<'env>,
        signals: &'env Signals,
        clock: &'env dyn Clock,
        poll: TimeDelta,
    ) -> Self {
        Self {
            scope,
            room,
            perform,
            signals,
            clock,
            poll,
            ended: channel(),
            asked_to_leave: Cell::new(false),
        }
    }

    /// Returns what has come without waiting, a finished job before all else.
    fn arrived(&self) -> Option<Wake> {
        if let Ok((key, result)) = self.ended.1.try_recv() {
            return Some(Wake::Finished(key, result));
        }
        // A descriptor that can't be read any more leaves the service to its polls.
        let request = self.signals.next().ok().flatten()?;
        Some(match request {
            Request::Look => Wake::Look,
            Request::Now => Wake::StopNow,
            Request::Leave if self.asked_to_leave.replace(true) => Wake::StopNow,
            Request::Finish | Request::Leave => Wake::Stop,
        })
    }

    /// Waits until something may have come.
    fn pause(&self, until: Option<Moment>) -> Result<(), Errno> {
        let left = until.map_or(self.poll, |until| until - self.clock.now());
        let left = left.clamp(TimeDelta::zero(), self.poll);
        // Rounded up: a wait that ends before its moment would be followed by a second one.
        let milliseconds = left.num_milliseconds().saturating_add(1);
        let timeout = PollTimeout::try_from(milliseconds).unwrap_or(PollTimeout::MAX);
        let mut sources = [
            PollFd::new(self.signals.as_fd(), PollFlags::POLLIN),
            PollFd::new(self.room.bell.as_fd(), PollFlags::POLLIN),
        ];
        poll(&mut sources, timeout)?;
        // The bell only wakes; what has ended stands in the channel.
        let _ = self.room.bell.read();
        Ok(())
    }
}

impl Crew for ThreadCrew<'_, '_> {
    fn begin(&self, job: Job) {
        let (key, source) = (job.key.clone(), job.entry.source().to_owned());
        let (perform, room, sender) = (self.perform, self.room, self.ended.0.clone());
        let thread = Builder::new().name(format!("backup {}", job.entry.name()));
        let spawned = thread.spawn_scoped(self.scope, move || {
            let result = carry_out(&job, perform, &room.cancel);
            room.report(&sender, (job.key, result));
        });
        if let Err(error) = spawned {
            self.room.report(&self.ended.0, (key, not_made(&source, "start a thread", error)));
        }
    }

    fn wait(&self, until: Option<Moment>) -> Wake {
        if let Some(wake) = self.arrived() {
            return wake;
        }
        match self.pause(until) {
            Ok(()) | Err(Errno::EINTR) => self.arrived().unwrap_or(Wake::Time),
            // Without poll there is nothing to wait with; leaving is better than a busy loop.
            Err(_) => Wake::Stop,
        }
    }

    fn cancel(&self) {
        self.room.cancel.cancel();
    }
}

/// A defect in one backup must not take the others with it.
fn carry_out(job: &Job, perform: Perform<'_>, cancel: &CancelFlag) -> RunResult {
    let work = AssertUnwindSafe(|| perform(job, cancel));
    catch_unwind(work).unwrap_or_else(|_| {
        not_made(job.entry.source(), "finish", "a defect in Backup Manager; please report it")
    })
}

fn not_made(
    source: &str,
    action: &str,
    cause: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> RunResult {
    let cause = PortError::new(Failure::Other, action).because(cause);
    RunResult::NotMade(Error::BackupFailed { source: source.to_owned(), cause })
}
