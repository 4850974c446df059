//! What a verification found out about an archive.

use std::fmt;

use crate::model::history::run_record::RunKey;
use crate::text::printable;
use crate::time::Moment;

/// What a verify has found out about an archive that the history knows, as the history holds it. Only what is news is
/// held: that one isn't good, and that it is good again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    /// The run that made the archive.
    pub key: RunKey,
    /// When that run began.
    pub began: Moment,
    /// What the archive was called when it was read.
    pub archive: String,
    /// When that was.
    pub at: Moment,
    /// What is wrong with it, if anything.
    pub flaw: Option<Flaw>,
}

/// What is wrong with an archive that stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Flaw {
    /// Its structure is broken; where and how.
    Damaged(String),
    /// Its structure is whole, but it isn't what was made; how that shows.
    Changed(String),
    /// It can't be read to its end; why.
    Unreadable(String),
}

impl Flaw {
    /// Returns what it is called in one word.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Damaged(_) => "DAMAGED",
            Self::Changed(_) => "CHANGED",
            Self::Unreadable(_) => "UNREADABLE",
        }
    }

    /// Returns the reason, safe to print.
    #[must_use]
    pub fn reason(&self) -> String {
        let (Self::Damaged(reason) | Self::Changed(reason) | Self::Unreadable(reason)) = self;
        printable(reason.as_bytes())
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let since = if matches!(self, Self::Changed(_)) { " since it was made" } else { "" };
        write!(f, "{}{since}: {}", self.word(), self.reason())
    }
}
