//! The exit codes of `backup_service`.

/// It worked until it was asked to stop, or went into the background.
pub(crate) const DONE: u8 = 0;
/// It could not begin.
pub(crate) const FAILED: u8 = 1;
