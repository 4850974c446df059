//! The exit codes of `backup_manager`.

/// It was done.
pub const DONE: u8 = 0;
/// It failed; or, of `status`, the service doesn't run; or, of `status --check`, a schedule is overdue, unknown or never
/// runs, its backup is gone or changed or failed its drill, nothing is scheduled, or the history can't be read.
pub const FAILED: u8 = 1;
/// The command line was wrong, or a schedule or a moment makes no sense; nothing was done.
pub const WRONG_USAGE: u8 = 2;
/// Of `status --check --format nagios`: the check could not be made.
pub(crate) const NAGIOS_UNKNOWN: u8 = 3;
/// Ctrl-C ended it. A shell says the same of a program that the signal has killed.
pub const INTERRUPTED: u8 = 130;
/// It was done, but something is missing from the backup or changed while it was read, or its source is suspicious.
pub const INCOMPLETE: u8 = 3;
