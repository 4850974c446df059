//! The port that tells the time.

use chrono::{DateTime, FixedOffset, Utc};

use crate::model::error::PortError;
use crate::time::moment::Moment;

/// Tells the time and knows the local zone's rules.
///
/// Promises: [`now`](Clock::now) carries the offset that [`offset_at`](Clock::offset_at) gives for that instant,
/// unless the zone itself was changed in between. It does **not** promise that time moves forward: clocks are set
/// back, and the core must stand it.
pub trait Clock: Send + Sync {
    /// Returns the current instant.
    fn now(&self) -> Moment;

    /// Returns the offset in force at this instant. The core derives every wall-clock question from it.
    fn offset_at(&self, instant: DateTime<Utc>) -> FixedOffset;

    /// Says whether the zone is known in which the times of schedules are read. Where it isn't, [`now`](Clock::now) and
    /// [`offset_at`](Clock::offset_at) go by the last zone that was known, or by UTC. A clock that doesn't say otherwise
    /// always knows its zone.
    ///
    /// # Errors
    /// Which zone is set, and why it can't be had.
    fn check_zone(&self) -> Result<(), PortError> {
        Ok(())
    }
}

const _DYN_COMPATIBLE: Option<&dyn Clock> = None;
