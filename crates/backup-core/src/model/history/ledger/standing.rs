//! The newest archives of a name.

use crate::model::history::run_record::RunRecord;

/// What stands in the place for backups under one name.
#[derive(Debug, Clone, Copy, Default)]
pub struct Standing<'a> {
    /// The run that made the newest complete archive.
    pub complete: Option<&'a RunRecord>,
    /// The run that made an incomplete one, if that is newer.
    pub incomplete: Option<&'a RunRecord>,
}
