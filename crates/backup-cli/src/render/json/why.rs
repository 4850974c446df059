//! Why runs did or didn't happen.

use backup_core::model::history::RunRecord;
use backup_core::policy::clock_change::ClockChange;
use backup_core::policy::explain::{Explanation, Reason};
use serde_json::{Value, json};

use super::{history, moment};

/// Returns what happened to a run, as a word and as a paragraph.
pub(crate) fn explanation(explanation: &Explanation) -> Value {
    json!({
        "schedule": explanation.schedule,
        "planned": moment(explanation.planned),
        "state": state(&explanation.reason),
        "clock_change": explanation.clock_change.as_ref().map(|change| match change {
            ClockChange::Skipped(_) => "skipped",
            ClockChange::Repeated(_) => "repeated",
        }),
        "run": run(&explanation.reason).map(history::run),
        "text": explanation.to_string(),
    })
}

fn state(reason: &Reason) -> &'static str {
    match reason {
        Reason::Ran { .. } => "ran",
        Reason::ByHand(_) | Reason::FailedByHand { .. } => "by-hand",
        Reason::UnfinishedByHand { .. } => "unfinished",
        Reason::ArchiveOnly(_) => "archive-only",
        Reason::MadeUp { .. } => "made-up",
        Reason::Skipped { .. } => "skipped",
        Reason::UnderWay { .. } => "running",
        Reason::Due { .. } => "due",
        Reason::Abandoned(_) => "abandoned",
        Reason::Future { .. } => "future",
        Reason::NotYet { .. } => "not-yet",
        Reason::Deleted(_) => "deleted",
        Reason::Refused(_) => "refused",
        Reason::NotPlanned { .. } | Reason::NotPlannedThatDay { .. } => "not-planned",
        Reason::Paused => "paused",
        Reason::NoSuchDate(_) => "no-such-date",
        Reason::ClockAhead { .. } => "clock-ahead",
        Reason::Unknown { .. } => "unknown",
    }
}

fn run(reason: &Reason) -> Option<&RunRecord> {
    match reason {
        Reason::Ran { run, .. }
        | Reason::ByHand(run)
        | Reason::FailedByHand { run, .. }
        | Reason::ArchiveOnly(run)
        | Reason::MadeUp { run, .. } => Some(run),
        _ => None,
    }
}
