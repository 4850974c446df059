//! Service: the use cases that start and stop the service.

use std::time::Duration;

use crate::manager::Manager;
use crate::model::error::{Error, Failure, PortError};
use crate::model::event::Event;
use crate::model::history::Ledger;
use crate::ports::{Ports, ServiceControl, Urgency};

/// How often a stop reports what it is waiting for.
const REPORT_INTERVAL: Duration = Duration::from_millis(200);

/// Starts and stops the service, and shows its status and history.
#[derive(Clone, Copy)]
pub struct ServiceManager<'a> {
    pub(super) ports: Ports<'a>,
    pub(super) control: &'a dyn ServiceControl,
}

impl<'a> ServiceManager<'a> {
    /// Returns the use cases over these ports.
    #[must_use]
    pub fn new(ports: Ports<'a>, control: &'a dyn ServiceControl) -> Self {
        Self { ports, control }
    }

    /// Starts the service. Returns when it holds its lock and has begun to read the schedules.
    ///
    /// # Errors
    /// [`Error::AlreadyRunning`], [`Error::UnknownZone`], [`Error::WrongConfig`] or [`Error::CantStart`].
    pub fn start(&self) -> Result<Event, Error> {
        self.manager().log_result(self.launch(), Event::clone)
    }

    /// Starts the service as [`start`](Self::start) does, unless it runs already. Then it returns `None` and logs nothing.
    ///
    /// # Errors
    /// [`Error::UnknownZone`], [`Error::WrongConfig`] or [`Error::CantStart`].
    pub fn ensure_started(&self) -> Result<Option<Event>, Error> {
        match self.launch() {
            Err(Error::AlreadyRunning) => Ok(None),
            result => self.manager().log_result(result, Event::clone).map(Some),
        }
    }

    fn launch(&self) -> Result<Event, Error> {
        if self.control.running().map_err(Error::cant_start)?.is_some() {
            return Err(Error::AlreadyRunning);
        }
        self.ports.clock.check_zone().map_err(Error::UnknownZone)?;
        // Without a default such as `keep`, backups would be removed.
        self.manager().config()?;
        self.control.launch().map_err(|error| match error.failure {
            Failure::Busy => Error::AlreadyRunning,
            _ => Error::cant_start(error),
        })?;
        Ok(Event::ServiceStarted)
    }

    /// Asks the service to stop and waits until it has ended.
    ///
    /// While it waits, `waiting` is called about five times a second with the sources that are still being backed up.
    ///
    /// # Errors
    /// [`Error::NotRunning`] or [`Error::CantStop`].
    pub fn stop(&self, urgency: Urgency, waiting: &mut dyn FnMut(&[String])) -> Result<Event, Error> {
        self.manager().log_result(self.stop_and_wait(urgency, waiting), Event::clone)
    }

    /// Stops the service as [`stop`](Self::stop) does, if it runs. If it doesn't, it returns `None` and logs nothing.
    ///
    /// # Errors
    /// [`Error::CantStop`].
    pub fn ensure_stopped(
        &self,
        urgency: Urgency,
        waiting: &mut dyn FnMut(&[String]),
    ) -> Result<Option<Event>, Error> {
        match self.stop_and_wait(urgency, waiting) {
            Err(Error::NotRunning) => Ok(None),
            result => self.manager().log_result(result, Event::clone).map(Some),
        }
    }

    fn stop_and_wait(&self, urgency: Urgency, waiting: &mut dyn FnMut(&[String])) -> Result<Event, Error> {
        let missing_or = |error: PortError| match error.failure {
            Failure::Missing => Error::NotRunning,
            _ => Error::CantStop(error),
        };
        self.control.request_stop(urgency).map_err(missing_or)?;
        while !self.control.wait_until_gone(REPORT_INTERVAL).map_err(Error::CantStop)? {
            waiting(&self.sources_under_way());
        }
        Ok(Event::ServiceStopped)
    }

    /// Returns the sources that are being backed up. If that can't be read, it returns none: the list is only shown.
    fn sources_under_way(&self) -> Vec<String> {
        let (Ok(book), Ok(notes)) = (self.ports.schedules.load(), self.ports.history.load()) else {
            return Vec::new();
        };
        let ledger = Ledger::new(&notes);
        let lines = self.manager().admit_for_view(&book).into_iter();
        lines
            .filter_map(|line| line.entry.ok())
            .filter(|entry| ledger.under_way_since(entry).is_some())
            .map(|entry| entry.source().to_owned())
            .collect()
    }

    pub(super) fn manager(&self) -> Manager<'a> {
        Manager::new(self.ports)
    }
}
