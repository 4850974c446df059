//! Backup name: the validated name of a schedule's backups.

use std::error::Error as StdError;
use std::fmt;
use std::str::FromStr;

use crate::model::archive::timestamp::ArchiveTimestamp;
use crate::text::has_control;

/// The name of a schedule's backups: a valid file name without `.tar` or `.tar.zst`.
///
/// [`NameError`] lists what isn't allowed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BackupName(String);

impl BackupName {
    /// The maximum length in bytes.
    ///
    /// File systems allow 255 bytes. The rest is for the parts that file names add before and after the name.
    pub const MAX_BYTES: usize = 200;

    /// Returns the name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The suffix of incomplete archives. Because of it, an incomplete archive never replaces a complete one.
pub(super) const INCOMPLETE_SUFFIX: &str = ".incomplete";

impl fmt::Display for BackupName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for BackupName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let fault = match text {
            "" => NameError::Empty,
            _ if text.trim() != text => NameError::OuterSpace,
            _ if text.contains('/') => NameError::Slash,
            _ if text.contains(';') => NameError::Semicolon,
            _ if text.starts_with('.') => NameError::LeadingDot,
            _ if has_control(text) => NameError::ControlCharacter,
            _ if text.len() > Self::MAX_BYTES => NameError::TooLong(text.len()),
            _ if is_reserved(text) => NameError::Reserved,
            _ => return Ok(Self(text.to_owned())),
        };
        Err(fault)
    }
}

/// Returns whether a name ends as Backup Manager's own file names do.
///
/// Case is ignored, because some file systems ignore it too.
fn is_reserved(text: &str) -> bool {
    let is_incomplete = text
        .len()
        .checked_sub(INCOMPLETE_SUFFIX.len())
        .is_some_and(|at| text.as_bytes()[at..].eq_ignore_ascii_case(INCOMPLETE_SUFFIX.as_bytes()));
    is_incomplete || text.contains('.') && ArchiveTimestamp::split(&text.to_ascii_uppercase()).is_some()
}

/// Why a text can't be the name of a backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NameError {
    /// The text is empty.
    Empty,
    /// It begins or ends with white space.
    OuterSpace,
    /// It contains a `/`, which would lead out of the backups folder.
    Slash,
    /// It contains a `;`, which separates the fields of a schedule.
    Semicolon,
    /// It begins with a `.`, as hidden files, `.` and `..` do.
    LeadingDot,
    /// It contains a control character, such as a newline or an escape.
    ControlCharacter,
    /// It has this many bytes, more than [`BackupName::MAX_BYTES`].
    TooLong(usize),
    /// It ends as Backup Manager's own file names do: with `.incomplete` or a date.
    Reserved,
}

impl fmt::Display for NameError {
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

impl StdError for NameError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_name(text: &str, expected: Result<(), NameError>) {
        let parsed = BackupName::from_str(text);
        assert_eq!(parsed.as_ref().map(BackupName::as_str), expected.as_ref().map(|()| text), "{text:?}");
        assert_eq!(parsed.map(|name| name.to_string()), expected.map(|()| text.to_owned()));
    }

    #[test]
    fn a_name_is_a_file_name_that_stays_in_its_folder() {
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
            ("", NameError::Empty),
            (" docs", NameError::OuterSpace),
            ("docs\t", NameError::OuterSpace),
            ("docs\n", NameError::OuterSpace),
            (" ", NameError::OuterSpace),
            ("a/b", NameError::Slash),
            ("../docs", NameError::Slash),
            ("a;b", NameError::Semicolon),
            (".", NameError::LeadingDot),
            ("..", NameError::LeadingDot),
            (".hidden", NameError::LeadingDot),
            ("a\nb", NameError::ControlCharacter),
            ("a\0b", NameError::ControlCharacter),
            ("a\tb", NameError::ControlCharacter),
            ("a\u{202e}b", NameError::ControlCharacter),
            (&too_long, NameError::TooLong(202)),
            ("docs.incomplete", NameError::Reserved),
        ];
        for (text, fault) in bad {
            check_name(text, Err(fault));
        }
        for fault in every_name_error() {
            let is_covered = bad.iter().any(|(_, covered)| kind(*covered) == kind(fault));
            assert!(is_covered, "no case for {fault:?}");
        }
    }

    fn every_name_error() -> [NameError; 8] {
        [
            NameError::Empty,
            NameError::OuterSpace,
            NameError::Slash,
            NameError::Semicolon,
            NameError::LeadingDot,
            NameError::ControlCharacter,
            NameError::TooLong(201),
            NameError::Reserved,
        ]
    }

    /// Fails to compile when a variant is added, as a reminder to add it to the list above.
    fn kind(fault: NameError) -> usize {
        match fault {
            NameError::Empty => 0,
            NameError::OuterSpace => 1,
            NameError::Slash => 2,
            NameError::Semicolon => 3,
            NameError::LeadingDot => 4,
            NameError::ControlCharacter => 5,
            NameError::TooLong(_) => 6,
            NameError::Reserved => 7,
        }
    }

    #[test]
    fn name_errors_say_what_is_wrong() {
        assert!(every_name_error().map(kind).into_iter().eq(0..8));
        let messages = every_name_error().map(|fault| format!("the name {fault}")).join("\n");
        insta::assert_snapshot!(messages, @r"
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
}
