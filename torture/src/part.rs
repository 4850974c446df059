//! The proofs by name.

use clap::ValueEnum;

use crate::budget::Budget;
use crate::faults::faults;
use crate::programs::Programs;
use crate::report::Report;
use crate::simulate::Simulate;
use crate::weekend::prove_weekends;
use crate::zones::prove_zones;
use crate::{crowd, damage, errors, kill, power};

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
    /// A backup is killed at every system call
    Kill,
    /// The power is cut at every mutating system call of a backup
    Power,
    /// Every kind of system call of a backup fails
    Errors,
    /// Many programs at once in one home
    Crowd,
    /// Archives with wrong and missing bytes
    Damage,
    /// Every operation fails once and for good, in one process: the error names the place, and the old backup stands
    Faults,
    /// No planned run is missed and none made twice, over a million simulated days
    Simulate,
    /// Every zone, every change of its offset, every minute of the day
    Zones,
    /// The real service through weekends that change the clocks, a thousand times as fast
    Weekend,
}

impl Part {
    /// Returns how many seconds all of it takes on a quiet machine, about: what its share of a budget follows from.
    #[must_use]
    pub(crate) fn usual_seconds(self) -> u32 {
        match self {
            Self::Kill => 390,
            Self::Power => 480,
            Self::Errors => 460,
            Self::Crowd | Self::Zones => 20,
            Self::Damage => 180,
            Self::Faults => 50,
            Self::Simulate => 110,
            Self::Weekend => 135,
        }
    }

    /// Tries it. Those whose points are many stop when the budget is spent, and say what they left out.
    #[must_use]
    pub fn run(self, programs: &Programs, scale: Scale, budget: Budget) -> Report {
        let tried = match self {
            Self::Kill => kill::run(programs, scale, budget),
            Self::Power => Ok(power::run(programs, scale, budget)),
            Self::Errors => errors::run(programs, scale, budget),
            Self::Crowd => crowd::run(programs, scale),
            Self::Damage => damage::run(programs, scale, budget),
            Self::Faults => faults(programs, scale),
            Self::Simulate => Ok(Simulate::of(scale).run(budget)),
            Self::Zones => match std::env::current_exe() {
                Ok(teller) => Ok(prove_zones(scale, &teller)),
                Err(error) => Err(format!("this program doesn't find itself: {error}")),
            },
            Self::Weekend => Ok(prove_weekends(programs, scale)),
        };
        // What keeps a proof from its end is no reason to believe in it.
        tried.unwrap_or_else(|wrong| Report::of(Vec::new(), Vec::new(), vec![wrong]))
    }
}
