//! The clock: it tells the time and knows the local zone's rules.

use std::error::Error;
use std::fmt;

use auto_impl::auto_impl;
use chrono::{DateTime, FixedOffset, TimeZone, Utc};

use crate::text::printable;
use crate::time::moment::Moment;

/// Tells the time and knows the local zone's rules.
///
/// Promises: [`now`](Clock::now) carries the offset that [`offset_at`](Clock::offset_at) gives for that instant,
/// unless the zone itself was changed in between. It does **not** promise that time moves forward: clocks are set
/// back, and the core must stand it.
#[auto_impl(&, Box, Arc)]
pub trait Clock: Send + Sync {
    /// Returns the current instant.
    fn now(&self) -> Moment;

    /// Returns the offset in force at this instant. The core derives every wall-clock question from it.
    fn offset_at(&self, instant: DateTime<Utc>) -> FixedOffset;

    /// Checks that the local zone is known.
    ///
    /// If it isn't, [`now`](Clock::now) and [`offset_at`](Clock::offset_at) use the last zone that was known, or UTC. The
    /// default says that the zone is always known.
    ///
    /// # Errors
    /// Which zone is set, and why its rules can't be read.
    fn check_zone(&self) -> Result<(), UnknownZone> {
        Ok(())
    }
}

/// The rules of the local zone can't be read. Its text is one line, safe to print.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownZone {
    /// What was tried, with the zone and the reason: "find the time zone Europe/Berln".
    pub action: String,
}

impl fmt::Display for UnknownZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "can't {}", printable(self.action.as_bytes()))
    }
}

impl Error for UnknownZone {}

/// Returns `instant` as the clock's zone reads it.
#[must_use]
pub fn moment(clock: &dyn Clock, instant: DateTime<Utc>) -> Moment {
    clock.offset_at(instant).from_utc_datetime(&instant.naive_utc())
}

const _DYN_COMPATIBLE: Option<&dyn Clock> = None;
