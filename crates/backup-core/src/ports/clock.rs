//! The port that tells the time.

use chrono::{DateTime, FixedOffset, TimeZone, Utc};

/// An instant with its wall-clock reading.
pub type Moment = DateTime<FixedOffset>;

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
}

/// Returns `instant` as the clock's zone reads it.
#[must_use]
pub fn moment(clock: &dyn Clock, instant: DateTime<Utc>) -> Moment {
    clock.offset_at(instant).from_utc_datetime(&instant.naive_utc())
}

const _DYN_COMPATIBLE: Option<&dyn Clock> = None;
