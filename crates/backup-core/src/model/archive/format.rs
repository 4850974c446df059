//! Format: whether an archive is complete, and whether it is compressed.

/// Whether an archive contains everything that it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Grade {
    /// It contains everything.
    Complete,
    /// Something could not be read and is missing from it.
    Incomplete,
}

/// How the bytes of an archive are stored. Decompressed, they are plain tar.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Compression {
    /// Not compressed: `NAME.tar`.
    #[default]
    None,
    /// Compressed as Zstandard frames: `NAME.tar.zst`.
    Zstd,
}

impl Compression {
    /// All variants.
    pub const ALL: [Self; 2] = [Self::None, Self::Zstd];

    /// Returns the ending of file names, with its dot. No ending is the end of another one.
    #[must_use]
    pub fn ending(self) -> &'static str {
        match self {
            Self::None => ".tar",
            Self::Zstd => ".tar.zst",
        }
    }
}
