//! How large the parts of a catalog may be: what a reader accepts, and what a writer keeps to.

use crate::tar_reader::MAX_NAME_BYTES;

/// How many members a block has at most.
pub(super) const BLOCK_MEMBERS: u64 = 4096;

/// A block ends early once its names and digests are that long.
pub(super) const BLOCK_BYTES: usize = 1 << 20;

/// How many pieces of a file may have a digest: those of 4 TiB.
pub(crate) const MAX_PIECES: usize = 1 << 22;

/// How long a group of columns may be: what ends the block early, the four names of its last member, and 256 bytes of numbers
/// for each member.
pub(super) const MAX_GROUP_BYTES: usize = BLOCK_BYTES + 4 * MAX_NAME_BYTES + 256 * 4096;

/// How long the digests of a block may be.
pub(super) const MAX_DIGESTS_BYTES: usize = BLOCK_BYTES + (MAX_PIECES + 4096) * super::digest::DIGEST_BYTES;

/// How long the index may be: for two billion members of an ordinary tree.
pub(super) const MAX_INDEX_BYTES: usize = 64 << 20;

/// How much of the first path of a block is in the index.
pub(super) const FIRST_PATH_BYTES: usize = 255;
