//! Evidence: the schedule and the facts that an explanation is based on.

use crate::model::history::HistoryNote;
use crate::model::schedule::ScheduleEntry;
use crate::ports::RunningService;
use crate::time::{Clock, Moment};

/// The schedule whose run is explained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExplainedSchedule {
    /// The schedule. If it was deleted, it has no options, because the history doesn't keep them.
    pub entry: ScheduleEntry,
    /// Whether it still exists.
    pub state: ScheduleState,
}

/// Whether a schedule still exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScheduleState {
    /// It is in the schedules file.
    Listed {
        /// The first moment for which a run can be due, if the history knows nothing about the schedule.
        first_due: Moment,
    },
    /// It is not in the schedules file any more.
    Deleted,
}

/// The facts that an explanation is based on.
#[derive(Clone, Copy)]
pub struct Evidence<'a> {
    /// The history, oldest note first.
    pub notes: &'a [HistoryNote],
    /// The service, if it runs.
    pub service: Option<RunningService>,
    /// The current time.
    pub now: Moment,
    /// The rules of the time zone.
    pub clock: &'a dyn Clock,
}
