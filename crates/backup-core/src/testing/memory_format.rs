//! What archives of the archiver in memory are made of.

/// The last line.
pub(super) const END: &[u8] = b"end\n";

/// How many bytes of contents are written or read at once.
pub(super) const PIECE_BYTES: usize = 1 << 20;
