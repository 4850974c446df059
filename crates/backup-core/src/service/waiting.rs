//! A run that is due and waits for a worker.

use std::collections::HashMap;

use crate::model::history::RunKey;
use crate::model::schedule::ScheduleEntry;
use crate::time::Moment;

/// A run that is due and waits for a worker.
pub(super) struct Waiting {
    pub(super) key: RunKey,
    pub(super) entry: ScheduleEntry,
    pub(super) missed_runs: u32,
}

/// For each entry that waited at the last pass, the moment its run was planned for.
pub(super) type Queued = HashMap<String, Option<Moment>>;
