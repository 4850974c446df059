//! Format: whether an archive is complete, and how its bytes are stored.

/// Whether an archive contains everything that it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Grade {
    /// It contains everything.
    Complete,
    /// Something could not be read and is missing from it.
    Incomplete,
}

/// How the bytes of an archive are compressed.
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

/// How the bytes of an archive are encrypted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Encryption {
    /// Not encrypted.
    #[default]
    None,
    /// Encrypted with age, after everything else: `NAME.tar.age`, unless the store has another ending for it.
    Age,
}

/// How the bytes of an archive are stored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Format {
    /// What comes first.
    pub compression: Compression,
    /// What comes last.
    pub encryption: Encryption,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self { compression: Compression::None, encryption: Encryption::None },
        Self { compression: Compression::Zstd, encryption: Encryption::None },
        Self { compression: Compression::None, encryption: Encryption::Age },
        Self { compression: Compression::Zstd, encryption: Encryption::Age },
    ];

    /// Returns whether nobody reads the archive without a key.
    #[must_use]
    pub fn is_encrypted(self) -> bool {
        self.encryption != Encryption::None
    }
}

impl From<Compression> for Format {
    /// Returns the format of archives that aren't encrypted.
    fn from(compression: Compression) -> Self {
        Self { compression, encryption: Encryption::None }
    }
}
