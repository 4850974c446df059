//! What will run when.

use backup_core::manager::UpcomingRun;
use backup_core::policy::clock_change::ClockChange;
use backup_core::time::rfc3339;
use serde_json::{Value, json};

/// Returns a planned run.
pub(crate) fn upcoming_run(run: &UpcomingRun) -> Value {
    let (change, time) = match &run.clock_change {
        None => (None, None),
        Some(ClockChange::Skipped(time)) => (Some("skipped"), Some(time)),
        Some(ClockChange::Repeated(time)) => (Some("repeated"), Some(time)),
    };
    json!({
        "name": run.entry.name().as_str(),
        "entry": run.entry.identity(),
        "planned": rfc3339(run.planned),
        "clock_change": change,
        "clock_change_time": time.map(|time| time.format("%Y-%m-%dT%H:%M").to_string()),
    })
}
