//! Entry error: why a line is not a valid schedule.

use std::error::Error as StdError;
use std::fmt;

use crate::model::archive::{FileEnding, NameError};
use crate::model::schedule::option_error::OptionError;
use crate::model::schedule::rule::TimeError;

/// Why a line is not a valid schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum EntryError {
    /// It has this many fields, fewer than the required three.
    Fields(usize),
    /// This field contains a `;`, which separates the fields.
    Separator(&'static str),
    /// The folder is empty.
    EmptySource,
    /// The folder begins with `#`, so the line would be a comment in the file.
    LooksLikeComment,
    /// The folder contains a control character, such as a newline or an escape.
    ControlCharacter,
    /// The time is no rule.
    Time(TimeError),
    /// The time has no moments any more: its years have passed.
    Past,
    /// The name isn't valid for a backup.
    Name(NameError),
    /// The name contains this invisible character, so it could look like another name.
    InvisibleInName(char),
    /// The archive would have this file name, in which this ending of the store would seem to begin earlier.
    UnclearEnding {
        /// The file name.
        file_name: String,
        /// The ending.
        ending: FileEnding,
    },
    /// A field behind the name isn't a valid option.
    Option(OptionError),
    /// The name contains ` #`, so a comment was probably intended.
    TrailingComment,
    /// The line isn't valid UTF-8.
    NotUtf8,
    /// The line contains NUL bytes, which a power cut can leave in a file.
    Nuls,
}

impl fmt::Display for EntryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fields(count) => {
                write!(f, "it has {count} field{}, not the three of folder;time;name", plural(*count))
            }
            Self::Separator(field) => write!(f, "the {field} holds a ;, which separates the fields"),
            Self::EmptySource => f.write_str("the folder is empty"),
            Self::LooksLikeComment => {
                f.write_str("a line that begins with # is a comment; write ./# for such a folder")
            }
            Self::ControlCharacter => f.write_str("the folder holds a control character"),
            Self::InvisibleInName(character) => {
                write!(f, "the name holds an invisible character, U+{:04X}", u32::from(*character))
            }
            Self::Time(error) => write!(f, "the time {error}"),
            Self::Past => f.write_str("all its moments have passed"),
            Self::Name(error) => write!(f, "the name {error}"),
            Self::UnclearEnding { file_name, ending } => {
                write!(
                    f,
                    "the archive would be called {file_name}, which doesn't tell that only {ending} is its ending; choose a name without .tar"
                )
            }
            Self::Option(error) => error.fmt(f),
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
