//! A flag that ends work under way.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use backup_core::ports::Progress;

/// Says once and for all that work should end. As a [`Progress`] it shows nothing.
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
