//! The proofs by name.

use clap::ValueEnum;

use crate::faults::faults;
use crate::programs::Programs;
use crate::report::Report;
use crate::simulate::Simulate;

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
    /// No planned run is missed and none made twice, over a million simulated days
    Simulate,
    /// Every operation fails once and for good, in one process: the error names the place, and the old backup stands
    Faults,
}

impl Part {
    /// Tries it.
    #[must_use]
    pub fn run(self, _programs: &Programs, scale: Scale) -> Report {
        match self {
            Self::Simulate => Simulate::of(scale).run(),
            Self::Faults => faults(scale),
        }
    }
}
