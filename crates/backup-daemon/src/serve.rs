//! Wires the adapters together and serves.

use std::thread;

use backup_core::manager::{Manager, Verify};
use backup_core::model::error::{Error, Failure, PortError};
use backup_core::model::event::Event;
use backup_core::model::job::{DrillJob, RefreshJob, RunJob, VerifyJob};
use backup_core::model::schedule::{IoPriority, Priority};
use backup_core::operation::drill::perform_drill;
use backup_core::operation::run::perform;
use backup_core::ports::{Ports, Progress};
use backup_core::service::{Service, ServiceSettings};
use backup_fs::{
    Adapters, RunnerState, ServiceLock, Signals, StderrLog, Supervisor, ThreadRunner, lower_priority,
    wait_for_managers,
};
use chrono::TimeDelta;

use crate::foreground_log::ForegroundLog;
use crate::refresh::refresh;
use crate::start_error::not_started;
use crate::supervised_runner::SupervisedRunner;

/// The priority of work that nobody waits for.
const GIVES_WAY: Priority = Priority { niceness: 19, io: Some(IoPriority::Idle) };

/// Who hears of the service, besides its log file.
#[derive(Default)]
pub(crate) struct Audience {
    stderr: Option<StderrLog>,
    supervisor: Supervisor,
}

impl Audience {
    /// Returns that of a service in the foreground. One in the background has none.
    pub(crate) fn of_foreground() -> Self {
        Self { stderr: Some(StderrLog::of_process()), supervisor: Supervisor::of_environment() }
    }
}

/// Everything a service holds before it begins to work.
pub(crate) struct Ready {
    adapters: Adapters,
    held: Held,
}

struct Held {
    signals: Signals,
    state: RunnerState,
    lock: ServiceLock,
}

impl Held {
    /// Takes the signals and then the lock, in this order: who sees the lock may send a signal.
    fn take(adapters: &Adapters) -> Result<Self, PortError> {
        let failed = |error| PortError::new(Failure::Other, "take the signals").because(error);
        let signals = Signals::take().map_err(failed)?;
        let state = RunnerState::new().map_err(failed)?;
        let lock = ServiceLock::take(adapters.home())?;
        // A service that can't know what has run would run nothing, with nobody to tell.
        adapters.ports().history.load()?;
        Ok(Self { signals, state, lock })
    }
}

impl Ready {
    /// Takes what a service has to hold. That it can't is left in the log.
    pub(crate) fn prepare(adapters: Adapters) -> Result<Self, Error> {
        let zone = adapters.ports().clock.check_zone().map_err(Error::UnknownZone);
        let held = zone.and_then(|()| Held::take(&adapters).map_err(not_started));
        // Without a default such as `keep`, backups would be removed.
        let held = held.and_then(|held| Manager::new(adapters.ports()).config().map(|_| held));
        match held {
            Ok(held) => Ok(Self { adapters, held }),
            Err(error) => {
                let ports = adapters.ports();
                ports.journal.record(ports.clock.now(), &Event::failed(&error));
                Err(error)
            }
        }
    }

    /// Works until a signal asks it to leave.
    pub(crate) fn serve(self, settings: ServiceSettings, poll: TimeDelta, audience: &Audience) {
        let mut ports = self.adapters.ports();
        let log = audience.stderr.as_ref().map(|stderr| ForegroundLog { file: self.adapters.log(), stderr });
        if let Some(log) = &log {
            ports.journal = log;
        }
        audience.supervisor.ready();
        self.work(ports, settings, poll, &audience.supervisor);
        drop(self.held.lock);
        wait_for_managers();
    }

    fn work(&self, ports: Ports<'_>, settings: ServiceSettings, poll: TimeDelta, supervisor: &Supervisor) {
        if let Err(error) = self.adapters.remove_leftovers() {
            ports.journal.record(ports.clock.now(), &Event::Failed(error.into()));
        }
        let work = |job: &RunJob, progress: &dyn Progress| {
            // The runner has a thread for each job, so no other job gets its priority.
            if let Err(error) = lower_priority(&job.entry.options().priority()) {
                ports.journal.record(ports.clock.now(), &Event::Failed(error.into()));
            }
            perform(&ports, job, progress)
        };
        let driller = self.adapters.driller();
        let drill =
            |job: &DrillJob, progress: &dyn Progress| perform_drill(&ports, driller, job, None, progress);
        let verify = |job: &VerifyJob, progress: &dyn Progress| {
            // It goes on without: nobody waits for it.
            let _ = lower_priority(&GIVES_WAY);
            Verify::new(ports).perform(job, progress);
        };
        let adapters = &self.adapters;
        let refresh = |job: &RefreshJob| refresh(adapters, job);
        let check_service = || self.held.lock.check_and_restore();
        let interval = supervisor.interval().and_then(|interval| TimeDelta::from_std(interval).ok());
        let poll = interval.map_or(poll, |interval| poll.min(interval));
        thread::scope(|scope| {
            let runner =
                ThreadRunner::new(scope, &self.held.state, &work, &self.held.signals, ports.clock, poll);
            let runner = runner
                .drilling(&drill)
                .verifying(&verify)
                .refreshing(&refresh)
                .checking_service(&check_service);
            Service::new(ports, settings).run(&SupervisedRunner::new(notifying(runner), supervisor));
        });
    }
}

/// Returns the same runner, which sends notices.
#[cfg(feature = "notify")]
fn notifying<'s, 'e>(runner: ThreadRunner<'s, 'e>) -> ThreadRunner<'s, 'e> {
    runner.notifying(std::sync::Arc::new(backup_notify::Sender::new(backup_fs::SystemCommands)))
}

/// Returns the same runner: this build sends no notices.
#[cfg(not(feature = "notify"))]
fn notifying<'s, 'e>(runner: ThreadRunner<'s, 'e>) -> ThreadRunner<'s, 'e> {
    runner
}
