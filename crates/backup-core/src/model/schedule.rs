//! Schedules: the rule that says when to run, the entry with its options, and the book of all entries.

mod anomaly_limits;
mod anomaly_limits_error;
mod book;
mod byte_rate;
mod cadence;
mod entry;
mod entry_error;
mod entry_rule;
mod fault_column;
mod keep_rules;
mod keep_rules_error;
mod misplaced;
mod option_error;
mod option_value;
mod options;
mod priority;
mod rule;
mod run_limits;
mod schedule_option;
mod storage;
mod time_of_day;

pub use anomaly_limits::AnomalyLimits;
pub use anomaly_limits_error::AnomalyLimitsError;
pub use book::{Item, ScheduleBook};
pub use byte_rate::ByteRate;
pub use cadence::Cadence;
pub use entry::ScheduleEntry;
pub use entry_error::EntryError;
pub use entry_rule::EntryRule;
pub use fault_column::fault_column;
pub use keep_rules::{KeepRule, KeepRules};
pub use keep_rules_error::KeepRulesError;
pub use option_error::OptionError;
pub use options::Options;
pub use priority::{IoPriority, Priority};
pub(crate) use rule::INTERVALS_SINCE;
pub use rule::{InZone, Jitter, Jittered, Schedule, TimeError, TimeRule};
pub use schedule_option::ScheduleOption;
#[cfg(feature = "toml")]
pub(crate) use schedule_option::shape::OptionShape;
pub use storage::Storage;
