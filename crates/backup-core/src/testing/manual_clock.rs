//! A clock that stands still until a test moves it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use chrono::{DateTime, FixedOffset, TimeDelta, Utc};

use super::locked::locked;
use super::zone::Zone;
use crate::time::{Clock, Moment, UnknownZone, moment};

/// Tells the time that was set by hand, in a zone that is scripted.
///
/// Promises: time passes only by [`set`](Self::set) and [`advance`](Self::advance), forward or back. Clones are
/// handles of the same clock, from any thread.
#[derive(Debug, Clone)]
pub struct ManualClock {
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    now: DateTime<Utc>,
    zone: Zone,
    is_zone_lost: bool,
    other_zones: HashMap<String, Zone>,
}

impl ManualClock {
    /// Returns a clock in UTC that reads `now`.
    #[must_use]
    pub fn utc(now: impl Into<DateTime<Utc>>) -> Self {
        Self::with_zone(now, Zone::utc())
    }

    /// Returns a clock in that zone; the instant is `now`.
    #[must_use]
    pub fn with_zone(now: impl Into<DateTime<Utc>>, zone: Zone) -> Self {
        let state = State { now: now.into(), zone, is_zone_lost: false, other_zones: HashMap::new() };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    /// Sets the clock, forward or back.
    pub fn set(&self, now: impl Into<DateTime<Utc>>) {
        locked(&self.state).now = now.into();
    }

    /// Lets that much time pass; a negative span sets the clock back.
    ///
    /// # Panics
    /// At the ends of what chrono can count.
    pub fn advance(&self, span: TimeDelta) {
        let mut state = locked(&self.state);
        state.now = state.now.checked_add_signed(span).expect("a manual clock stays within chrono's years");
    }

    /// Changes the zone, as a traveller does: instants stay, wall-clock readings change.
    pub fn set_zone(&self, zone: Zone) {
        locked(&self.state).zone = zone;
    }

    /// Adds a zone that [`offset_in`](Clock::offset_in) knows by this name.
    pub fn add_zone(&self, name: &str, zone: Zone) {
        locked(&self.state).other_zones.insert(name.to_owned(), zone);
    }

    /// Has the zone be one that the machine doesn't know any more, or knows again. The offsets stay what they were.
    pub fn lose_zone(&self, is_lost: bool) {
        locked(&self.state).is_zone_lost = is_lost;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Moment {
        let now = locked(&self.state).now;
        moment(self, now)
    }

    fn offset_at(&self, instant: DateTime<Utc>) -> FixedOffset {
        locked(&self.state).zone.offset_at(instant)
    }

    fn check_zone(&self) -> Result<(), UnknownZone> {
        if locked(&self.state).is_zone_lost {
            return Err(UnknownZone { action: "find the time zone Europe/Berln".to_owned() });
        }
        Ok(())
    }

    fn offset_in(&self, zone: &str, instant: DateTime<Utc>) -> Option<FixedOffset> {
        locked(&self.state).other_zones.get(zone).map(|zone| zone.offset_at(instant))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::at;

    #[test]
    fn time_passes_by_hand_alone() {
        let clock = ManualClock::utc(at("2026-05-04 12:00"));
        let handle = clock.clone();
        assert_eq!(clock.now(), clock.now());
        clock.advance(TimeDelta::seconds(90));
        assert_eq!(handle.now(), at("2026-05-04 12:01:30"));
        handle.advance(TimeDelta::hours(-1));
        assert_eq!(clock.now(), at("2026-05-04 11:01:30"));
        clock.set(at("2020-01-01 00:00"));
        assert_eq!(handle.now(), at("2020-01-01 00:00"));
    }

    #[test]
    fn a_change_of_zone_keeps_the_instant() {
        let clock = ManualClock::with_zone(at("2026-07-01 12:00"), Zone::berlin());
        assert_eq!(clock.now().to_rfc3339(), "2026-07-01T14:00:00+02:00");
        clock.set_zone(Zone::fixed(-12_600));
        assert_eq!(clock.now().to_rfc3339(), "2026-07-01T08:30:00-03:30");
    }
}
