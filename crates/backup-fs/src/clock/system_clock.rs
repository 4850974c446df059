//! The system clock, with the time zone of this process.

use std::env::var_os;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use backup_core::model::error::PortError;
use backup_core::time::{Clock, Moment, UnknownZone};
use chrono::{DateTime, FixedOffset, Utc};

use super::named_zones::NamedZones;
use super::zone::{Places, Zone};

/// The system clock, with the time zone of `TZ` or `/etc/localtime`.
///
/// A change of the zone is noticed while the program runs. If the zone can't be found any more, the last one stays in
/// force. If it was never found, UTC is used, and [`check_zone`](Clock::check_zone) reports it.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

/// The cached zone of this process. All threads share it, so that they agree when the zone's file vanishes.
static CACHE: Mutex<Option<CachedZone>> = Mutex::new(None);

/// The zones that were asked for by name.
static NAMED: Mutex<NamedZones> = Mutex::new(NamedZones::EMPTY);

/// How long a zone is used before it is looked up again.
const MAX_AGE: Duration = Duration::from_secs(1);

/// The result of the last lookup.
#[derive(Debug, Clone)]
struct CachedZone {
    looked_up: Instant,
    zone: Arc<Zone>,
    /// Whether the zone was ever set. Otherwise it is UTC because none is set.
    is_set: bool,
    /// Why the zone that is set now can't be used.
    fault: Option<String>,
}

impl CachedZone {
    fn current() -> Self {
        Self::with_current(Self::clone)
    }

    /// Returns what `read` reads in the current state.
    fn with_current<T>(read: impl FnOnce(&Self) -> T) -> T {
        let mut cached = CACHE.lock().unwrap_or_else(PoisonError::into_inner);
        let current = match cached.take() {
            Some(cached) if cached.looked_up.elapsed() < MAX_AGE => cached,
            before => Self::after(before.as_ref(), look_up()),
        };
        read(cached.insert(current))
    }

    /// Returns the state after a lookup. A zone that was set and is gone stays in force.
    fn after(before: Option<&Self>, found: Result<Option<Zone>, PortError>) -> Self {
        let looked_up = Instant::now();
        let (zone, is_set) = before.map_or_else(
            || (Arc::new(Zone::utc()), false),
            |cached| (Arc::clone(&cached.zone), cached.is_set),
        );
        let fault = match found {
            Ok(Some(found)) => return Self { looked_up, zone: Arc::new(found), is_set: true, fault: None },
            Ok(None) if !is_set => None,
            Ok(None) => Some("find the time zone of this machine: /etc/localtime is gone".to_owned()),
            Err(error) => {
                let cause = error.source.map(|cause| format!(": {cause}")).unwrap_or_default();
                Some(error.action + &cause)
            }
        };
        Self { looked_up, zone, is_set, fault }
    }
}

fn look_up() -> Result<Option<Zone>, PortError> {
    let (tz, tzdir) = (var_os("TZ"), var_os("TZDIR"));
    Places::of(tz.as_deref(), tzdir.as_deref()).zone()
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this adapter is where the clock is read")]
    fn now(&self) -> Moment {
        let now = Utc::now();
        now.with_timezone(&self.offset_at(now))
    }

    // This goes only from an instant to its offset. The core does the other direction.
    fn offset_at(&self, instant: DateTime<Utc>) -> FixedOffset {
        let seconds = CachedZone::with_current(|cached| cached.zone.offset_at(instant.timestamp()));
        FixedOffset::east_opt(seconds).expect("zones with an offset of a day or more are refused")
    }

    fn check_zone(&self) -> Result<(), UnknownZone> {
        CachedZone::current().fault.map_or(Ok(()), |action| Err(UnknownZone { action }))
    }

    fn offset_in(&self, zone: &str, instant: DateTime<Utc>) -> Option<FixedOffset> {
        let mut named = NAMED.lock().unwrap_or_else(PoisonError::into_inner);
        let found = named.zone(zone, Instant::now(), |zone| {
            let tzdir = var_os("TZDIR");
            Places::of(None, tzdir.as_deref()).in_database(zone)
        });
        found.and_then(|zone| FixedOffset::east_opt(zone.offset_at(instant.timestamp())))
    }
}

#[cfg(test)]
mod tests {
    use backup_core::model::error::Failure;

    use super::*;

    fn zone_of(tz: &str) -> Option<Zone> {
        Places::of(Some(tz.as_ref()), None).zone().unwrap()
    }

    fn state_of(cached: &CachedZone) -> (i32, Option<String>) {
        (cached.zone.offset_at(0), cached.fault.clone())
    }

    #[test]
    fn a_zone_that_vanishes_stays_in_force() {
        let gone = || Err(PortError::new(Failure::Missing, "find it").because("it is gone"));
        let never = CachedZone::after(None, gone());
        assert_eq!(state_of(&never), (0, Some("find it: it is gone".to_owned())));
        let found = CachedZone::after(Some(&never), Ok(zone_of("CET-1")));
        assert_eq!(state_of(&found), (3_600, None));
        let lost = CachedZone::after(Some(&found), gone());
        assert_eq!(state_of(&lost), (3_600, Some("find it: it is gone".to_owned())));
        let removed = CachedZone::after(Some(&lost), Ok(None));
        assert_eq!(removed.zone.offset_at(0), 3_600);
        assert!(removed.fault.is_some());
        let back = CachedZone::after(Some(&removed), Ok(zone_of("EET-2")));
        assert_eq!(state_of(&back), (7_200, None));
        assert_eq!(state_of(&CachedZone::after(None, Ok(None))), (0, None), "no zone at all is UTC");
    }
}
