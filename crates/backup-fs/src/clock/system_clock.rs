//! The clock and the zone of this machine.

use std::env::var_os;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use backup_core::model::error::PortError;
use backup_core::time::{Clock, Moment, UnknownZone};
use chrono::{DateTime, FixedOffset, Utc};

use super::zone::{Places, Zone};

/// The system's clock, with the zone of `TZ` or `/etc/localtime`. A zone changed while the program runs is noticed. One
/// that can't be found any more stays what it was; one that was never found is UTC, and
/// [`check_zone`](Clock::check_zone) says so.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

/// The zone of this process, for all its threads: they must not disagree when its file vanishes.
static SEEN: Mutex<Option<Seen>> = Mutex::new(None);

/// How long a zone is believed before it is looked up again.
const BELIEVED: Duration = Duration::from_secs(1);

/// What was seen at the last look.
#[derive(Debug, Clone)]
struct Seen {
    at: Instant,
    zone: Arc<Zone>,
    /// Whether that zone was ever set, and isn't UTC for want of any.
    is_set: bool,
    /// Why the zone that is set now can't be had.
    fault: Option<String>,
}

impl Seen {
    fn now() -> Self {
        let mut seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
        let now = match seen.take() {
            Some(seen) if seen.at.elapsed() < BELIEVED => seen,
            before => Self::after(before.as_ref(), look()),
        };
        seen.insert(now).clone()
    }

    /// Returns what is known after a look. A zone that was set and is gone stays.
    fn after(before: Option<&Self>, found: Result<Option<Zone>, PortError>) -> Self {
        let at = Instant::now();
        let (zone, is_set) = before
            .map_or_else(|| (Arc::new(Zone::utc()), false), |seen| (Arc::clone(&seen.zone), seen.is_set));
        let fault = match found {
            Ok(Some(found)) => return Self { at, zone: Arc::new(found), is_set: true, fault: None },
            Ok(None) if !is_set => None,
            Ok(None) => Some("find the time zone of this machine: /etc/localtime is gone".to_owned()),
            Err(error) => {
                let cause = error.source.map(|cause| format!(": {cause}")).unwrap_or_default();
                Some(error.action + &cause)
            }
        };
        Self { at, zone, is_set, fault }
    }
}

fn look() -> Result<Option<Zone>, PortError> {
    let (tz, tzdir) = (var_os("TZ"), var_os("TZDIR"));
    Places::of(tz.as_deref(), tzdir.as_deref()).zone()
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this adapter is where the clock is read")]
    fn now(&self) -> Moment {
        let now = Utc::now();
        now.with_timezone(&self.offset_at(now))
    }

    // Only ever from an instant to its offset: the other direction is the core's.
    fn offset_at(&self, instant: DateTime<Utc>) -> FixedOffset {
        let seconds = Seen::now().zone.offset_at(instant.timestamp());
        FixedOffset::east_opt(seconds).expect("a zone with an offset of a day or more is none")
    }

    fn check_zone(&self) -> Result<(), UnknownZone> {
        Seen::now().fault.map_or(Ok(()), |action| Err(UnknownZone { action }))
    }
}

#[cfg(test)]
mod tests {
    use backup_core::model::error::Failure;

    use super::*;

    fn east(tz: &str) -> Option<Zone> {
        Places::of(Some(tz.as_ref()), None).zone().unwrap()
    }

    fn told(seen: &Seen) -> (i32, Option<String>) {
        (seen.zone.offset_at(0), seen.fault.clone())
    }

    #[test]
    fn a_zone_that_vanishes_stays_what_it_was() {
        let gone = || Err(PortError::new(Failure::Missing, "find it").because("it is gone"));
        let never = Seen::after(None, gone());
        assert_eq!(told(&never), (0, Some("find it: it is gone".to_owned())));
        let found = Seen::after(Some(&never), Ok(east("CET-1")));
        assert_eq!(told(&found), (3_600, None));
        let lost = Seen::after(Some(&found), gone());
        assert_eq!(told(&lost), (3_600, Some("find it: it is gone".to_owned())));
        let removed = Seen::after(Some(&lost), Ok(None));
        assert_eq!(removed.zone.offset_at(0), 3_600);
        assert!(removed.fault.is_some());
        let back = Seen::after(Some(&removed), Ok(east("EET-2")));
        assert_eq!(told(&back), (7_200, None));
        assert_eq!(told(&Seen::after(None, Ok(None))), (0, None), "no zone at all is UTC");
    }
}
