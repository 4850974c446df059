//! Which archive is taken.

use crate::backup::{BackupName, BackupRecord};

/// Which archive is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ArchiveChoice {
    /// The newest complete one of that name.
    Newest(BackupName),
    /// The one in that file.
    File(String),
}

/// Returns the archive that is wanted, if it is there.
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

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    fn record(file_name: &str, minute: u32) -> BackupRecord {
        let finished = DateTime::parse_from_rfc3339(&format!("2026-03-10T09:{minute:02}:00Z")).unwrap();
        BackupRecord { file_name: file_name.to_owned(), archive_bytes: 1, finished, sha256: None }
    }

    #[test]
    fn the_newest_complete_one_is_taken_unless_another_is_named() {
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
