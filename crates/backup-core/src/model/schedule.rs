//! When backups are wanted: the rule, and the entries and the book in which it is written down.

mod book;
mod daily;
mod drill_period;
mod entry;
mod keep_rules;
mod keep_rules_error;
mod option_error;
mod options;
mod rule;
mod storage;

pub use book::{Item, ScheduleBook};
pub use daily::{Daily, TimeOfDay};
pub use drill_period::DrillPeriod;
pub use entry::{EntryFault, ScheduleEntry};
pub use keep_rules::{KeepRule, KeepRules};
pub use keep_rules_error::KeepFault;
pub use option_error::OptionFault;
pub use options::{Options, ScheduleOption};
pub use rule::Schedule;
pub use storage::Storage;

const _DYN_COMPATIBLE: Option<&dyn Schedule> = None;
