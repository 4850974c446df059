//! How a process of a drill has ended.

use std::process::ExitStatus;

/// How a process has ended.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) name: String,
    pub(super) is_tar: bool,
    pub(super) status: ExitStatus,
    /// What it said, or the beginning of it.
    pub(super) said: String,
}
