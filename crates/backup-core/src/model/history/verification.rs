//! Verification: what a verification found out about an archive.

use std::fmt;

use crate::model::history::run_record::{RunKey, RunRecord};
use crate::text::printable;
use crate::time::Moment;

/// The result of a verification, as the history records it.
///
/// Only news is recorded: that an archive isn't good any more, and that it is good again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    /// The run that made the archive.
    pub key: RunKey,
    /// When that run began.
    pub began: Moment,
    /// The archive's file name when it was verified.
    pub archive: String,
    /// When it was verified.
    pub at: Moment,
    /// What is wrong with the archive, if anything.
    pub flaw: Option<Flaw>,
}

impl Verification {
    /// Returns the result of a verification of the archive that a run made.
    pub(crate) fn of(run: &RunRecord, archive: &str, at: Moment, flaw: Option<Flaw>) -> Self {
        Self { key: run.key.clone(), began: run.began, archive: archive.to_owned(), at, flaw }
    }
}

/// What is wrong with an existing archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Flaw {
    /// Its structure is damaged. The text says where and how.
    Damaged(String),
    /// Its structure is intact, but its bytes have changed since it was made. The text says how this was found.
    Changed(String),
    /// It can't be read to its end. The text is the reason.
    Unreadable(String),
}

impl Flaw {
    /// Returns the flaw as one word, as reports show it.
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
