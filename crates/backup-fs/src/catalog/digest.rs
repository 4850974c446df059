//! The digests of contents.

/// The digest of a file's contents: the first 16 bytes of its BLAKE3.
pub(crate) type ContentDigest = [u8; DIGEST_BYTES];

/// The digest of a piece of a large file.
pub(crate) type PieceDigest = ContentDigest;

/// The length of a digest in a catalog.
pub(crate) const DIGEST_BYTES: usize = 16;

/// Digests contents that come in pieces.
#[derive(Debug, Clone, Default)]
pub(crate) struct ContentDigester {
    hasher: blake3::Hasher,
}

impl ContentDigester {
    /// Adds the next bytes.
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.hasher.update(bytes);
    }

    /// Returns the digest of all bytes, and begins anew.
    pub(crate) fn finish(&mut self) -> ContentDigest {
        let digest = first_bytes(&self.hasher.finalize());
        self.hasher.reset();
        digest
    }
}

/// Returns the checksum of stored bytes.
pub(super) fn checksum(bytes: &[u8]) -> [u8; 8] {
    first_bytes(&blake3::hash(bytes))
}

fn first_bytes<const N: usize>(hash: &blake3::Hash) -> [u8; N] {
    *hash.as_bytes().first_chunk().expect("a hash has 32 bytes")
}
