//! Archive choice: which archive a request means.

use std::collections::HashMap;

use crate::model::archive::{BackupName, BackupRecord};
use crate::model::history::Ledger;
use crate::model::restore::is_current_folder;
use crate::policy::requested_moment::RequestedMoment;
use crate::time::{Clock, Moment, moment};

/// Which archive a request means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ArchiveChoice {
    /// The newest complete archive of that name.
    Newest(BackupName),
    /// The archive with that file name.
    File(String),
}

/// Returns the archive that a request means, if it exists.
#[must_use]
pub fn choose_archive<'a>(records: &'a [BackupRecord], choice: &ArchiveChoice) -> Option<&'a BackupRecord> {
    match choice {
        ArchiveChoice::Newest(name) => {
            let complete = records.iter().filter(|record| record.is_complete_of(name));
            complete.max_by_key(|record| record.finished)
        }
        ArchiveChoice::File(file_name) => records.iter().find(|record| record.file_name == *file_name),
    }
}

/// Returns the complete archives of that name that exist and that the history knows, each with the moment that it was
/// planned for, in the clock's zone. The oldest moment comes first.
#[must_use]
pub fn dated<'a>(
    records: &'a [BackupRecord],
    ledger: &Ledger,
    name: &BackupName,
    clock: &dyn Clock,
) -> Vec<(&'a BackupRecord, Moment)> {
    let records: HashMap<_, _> = records.iter().map(|record| (record.file_name.as_str(), record)).collect();
    let generations = ledger.generations(name).into_iter();
    let mut dated: Vec<_> = generations
        .filter_map(|(file_name, run)| {
            let record = *records.get(file_name)?;
            Some((record, moment(clock, run.made_for().to_utc())))
        })
        .collect();
    dated.sort_by_key(|(_, made_for)| *made_for);
    dated
}

/// Returns the newest of these that was planned for the requested moment or before it.
#[must_use]
pub fn newest_at<'a>(
    dated: &[(&'a BackupRecord, Moment)],
    when: RequestedMoment,
) -> Option<(&'a BackupRecord, Moment)> {
    dated.iter().rev().find(|(_, made_for)| when.reaches(*made_for)).copied()
}

/// Returns whether a line means the whole source: `.`, `./` and the like.
#[must_use]
pub fn is_everything(line: &[u8]) -> bool {
    is_current_folder(line)
}

/// Returns the lines that choose entries. It is empty if every line means the whole source.
#[must_use]
pub fn choosing(lines: &[Vec<u8>]) -> &[Vec<u8>] {
    if lines.iter().all(|line| is_everything(line)) { &[] } else { lines }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    fn record(file_name: &str, minute: u32) -> BackupRecord {
        let finished = DateTime::parse_from_rfc3339(&format!("2026-03-10T09:{minute:02}:00Z")).unwrap();
        BackupRecord { file_name: file_name.to_owned(), archive_bytes: 1, finished, sha256: None }
    }

    #[test]
    fn a_dot_is_everything() {
        for line in [".", "./", "./.", ".//"] {
            assert!(is_everything(line.as_bytes()), "{line}");
        }
        for line in ["", "/", "..", "./..", "./a", ".a", "a/."] {
            assert!(!is_everything(line.as_bytes()), "{line}");
        }
        let lines = |lines: &[&str]| lines.iter().map(|line| line.as_bytes().to_vec()).collect::<Vec<_>>();
        assert!(choosing(&lines(&[])).is_empty());
        assert!(choosing(&lines(&[".", "./"])).is_empty());
        assert_eq!(choosing(&lines(&[".", "!a"])), [&b"."[..], b"!a"]);
    }

    #[test]
    fn the_newest_complete_archive_is_taken_unless_another_is_given() {
        let records = [
            record("docs.tar", 1),
            record("docs.tar.zst", 2),
            record("docs.incomplete.tar", 3),
            record("docs2.tar", 4),
        ];
        let newest = |name: &str| ArchiveChoice::Newest(name.parse().unwrap());
        let file = |name: &str| ArchiveChoice::File(name.to_owned());
        let cases = [
            (newest("docs"), Some("docs.tar.zst")),
            (newest("docs2"), Some("docs2.tar")),
            (newest("music"), None),
            (file("docs.tar"), Some("docs.tar")),
            (file("docs.incomplete.tar"), Some("docs.incomplete.tar")),
            (file("docs"), None),
        ];
        for (choice, expected) in cases {
            let chosen = choose_archive(&records, &choice).map(|record| &record.file_name[..]);
            assert_eq!(chosen, expected, "{choice:?}");
        }
    }
}
