//! Format: whether an archive is complete, and whether it is compressed.

/// Whether an archive contains everything that it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Grade {
    /// It contains everything.
    Complete,
    /// Something could not be read and is missing from it.
    Incomplete,
}

/// How the bytes of an archive are stored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Compression {
    /// Not compressed: `NAME.tar`, unless the store has another ending for it.
    #[default]
    None,
    /// Compressed as Zstandard frames: `NAME.tar.zst`, unless the store has another ending for it.
    Zstd,
}

impl Compression {
    /// All variants.
    pub const ALL: [Self; 2] = [Self::None, Self::Zstd];
}
