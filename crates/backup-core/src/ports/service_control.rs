//! The port that starts, finds and stops the service process.

use std::time::Duration;

use auto_impl::auto_impl;

use crate::model::error::PortError;
use crate::time::Moment;

/// A service that runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunningService {
    /// Its process ID, if known.
    pub pid: Option<u32>,
    /// When it started, if known.
    pub since: Option<Moment>,
}

/// How soon a service should stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Urgency {
    /// Finish the backups under way first.
    Finish,
    /// End the backups under way cleanly, at once.
    Now,
}

/// Starts, finds and stops the service process of one home.
///
/// Promises: the kernel decides which process is the service, never a number in a file. No other program ever gets a
/// signal.
#[cfg_attr(feature = "mock", mockall::automock)]
#[auto_impl(&, Box, Arc)]
pub trait ServiceControl {
    /// Returns the running service, if there is one.
    ///
    /// # Errors
    /// Any failure to find out.
    fn running(&self) -> Result<Option<RunningService>, PortError>;

    /// Starts the service. Returns once it is the only one and has begun to read the schedules.
    ///
    /// # Errors
    /// [`Failure::Busy`](crate::model::error::Failure::Busy) if another one was there first; any other reason why it can't start.
    fn launch(&self) -> Result<(), PortError>;

    /// Asks the service to stop. Asking twice is the same as asking once.
    ///
    /// # Errors
    /// [`Failure::Missing`](crate::model::error::Failure::Missing) if none runs; any other failure to reach it.
    fn request_stop(&self, urgency: Urgency) -> Result<(), PortError>;

    /// Waits until the service has stopped, at most this long, and returns whether it has.
    ///
    /// # Errors
    /// Any failure to find out.
    fn wait_until_gone(&self, at_most: Duration) -> Result<bool, PortError>;
}

const _DYN_COMPATIBLE: Option<&dyn ServiceControl> = None;
