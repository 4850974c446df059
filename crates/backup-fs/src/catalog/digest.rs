//! The digests of contents.

/// The digest of a file's contents: the first 16 bytes of its BLAKE3.
pub(crate) type ContentDigest = [u8; DIGEST_BYTES];

/// The digest of a piece of a large file. It depends on the place of the piece in the file.
pub(crate) type PieceDigest = ContentDigest;

/// The length of a digest in a catalog.
pub(crate) const DIGEST_BYTES: usize = 16;

/// The checksum of a part of a catalog: the first eight bytes of its BLAKE3.
pub(super) type Checksum = [u8; CHECKSUM_BYTES];

pub(super) const CHECKSUM_BYTES: usize = 8;

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
        let digest = first_bytes(self.hasher.finalize().as_bytes());
        self.hasher.reset();
        digest
    }
}

/// Returns the digest of contents.
pub(crate) fn digest_of(contents: &[u8]) -> ContentDigest {
    first_bytes(blake3::hash(contents).as_bytes())
}

/// Returns the checksum of stored bytes.
pub(super) fn checksum(bytes: &[u8]) -> Checksum {
    first_bytes(blake3::hash(bytes).as_bytes())
}

pub(super) fn first_bytes<const N: usize>(hash: &[u8; 32]) -> [u8; N] {
    *hash.first_chunk().expect("a hash has 32 bytes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_those_of_blake3_however_the_bytes_come() {
        let empty = 0xaf13_49b9_f5f9_a1a6_a040_4dea_36dc_c949_u128.to_be_bytes();
        let mut digester = ContentDigester::default();
        assert_eq!(digester.finish(), empty);
        let bytes = vec![7; 5000];
        digester.update(&bytes);
        let whole = digester.finish();
        assert_eq!(digest_of(&bytes), whole);
        bytes.chunks(77).for_each(|piece| digester.update(piece));
        assert_eq!(digester.finish(), whole);
        assert_eq!(digester.finish(), empty);
        assert_eq!(whole[..8], checksum(&bytes));
    }
}
