//! What the last pass over the schedules saw.

use std::collections::BTreeSet;

use crate::time::Moment;

/// What a pass over the schedules saw.
pub(super) struct LastPass {
    /// When it was.
    pub(super) at: Moment,
    /// The identities of the schedules.
    pub(super) entries: BTreeSet<String>,
    /// How many notes there were that say since when an entry counts.
    pub(super) adoptions: u64,
    /// The messages about lines that can't run.
    pub(super) refused: BTreeSet<String>,
}
