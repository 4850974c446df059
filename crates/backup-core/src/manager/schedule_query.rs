//! Schedule query: which schedules a name or an index refers to, deleted ones included.
//!
//! A key of digits alone may be both. It is an index if there is such a line.

use std::collections::BTreeSet;

use crate::model::error::Error;
use crate::model::history::{HistoryNote, name_in};
use crate::model::schedule::{Item, ScheduleBook, ScheduleEntry};
use crate::operation::admission::Admitted;
use crate::text::near;

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
            Ok(entry) => Self::Listed(ScheduleEntry::clone(entry)),
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

/// The lines of the schedules that a key refers to.
pub(super) struct Matches {
    /// Their indexes.
    pub(super) indexes: Vec<usize>,
    /// Whether the key is the index of a line, and other lines have it as their name. It is taken for the index.
    pub(super) is_ambiguous: bool,
}

/// Returns the line with that index, or else all lines with that name. All commands read keys like this.
pub(super) fn matching(key: &str, names: &[String]) -> Matches {
    let named = names.iter().enumerate().filter(|(_, name)| *name == key).map(|(index, _)| index);
    let named: Vec<_> = named.collect();
    match parse_index(key).filter(|index| *index < names.len()) {
        Some(index) => {
            Matches { is_ambiguous: named.iter().any(|other| *other != index), indexes: vec![index] }
        }
        None => Matches { indexes: named, is_ambiguous: false },
    }
}

/// Returns the only line that a key refers to.
///
/// # Errors
/// [`Error::SeveralSchedules`], or what `missing` makes of a similar name and of how many schedules there are.
pub(super) fn only_match<'b>(
    key: &str,
    book: &'b ScheduleBook,
    missing: impl FnOnce(Option<String>, usize) -> Error,
) -> Result<Item<'b>, Error> {
    let items: Vec<_> = book.items().collect();
    let names: Vec<_> = items.iter().map(name_of).collect();
    let Matches { indexes, .. } = matching(key, &names);
    if let [_, _, ..] = indexes[..] {
        let lines = indexes.into_iter().map(|index| (index, items[index].text())).collect();
        return Err(Error::SeveralSchedules { name: key.to_owned(), lines });
    }
    let item = indexes.first().and_then(|index| items.into_iter().nth(*index));
    item.ok_or_else(|| missing(similar(key, &names), names.len()))
}

/// The shortest key for which a similar name is looked for.
const SHORTEST_WORD: usize = 3;

/// Returns the name that a misspelled key probably stands for. A path stands for the last name in it.
pub(super) fn similar(key: &str, names: &[String]) -> Option<String> {
    let key = key.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    // Every short word is similar to every other one.
    if key.chars().count() < SHORTEST_WORD {
        return None;
    }
    near(key, names.iter().map(String::as_str).filter(|name| !name.is_empty())).map(str::to_owned)
}

/// Returns the error for a key that refers to no line.
pub(super) fn no_such_schedule(key: &str, names: &[String]) -> Error {
    Error::NoSuchSchedule { key: key.to_owned(), near: similar(key, names), schedules: names.len() }
}

/// Returns the names of the lines.
pub(super) fn names<'b>(items: impl Iterator<Item = Item<'b>>) -> Vec<String> {
    items.map(|item| name_of(&item)).collect()
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
    let names: Vec<_> = lines.iter().map(|line| name_of(&line.item)).collect();
    let is_index = parse_index(key).is_some_and(|index| index < lines.len());
    let matches = matching(key, &names);
    let mut found: Vec<_> =
        matches.indexes.iter().map(|index| FoundSchedule::from_line(&lines[*index])).collect();
    if is_index {
        return Ok(found);
    }
    let listed: BTreeSet<String> = found.iter().filter_map(FoundSchedule::identity).collect();
    let deleted: BTreeSet<_> = identities(notes)
        .filter(|identity| name_in(identity) == key && !listed.contains(*identity))
        .collect();
    found.extend(deleted.into_iter().map(|identity| FoundSchedule::Deleted(identity.to_owned())));
    if found.is_empty() {
        return Err(nothing_known(key, names, notes));
    }
    Ok(found)
}

/// Returns the name of the backup of the schedule with that index, or else that name if schedules have or had it.
///
/// # Errors
/// [`Error::NothingKnownOf`] if none have.
pub(super) fn find_name(key: &str, lines: &[Admitted<'_>], notes: &[HistoryNote]) -> Result<String, Error> {
    let names: Vec<_> = lines.iter().map(|line| name_of(&line.item)).collect();
    if let Some(name) = parse_index(key).and_then(|index| names.get(index)) {
        return Ok(name.clone());
    }
    let is_known =
        names.iter().any(|name| name == key) || identities(notes).any(|known| name_in(known) == key);
    if is_known { Ok(key.to_owned()) } else { Err(nothing_known(key, names, notes)) }
}

fn nothing_known(key: &str, names: Vec<String>, notes: &[HistoryNote]) -> Error {
    let schedules = names.len();
    let names = names.into_iter().chain(identities(notes).map(|known| name_in(known).to_owned()));
    let known: BTreeSet<_> = names.filter(|name| !name.is_empty()).collect();
    Error::NothingKnownOf { name: key.to_owned(), known: known.into_iter().collect(), schedules }
}

/// Returns the name in a line. If the line is malformed, this is its third field.
pub(super) fn name_of(item: &Item<'_>) -> String {
    match &item.entry {
        Ok(entry) => entry.name().to_string(),
        Err(_) => item.text().split(';').nth(2).unwrap_or_default().to_owned(),
    }
}

/// Returns the identities of the schedules that the history knows.
pub(super) fn identities(notes: &[HistoryNote]) -> impl Iterator<Item = &str> {
    notes.iter().filter_map(|note| match note {
        HistoryNote::Adopted { entry, .. } => Some(entry.as_str()),
        HistoryNote::Began { key, .. } | HistoryNote::HookEnded { key, .. } => Some(&key.entry),
        HistoryNote::HookBegan(owed) => Some(&owed.key.entry),
        HistoryNote::Sealed(run) | HistoryNote::Ended(run) | HistoryNote::Found(run) => Some(&run.key.entry),
        HistoryNote::Drilled(drill) => Some(&drill.key.entry),
        HistoryNote::Pruned { .. }
        | HistoryNote::Resumed { .. }
        | HistoryNote::Accepted { .. }
        | HistoryNote::Baseline { .. }
        | HistoryNote::Verified(_)
        | HistoryNote::Summed(_) => None,
    })
}

/// Reads an index as `list` shows it: only digits.
pub(super) fn parse_index(text: &str) -> Option<usize> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(key: &str, indexes: &[usize], is_ambiguous: bool) {
        let names = ["docs", "0", "docs", "7", "3"].map(str::to_owned);
        let found = matching(key, &names);
        assert_eq!((found.indexes.as_slice(), found.is_ambiguous), (indexes, is_ambiguous), "{key}");
    }

    #[test]
    fn a_key_is_an_index_or_else_a_name() {
        check("2", &[2], false);
        check("docs", &[0, 2], false);
        check("7", &[3], false);
        check("0", &[0], true);
        check("3", &[3], true);
        check("00", &[0], false);
        for unknown in ["5", "doc", "", "-1", "+1"] {
            check(unknown, &[], false);
        }
    }

    #[test]
    fn only_one_line_can_be_meant() {
        let book = ScheduleBook::parse(b"# a\na;1:00;a\nb;2:00;docs\nb;25:00;docs\n");
        let missing =
            |near: Option<String>, schedules| Error::NoSuchSchedule { key: "?".to_owned(), near, schedules };
        let found = |key| only_match(key, &book, missing).map(|item| item.text());
        assert_eq!(found("a"), Ok("a;1:00;a".to_owned()));
        assert_eq!(found("2"), Ok("b;25:00;docs".to_owned()));
        let lines = vec![(1, "b;2:00;docs".to_owned()), (2, "b;25:00;docs".to_owned())];
        assert_eq!(found("docs"), Err(Error::SeveralSchedules { name: "docs".to_owned(), lines }));
        assert_eq!(found("dosc"), Err(missing(Some("docs".to_owned()), 3)));
        assert_eq!(found("/srv/docs/"), Err(missing(Some("docs".to_owned()), 3)));
        assert_eq!(found("pictures"), Err(missing(None, 3)));
    }
}
