//! The rule that says when backups are wanted.

use crate::time::{Clock, Moment};

/// A rule saying when backups are wanted. Bring your own by implementing it.
pub trait Schedule {
    /// Returns the first moment strictly after `after`, or `None` if there will be no more.
    ///
    /// Promises: a function of its arguments and of the clock's zone rules alone; it never asks for the current time.
    fn next_after(&self, after: Moment, clock: &dyn Clock) -> Option<Moment>;
}

const _DYN_COMPATIBLE: Option<&dyn Schedule> = None;
