//! What the archiver reports: what went into an archive, and what could not be read.

use std::fmt;
use std::path::PathBuf;

use crate::model::archive::format::Grade;
use crate::text::printable;

/// What an archiver has to say about one entry of the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The entry, below the source; empty for the source itself.
    pub path: PathBuf,
    /// What is the matter with it.
    pub kind: FindingKind,
}

/// What can be the matter with an entry, from bad to harmless.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FindingKind {
    /// It, or part of it, could not be read and is missing; the reason.
    Unreadable(String),
    /// It changed while it was read: its length in the archive is right, its contents may mix two states.
    Torn,
    /// It was gone before it could be read.
    Vanished,
    /// A socket, which no archive can hold.
    Socket,
    /// A folder of Backup Manager's own (its backups, its logs).
    Own,
    /// It matches a pattern of what is to be left out; of a folder, all that is in it too.
    Excluded,
    /// It, or what is in this folder, was mounted there, and is left out as was asked for.
    OtherFileSystem,
    /// What is in this folder is a cache, and is left out as was asked for.
    Cache,
}

impl FindingKind {
    /// Returns true when something is left out because somebody decided so.
    #[must_use]
    pub fn is_on_purpose(&self) -> bool {
        matches!(self, Self::Excluded | Self::OtherFileSystem | Self::Cache)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = printable(self.path.as_os_str().as_encoded_bytes());
        let path = if path.is_empty() { "." } else { &path };
        match &self.kind {
            FindingKind::Unreadable(reason) => {
                write!(f, "can't read {path}: {}", printable(reason.as_bytes()))
            }
            FindingKind::Torn => write!(f, "{path} changed while it was read"),
            FindingKind::Vanished => write!(f, "{path} vanished before it was read"),
            FindingKind::Socket => write!(f, "{path} is a socket, left out"),
            FindingKind::Own => write!(f, "{path} belongs to Backup Manager, left out"),
            FindingKind::Excluded => write!(f, "{path} is excluded"),
            FindingKind::OtherFileSystem => {
                write!(f, "{path} is on another file system, its contents left out")
            }
            FindingKind::Cache => write!(f, "{path} is a cache, its contents left out"),
        }
    }
}

/// What an archive holds, after it was read to its end and found whole.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CheckReport {
    /// Entries in the archive.
    pub entries: u64,
    /// Bytes of file contents that are stored in it.
    pub content_bytes: u64,
}

/// What an archiver did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PackReport {
    /// Entries in the archive.
    pub entries: u64,
    /// Bytes of file contents in it.
    pub content_bytes: u64,
    /// The first findings, at most [`PackReport::MAX_FINDINGS`], without those that are on purpose.
    pub findings: Vec<Finding>,
    /// Entries that are missing because they could not be read.
    pub unreadable_entries: u64,
    /// Entries that changed while they were read.
    pub torn_entries: u64,
    /// Entries that were left out on purpose, and folders whose contents were; what lies below them isn't counted.
    pub excluded_entries: u64,
    /// The source's path without symbolic links, where the archiver knows it.
    pub real_source: Option<PathBuf>,
}

impl PackReport {
    /// How many findings are kept, so that memory is bounded whatever the tree is like. The counts go on.
    pub const MAX_FINDINGS: usize = 1_000;

    /// Adds a finding and counts it.
    pub fn add(&mut self, path: PathBuf, kind: FindingKind) {
        match kind {
            FindingKind::Unreadable(_) => self.unreadable_entries += 1,
            FindingKind::Torn => self.torn_entries += 1,
            FindingKind::Excluded | FindingKind::OtherFileSystem | FindingKind::Cache => {
                self.excluded_entries += 1;
            }
            FindingKind::Vanished | FindingKind::Socket | FindingKind::Own => {}
        }
        // Decisions are not to crowd out troubles.
        if !kind.is_on_purpose() && self.findings.len() < Self::MAX_FINDINGS {
            self.findings.push(Finding { path, kind });
        }
    }

    /// Returns what the archive is worth. A torn entry is in it; an unreadable one isn't.
    #[must_use]
    pub fn grade(&self) -> Grade {
        if self.unreadable_entries == 0 { Grade::Complete } else { Grade::Incomplete }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One of every kind, from bad to harmless. A new kind doesn't compile in `harm`.
    fn every_finding_kind() -> [FindingKind; 8] {
        let reason = "Permission denied".to_owned();
        [
            FindingKind::Unreadable(reason),
            FindingKind::Torn,
            FindingKind::Vanished,
            FindingKind::Socket,
            FindingKind::Own,
            FindingKind::Excluded,
            FindingKind::OtherFileSystem,
            FindingKind::Cache,
        ]
    }

    /// What a finding of that kind adds to the counts of unreadable, torn and excluded entries.
    fn harm(kind: &FindingKind) -> (u64, u64, u64) {
        match kind {
            FindingKind::Unreadable(_) => (1, 0, 0),
            FindingKind::Torn => (0, 1, 0),
            FindingKind::Excluded | FindingKind::OtherFileSystem | FindingKind::Cache => (0, 0, 1),
            FindingKind::Vanished | FindingKind::Socket | FindingKind::Own => (0, 0, 0),
        }
    }

    #[test]
    fn findings_say_what_is_the_matter() {
        let finding = |path: &str, kind| Finding { path: PathBuf::from(path), kind };
        let mut said = every_finding_kind().map(|kind| finding("a/b c", kind).to_string()).to_vec();
        said.push(finding("", FindingKind::Torn).to_string());
        said.push(finding("a\nb\u{1b}", FindingKind::Unreadable("why\nnot".to_owned())).to_string());
        insta::assert_snapshot!(said.join("\n"), @r"
        can't read a/b c: Permission denied
        a/b c changed while it was read
        a/b c vanished before it was read
        a/b c is a socket, left out
        a/b c belongs to Backup Manager, left out
        a/b c is excluded
        a/b c is on another file system, its contents left out
        a/b c is a cache, its contents left out
        . changed while it was read
        can't read a\nb\u{1b}: why\nnot
        ");
    }

    #[test]
    fn only_what_is_missing_makes_a_backup_incomplete() {
        for kind in every_finding_kind() {
            let mut report = PackReport::default();
            report.add(PathBuf::from("a"), kind.clone());
            let counts = (report.unreadable_entries, report.torn_entries, report.excluded_entries);
            assert_eq!(counts, harm(&kind), "{kind:?}");
            let expected = if report.unreadable_entries > 0 { Grade::Incomplete } else { Grade::Complete };
            assert_eq!(report.grade(), expected, "{kind:?}");
            let told = if kind.is_on_purpose() { vec![] } else { vec![Finding { path: "a".into(), kind }] };
            assert_eq!(report.findings, told);
        }
    }

    #[test]
    fn findings_are_bounded_but_counted() {
        let mut report = PackReport::default();
        for _ in 0..PackReport::MAX_FINDINGS + 5 {
            report.add(PathBuf::from("a"), FindingKind::Torn);
        }
        assert_eq!((report.findings.len(), report.torn_entries), (1_000, 1_005));
    }
}
