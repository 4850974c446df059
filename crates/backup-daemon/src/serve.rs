//! Wires the adapters together and serves.

use std::thread;

use backup_core::model::error::{Error, Failure, PortError};
use backup_core::model::event::Event;
use backup_core::model::job::DrillJob;
use backup_core::model::job::Job;
use backup_core::operation::drill::perform_drill;
use backup_core::operation::run::perform;
use backup_core::ports::Progress;
use backup_core::service::{Service, ServiceSettings};
use backup_fs::{Adapters, CrewRoom, ServiceLock, Signals, ThreadCrew};
use chrono::TimeDelta;

use crate::start_error::not_started;

/// Everything a service holds before it begins to work.
pub(crate) struct Ready {
    adapters: Adapters,
    held: Held,
}

struct Held {
    signals: Signals,
    room: CrewRoom,
    lock: ServiceLock,
}

impl Held {
    /// Takes the signals and then the lock, in this order: who sees the lock may send a signal.
    fn take(adapters: &Adapters) -> Result<Self, PortError> {
        let failed = |error| PortError::new(Failure::Other, "take the signals").because(error);
        let signals = Signals::take().map_err(failed)?;
        let room = CrewRoom::new().map_err(failed)?;
        let lock = ServiceLock::take(adapters.home())?;
        // A service that can't know what has run would run nothing, with nobody to tell.
        adapters.ports().history.load()?;
        Ok(Self { signals, room, lock })
    }
}

impl Ready {
    /// Takes what a service has to hold. That it can't is left in the log.
    pub(crate) fn prepare(adapters: Adapters) -> Result<Self, Error> {
        let zone = adapters.ports().clock.check_zone().map_err(Error::UnknownZone);
        let held = zone.and_then(|()| Held::take(&adapters).map_err(not_started));
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
    pub(crate) fn serve(self, settings: ServiceSettings, poll: TimeDelta) {
        let ports = self.adapters.ports();
        if let Err(error) = self.adapters.sweep() {
            ports.journal.record(ports.clock.now(), &Event::Failed(error.into()));
        }
        let work = |job: &Job, progress: &dyn Progress| perform(&ports, job, progress);
        let driller = self.adapters.driller();
        let drill =
            |job: &DrillJob, progress: &dyn Progress| perform_drill(&ports, driller, job, None, progress);
        let tend = || self.held.lock.tend();
        thread::scope(|scope| {
            let crew = ThreadCrew::new(scope, &self.held.room, &work, &self.held.signals, ports.clock, poll);
            Service::new(ports, settings).run(&crew.drilling(&drill).tending(&tend));
        });
        drop(self.held.lock);
    }
}
