//! The schedules, and what is the matter with them.

use backup_core::manager::ListedSchedule;
use backup_core::model::error::Error;

use super::detail;
use crate::error_message::message;

/// Returns a line a schedule.
pub(crate) fn schedules(listed: &[ListedSchedule]) -> impl Iterator<Item = String> {
    listed.iter().map(|schedule| format!("{}: {}", schedule.index, schedule.text))
}

/// Returns a line a schedule that doesn't run, with the reason, or that may be another than was meant.
pub(crate) fn warnings(listed: &[ListedSchedule]) -> Vec<String> {
    listed.iter().filter_map(|schedule| warning(schedule).or_else(|| commented(schedule))).collect()
}

pub(super) fn commented(schedule: &ListedSchedule) -> Option<String> {
    let ListedSchedule { line_number, .. } = schedule;
    schedule.seems_commented.then(|| {
        format!("what follows the # in line {line_number} of backup_schedules.txt is no comment, but belongs to the name")
    })
}

fn warning(schedule: &ListedSchedule) -> Option<String> {
    if let Some(error) = &schedule.contradiction {
        let line_number = schedule.line_number;
        return Some(format!("line {line_number} of backup_schedules.txt: {}", message(error)));
    }
    let error = schedule.refused.as_deref()?;
    let message = match error {
        // On a terminal it is shown anyway.
        Error::MalformedLine { .. } => format!("malformed schedule: {}", schedule.text),
        error => message(error),
    };
    Some(format!(
        "line {} of backup_schedules.txt doesn't run: {message}{}",
        schedule.line_number,
        detail(error)
    ))
}
