//! The exit of a tool.

use std::process::ExitStatus;

/// The exit of a tool.
#[derive(Debug)]
pub(super) struct ToolExit {
    pub(super) name: String,
    pub(super) is_tar: bool,
    pub(super) status: ExitStatus,
    /// Its output, or the beginning of it.
    pub(super) output_text: String,
}
