//! What somebody may have meant who asked for a backup that isn't there.

use crate::model::archive::archive_name::ArchiveName;
use crate::model::archive::backup_name::BackupName;
use crate::model::archive::format::Grade;
use crate::model::archive::record::{BackupRecord, newest_older};

/// What was meant, most likely.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Suggestion {
    /// The backup of that name: the name of an archive was given for it.
    Name(String),
    /// The backup of that name, or the very archive that was named.
    Archive {
        /// The name of the backup.
        name: String,
        /// The archive's file name.
        file_name: String,
    },
    /// An incomplete archive, for no complete one of that name stands; its file name.
    Incomplete(String),
    /// An older generation, for no newest complete one of that name stands; the file name of the newest of them.
    Older(String),
}

impl Suggestion {
    /// Returns what was meant by a name under which no complete backup stands.
    #[must_use]
    pub fn by(given: &str, records: &[BackupRecord]) -> Option<Self> {
        let archives = || records.iter().filter_map(|record| ArchiveName::parse(&record.file_name));
        if let Some(archive) = archives().find(|archive| archive.to_string() == given) {
            return Some(Self::Archive { name: archive.backup.to_string(), file_name: given.to_owned() });
        }
        if let Some(named) =
            ArchiveName::parse(given).filter(|named| archives().any(|one| one.backup == named.backup))
        {
            return Some(Self::Name(named.backup.to_string()));
        }
        let name: BackupName = given.parse().ok()?;
        if let Some(older) = newest_older(records, &name) {
            return Some(Self::Older(older));
        }
        let is_incomplete =
            |archive: &ArchiveName| archive.backup == name && archive.grade == Grade::Incomplete;
        archives().find(is_incomplete).map(|archive| Self::Incomplete(archive.to_string()))
    }

    /// Returns the same for a command that takes no single archive.
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
    fn an_archive_s_name_or_an_incomplete_one_is_meant() {
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
        ];
        for (given, expected) in cases {
            assert_eq!(Suggestion::by(given, &records), expected, "{given}");
        }
    }
}
