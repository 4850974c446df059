//! What of a source goes into its backup, and what is left out on purpose.

use std::error::Error as StdError;
use std::fmt;

use crate::text::printable;

/// What is left out of a source on purpose. By default nothing is.
///
/// Whatever it says, the source's own entry is always taken: who names a folder means it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Selection {
    /// Patterns with the meaning of .gitignore lines, in their order: the last one that matches decides, one that
    /// begins with `!` takes in again, and what lies in a folder that is left out is never looked at. They are
    /// matched against the path below the source.
    pub exclude: Vec<String>,
    /// Leave out what is mounted in the source, from another file system or another place of the same one. Folders that
    /// are mount points are kept, without what is in them.
    pub one_file_system: bool,
    /// Keep the entries of folders with a valid CACHEDIR.TAG and the tag itself, and leave out what else is in them,
    /// as GNU tar's `--exclude-caches` does.
    pub exclude_caches: bool,
}

/// Leaves nothing out.
pub(crate) static EVERYTHING: Selection =
    Selection { exclude: Vec::new(), one_file_system: false, exclude_caches: false };

impl Selection {
    /// Returns true when nothing is left out.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        *self == EVERYTHING
    }

    /// Returns whether something may be left out that the other one takes in. Patterns decide in their order, so any other
    /// pattern counts.
    #[must_use]
    pub fn leaves_out_more_than(&self, other: &Self) -> bool {
        self.exclude != other.exclude
            || (self.one_file_system && !other.one_file_system)
            || (self.exclude_caches && !other.exclude_caches)
    }
}

/// A pattern that an archiver can't make sense of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatternError {
    /// As it was given.
    pub pattern: String,
    /// What is wrong with it.
    pub reason: String,
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let safe = |text: &str| printable(text.as_bytes());
        write!(f, "the pattern {}: {}", safe(&self.pattern), safe(&self.reason))
    }
}

impl StdError for PatternError {}
