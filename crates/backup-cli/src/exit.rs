//! The exit codes of `backup_manager`.

use backup_core::model::error::Error;

/// It was done.
pub const DONE: u8 = 0;
/// It failed; or, of `status`, the service doesn't run; or, of `status --check`, a schedule is overdue, unknown or never
/// runs, its backup is gone or changed or failed its drill, nothing is scheduled, or the history can't be read.
pub const FAILED: u8 = 1;
/// The command line was wrong, or a schedule or a moment makes no sense; nothing was done.
pub const WRONG_USAGE: u8 = 2;
/// It was done, but something is missing from the backup or changed while it was read.
pub const INCOMPLETE: u8 = 3;

/// Returns the exit code of a command that could not do what it was asked to.
pub(crate) fn of(error: &Error) -> u8 {
    if error.is_wrong_usage() { WRONG_USAGE } else { FAILED }
}
