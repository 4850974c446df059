//! A run that is due and waits for a worker.

use crate::model::history::RunKey;
use crate::model::schedule::ScheduleEntry;

/// A run that is due and waits for a worker.
pub(super) struct Waiting {
    pub(super) key: RunKey,
    pub(super) entry: ScheduleEntry,
    pub(super) missed_runs: u32,
}
