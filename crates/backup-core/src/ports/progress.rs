//! The port that follows long work.

use std::path::Path;

use auto_impl::auto_impl;

use crate::model::archive::Finding;

/// Follows long work, and may cancel it.
///
/// ```
/// use std::path::Path;
/// use std::sync::atomic::{AtomicU64, Ordering};
///
/// use backup_core::ports::Progress;
///
/// /// Counts bytes, and gives up after a mebibyte.
/// #[derive(Default)]
/// struct OneMebibyte(AtomicU64);
///
/// impl Progress for OneMebibyte {
///     fn advanced(&self, _path: &Path, content_bytes: u64) {
///         self.0.fetch_add(content_bytes, Ordering::Relaxed);
///     }
///
///     fn is_cancelled(&self) -> bool {
///         self.0.load(Ordering::Relaxed) > 1 << 20
///     }
/// }
///
/// let progress = OneMebibyte::default();
/// progress.advanced(Path::new("a.bin"), 2 << 20);
/// assert!(progress.is_cancelled());
/// ```
#[auto_impl(&, Box, Arc)]
pub trait Progress: Send + Sync {
    /// Is told that `content_bytes` more bytes went by, at the entry `path` below the source.
    fn advanced(&self, path: &Path, content_bytes: u64);

    /// Is told of every finding as soon as it is made, including those that the report only counts.
    fn found(&self, _finding: &Finding) {}

    /// Is told of every entry below the source that was packed: its path and, of a file, how many bytes of its contents. Not
    /// every archiver tells.
    fn packed(&self, _path: &Path, _content_bytes: u64) {}

    /// Returns whether the work should end. It is asked at least once an entry and once a MiB.
    fn is_cancelled(&self) -> bool;
}

/// Shows nothing and never cancels.
#[derive(Debug, Clone, Copy, Default)]
pub struct SilentProgress;

impl Progress for SilentProgress {
    fn advanced(&self, _path: &Path, _content_bytes: u64) {}

    fn is_cancelled(&self) -> bool {
        false
    }
}

const _DYN_COMPATIBLE: Option<&dyn Progress> = None;
