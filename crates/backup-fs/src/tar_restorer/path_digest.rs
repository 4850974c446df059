//! Short digests of paths, so that many paths fit into memory.

use std::hash::{DefaultHasher, Hash, Hasher};

/// Returns the digest of a path, from the digest of its parent.
///
/// Two paths may have the same digest. Then one only waits for the other without need.
pub(super) fn path_digest(above: u64, name: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    (above, name).hash(&mut hasher);
    hasher.finish()
}
