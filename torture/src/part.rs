//! The proofs by name.

use clap::ValueEnum;

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
}

impl Part {
    /// Tries it.
    #[must_use]
    pub fn run(self, _programs: &Programs, scale: Scale) -> Report {
        match self {
            Self::Simulate => Simulate::of(scale).run(),
        }
    }
}
