//! The clock of a home behind a gate.

use chrono::{DateTime, FixedOffset, Utc};

use super::gate::Gate;
use super::gated::{Gated, Source};
use crate::time::{Clock, Moment, UnknownZone};

impl<S: Source, G: Gate> Clock for Gated<S, G> {
    fn now(&self) -> Moment {
        self.gate.call("Clock::now", || self.source.ports().clock.now())
    }

    fn offset_at(&self, instant: DateTime<Utc>) -> FixedOffset {
        self.gate.call("Clock::offset_at", || self.source.ports().clock.offset_at(instant))
    }

    fn check_zone(&self) -> Result<(), UnknownZone> {
        self.gate.call("Clock::check_zone", || self.source.ports().clock.check_zone())
    }
}
