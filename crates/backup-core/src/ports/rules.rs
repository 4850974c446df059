//! Rules: says when each schedule runs.

use auto_impl::auto_impl;

use crate::model::schedule::{Schedule, ScheduleEntry};

/// Says when each schedule runs. The service, the manager, the status and the explanations all ask it.
///
/// The default is [`OwnRules`]. An embedder can replace the rules of some schedules, for example those with an option of
/// its own.
///
/// Promises: the rule of an entry depends only on the entry.
///
/// ```
/// use backup_core::model::schedule::{Schedule, ScheduleEntry, TimeRule};
/// use backup_core::ports::Rules;
/// use backup_core::time::{Clock, Moment};
///
/// /// Schedules at the old time of closing.
/// struct ClosingTime(TimeRule);
///
/// impl Rules for ClosingTime {
///     fn rule<'a>(&'a self, entry: &'a ScheduleEntry) -> Box<dyn Schedule + 'a> {
///         match entry.name().as_str() {
///             "till" => Box::new(&self.0),
///             _ => Box::new(entry.rule()),
///         }
///     }
/// }
/// ```
#[auto_impl(&, Box, Arc)]
pub trait Rules: Send + Sync {
    /// Returns the rule of a schedule.
    fn rule<'a>(&'a self, entry: &'a ScheduleEntry) -> Box<dyn Schedule + 'a> {
        Box::new(entry.rule())
    }
}

/// The rules that the entries have themselves: time, zone and jitter.
#[derive(Debug, Clone, Copy, Default)]
pub struct OwnRules;

impl Rules for OwnRules {}

const _DYN_COMPATIBLE: Option<&dyn Rules> = None;
