//! The system clock and the time zones of this machine.

pub(crate) mod system_clock;
mod zone;
