//! Why a text is not a schedule.

use std::error::Error as StdError;
use std::fmt;

use crate::model::archive::NameError;
use crate::model::schedule::option_error::OptionError;

/// Why a line is no schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntryError {
    /// Not three fields or more, but this many.
    Fields(usize),
    /// No folder.
    EmptySource,
    /// A folder that the file would take for a comment.
    LooksLikeComment,
    /// A newline, an escape or the like in the folder.
    ControlCharacter,
    /// No `hh:mm` on the 24-hour clock.
    Time,
    /// A name that can't name a backup.
    Name(NameError),
    /// A name with a character that nobody can see, so that it looks like another one.
    InvisibleInName(char),
    /// Something behind the name that can't be set.
    Option(OptionError),
    /// A name that looks as if a comment was meant at its end.
    TrailingComment,
    /// Bytes that aren't UTF-8.
    NotUtf8,
    /// NULs, as a power cut leaves them.
    Nuls,
}

impl fmt::Display for EntryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fields(count) => {
                write!(f, "it has {count} field{}, not the three of folder;hh:mm;name", plural(*count))
            }
            Self::EmptySource => f.write_str("the folder is empty"),
            Self::LooksLikeComment => {
                f.write_str("a line that begins with # is a comment; write ./# for such a folder")
            }
            Self::ControlCharacter => f.write_str("the folder holds a control character"),
            Self::InvisibleInName(character) => {
                write!(f, "the name holds an invisible character, U+{:04X}", u32::from(*character))
            }
            Self::Time => f.write_str("the time is not hh:mm between 00:00 and 23:59"),
            Self::Name(fault) => write!(f, "the name {fault}"),
            Self::Option(fault) => fault.fmt(f),
            Self::TrailingComment => {
                f.write_str("a # within a line begins no comment, but would belong to the name; give comments lines of their own")
            }
            Self::NotUtf8 => f.write_str("it is not valid UTF-8"),
            Self::Nuls => {
                f.write_str("it holds NUL bytes, as a power cut leaves them; write the line anew, or delete it")
            }
        }
    }
}

impl StdError for EntryError {}

fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}
