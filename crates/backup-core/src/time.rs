//! Time: moments, the clock, and conversion between instants and local time.

mod clock;
mod format;
mod moment;
mod offsets;
mod other_zone;
mod period;
mod zone;

pub use clock::{Clock, UnknownZone, moment};
pub use format::{rfc3339, wall_clock};
pub use moment::{Moment, start_of_minute};
pub(crate) use offsets::Offsets;
pub use other_zone::Zoned;
pub use period::{NotAPeriod, Period};
pub use zone::{first_instant_at_or_after, first_instant_on};
pub(crate) use zone::{local_time, next_change};
