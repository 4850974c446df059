//! What a backup is called, what it is worth, and what is known of a finished one.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use crate::ports::Moment;
use crate::text::{has_control, printable};

/// The name of a schedule's backups: a valid file name, without its `.tar`.
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

    /// Returns the file name of an archive of that name and grade.
    #[must_use]
    pub fn archive_name(&self, grade: Grade) -> String {
        match grade {
            Grade::Complete => format!("{}.tar", self.0),
            Grade::Incomplete => format!("{}{INCOMPLETE_SUFFIX}.tar", self.0),
        }
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
            _ if text.ends_with(INCOMPLETE_SUFFIX) => NameFault::Reserved,
            _ => return Ok(Self(text.to_owned())),
        };
        Err(fault)
    }
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
            Self::Reserved => write!(f, "ends with {INCOMPLETE_SUFFIX}, which Backup Manager uses itself"),
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
    /// Its size.
    pub archive_bytes: u64,
    /// When it was finished.
    pub finished: Moment,
    /// The SHA-256 of its bytes, where it was computed.
    pub sha256: Option<[u8; 32]>,
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
    /// The first findings, at most [`PackReport::MAX_FINDINGS`].
    pub findings: Vec<Finding>,
    /// Entries that are missing because they could not be read.
    pub unreadable_entries: u64,
    /// Entries that changed while they were read.
    pub torn_entries: u64,
}

impl PackReport {
    /// How many findings are kept, so that memory is bounded whatever the tree is like. The counts go on.
    pub const MAX_FINDINGS: usize = 1_000;

    /// Adds a finding and counts it.
    pub fn add(&mut self, path: PathBuf, kind: FindingKind) {
        match kind {
            FindingKind::Unreadable(_) => self.unreadable_entries += 1,
            FindingKind::Torn => self.torn_entries += 1,
            FindingKind::Vanished | FindingKind::Socket | FindingKind::Own => {}
        }
        if self.findings.len() < Self::MAX_FINDINGS {
            self.findings.push(Finding { path, kind });
        }
    }

    /// Returns what the archive is worth. A torn entry is in it; an unreadable one isn't.
    #[must_use]
    pub fn grade(&self) -> Grade {
        if self.unreadable_entries == 0 { Grade::Complete } else { Grade::Incomplete }
    }
}
