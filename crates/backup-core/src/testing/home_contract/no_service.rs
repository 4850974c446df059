//! A service control without a service.

use std::time::Duration;

use crate::model::error::{Failure, PortError};
use crate::ports::{RunningService, ServiceControl, Urgency};

/// No service runs, and none can be started.
pub(super) struct NoService;

impl ServiceControl for NoService {
    fn running(&self) -> Result<Option<RunningService>, PortError> {
        Ok(None)
    }

    fn launch(&self) -> Result<(), PortError> {
        Err(missing("start the service"))
    }

    fn request_stop(&self, _urgency: Urgency) -> Result<(), PortError> {
        Err(missing("stop the service"))
    }

    fn wait_until_gone(&self, _at_most: Duration) -> Result<bool, PortError> {
        Ok(true)
    }
}

fn missing(action: &str) -> PortError {
    PortError::new(Failure::Missing, action)
}
