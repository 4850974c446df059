//! Suggestion: what a user probably meant by the name of a backup that doesn't exist.

use crate::model::archive::archive_name::ArchiveName;
use crate::model::archive::backup_name::BackupName;
use crate::model::archive::file_ending::FileEnding;
use crate::model::archive::format::Grade;
use crate::model::archive::record::{BackupRecord, newest_older};

/// What a user probably meant by a name that no complete backup has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Suggestion {
    /// The backup of this name. The given text is a file name of one of its archives, though no such archive exists.
    Name(String),
    /// An existing archive whose file name was given, or the backup that it belongs to.
    Archive {
        /// The name of the backup.
        name: String,
        /// The archive's file name.
        file_name: String,
    },
    /// An incomplete archive, by its file name. No complete archive of the backup exists.
    Incomplete(String),
    /// The newest older generation, by its file name. The backup's newest complete archive doesn't exist.
    Older(String),
    /// The backup of a schedule, which has no archive yet.
    NotMadeYet,
    /// A similar name, of a schedule or of archives.
    Similar(String),
    /// The index of a schedule, of which there are this many. The given text is no index of one.
    OtherIndex {
        /// How many schedules there are.
        schedules: usize,
    },
}

impl Suggestion {
    /// Returns what was probably meant by a name that no complete backup has, as far as the archives tell it.
    #[must_use]
    pub fn by(given: &str, records: &[BackupRecord]) -> Option<Self> {
        let archives = || records.iter().filter_map(|record| ArchiveName::parse(&record.file_name));
        if let Some(archive) = archives().find(|archive| archive.to_string() == given) {
            return Some(Self::Archive { name: archive.backup.to_string(), file_name: given.to_owned() });
        }
        // Of other endings, only those that exist here tell that a file name was meant.
        let is_ending = |ending: &FileEnding| {
            [FileEnding::TAR, FileEnding::TAR_ZST].contains(ending)
                || archives().any(|one| one.ending == *ending)
        };
        let is_known = |parsed: &ArchiveName| archives().any(|one| one.backup == parsed.backup);
        let parsed = ArchiveName::parse(given).filter(|parsed| is_known(parsed) && is_ending(&parsed.ending));
        if let Some(parsed) = parsed {
            return Some(Self::Name(parsed.backup.to_string()));
        }
        let name: BackupName = given.parse().ok()?;
        if let Some(older) = newest_older(records, &name) {
            return Some(Self::Older(older));
        }
        let is_incomplete =
            |archive: &ArchiveName| archive.backup == name && archive.grade == Grade::Incomplete;
        archives().find(is_incomplete).map(|archive| Self::Incomplete(archive.to_string()))
    }

    /// Returns the suggestion for a command that takes the name of a backup, but not a single archive.
    #[must_use]
    pub fn without_archive(self) -> Self {
        match self {
            Self::Archive { name, .. } => Self::Name(name),
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    #[test]
    fn the_name_of_an_archive_or_of_an_incomplete_backup_gets_a_suggestion() {
        let record = |file_name: &str| BackupRecord {
            file_name: file_name.to_owned(),
            archive_bytes: 1,
            finished: DateTime::UNIX_EPOCH.fixed_offset(),
            sha256: None,
        };
        let stamped = "docs.2026-01-29T16-07+0100.tar";
        let (old, older) = ("old.2026-01-29T16-07+0100.tar", "old.2026-01-28T16-07+0100.tar.zst");
        let records =
            ["docs.tar.zst", stamped, "music.incomplete.tar", "a.tar.tar", older, old, "old.incomplete.tar"];
        let records = records.map(record);
        let archive = |name: &str, file_name: &str| {
            Some(Suggestion::Archive { name: name.to_owned(), file_name: file_name.to_owned() })
        };
        let cases = [
            ("docs.tar.zst", archive("docs", "docs.tar.zst")),
            (stamped, archive("docs", stamped)),
            ("docs.tar", Some(Suggestion::Name("docs".to_owned()))),
            ("docs.2020-01-29T16-07+0100.tar", Some(Suggestion::Name("docs".to_owned()))),
            ("music", Some(Suggestion::Incomplete("music.incomplete.tar".to_owned()))),
            ("music.incomplete.tar", archive("music", "music.incomplete.tar")),
            ("a.tar.tar", archive("a.tar", "a.tar.tar")),
            ("old", Some(Suggestion::Older(old.to_owned()))),
            ("films", None),
            ("films.tar", None),
            ("../docs", None),
            // It isn't taken for an archive with the ending .old.
            ("docs.old", None),
        ];
        for (given, expected) in cases {
            assert_eq!(Suggestion::by(given, &records), expected, "{given}");
        }
    }
}
