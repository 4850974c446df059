//! How an archive is stored: complete or not, plain or compressed.

/// Whether an archive holds all that it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Grade {
    /// Everything is in it.
    Complete,
    /// Something could not be read and is missing.
    Incomplete,
}

/// How the bytes of an archive are stored. What is in it is plain tar either way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Compression {
    /// As they are: `NAME.tar`.
    #[default]
    None,
    /// As Zstandard frames: `NAME.tar.zst`.
    Zstd,
}

impl Compression {
    /// Every way to store an archive.
    pub const ALL: [Self; 2] = [Self::None, Self::Zstd];

    /// Returns how the file names of such archives end. None of the endings is the end of another.
    #[must_use]
    pub fn ending(self) -> &'static str {
        match self {
            Self::None => ".tar",
            Self::Zstd => ".tar.zst",
        }
    }
}
