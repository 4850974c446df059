//! What was paused or resumed.

use backup_core::manager::PausedSchedule;
use backup_core::text::printable;

/// Returns the line about a schedule that was to be paused.
pub(crate) fn paused(schedule: &PausedSchedule) -> String {
    line(schedule, if schedule.is_changed { "paused" } else { "is paused already" })
}

/// Returns the line about a schedule that was to be resumed.
pub(crate) fn resumed(schedule: &PausedSchedule) -> String {
    line(schedule, if schedule.is_changed { "resumed" } else { "is not paused" })
}

fn line(schedule: &PausedSchedule, what: &str) -> String {
    let text = printable(schedule.entry.to_string().as_bytes());
    format!("Schedule at index {} {what}: {text}", schedule.index)
}
