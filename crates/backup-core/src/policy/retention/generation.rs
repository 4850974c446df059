//! A generation: one archive of a name, as the retention plan sees it.

use crate::time::Moment;

/// A backup as the plan sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Generation {
    /// The moment it was made for: its date.
    pub made_for: Moment,
    /// Whether that date contradicts the order in which backups were made.
    pub has_wrong_date: bool,
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
