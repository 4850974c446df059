//! Wires the adapters together and serves.

use std::thread;

use backup_core::drill::{DrillJob, perform_drill};
use backup_core::error::{Failure, PortError};
use backup_core::ports::Progress;
use backup_core::run::{Job, perform};
use backup_core::service::{Service, ServiceSettings};
use backup_fs::{Adapters, CrewRoom, ServiceLock, Signals, ThreadCrew};
use chrono::TimeDelta;

/// Everything a service holds before it begins to work.
pub(crate) struct Ready {
    adapters: Adapters,
    signals: Signals,
    room: CrewRoom,
    lock: ServiceLock,
}

impl Ready {
    /// Takes the signals and then the lock, in this order: who sees the lock may send a signal.
    pub(crate) fn prepare(adapters: Adapters) -> Result<Self, PortError> {
        let failed = |error| PortError::new(Failure::Other, "take the signals").because(error);
        let signals = Signals::take().map_err(failed)?;
        let room = CrewRoom::new().map_err(failed)?;
        let lock = ServiceLock::take(adapters.home())?;
        // A service that can't know what has run would run nothing, with nobody to tell.
        adapters.ports().history.load()?;
        Ok(Self { adapters, signals, room, lock })
    }

    /// Works until a signal asks it to leave.
    pub(crate) fn serve(self, settings: ServiceSettings, poll: TimeDelta) {
        let ports = self.adapters.ports();
        let work = |job: &Job, progress: &dyn Progress| perform(&ports, job, progress);
        let driller = self.adapters.driller();
        let drill =
            |job: &DrillJob, progress: &dyn Progress| perform_drill(&ports, driller, job, None, progress);
        let tend = || self.lock.tend();
        thread::scope(|scope| {
            let crew = ThreadCrew::new(scope, &self.room, &work, &self.signals, ports.clock, poll);
            Service::new(ports, settings).run(&crew.drilling(&drill).tending(&tend));
        });
        drop(self.lock);
    }
}
