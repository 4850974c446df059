//! The schedules.

use backup_core::manager::ListedSchedule;
use serde_json::{Value, json};

use crate::error_message::message;

/// Returns a line of the schedules file. What isn't understood has no fields.
pub(crate) fn schedule(listed: &ListedSchedule) -> Value {
    let text = listed.entry.as_ref().map(ToString::to_string).unwrap_or_default();
    let mut fields = text.split(';').map(str::to_owned).filter(|field| !field.is_empty());
    let [folder, time, name] = [(); 3].map(|()| fields.next());
    let problem = listed.refused.as_ref().or(listed.contradiction.as_ref());
    json!({
        "index": listed.index,
        "line": listed.line_number,
        "text": listed.text,
        "folder": folder,
        "time": time,
        "name": name,
        "options": fields.collect::<Vec<_>>(),
        "runs": listed.refused.is_none(),
        "problem": problem.map(|error| message(error)),
    })
}
