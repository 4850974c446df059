//! Digests that stand for paths, so that many of them can be remembered.

use std::hash::{DefaultHasher, Hash, Hasher};

/// Returns a digest of a path, made of that of the folder above. Two paths may have the same: then one waits for the other
/// in vain.
pub(super) fn path_digest(above: u64, name: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    (above, name).hash(&mut hasher);
    hasher.finish()
}
