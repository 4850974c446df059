//! Schedule rule: the trait that says when backups are planned.

use crate::time::{Clock, Moment};

/// A rule that says at which moments backups are planned.
pub trait Schedule {
    /// Returns the first planned moment strictly after `after`, or `None` if there are no more.
    ///
    /// Promises: the result depends only on the arguments and on the clock's zone rules. The current time is never used.
    fn next_after(&self, after: Moment, clock: &dyn Clock) -> Option<Moment>;
}

const _DYN_COMPATIBLE: Option<&dyn Schedule> = None;
