//! Schedule rules: at which moments backups are planned, and how people write it.

mod calendar;
mod cron;
#[cfg(test)]
mod daily;
mod dates;
mod describe;
mod fault;
mod field;
mod in_zone;
mod interval;
mod jitter;
mod nth_day;
#[cfg(test)]
mod oracle;
mod part;
mod recurrence;
mod spelling;
mod suggestion;
mod time_error;
mod time_rule;
mod times;

pub use in_zone::InZone;
pub(crate) use interval::INTERVALS_SINCE;
pub use jitter::{Jitter, Jittered};
pub use time_error::TimeError;
pub use time_rule::TimeRule;

use auto_impl::auto_impl;

use crate::time::{Clock, Moment};

/// A rule that says at which moments backups are planned.
///
/// The rule of a schedule is an [`EntryRule`](crate::model::schedule::EntryRule). The port
/// [`Rules`](crate::ports::Rules) can put another in its place.
#[auto_impl(&, Box, Arc)]
pub trait Schedule {
    /// Returns the first planned moment strictly after `after`, or `None` if there are no more.
    ///
    /// Promises: the result depends only on the arguments and on the clock's zone rules. The current time is never used.
    fn next_after(&self, after: Moment, clock: &dyn Clock) -> Option<Moment>;
}

const _DYN_COMPATIBLE: Option<&dyn Schedule> = None;
