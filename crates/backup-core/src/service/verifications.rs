//! The archives that are verified while there is nothing else to do.
//!
//! A backup that took over parts of an earlier archive is published before anybody has read it in full. The verify finds out
//! its SHA-256, and shows that it is whole.

use std::collections::HashSet;

use crate::model::history::RunKey;
use crate::time::Moment;

/// Which archives this service has verified.
#[derive(Default)]
pub(super) struct Verifications {
    pub(super) is_under_way: bool,
    /// The runs whose archives were tried. One that can't be read isn't tried again before the next start.
    pub(super) tried: HashSet<(RunKey, Moment)>,
}
