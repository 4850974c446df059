//! One cut, and what was found after it.

use std::fmt;

use crate::power::strace::{Point, Side};

/// Where the power is cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cut {
    /// At a call of the run.
    At(Point, Side),
    /// Once the program has ended well.
    Afterwards,
}

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(point, Side::Before) => write!(f, "before {point}"),
            Self::At(point, Side::After) => write!(f, "after {point}"),
            Self::Afterwards => f.write_str("after the end"),
        }
    }
}

/// What stands after a cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Standing {
    /// What stood before, byte for byte.
    Old,
    /// The new archive, byte for byte.
    New,
    /// Neither, or less than was reported.
    Lost(String),
}

/// What was found after a cut.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) standing: Standing,
    /// What was wrong with the next run or with what it left, if something was.
    pub(super) next_run: Result<(), String>,
}
