//! Clock: the port for the current time and the rules of the local time zone.

use std::error::Error;
use std::fmt;

use auto_impl::auto_impl;
use chrono::{DateTime, FixedOffset, TimeZone, Utc};

use crate::text::printable;
use crate::time::moment::Moment;

/// Gives the current time and the rules of the local time zone.
///
/// Promises: [`now`](Clock::now) has the offset that [`offset_at`](Clock::offset_at) returns for that instant, unless the
/// zone was changed in between.
///
/// Not promised: that time moves forward. Clocks are set back, and the core works then as well.
#[auto_impl(&, Box, Arc)]
pub trait Clock: Send + Sync {
    /// Returns the current instant.
    fn now(&self) -> Moment;

    /// Returns the offset from UTC at this instant. The core derives all local times from it.
    fn offset_at(&self, instant: DateTime<Utc>) -> FixedOffset;

    /// Checks that the local zone is known.
    ///
    /// If it isn't, [`now`](Clock::now) and [`offset_at`](Clock::offset_at) use the last zone that was known, or UTC.
    ///
    /// By default, the zone is always known.
    ///
    /// # Errors
    /// [`UnknownZone`], with the zone that is set and why its rules can't be read.
    fn check_zone(&self) -> Result<(), UnknownZone> {
        Ok(())
    }

    /// Returns the offset from UTC at this instant in the zone of that name, such as `Europe/Berlin`.
    ///
    /// Returns `None` if the zone is unknown. Whether a zone is known doesn't depend on the instant.
    ///
    /// By default, no other zone is known.
    fn offset_in(&self, zone: &str, instant: DateTime<Utc>) -> Option<FixedOffset> {
        let _ = (zone, instant);
        None
    }
}

/// The error that the rules of the local zone can't be read. Its message is one line and safe to print.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownZone {
    /// What failed, with the zone and the reason, as a phrase behind "can't": "find the time zone Europe/Berln".
    pub action: String,
}

impl fmt::Display for UnknownZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "can't {}", printable(self.action.as_bytes()))
    }
}

impl Error for UnknownZone {}

/// Returns `instant` with the offset that the clock's zone has at it.
#[must_use]
pub fn moment(clock: &dyn Clock, instant: DateTime<Utc>) -> Moment {
    clock.offset_at(instant).from_utc_datetime(&instant.naive_utc())
}

const _DYN_COMPATIBLE: Option<&dyn Clock> = None;
