//! Archive name: the file name of an archive, and what it says about the archive.

use std::fmt;

use crate::model::archive::backup_name::{BackupName, INCOMPLETE_SUFFIX};
use crate::model::archive::file_ending::FileEnding;
use crate::model::archive::format::Grade;
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
    /// The date in the name, if the archive is an older generation.
    pub stamp: Option<ArchiveTimestamp>,
    /// What the name ends with. The store decides it.
    pub ending: FileEnding,
}

impl ArchiveName {
    /// Parses the file name of an archive, from a store or from the history. Returns `None` if no store has such an archive.
    ///
    /// It isn't for text that a person wrote: `my.docs` is the name of a backup, but would be an archive with the ending
    /// `.docs`.
    #[must_use]
    pub fn parse(file_name: &str) -> Option<Self> {
        let (stem, ending) = FileEnding::split(file_name)?;
        let (name, grade, stamp) = match (stem.strip_suffix(INCOMPLETE_SUFFIX), ArchiveTimestamp::split(stem))
        {
            (Some(name), _) => (name, Grade::Incomplete, None),
            (None, Some((name, stamp))) => (name, Grade::Complete, Some(stamp)),
            (None, None) => (stem, Grade::Complete, None),
        };
        Some(Self { backup: name.parse().ok()?, grade, stamp, ending })
    }

    /// Returns the name that this archive gets when it becomes an older generation.
    #[must_use]
    pub fn stamped(&self, stamp: ArchiveTimestamp) -> Self {
        Self { stamp: Some(stamp), ..self.clone() }
    }

    /// Returns the names of the archives that this one makes obsolete.
    ///
    /// These are the archives of the same grade with another ending and, if this one is complete, the incomplete ones.
    /// `endings` are those of the store.
    #[must_use]
    pub fn superseded(&self, endings: &[FileEnding]) -> Vec<Self> {
        let grades: &[Grade] = match self.grade {
            Grade::Complete => &[Grade::Complete, Grade::Incomplete],
            Grade::Incomplete => &[Grade::Incomplete],
        };
        let of_grade = |grade| endings.iter().map(move |ending| self.backup.archive(grade, ending.clone()));
        let names = grades.iter().copied().flat_map(of_grade);
        names.filter(|other| other != self).collect()
    }
}

impl BackupName {
    /// Returns the file name of this backup's newest archive of a grade. A [`Compression`](crate::model::archive::Compression)
    /// stands for the ending that it has by default.
    #[must_use]
    pub fn archive(&self, grade: Grade, ending: impl Into<FileEnding>) -> ArchiveName {
        ArchiveName { backup: self.clone(), grade, stamp: None, ending: ending.into() }
    }

    /// Returns whether this is the file name of this backup's newest archive of a grade, with whatever ending.
    pub(crate) fn is_newest(&self, grade: Grade, file_name: &str) -> bool {
        let rest = FileEnding::split(file_name).and_then(|(stem, _)| stem.strip_prefix(self.as_str()));
        rest == Some(mark(grade))
    }
}

impl fmt::Display for ArchiveName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.backup, mark(self.grade))?;
        if let Some(stamp) = &self.stamp {
            write!(f, ".{stamp}")?;
        }
        f.write_str(self.ending.as_str())
    }
}

fn mark(grade: Grade) -> &'static str {
    if grade == Grade::Incomplete { INCOMPLETE_SUFFIX } else { "" }
}

/// The folder of finished backups, as messages show it.
pub(crate) const BACKUPS: &str = "backups";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::archive::format::{Compression, Format};

    fn archive(name: &str, grade: Grade, ending: impl Into<FileEnding>) -> ArchiveName {
        name.parse::<BackupName>().unwrap().archive(grade, ending)
    }

    #[test]
    fn is_read_as_it_is_written() {
        use Compression::{None, Zstd};
        let age = Format { compression: Zstd, encryption: crate::model::archive::Encryption::Age };
        let encrypted = archive("docs", Grade::Incomplete, age);
        assert_eq!(encrypted.to_string(), "docs.incomplete.tar.zst.age");
        assert_eq!(ArchiveName::parse("docs.incomplete.tar.zst.age"), Some(encrypted));
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
    fn any_ending_of_a_store_is_read_as_it_is_written() {
        for ending in [".tgz", ".zip", ".tar.gz", ".tar.zst.age"] {
            let ending: FileEnding = ending.parse().unwrap();
            let stamp = ArchiveTimestamp::of(crate::testing::at("2026-01-29T16:07:00+01:00"));
            for grade in [Grade::Complete, Grade::Incomplete] {
                let newest = archive("my.docs", grade, ending.clone());
                assert_eq!(ArchiveName::parse(&newest.to_string()), Some(newest.clone()));
                assert!(newest.backup.is_newest(grade, &newest.to_string()), "{newest}");
                assert!(!archive("my", grade, ending.clone()).backup.is_newest(grade, &newest.to_string()));
            }
            let older = archive("my.docs", Grade::Complete, ending).stamped(stamp);
            assert_eq!(ArchiveName::parse(&older.to_string()), Some(older.clone()));
            assert!(!older.backup.is_newest(Grade::Complete, &older.to_string()), "{older}");
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
            "docs.ZIP",
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
            "SHA256SUMS",
        ];
        for text in foreign {
            assert_eq!(ArchiveName::parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_longest_file_name_fits_a_file_system() {
        let longest = "x".repeat(BackupName::MAX_BYTES);
        for format in Format::ALL {
            let name = archive(&longest, Grade::Incomplete, format).to_string();
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
            let superseded =
                ArchiveName::parse(text).unwrap().superseded(&[FileEnding::TAR, FileEnding::TAR_ZST]);
            assert!(superseded.iter().map(ToString::to_string).eq(expected.iter().copied()), "{text}");
        }
    }
}
