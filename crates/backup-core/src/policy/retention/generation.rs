//! A generation: one archive of a name, as the retention plan sees it.

use crate::time::Moment;

/// A backup as the plan sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generation {
    /// Its archive's file name.
    pub file_name: String,
    /// The moment it was made for.
    pub made_for: Moment,
    /// The moments that the backups were made for which came between the one before and this one, and are gone, as far as
    /// they are known; in the order in which they were made.
    pub gone_before: Vec<Moment>,
    /// Whether it is good, as far as is known.
    pub trust: Trust,
}

/// Whether a generation is good, as far as is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// It is complete, and nothing is known against it.
    Good,
    /// It isn't known to be good.
    Doubtful,
    /// The last drill of it failed.
    DrillFailed,
    /// The last verify of it found something wrong.
    VerifyFailed,
}
