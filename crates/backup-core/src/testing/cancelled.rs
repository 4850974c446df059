//! Progress that cancels at once, for the suites of ports that can be cancelled.

use std::path::Path;

use crate::ports::Progress;

/// Cancels whatever asks.
pub(super) struct Cancelled;

impl Progress for Cancelled {
    fn advanced(&self, _path: &Path, _content_bytes: u64) {}

    fn is_cancelled(&self) -> bool {
        true
    }
}
