//! Which schedules somebody means by a name or an index, those included that are gone.

use std::collections::BTreeSet;

use crate::manager::parse_index;
use crate::model::error::Error;
use crate::model::history::{HistoryNote, name_in};
use crate::model::schedule::ScheduleEntry;
use crate::policy::admission::Admitted;

/// A schedule that is meant.
pub(super) enum ScheduleQuery {
    /// It stands in the schedules.
    Standing(ScheduleEntry),
    /// It is known to the history alone; its identity.
    Gone(String),
    /// A line that never runs, and why.
    Refused { line: String, reason: String },
}

impl ScheduleQuery {
    /// Returns what the history knows it by, if it can know it.
    pub(super) fn identity(&self) -> Option<String> {
        match self {
            Self::Standing(entry) => Some(entry.identity()),
            Self::Gone(identity) => Some(identity.clone()),
            Self::Refused { .. } => None,
        }
    }
}

/// Returns the schedules that `key` means: the line with that index, or else all with that name, first those that
/// stand.
///
/// # Errors
/// [`Error::NothingKnownOf`].
pub(super) fn asked(
    key: &str,
    lines: &[Admitted<'_>],
    notes: &[HistoryNote],
) -> Result<Vec<ScheduleQuery>, Error> {
    if let Some(line) = parse_index(key).and_then(|index| lines.get(index)) {
        return Ok(vec![of_line(line)]);
    }
    let mut asked: Vec<_> = lines.iter().filter(|line| name_of(line) == key).map(of_line).collect();
    let stand: BTreeSet<String> = asked.iter().filter_map(ScheduleQuery::identity).collect();
    let gone = identities(notes).filter(|identity| name_in(identity) == key && !stand.contains(*identity));
    asked.extend(
        gone.collect::<BTreeSet<_>>().into_iter().map(|identity| ScheduleQuery::Gone(identity.to_owned())),
    );
    if asked.is_empty() {
        let names = lines.iter().map(name_of).chain(identities(notes).map(|known| name_in(known).to_owned()));
        let known: BTreeSet<_> = names.filter(|name| !name.is_empty()).collect();
        return Err(Error::NothingKnownOf { name: key.to_owned(), known: known.into_iter().collect() });
    }
    Ok(asked)
}

fn of_line(line: &Admitted<'_>) -> ScheduleQuery {
    match &line.entry {
        Ok(entry) => ScheduleQuery::Standing(entry.clone()),
        Err(error) => {
            let detail = error.detail().map(|detail| format!(" ({detail})")).unwrap_or_default();
            ScheduleQuery::Refused { line: line.item.text(), reason: format!("{error}{detail}") }
        }
    }
}

/// Returns the name on a line; of one that isn't understood, what stands in its place.
fn name_of(line: &Admitted<'_>) -> String {
    match &line.item.entry {
        Ok(entry) => entry.name().to_string(),
        Err(_) => line.item.text().split(';').nth(2).unwrap_or_default().to_owned(),
    }
}

fn identities(notes: &[HistoryNote]) -> impl Iterator<Item = &str> {
    notes.iter().filter_map(|note| match note {
        HistoryNote::Adopted { entry, .. } => Some(entry.as_str()),
        HistoryNote::Began { key, .. } => Some(&key.entry),
        HistoryNote::Sealed(run) | HistoryNote::Ended(run) | HistoryNote::Found(run) => Some(&run.key.entry),
        HistoryNote::Drilled(drill) => Some(&drill.key.entry),
        HistoryNote::Pruned { .. } | HistoryNote::Resumed { .. } | HistoryNote::Verified(_) => None,
    })
}
