//! Decisions as pure functions: what is due, overdue, allowed, kept, good, and why.

pub mod agenda;
pub mod anomaly;
pub mod archive_choice;
pub mod clock_change;
pub mod config_warnings;
pub mod crontab;
pub mod difference;
pub mod drill_capabilities;
pub mod drill_due;
pub mod drill_overdue;
pub mod due;
pub mod explain;
pub mod heal_sources;
pub mod import;
pub mod integrity;
pub mod latest;
pub mod link_trust;
pub mod notice_retry;
pub mod notices;
pub mod overdue;
pub mod requested_moment;
pub mod retention;
pub mod reuse;
pub mod schedule_warnings;
pub mod upcoming;
pub mod verdict;
