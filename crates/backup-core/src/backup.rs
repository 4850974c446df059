//! What a backup is called, what it is worth, and what is known of a finished one.

mod archive_name;
mod keep_fault;
mod keep_rules;
mod retention;
mod stamp;

use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

pub use archive_name::{ArchiveName, Compression, place_of};
pub use keep_fault::KeepFault;
pub use keep_rules::{KeepRule, KeepRules};
pub use retention::{DOUBTFUL_GAP, Generation, Trust, Verdict, plan};
pub use stamp::Stamp;

use crate::ports::Moment;
use crate::text::{has_control, printable};

/// The name of a schedule's backups: a valid file name, without its `.tar` or `.tar.zst`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BackupName(String);

impl BackupName {
    /// The longest name, in bytes. It leaves room for what is put before and behind it in a file name of 255.
    pub const MAX_BYTES: usize = 200;

    /// Returns the name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns what an archive of that name, of that grade and stored in that way is called.
    #[must_use]
    pub fn archive(&self, grade: Grade, compression: Compression) -> ArchiveName {
        ArchiveName { backup: self.clone(), grade, compression, stamp: None }
    }
}

/// What marks the archive that must not take a complete one's place.
const INCOMPLETE_SUFFIX: &str = ".incomplete";

impl fmt::Display for BackupName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for BackupName {
    type Err = NameFault;

    fn from_str(text: &str) -> Result<Self, NameFault> {
        let fault = match text {
            "" => NameFault::Empty,
            _ if text.trim() != text => NameFault::OuterSpace,
            _ if text.contains('/') => NameFault::Slash,
            _ if text.contains(';') => NameFault::Semicolon,
            _ if text.starts_with('.') => NameFault::LeadingDot,
            _ if has_control(text) => NameFault::ControlCharacter,
            _ if text.len() > Self::MAX_BYTES => NameFault::TooLong(text.len()),
            _ if is_reserved(text) => NameFault::Reserved,
            _ => return Ok(Self(text.to_owned())),
        };
        Err(fault)
    }
}

/// Whatever the case of its letters: not every disk tells them apart.
fn is_reserved(text: &str) -> bool {
    text.to_ascii_lowercase().ends_with(INCOMPLETE_SUFFIX)
        || Stamp::split(&text.to_ascii_uppercase()).is_some()
}

/// Why a text can't name a backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NameFault {
    /// No text at all.
    Empty,
    /// White space at one of its ends.
    OuterSpace,
    /// A `/`, which would lead out of the backups folder.
    Slash,
    /// A `;`, which parts the fields of a schedule.
    Semicolon,
    /// A `.` first: hidden files, `.` and `..`.
    LeadingDot,
    /// A newline, an escape or the like.
    ControlCharacter,
    /// Longer than [`BackupName::MAX_BYTES`]; this many bytes.
    TooLong(usize),
    /// An ending that Backup Manager gives to files of its own.
    Reserved,
}

impl fmt::Display for NameFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("is empty"),
            Self::OuterSpace => f.write_str("begins or ends with white space"),
            Self::Slash => f.write_str("holds a /"),
            Self::Semicolon => f.write_str("holds a ;"),
            Self::LeadingDot => f.write_str("begins with a dot"),
            Self::ControlCharacter => f.write_str("holds a control character"),
            Self::TooLong(bytes) => write!(f, "is {bytes} bytes long, over {}", BackupName::MAX_BYTES),
            Self::Reserved => {
                write!(
                    f,
                    "ends with {INCOMPLETE_SUFFIX} or a date as in .2026-01-29T16-07+0100, which Backup Manager uses itself"
                )
            }
        }
    }
}

/// Whether an archive holds all that it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Grade {
    /// Everything is in it.
    Complete,
    /// Something could not be read and is missing.
    Incomplete,
}

/// A finished backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupRecord {
    /// The archive's file name within the place for backups, safe to print.
    pub file_name: String,
    /// Its size, as it is stored.
    pub archive_bytes: u64,
    /// When it was finished.
    pub finished: Moment,
    /// The SHA-256 of its bytes as they are stored, where it was computed.
    pub sha256: Option<[u8; 32]>,
}

/// Returns the backups of each name; files that aren't called like archives are left out.
#[must_use]
pub fn by_name(records: Vec<BackupRecord>) -> HashMap<BackupName, Vec<BackupRecord>> {
    let mut named: HashMap<_, Vec<_>> = HashMap::new();
    for record in records {
        if let Some(archive) = ArchiveName::parse(&record.file_name) {
            named.entry(archive.backup).or_default().push(record);
        }
    }
    named
}

impl BackupRecord {
    /// Returns whether its name says that it lacks something.
    #[must_use]
    pub fn is_incomplete(&self) -> bool {
        ArchiveName::parse(&self.file_name).is_some_and(|archive| archive.grade == Grade::Incomplete)
    }

    /// Returns whether it is a complete backup of that name, however it is stored.
    #[must_use]
    pub fn is_complete_of(&self, name: &BackupName) -> bool {
        let is_it = |compression| name.archive(Grade::Complete, compression).to_string() == self.file_name;
        Compression::ALL.into_iter().any(is_it)
    }
}

/// What tells an archive from every other: no two have the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seal {
    /// Its size, as it is stored.
    pub archive_bytes: u64,
    /// The SHA-256 of its bytes as they are stored.
    pub sha256: [u8; 32],
}

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

    #[track_caller]
    fn check_name(text: &str, expected: Result<(), NameFault>) {
        let parsed = BackupName::from_str(text);
        assert_eq!(parsed.as_ref().map(BackupName::as_str), expected.as_ref().map(|()| text), "{text:?}");
        assert_eq!(parsed.map(|name| name.to_string()), expected.map(|()| text.to_owned()));
    }

    #[test]
    fn a_name_is_a_file_name_that_leads_nowhere_else() {
        let longest = "x".repeat(BackupName::MAX_BYTES);
        let too_long = "ü".repeat(BackupName::MAX_BYTES / 2 + 1);
        for good in [
            "docs",
            "a b",
            "a.tar",
            "a.tar.zst",
            "x.incomplete.old",
            "-rf",
            "~",
            "Größe",
            "a\\b",
            "CON",
            &longest,
        ] {
            check_name(good, Ok(()));
        }
        let bad = [
            ("", NameFault::Empty),
            (" docs", NameFault::OuterSpace),
            ("docs\t", NameFault::OuterSpace),
            ("docs\n", NameFault::OuterSpace),
            (" ", NameFault::OuterSpace),
            ("a/b", NameFault::Slash),
            ("../docs", NameFault::Slash),
            ("a;b", NameFault::Semicolon),
            (".", NameFault::LeadingDot),
            ("..", NameFault::LeadingDot),
            (".hidden", NameFault::LeadingDot),
            ("a\nb", NameFault::ControlCharacter),
            ("a\0b", NameFault::ControlCharacter),
            ("a\tb", NameFault::ControlCharacter),
            ("a\u{202e}b", NameFault::ControlCharacter),
            (&too_long, NameFault::TooLong(202)),
            ("docs.incomplete", NameFault::Reserved),
        ];
        for (text, fault) in bad {
            check_name(text, Err(fault));
        }
        for fault in every_name_fault() {
            let is_covered = bad.iter().any(|(_, covered)| kind(*covered) == kind(fault));
            assert!(is_covered, "no case for {fault:?}");
        }
    }

    fn every_name_fault() -> [NameFault; 8] {
        [
            NameFault::Empty,
            NameFault::OuterSpace,
            NameFault::Slash,
            NameFault::Semicolon,
            NameFault::LeadingDot,
            NameFault::ControlCharacter,
            NameFault::TooLong(201),
            NameFault::Reserved,
        ]
    }

    /// A new fault doesn't compile here, so that it is put among the ones above.
    fn kind(fault: NameFault) -> usize {
        match fault {
            NameFault::Empty => 0,
            NameFault::OuterSpace => 1,
            NameFault::Slash => 2,
            NameFault::Semicolon => 3,
            NameFault::LeadingDot => 4,
            NameFault::ControlCharacter => 5,
            NameFault::TooLong(_) => 6,
            NameFault::Reserved => 7,
        }
    }

    #[test]
    fn name_faults_say_what_is_wrong() {
        assert!(every_name_fault().map(kind).into_iter().eq(0..8));
        let said = every_name_fault().map(|fault| format!("the name {fault}")).join("\n");
        insta::assert_snapshot!(said, @r"
        the name is empty
        the name begins or ends with white space
        the name holds a /
        the name holds a ;
        the name begins with a dot
        the name holds a control character
        the name is 201 bytes long, over 200
        the name ends with .incomplete or a date as in .2026-01-29T16-07+0100, which Backup Manager uses itself
        ");
    }

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
