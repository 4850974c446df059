//! Schedule query: which schedules a name or an index refers to, deleted ones included.

use std::collections::BTreeSet;

use crate::manager::context::parse_index;
use crate::model::error::Error;
use crate::model::history::{HistoryNote, name_in};
use crate::model::schedule::ScheduleEntry;
use crate::policy::admission::Admitted;

/// A schedule that a query found.
pub(super) enum FoundSchedule {
    /// It is in the schedules file, and it runs.
    Listed(ScheduleEntry),
    /// It is not in the file any more. Only the history knows it, by this identity.
    Deleted(String),
    /// It is a line of the file that never runs.
    Refused {
        /// The text of the line.
        line: String,
        /// Why it doesn't run.
        reason: String,
    },
}

impl FoundSchedule {
    fn from_line(line: &Admitted<'_>) -> Self {
        match &line.entry {
            Ok(entry) => Self::Listed(entry.clone().into_owned()),
            Err(error) => {
                let detail = error.detail().map(|detail| format!(" ({detail})")).unwrap_or_default();
                Self::Refused { line: line.item.text(), reason: format!("{error}{detail}") }
            }
        }
    }

    /// Returns its identity in the history, if it can have one.
    pub(super) fn identity(&self) -> Option<String> {
        match self {
            Self::Listed(entry) => Some(entry.identity()),
            Self::Deleted(identity) => Some(identity.clone()),
            Self::Refused { .. } => None,
        }
    }
}

/// Returns the schedule with that index, or else all schedules that have or had that name.
///
/// Those in the file come first.
///
/// # Errors
/// [`Error::NothingKnownOf`] if there are none.
pub(super) fn find_schedules(
    key: &str,
    lines: &[Admitted<'_>],
    notes: &[HistoryNote],
) -> Result<Vec<FoundSchedule>, Error> {
    if let Some(line) = parse_index(key).and_then(|index| lines.get(index)) {
        return Ok(vec![FoundSchedule::from_line(line)]);
    }
    let mut found: Vec<_> =
        lines.iter().filter(|line| name_of(line) == key).map(FoundSchedule::from_line).collect();
    let listed: BTreeSet<String> = found.iter().filter_map(FoundSchedule::identity).collect();
    let deleted: BTreeSet<_> = identities(notes)
        .filter(|identity| name_in(identity) == key && !listed.contains(*identity))
        .collect();
    found.extend(deleted.into_iter().map(|identity| FoundSchedule::Deleted(identity.to_owned())));
    if found.is_empty() {
        return Err(nothing_known(key, lines, notes));
    }
    Ok(found)
}

fn nothing_known(key: &str, lines: &[Admitted<'_>], notes: &[HistoryNote]) -> Error {
    let names = lines.iter().map(name_of).chain(identities(notes).map(|known| name_in(known).to_owned()));
    let known: BTreeSet<_> = names.filter(|name| !name.is_empty()).collect();
    Error::NothingKnownOf { name: key.to_owned(), known: known.into_iter().collect() }
}

/// Returns the name in a line. If the line is malformed, this is its third field.
fn name_of(line: &Admitted<'_>) -> String {
    match &line.item.entry {
        Ok(entry) => entry.name().to_string(),
        Err(_) => line.item.text().split(';').nth(2).unwrap_or_default().to_owned(),
    }
}

/// Returns the identities of the schedules that the history knows.
fn identities(notes: &[HistoryNote]) -> impl Iterator<Item = &str> {
    notes.iter().filter_map(|note| match note {
        HistoryNote::Adopted { entry, .. } => Some(entry.as_str()),
        HistoryNote::Began { key, .. } => Some(&key.entry),
        HistoryNote::Sealed(run) | HistoryNote::Ended(run) | HistoryNote::Found(run) => Some(&run.key.entry),
        HistoryNote::Drilled(drill) => Some(&drill.key.entry),
        HistoryNote::Pruned { .. } | HistoryNote::Resumed { .. } | HistoryNote::Verified(_) => None,
    })
}
