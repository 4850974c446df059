//! How much of an archive is held in memory at most.

/// How large an extended header may be: more than 250 extended attributes of the largest size that Linux allows.
pub const MAX_EXTENSION_BYTES: u64 = 16 << 20;

/// How long a path or a link's target may be.
pub const MAX_NAME_BYTES: usize = 1 << 20;

/// How many stretches of data a sparse file may have.
pub const MAX_SEGMENTS: usize = 1 << 20;
