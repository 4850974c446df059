//! The clock and the zone of this machine.

use backup_core::ports::{Clock, Moment};
use chrono::{DateTime, FixedOffset, Local, Offset, TimeZone, Utc};

/// The system's clock, with the zone of `TZ` or `/etc/localtime`. A zone changed while the program runs is noticed.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this adapter is where the clock is read")]
    fn now(&self) -> Moment {
        let now = Utc::now();
        now.with_timezone(&self.offset_at(now))
    }

    // Only ever from an instant to its offset: the other direction is the core's.
    fn offset_at(&self, instant: DateTime<Utc>) -> FixedOffset {
        Local.offset_from_utc_datetime(&instant.naive_utc()).fix()
    }
}
