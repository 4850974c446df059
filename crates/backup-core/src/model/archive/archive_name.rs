//! Archive name: the file name of an archive, and what it says about the archive.

use std::fmt;

use crate::model::archive::backup_name::{BackupName, INCOMPLETE_SUFFIX};
use crate::model::archive::format::{Compression, Grade};
use crate::model::archive::timestamp::ArchiveTimestamp;

/// Returns the path of an archive relative to the home, as messages show it: `backups/docs.tar`.
#[must_use]
pub fn display_path(file_name: &str) -> String {
    format!("{BACKUPS}/{file_name}")
}

/// The parts of an archive's file name. Its text form is the file name: `docs.incomplete.tar.zst`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ArchiveName {
    /// The name of the backup.
    pub backup: BackupName,
    /// Whether the archive is complete.
    pub grade: Grade,
    /// How the archive is stored.
    pub compression: Compression,
    /// The date in the name, if the archive is an older generation.
    pub stamp: Option<ArchiveTimestamp>,
}

impl ArchiveName {
    /// Parses a file name. Returns `None` if Backup Manager never gives an archive this name.
    #[must_use]
    pub fn parse(file_name: &str) -> Option<Self> {
        let has_ending = |compression: &Compression| file_name.ends_with(compression.ending());
        let compression = Compression::ALL.into_iter().find(has_ending)?;
        let stem = file_name.strip_suffix(compression.ending())?;
        let (name, grade, stamp) = match (stem.strip_suffix(INCOMPLETE_SUFFIX), ArchiveTimestamp::split(stem))
        {
            (Some(name), _) => (name, Grade::Incomplete, None),
            (None, Some((name, stamp))) => (name, Grade::Complete, Some(stamp)),
            (None, None) => (stem, Grade::Complete, None),
        };
        Some(Self { backup: name.parse().ok()?, grade, compression, stamp })
    }

    /// Returns the name that this archive gets when it becomes an older generation.
    #[must_use]
    pub fn stamped(&self, stamp: ArchiveTimestamp) -> Self {
        Self { stamp: Some(stamp), ..self.clone() }
    }

    /// Returns the names of the archives that this one makes obsolete.
    ///
    /// These are the archive of the same grade with another compression and, if this one is complete, the incomplete ones.
    #[must_use]
    pub fn superseded(&self) -> Vec<Self> {
        let grades: &[Grade] = match self.grade {
            Grade::Complete => &[Grade::Complete, Grade::Incomplete],
            Grade::Incomplete => &[Grade::Incomplete],
        };
        let forms = grades.iter().flat_map(|grade| Compression::ALL.map(|compression| (*grade, compression)));
        let names = forms.map(|(grade, compression)| self.backup.archive(grade, compression));
        names.filter(|other| other != self).collect()
    }
}

impl BackupName {
    /// Returns the file name of this backup's newest archive of a grade and compression.
    #[must_use]
    pub fn archive(&self, grade: Grade, compression: Compression) -> ArchiveName {
        ArchiveName { backup: self.clone(), grade, compression, stamp: None }
    }
}

impl fmt::Display for ArchiveName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = if self.grade == Grade::Incomplete { INCOMPLETE_SUFFIX } else { "" };
        write!(f, "{}{mark}", self.backup)?;
        if let Some(stamp) = &self.stamp {
            write!(f, ".{stamp}")?;
        }
        f.write_str(self.compression.ending())
    }
}

/// The folder of finished backups, as messages show it.
pub(crate) const BACKUPS: &str = "backups";

#[cfg(test)]
mod tests {
    use super::*;

    fn archive(name: &str, grade: Grade, compression: Compression) -> ArchiveName {
        name.parse::<BackupName>().unwrap().archive(grade, compression)
    }

    #[test]
    fn is_read_as_it_is_written() {
        use Compression::{None, Zstd};
        let cases = [
            ("docs.tar", "docs", Grade::Complete, None),
            ("docs.tar.zst", "docs", Grade::Complete, Zstd),
            ("docs.incomplete.tar", "docs", Grade::Incomplete, None),
            ("docs.incomplete.tar.zst", "docs", Grade::Incomplete, Zstd),
            // Names that look like endings.
            ("a.tar.tar", "a.tar", Grade::Complete, None),
            ("a.tar.zst.tar", "a.tar.zst", Grade::Complete, None),
            ("a.tar.tar.zst", "a.tar", Grade::Complete, Zstd),
            ("a.zst.tar", "a.zst", Grade::Complete, None),
            ("a.incomplete.tar.incomplete.tar.zst", "a.incomplete.tar", Grade::Incomplete, Zstd),
            ("tar.zst.tar", "tar.zst", Grade::Complete, None),
        ];
        for (text, name, grade, compression) in cases {
            let expected = archive(name, grade, compression);
            assert_eq!(expected.to_string(), text);
            assert_eq!(ArchiveName::parse(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn the_name_of_an_older_generation_has_its_date() {
        let newest = archive("my.docs", Grade::Complete, Compression::Zstd);
        let older = newest.stamped(ArchiveTimestamp::of(crate::testing::at("2026-01-29T16:07:00+01:00")));
        assert_eq!(older.to_string(), "my.docs.2026-01-29T16-07+0100.tar.zst");
        assert_eq!(ArchiveName::parse(&older.to_string()), Some(older));
        assert_eq!(ArchiveName::parse("docs.2026-01-29T16-07+0100.incomplete.tar"), None);
        assert_eq!(
            "docs.2026-01-29T16-07+0100".parse::<BackupName>(),
            Err(crate::model::archive::backup_name::NameError::Reserved)
        );
    }

    #[test]
    fn names_of_other_files_are_not_parsed() {
        let foreign = [
            "",
            "docs",
            "docs.zst",
            "docs.tar.gz",
            "docs.tar.ZST",
            ".tar",
            ".tar.zst",
            ".incomplete.tar",
            ".docs.tar",
            " .tar.zst",
            "a;b.tar",
            "a\nb.tar",
            "a/b.tar",
            "docs.incomplete.incomplete.tar",
            ".docs.tar.partial",
            "docs.tar.zst.partial",
        ];
        for text in foreign {
            assert_eq!(ArchiveName::parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_longest_file_name_fits_a_file_system() {
        let longest = "x".repeat(BackupName::MAX_BYTES);
        for compression in Compression::ALL {
            let name = archive(&longest, Grade::Incomplete, compression).to_string();
            assert!(name.len() <= 255 - 20, "{name}");
        }
    }

    #[test]
    fn a_complete_archive_supersedes_all_others_and_an_incomplete_one_the_incomplete_ones() {
        let cases: [(&str, &[&str]); 4] = [
            ("a.tar", &["a.tar.zst", "a.incomplete.tar", "a.incomplete.tar.zst"]),
            ("a.tar.zst", &["a.tar", "a.incomplete.tar", "a.incomplete.tar.zst"]),
            ("a.incomplete.tar", &["a.incomplete.tar.zst"]),
            ("a.incomplete.tar.zst", &["a.incomplete.tar"]),
        ];
        for (text, expected) in cases {
            let superseded = ArchiveName::parse(text).unwrap().superseded();
            assert!(superseded.iter().map(ToString::to_string).eq(expected.iter().copied()), "{text}");
        }
    }
}
