//! Owed hook: the commands before a backup have begun, and those that always follow them haven't ended.

use crate::model::history::run_record::RunKey;
use crate::time::Moment;

/// A hook whose last command is owed: its run is under way, or its process died.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwedHook {
    /// The run.
    pub key: RunKey,
    /// The name of the hook.
    pub hook: String,
    /// When it began.
    pub at: Moment,
}
