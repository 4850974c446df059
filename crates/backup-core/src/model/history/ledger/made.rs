//! An archive that a run made.

use crate::model::history::run_record::RunRecord;
use crate::time::Moment;

/// A run that made an archive, and which of all archives that were made it is: their order, whatever the clock said.
#[derive(Debug)]
pub(super) struct Made {
    pub(super) run: RunRecord,
    /// Of one that was only found 0, for it was made before all others.
    pub(super) order: u64,
}

impl Made {
    /// Of two that were found, the clock alone can tell which came later.
    pub(super) fn place(&self) -> (u64, Moment) {
        (self.order, self.run.ended)
    }
}
