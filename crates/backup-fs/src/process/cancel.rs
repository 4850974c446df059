//! Cancellation flag for running work.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use backup_core::ports::Progress;

/// A flag that asks running work to end. It can't be reset. As a [`Progress`], it shows nothing.
#[derive(Debug, Default)]
pub struct CancelFlag {
    cancelled: AtomicBool,
}

impl CancelFlag {
    /// Asks the work to end.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }
}

impl Progress for CancelFlag {
    fn advanced(&self, _path: &Path, _content_bytes: u64) {}

    fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }
}
