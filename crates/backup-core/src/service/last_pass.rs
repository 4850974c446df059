//! What the last pass over the schedules saw.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::error::Error;
use crate::time::Moment;

/// What a pass over the schedules saw.
pub(super) struct LastPass {
    /// When it was.
    pub(super) at: Moment,
    /// The identities of the schedules.
    pub(super) entries: BTreeSet<String>,
    /// How many notes there were that say since when an entry counts.
    pub(super) adoptions: u64,
    /// Why lines can't run, by the message about it.
    pub(super) refused: BTreeMap<String, Error>,
}
