//! Verdict: what a verify found out about an archive.

use std::fmt;

use crate::model::history::verification::Flaw;
use crate::text::{entry_count, printable, size};
use crate::time::{Moment, wall_clock};

/// The state of an archive, compared with what was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is whole, and byte for byte what was made.
    Good(AsMade),
    /// It is whole and what was made, but it was incomplete from the start: something could not be read then.
    Incomplete(AsMade),
    /// It is whole. The history knows the run that made it, but not its SHA-256.
    UnknownDigest,
    /// It is whole. The history doesn't know it.
    Unknown,
    /// Nobody could look into it, and there was no SHA-256 to compare its bytes with. The text says why.
    Unchecked(String),
    /// Something is wrong with it.
    Flawed(Flaw),
    /// It is missing, though the history says that it exists.
    Missing {
        /// The moment that it was made for.
        made_for: Moment,
    },
}

impl Verdict {
    /// Returns whether the archive is whole, and nothing shows that it changed since it was made.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        matches!(self, Self::Good(_) | Self::Incomplete(_) | Self::UnknownDigest | Self::Unknown)
    }

    /// Returns what is wrong with the archive. For a missing one, it returns `None`.
    #[must_use]
    pub fn flaw(&self) -> Option<&Flaw> {
        if let Self::Flawed(flaw) = self { Some(flaw) } else { None }
    }
}

/// What is known of an archive that is as it was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AsMade {
    /// Its stored size in bytes.
    pub archive_bytes: u64,
    /// The number of entries in it.
    pub entries: u64,
    /// The moment that it was made for.
    pub made_for: Moment,
}

impl fmt::Display for AsMade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (size, entries) = (size(self.archive_bytes), entry_count(self.entries));
        write!(f, "{size}, {entries}, made for {}", wall_clock(self.made_for))
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Good(as_made) => write!(f, "good ({as_made})"),
            Self::Incomplete(as_made) => write!(f, "incomplete, but as it was made ({as_made})"),
            Self::UnknownDigest => f.write_str("whole, but the history doesn't know its SHA-256"),
            Self::Unknown => f.write_str("whole, but the history doesn't know it"),
            Self::Unchecked(why) => {
                let why = printable(why.as_bytes());
                write!(f, "NOT CHECKED: {why}; no SHA-256 is known to compare its bytes with")
            }
            Self::Flawed(flaw) => flaw.fmt(f),
            Self::Missing { made_for } => {
                write!(f, "MISSING, though the history says it exists, made for {}", wall_clock(*made_for))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::at;
    use crate::text::has_control;

    #[test]
    fn a_verdict_is_one_line() {
        let odd = || "a\nb\u{1b}[2J".to_owned();
        for flaw in [Flaw::Damaged(odd()), Flaw::Changed(odd()), Flaw::Unreadable(odd())] {
            assert!(!has_control(&flaw.to_string()), "{flaw:?}");
        }
        assert!(!has_control(&Verdict::Unchecked(odd()).to_string()));
    }

    #[test]
    fn an_archive_that_was_not_checked_is_not_sound() {
        let unchecked = Verdict::Unchecked("it is encrypted, and no identity was given".to_owned());
        assert!(!unchecked.is_sound() && unchecked.flaw().is_none());
        assert_eq!(
            unchecked.to_string(),
            "NOT CHECKED: it is encrypted, and no identity was given; no SHA-256 is known to compare its bytes with"
        );
    }

    #[test]
    fn a_missing_archive_is_not_sound() {
        let missing = Verdict::Missing { made_for: at("2026-11-21 16:07") };
        assert!(!missing.is_sound());
        assert_eq!(
            missing.to_string(),
            "MISSING, though the history says it exists, made for 2026-11-21 16:07"
        );
    }
}
