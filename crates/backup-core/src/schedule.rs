//! When backups are wanted: the rule, and the entries and the book in which it is written down.

mod admission;
mod book;
mod daily;
mod entry;
mod nearest;
mod options;
mod storage;
mod warning;
mod zone;

pub use admission::{Admission, Admitted, add, admit, check};
pub use book::{Item, ScheduleBook};
pub use daily::{Daily, TimeOfDay};
pub use entry::{EntryFault, ScheduleEntry};
pub(crate) use nearest::{near, nearest};
pub use options::{OptionFault, Options, ScheduleOption};
pub use storage::Storage;
pub use warning::{Surroundings, Warning, WarningKind, warnings};
pub use zone::first_instant_at_or_after;

use crate::ports::{Clock, Moment};

/// A rule saying when backups are wanted. Bring your own by implementing it.
pub trait Schedule {
    /// Returns the first moment strictly after `after`, or `None` if there will be no more.
    ///
    /// Promises: a function of its arguments and of the clock's zone rules alone; it never asks for the current time.
    fn next_after(&self, after: Moment, clock: &dyn Clock) -> Option<Moment>;
}

const _DYN_COMPATIBLE: Option<&dyn Schedule> = None;
