//! Run variables: what every command of a run gets to know about it.

use std::ffi::OsString;
use std::path::Path;

use crate::model::schedule::ScheduleEntry;
use crate::time::{Moment, rfc3339};

/// Returns the variables of the commands of a run. Each is always set, and empty where nothing is known.
pub(crate) fn of_a_run(
    home: &Path,
    planned: Option<Moment>,
    entry: &ScheduleEntry,
) -> Vec<(String, OsString)> {
    let all = [
        ("BACKUP_HOME", home.as_os_str().to_owned()),
        ("BACKUP_NAME", entry.name().to_string().into()),
        ("BACKUP_SOURCE", entry.source_under(home).into_os_string()),
        ("BACKUP_PLANNED", planned.map(rfc3339).unwrap_or_default().into()),
    ];
    all.map(|(name, value)| (name.to_owned(), value)).into()
}
