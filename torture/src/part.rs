//! The proofs by name.

use clap::ValueEnum;

use crate::programs::Programs;
use crate::report::Report;
use crate::weekend::prove_weekends;
use crate::zones::prove_zones;

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
    /// Every zone, every change of its offset, every minute of the day.
    Zones,
    /// The real programs through weekends that change the clocks, a thousand times as fast.
    Weekend,
}

impl Part {
    /// Tries it.
    #[must_use]
    pub fn run(self, programs: &Programs, scale: Scale) -> Report {
        match self {
            Self::Zones => match std::env::current_exe() {
                Ok(teller) => prove_zones(scale, &teller),
                Err(error) => Report::cannot_run(format!("this program doesn't find itself: {error}")),
            },
            Self::Weekend => prove_weekends(programs, scale),
        }
    }
}
