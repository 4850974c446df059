//! The system's clock, and the time zones of the machine.

pub(crate) mod system_clock;
mod zone;
