//! The system clock and the time zones of this machine.

mod named_zones;
pub(crate) mod system_clock;
mod zone;
