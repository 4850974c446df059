//! The proofs by name.

use clap::ValueEnum;

use crate::power;
use crate::programs::Programs;
use crate::report::Report;

/// How much is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Enough to see that the proof works: seconds.
    Small,
    /// All of it.
    Full,
}

/// One proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// The power is cut at every mutating system call of a backup
    Power,
}

impl Part {
    /// Tries it.
    #[must_use]
    pub fn run(self, programs: &Programs, scale: Scale) -> Report {
        match self {
            Self::Power => power::run(programs, scale),
        }
    }
}
