//! Selection: what a backup leaves out of its source on purpose.

use std::error::Error as StdError;
use std::fmt;

use crate::text::printable;

/// What a backup leaves out of its source on purpose. The default leaves nothing out.
///
/// The entry of the source itself is never left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Selection {
    /// Patterns with the meaning of lines in a `.gitignore` file, matched against the path below the source.
    ///
    /// Their order counts: the last pattern that matches an entry decides. A pattern that begins with `!` includes entries
    /// again. Entries below an excluded folder can't be included again, because that folder is never opened.
    pub exclude: Vec<String>,
    /// Whether mounts in the source are left out, including bind mounts of the same file system.
    ///
    /// A folder that is a mount point is kept, without its contents.
    pub one_file_system: bool,
    /// Whether the contents of cache folders are left out, as with GNU tar's `--exclude-caches`.
    ///
    /// A cache folder has a valid CACHEDIR.TAG. The folder itself and this tag are kept.
    pub exclude_caches: bool,
}

/// The selection that leaves nothing out.
pub(crate) static EVERYTHING: Selection =
    Selection { exclude: Vec::new(), one_file_system: false, exclude_caches: false };

impl Selection {
    /// Returns whether nothing is left out.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        *self == EVERYTHING
    }

    /// Returns whether this selection may leave out something that the other one includes.
    ///
    /// Patterns aren't interpreted: any difference between the lists of patterns counts.
    #[must_use]
    pub fn leaves_out_more_than(&self, other: &Self) -> bool {
        self.exclude != other.exclude
            || (self.one_file_system && !other.one_file_system)
            || (self.exclude_caches && !other.exclude_caches)
    }
}

/// A pattern that an archiver can't interpret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatternError {
    /// The pattern, as it was given.
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
