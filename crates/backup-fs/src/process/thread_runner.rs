//! The service's runner on threads: runs jobs, and waits for their ends, for signals and for time.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{Builder, Scope, sleep};
use std::time::Duration;

use backup_core::model::error::{Error, Failure, PortError};
use backup_core::model::job::{DrillJob, RefreshJob, RunJob, RunResult, VerifyJob};
use backup_core::model::notice::{Notice, NotifyTarget};
use backup_core::ports::{JobRunner, Notifier, Wake};
use backup_core::time::{Clock, Moment};
use chrono::TimeDelta;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::eventfd::{EfdFlags, EventFd};

use super::cancel::CancelFlag;
use super::signals::{Request, Signals};
use super::thread_jobs::{
    Perform, PerformDrill, PerformRefresh, PerformVerify, drill_failed, not_refreshed, perform_drill,
    perform_job, perform_refresh, perform_verify, send,
};
use crate::error::port_error;

/// How long a runner sleeps if poll(2) fails.
///
/// It is short enough to react to signals, and long enough not to be a busy loop.
const WITHOUT_POLL: Duration = Duration::from_secs(1);

/// The state that the threads of jobs share with the thread that waits.
#[derive(Debug)]
pub struct RunnerState {
    /// Wakes the thread that waits.
    wakeup: Arc<EventFd>,
    cancel: CancelFlag,
    cancel_drills: CancelFlag,
}

impl RunnerState {
    /// Returns the state for a new runner.
    ///
    /// # Errors
    /// Any failure to create the descriptor.
    pub fn new() -> io::Result<Self> {
        let wakeup = EventFd::from_flags(EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK)?;
        Ok(Self {
            wakeup: Arc::new(wakeup),
            cancel: CancelFlag::default(),
            cancel_drills: CancelFlag::default(),
        })
    }

    fn report(&self, sender: &Sender<Wake>, ended: Wake) {
        report(&self.wakeup, sender, ended);
    }
}

fn report(wakeup: &EventFd, sender: &Sender<Wake>, ended: Wake) {
    // The receiver is gone only if the service has failed, or has ended while a notice was being sent.
    let _ = sender.send(ended);
    let _ = wakeup.write(1);
}

/// A runner with one thread a job, in a scope that ends after all of them.
///
/// It waits in poll(2), so that it follows a clock that runs faster for the whole process, as with libfaketime.
pub struct ThreadRunner<'scope, 'env> {
    scope: &'scope Scope<'scope, 'env>,
    state: &'env RunnerState,
    perform: Perform<'env>,
    drill: Option<PerformDrill<'env>>,
    verify: Option<PerformVerify<'env>>,
    refresh: Option<PerformRefresh<'env>>,
    signals: &'env Signals,
    clock: &'env dyn Clock,
    poll: TimeDelta,
    check_service: Option<&'env dyn Fn() -> Result<(), PortError>>,
    notifier: Option<Arc<dyn Notifier>>,
    ended: (Sender<Wake>, Receiver<Wake>),
    asked_to_leave: Cell<bool>,
    /// The requests that were read before `wait` asked for them.
    pending: RefCell<VecDeque<Wake>>,
}

impl<'scope, 'env> ThreadRunner<'scope, 'env> {
    /// Returns a runner that works inside `scope`. Each wait ends after `poll` at the latest.
    pub fn new(
        scope: &'scope Scope<'scope, 'env>,
        state: &'env RunnerState,
        perform: Perform<'env>,
        signals: &'env Signals,
        clock: &'env dyn Clock,
        poll: TimeDelta,
    ) -> Self {
        Self {
            scope,
            state,
            perform,
            drill: None,
            verify: None,
            refresh: None,
            signals,
            clock,
            poll,
            check_service: None,
            notifier: None,
            ended: channel(),
            asked_to_leave: Cell::new(false),
            pending: RefCell::default(),
        }
    }

    /// Returns the same runner with a function that performs drills. Without it, drills end as interrupted.
    #[must_use]
    pub fn drilling(self, drill: PerformDrill<'env>) -> Self {
        Self { drill: Some(drill), ..self }
    }

    /// Returns the same runner with a function that verifies archives. Without it, none are verified.
    #[must_use]
    pub fn verifying(self, verify: PerformVerify<'env>) -> Self {
        Self { verify: Some(verify), ..self }
    }

    /// Returns the same runner with a function that writes files: see [`JobRunner::refresh`]. Without it, none are written.
    #[must_use]
    pub fn refreshing(self, refresh: PerformRefresh<'env>) -> Self {
        Self { refresh: Some(refresh), ..self }
    }

    /// Returns the same runner with something that sends notices. Without it, none are sent.
    ///
    /// They are sent on threads outside of the scope, so that a server that never answers keeps nothing from ending.
    #[must_use]
    pub fn notifying(self, notifier: Arc<dyn Notifier>) -> Self {
        Self { notifier: Some(notifier), ..self }
    }

    /// Returns the same runner with a function that checks the service: see [`JobRunner::check_service`].
    #[must_use]
    pub fn checking_service(self, check_service: &'env dyn Fn() -> Result<(), PortError>) -> Self {
        Self { check_service: Some(check_service), ..self }
    }

    /// Returns what has arrived, without waiting.
    ///
    /// Requests come before jobs that have ended. Jobs may end as fast as the service handles them, and then a stop would
    /// never be noticed.
    fn arrived(&self) -> Option<Wake> {
        let pending = self.pending.borrow_mut().pop_front();
        pending.or_else(|| self.requested()).or_else(|| self.ended.1.try_recv().ok())
    }

    /// Returns the request of the next signal that has arrived.
    fn requested(&self) -> Option<Wake> {
        // If the descriptor can't be read any more, the service still wakes at its intervals.
        let request = self.signals.next().ok().flatten()?;
        Some(match request {
            Request::Reload => Wake::Reload,
            Request::Now => Wake::StopNow,
            Request::Leave if self.asked_to_leave.replace(true) => Wake::StopNow,
            Request::Finish | Request::Leave => Wake::Stop,
        })
    }

    /// Waits until something may have arrived.
    fn pause(&self, until: Option<Moment>) -> Result<(), Errno> {
        let remaining = until.map_or(self.poll, |until| until - self.clock.now());
        let remaining = remaining.clamp(TimeDelta::zero(), self.poll);
        // The wait is rounded up, so that it doesn't end just before its moment.
        let milliseconds = remaining.num_milliseconds().saturating_add(1);
        let timeout = PollTimeout::try_from(milliseconds).unwrap_or(PollTimeout::MAX);
        let mut sources = [
            PollFd::new(self.signals.as_fd(), PollFlags::POLLIN),
            PollFd::new(self.state.wakeup.as_fd(), PollFlags::POLLIN),
        ];
        poll(&mut sources, timeout)?;
        // The descriptor only wakes this thread. The channel holds what has ended.
        let _ = self.state.wakeup.read();
        Ok(())
    }
}

impl JobRunner for ThreadRunner<'_, '_> {
    fn begin(&self, job: RunJob) {
        let (key, source) = (job.key.clone(), job.entry.source().to_owned());
        let (perform, state, sender) = (self.perform, self.state, self.ended.0.clone());
        let thread = Builder::new().name(format!("backup {}", job.entry.name()));
        let spawned = thread.spawn_scoped(self.scope, move || {
            let result = perform_job(&job, perform, &state.cancel);
            state.report(&sender, Wake::Finished(job.key, result));
        });
        if let Err(error) = spawned {
            let cause = port_error("start a thread", error);
            let result = RunResult::NotMade(Error::BackupFailed { source, cause });
            self.state.report(&self.ended.0, Wake::Finished(key, result));
        }
    }

    fn drill(&self, drill: DrillJob) {
        let (perform, state, sender) = (self.drill, self.state, self.ended.0.clone());
        let thread = Builder::new().name(format!("drill {}", drill.archive));
        let begun = drill.clone();
        let spawned = thread.spawn_scoped(self.scope, move || {
            let result = perform_drill(&drill, perform, &state.cancel_drills);
            state.report(&sender, Wake::Drilled(drill, result));
        });
        if let Err(error) = spawned {
            let cause = PortError::new(Failure::Other, "start a thread").because(error);
            let result = drill_failed(&begun, cause);
            self.state.report(&self.ended.0, Wake::Drilled(begun, result));
        }
    }

    fn verify(&self, job: VerifyJob) -> bool {
        let Some(verify) = self.verify else { return false };
        let (state, sender) = (self.state, self.ended.0.clone());
        let spawned = Builder::new().name("verify".to_owned()).spawn_scoped(self.scope, move || {
            perform_verify(&job, verify, &state.cancel_drills);
            state.report(&sender, Wake::Verified(job));
        });
        spawned.is_ok()
    }

    fn refresh(&self, job: RefreshJob) -> bool {
        let Some(refresh) = self.refresh else { return false };
        let (state, sender) = (self.state, self.ended.0.clone());
        let wanted = job.clone();
        let spawned = Builder::new().name("refresh".to_owned()).spawn_scoped(self.scope, move || {
            state.report(&sender, Wake::Refreshed(perform_refresh(&job, refresh)));
        });
        if let Err(error) = spawned {
            let result = not_refreshed(&wanted, &port_error("start a thread", error));
            self.state.report(&self.ended.0, Wake::Refreshed(result));
        }
        true
    }

    fn notify(&self, target: &NotifyTarget, notice: &Notice) -> bool {
        let Some(notifier) = self.notifier.clone() else { return false };
        let (target, notice) = (target.clone(), notice.clone());
        let (wakeup, sender) = (Arc::clone(&self.state.wakeup), self.ended.0.clone());
        let thread = Builder::new().name(format!("notify {}", target.name));
        let spawned = thread.spawn(move || {
            let result = send(&*notifier, &target, &notice);
            report(&wakeup, &sender, Wake::Notified(target.name, result));
        });
        spawned.is_ok()
    }

    fn check_service(&self) -> Result<(), PortError> {
        self.check_service.map_or(Ok(()), |check_service| check_service())
    }

    fn wait(&self, until: Option<Moment>) -> Wake {
        if let Some(wake) = self.arrived() {
            return wake;
        }
        match self.pause(until) {
            Ok(()) | Err(Errno::EINTR) => {}
            // Poll fails, for example for lack of memory. There is nothing better to wait with.
            Err(_) => sleep(WITHOUT_POLL),
        }
        self.arrived().unwrap_or(Wake::Time)
    }

    fn is_stop_waiting(&self) -> bool {
        let mut pending = self.pending.borrow_mut();
        while let Some(request) = self.requested() {
            pending.push_back(request);
        }
        pending.iter().any(|request| matches!(request, Wake::Stop | Wake::StopNow))
    }

    fn cancel(&self) {
        self.state.cancel.cancel();
        self.cancel_drills();
    }

    fn cancel_drills(&self) {
        self.state.cancel_drills.cancel();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::thread;

    use backup_core::model::history::{Ledger, RunKey};
    use backup_core::model::job::{DrillResult, RefreshResult};
    use backup_core::ports::Progress;
    use chrono::TimeDelta;
    use nix::sys::signal::{Signal, raise};

    use super::*;
    use crate::clock::system_clock::SystemClock;
    use crate::process::signals::{FINISH_SIGNAL, NOW_SIGNAL};

    fn job(text: &str) -> RunJob {
        let entry: backup_core::model::schedule::ScheduleEntry = text.parse().unwrap();
        RunJob::new(
            RunKey { entry: text.to_owned(), planned: None },
            entry,
            0,
            &Ledger::default(),
            SystemClock.now(),
        )
    }

    /// Runs a runner that gets the signals of this thread. Only `raise` sends a signal to a single thread.
    fn with_runner(perform: Perform<'_>, test: impl FnOnce(&dyn JobRunner)) {
        let (signals, state) = (Signals::take().unwrap(), RunnerState::new().unwrap());
        thread::scope(|scope| {
            let runner =
                ThreadRunner::new(scope, &state, perform, &signals, &SystemClock, TimeDelta::minutes(10));
            test(&runner.drilling(&drill).verifying(&verify));
        });
    }

    /// A drill that runs until it is cancelled.
    fn drill(drill: &DrillJob, progress: &dyn Progress) -> DrillResult {
        assert!(drill.archive != "bad.tar", "on purpose");
        while !progress.is_cancelled() {
            thread::yield_now();
        }
        DrillResult::Interrupted
    }

    /// A verify that runs until it is cancelled.
    fn verify(job: &VerifyJob, progress: &dyn Progress) {
        assert!(job.archive != "bad.tar", "on purpose");
        while !progress.is_cancelled() {
            thread::yield_now();
        }
    }

    fn drill_of(archive: &str) -> DrillJob {
        let key = RunKey { entry: "docs;16:07;docs".to_owned(), planned: None };
        DrillJob { key, archive: archive.to_owned(), sha256: None, identity: None }
    }

    fn idle(_: &RunJob, _: &dyn Progress) -> RunResult {
        RunResult::Interrupted
    }

    #[test]
    fn every_job_is_reported_once() {
        with_runner(&idle, |runner| {
            let mut expected: Vec<_> = (0..50).map(|number| format!("docs;16:07;{number}")).collect();
            expected.iter().for_each(|text| runner.begin(job(text)));
            let mut reported = Vec::new();
            while reported.len() < expected.len() {
                match runner.wait(None) {
                    Wake::Finished(key, RunResult::Interrupted) => reported.push(key.entry),
                    // The descriptor was ready, but its job was reported before. This is harmless.
                    Wake::Time => {}
                    other => panic!("{other:?}"),
                }
            }
            reported.sort();
            expected.sort();
            assert_eq!(reported, expected);
            assert!(matches!(runner.wait(Some(SystemClock.now())), Wake::Time));
        });
    }

    #[test]
    fn a_refresh_is_reported_once_and_a_panic_is_its_failure() {
        let refresh = |job: &RefreshJob| {
            assert!(job.is_last, "on purpose");
            RefreshResult::default()
        };
        let mut wanted = RefreshJob::default();
        wanted.metrics_file = Some("m.prom".into());
        let (signals, state) = (Signals::take().unwrap(), RunnerState::new().unwrap());
        thread::scope(|scope| {
            let poll = TimeDelta::minutes(10);
            let runner = ThreadRunner::new(scope, &state, &idle, &signals, &SystemClock, poll);
            assert!(!runner.refresh(wanted.clone()), "without a function, nothing is written");
            let runner = runner.refreshing(&refresh);
            assert!(runner.refresh(wanted.clone()));
            let Wake::Refreshed(failed) = wait(&runner) else { panic!("it is reported") };
            let told = failed.metrics.map(|error| error.to_string());
            assert_eq!(told.as_deref(), Some("can't finish: a defect in Backup Manager; please report it"));
            assert_eq!(failed.report, None);
            wanted.is_last = true;
            assert!(runner.refresh(wanted));
            assert!(matches!(wait(&runner), Wake::Refreshed(result) if result == RefreshResult::default()));
        });
    }

    /// Returns the next reason to wake but [`Wake::Time`].
    fn wait(runner: &dyn JobRunner) -> Wake {
        loop {
            match runner.wait(None) {
                Wake::Time => {}
                wake => return wake,
            }
        }
    }

    #[test]
    fn a_panic_is_reported_as_a_failed_backup() {
        let perform = |job: &RunJob, _: &dyn Progress| match job.entry.name().as_str() {
            "bad" => panic!("on purpose"),
            _ => RunResult::Interrupted,
        };
        with_runner(&perform, |runner| {
            runner.begin(job("docs;16:07;bad"));
            let Wake::Finished(key, RunResult::NotMade(error)) = wait(runner) else { panic!("not reported") };
            assert_eq!(key.entry, "docs;16:07;bad");
            let message = "can't back up docs: can't finish: a defect in Backup Manager; please report it";
            assert_eq!(error.to_string(), message);
            runner.begin(job("docs;16:07;good"));
            assert!(matches!(wait(runner), Wake::Finished(_, RunResult::Interrupted)), "the others go on");
        });
    }

    #[test]
    fn drills_can_be_cancelled_alone_or_with_the_jobs() {
        let meeting = Barrier::new(2);
        let perform = |_: &RunJob, progress: &dyn Progress| {
            meeting.wait();
            if progress.is_cancelled() { RunResult::Interrupted } else { RunResult::Busy }
        };
        with_runner(&perform, |runner| {
            runner.drill(drill_of("bad.tar"));
            let Wake::Drilled(bad, DrillResult::NotMade(error)) = wait(runner) else {
                panic!("not reported")
            };
            assert_eq!(bad, drill_of("bad.tar"));
            let message =
                "can't drill backups/bad.tar: can't finish: a defect in Backup Manager; please report it";
            assert_eq!(error.to_string(), message);
            runner.begin(job("docs;16:07;docs"));
            runner.drill(drill_of("docs.tar"));
            runner.cancel_drills();
            assert!(matches!(wait(runner), Wake::Drilled(_, DrillResult::Interrupted)));
            meeting.wait();
            assert!(matches!(wait(runner), Wake::Finished(_, RunResult::Busy)), "the job heard of nothing");
        });
        with_runner(&idle, |runner| {
            runner.drill(drill_of("docs.tar"));
            runner.cancel();
            assert!(matches!(wait(runner), Wake::Drilled(_, DrillResult::Interrupted)));
        });
    }

    #[test]
    fn a_verify_is_reported_and_ends_with_the_drills() {
        with_runner(&idle, |runner| {
            for archive in ["bad.tar", "docs.tar"] {
                assert!(runner.verify(VerifyJob { archive: archive.to_owned() }));
                if archive == "docs.tar" {
                    runner.cancel_drills();
                }
                assert!(matches!(wait(runner), Wake::Verified(job) if job.archive == archive));
            }
        });
    }

    #[test]
    fn jobs_run_in_parallel() {
        // Neither job passes the barrier before both have reached it.
        let meeting = Barrier::new(2);
        let perform = |_: &RunJob, _: &dyn Progress| {
            meeting.wait();
            RunResult::Interrupted
        };
        with_runner(&perform, |runner| {
            runner.begin(job("docs;16:07;a"));
            runner.begin(job("docs;16:07;b"));
            (0..2).for_each(|_| assert!(matches!(wait(runner), Wake::Finished(..))));
        });
    }

    #[test]
    fn a_cancel_reaches_every_job() {
        let perform = |_: &RunJob, progress: &dyn Progress| {
            while !progress.is_cancelled() {
                thread::yield_now();
            }
            RunResult::Interrupted
        };
        with_runner(&perform, |runner| {
            runner.begin(job("docs;16:07;a"));
            runner.begin(job("docs;16:07;b"));
            runner.cancel();
            (0..2).for_each(|_| assert!(matches!(wait(runner), Wake::Finished(..))));
        });
    }

    #[test]
    fn waits_until_its_moment_and_no_longer() {
        with_runner(&idle, |runner| {
            for milliseconds in [-1_000, 0, 1, 30] {
                let until = SystemClock.now() + TimeDelta::milliseconds(milliseconds);
                assert!(matches!(runner.wait(Some(until)), Wake::Time));
                assert!(SystemClock.now() >= until, "{milliseconds}");
            }
        });
    }

    #[test]
    fn each_signal_wakes_with_its_request() {
        with_runner(&idle, |runner| {
            let woken = |signal: Signal| {
                raise(signal).unwrap();
                runner.wait(None)
            };
            assert!(matches!(woken(Signal::SIGHUP), Wake::Reload));
            assert!(matches!(woken(FINISH_SIGNAL), Wake::Stop));
            assert!(matches!(woken(FINISH_SIGNAL), Wake::Stop), "asking twice is the same as asking once");
            assert!(matches!(woken(Signal::SIGTERM), Wake::Stop));
            assert!(matches!(woken(Signal::SIGINT), Wake::StopNow), "the second time it is meant");
            assert!(matches!(woken(NOW_SIGNAL), Wake::StopNow));
        });
    }

    #[test]
    fn a_pending_stop_is_noticed_and_delivered_once() {
        with_runner(&idle, |runner| {
            raise(Signal::SIGHUP).unwrap();
            assert!(!runner.is_stop_waiting(), "only a look is asked for");
            raise(Signal::SIGTERM).unwrap();
            assert!(runner.is_stop_waiting() && runner.is_stop_waiting());
            assert!(matches!(runner.wait(None), Wake::Reload));
            assert!(runner.is_stop_waiting());
            assert!(matches!(runner.wait(None), Wake::Stop));
            assert!(!runner.is_stop_waiting());
        });
    }

    #[test]
    fn reports_both_a_signal_and_a_finished_job() {
        with_runner(&idle, |runner| {
            runner.begin(job("docs;16:07;docs"));
            raise(NOW_SIGNAL).unwrap();
            let heard = [wait(runner), wait(runner)];
            assert!(heard.iter().any(|wake| matches!(wake, Wake::Finished(..))), "{heard:?}");
            assert!(heard.iter().any(|wake| matches!(wake, Wake::StopNow)), "{heard:?}");
        });
    }

    #[test]
    fn a_stop_comes_before_jobs_that_have_ended() {
        let (signals, state) = (Signals::take().unwrap(), RunnerState::new().unwrap());
        thread::scope(|scope| {
            let runner =
                ThreadRunner::new(scope, &state, &idle, &signals, &SystemClock, TimeDelta::minutes(10));
            let ended = Wake::Finished(job("docs;16:07;docs").key, RunResult::Interrupted);
            state.report(&runner.ended.0, ended);
            raise(Signal::SIGTERM).unwrap();
            assert!(matches!(wait(&runner), Wake::Stop));
            assert!(matches!(wait(&runner), Wake::Finished(..)));
        });
    }
}
