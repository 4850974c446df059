//! The port that starts, finds and stops the service process.

use std::time::Duration;

use crate::model::error::PortError;
use crate::time::Moment;

/// A service that runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunningService {
    /// Its process number, where it can be told.
    pub pid: Option<u32>,
    /// Since when it runs, where it can be told.
    pub since: Option<Moment>,
}

/// How soon a service should leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Urgency {
    /// Finish the backups under way first.
    Finish,
    /// End the backups under way cleanly, at once.
    Now,
}

/// Starts, finds and stops the service process of one home.
///
/// Promises: decided by what the kernel knows, never by a number in a file; no other program ever gets a signal.
#[cfg_attr(feature = "mock", mockall::automock)]
pub trait ServiceControl {
    /// Returns the service that runs now, if any.
    ///
    /// # Errors
    /// Any failure to find out.
    fn running(&self) -> Result<Option<RunningService>, PortError>;

    /// Starts the service and returns once it is the only one and has begun its first look at the schedules.
    ///
    /// # Errors
    /// [`Failure::Busy`](crate::model::error::Failure::Busy) when another one was there first; any other reason why it
    /// can't start.
    fn launch(&self) -> Result<(), PortError>;

    /// Asks the service to leave. Asking twice is the same as asking once.
    ///
    /// # Errors
    /// [`Failure::Missing`](crate::model::error::Failure::Missing) when none runs; any other failure to reach it.
    fn request_stop(&self, urgency: Urgency) -> Result<(), PortError>;

    /// Waits until the service has gone, at most this long, and returns whether it has.
    ///
    /// # Errors
    /// Any failure to find out.
    fn wait_until_gone(&self, at_most: Duration) -> Result<bool, PortError>;
}

const _DYN_COMPATIBLE: Option<&dyn ServiceControl> = None;
