//! Pack report: what an archiver packed, what it left out, and what it could not read.

use std::fmt;
use std::path::PathBuf;

use crate::model::archive::format::Grade;
use crate::model::archive::source_profile::SourceProfile;
use crate::model::restore::Refusal;
use crate::text::printable;
use crate::time::Moment;

/// Something noteworthy about one entry of the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The path below the source. It is empty for the source itself.
    pub path: PathBuf,
    /// What was found.
    pub kind: FindingKind,
}

/// What can be found about an entry, from severe to harmless.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FindingKind {
    /// The entry or a part of it could not be read and is missing. The text is the reason.
    Unreadable(String),
    /// The entry changed while it was read. Its length in the archive is right, but its contents may mix two states.
    Torn,
    /// The entry was removed before it could be read.
    Vanished,
    /// The entry is a socket. An archive can't contain one.
    Socket,
    /// The entry is a folder of Backup Manager itself, such as its backups.
    Own,
    /// The entry matches an exclude pattern. If it is a folder, everything in it is left out too.
    Excluded,
    /// The entry, or the contents of this folder, is a mount and was left out as requested.
    OtherFileSystem,
    /// The folder is a cache, and its contents were left out as requested.
    Cache,
}

impl FindingKind {
    /// Returns whether the entry was left out because the schedule says so.
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

/// What an archive contains, counted by reading an intact archive to its end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CheckReport {
    /// The entries in the archive.
    pub entries: u64,
    /// The bytes of file contents that are stored in it.
    pub content_bytes: u64,
    /// The entries that a restore refuses because of their paths or kinds. Only the archives of other tools have such.
    pub refused_entries: u64,
    /// Why a restore refuses the first of these.
    pub refusal: Option<Refusal>,
}

/// What an archiver packed, and what it found.
///
/// An archiver begins with `PackReport::default()`, sets the counts, and calls [`add`](Self::add) for each finding.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PackReport {
    /// The entries in the archive.
    pub entries: u64,
    /// The bytes of file contents in it.
    pub content_bytes: u64,
    /// The first findings, at most [`PackReport::MAX_FINDINGS`]. Entries that were left out on purpose are only counted.
    pub findings: Vec<Finding>,
    /// The entries that are missing because they could not be read.
    pub unreadable_entries: u64,
    /// The entries that changed while they were read.
    pub torn_entries: u64,
    /// The entries that were left out on purpose, and the folders whose contents were.
    ///
    /// Entries below these are not counted.
    pub excluded_entries: u64,
    /// The path of the source without symbolic links, if the archiver knows it.
    pub real_source: Option<PathBuf>,
    /// What was seen of the regular files, if the archiver looks at that. Without it, a source that was encrypted isn't noticed.
    pub profile: Option<SourceProfile>,
    /// The entries that were taken over from an earlier archive.
    pub taken_over_entries: u64,
    /// The bytes of the archive that were taken over unread, whether they take space of their own or not.
    pub taken_over_bytes: u64,
    /// The bytes of the archive that take no space of their own, because an earlier archive has them. An archiver leaves it alone.
    pub shared_bytes: u64,
    /// When the last run began that read everything, if this one took over parts. An archiver leaves it alone.
    pub last_full: Option<Moment>,
}

impl PackReport {
    /// The maximum number of findings that are kept, so that memory is bounded. Further findings are only counted.
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
        // Entries that were left out on purpose must not crowd out problems.
        if !kind.is_on_purpose() && self.findings.len() < Self::MAX_FINDINGS {
            self.findings.push(Finding { path, kind });
        }
    }

    /// Returns whether the archive is complete. It lacks unreadable entries, but it contains torn ones.
    #[must_use]
    pub fn grade(&self) -> Grade {
        if self.unreadable_entries == 0 { Grade::Complete } else { Grade::Incomplete }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One finding of every kind, from severe to harmless. `expected_counts` fails to compile when a kind is added.
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

    /// What a finding of this kind adds to the counts of unreadable, torn and excluded entries.
    fn expected_counts(kind: &FindingKind) -> (u64, u64, u64) {
        match kind {
            FindingKind::Unreadable(_) => (1, 0, 0),
            FindingKind::Torn => (0, 1, 0),
            FindingKind::Excluded | FindingKind::OtherFileSystem | FindingKind::Cache => (0, 0, 1),
            FindingKind::Vanished | FindingKind::Socket | FindingKind::Own => (0, 0, 0),
        }
    }

    #[test]
    fn findings_say_what_is_wrong() {
        let finding = |path: &str, kind| Finding { path: PathBuf::from(path), kind };
        let mut messages = every_finding_kind().map(|kind| finding("a/b c", kind).to_string()).to_vec();
        messages.push(finding("", FindingKind::Torn).to_string());
        messages.push(finding("a\nb\u{1b}", FindingKind::Unreadable("why\nnot".to_owned())).to_string());
        insta::assert_snapshot!(messages.join("\n"), @r"
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
            assert_eq!(counts, expected_counts(&kind), "{kind:?}");
            let expected = if report.unreadable_entries > 0 { Grade::Incomplete } else { Grade::Complete };
            assert_eq!(report.grade(), expected, "{kind:?}");
            let kept = if kind.is_on_purpose() { vec![] } else { vec![Finding { path: "a".into(), kind }] };
            assert_eq!(report.findings, kept);
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
