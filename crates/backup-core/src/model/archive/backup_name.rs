//! The name of a schedule's backups.

use std::fmt;
use std::str::FromStr;

use crate::model::archive::archive_name::ArchiveName;
use crate::model::archive::format::Compression;
use crate::model::archive::format::Grade;
use crate::model::archive::timestamp::Stamp;
use crate::text::has_control;

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
pub(super) const INCOMPLETE_SUFFIX: &str = ".incomplete";

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
