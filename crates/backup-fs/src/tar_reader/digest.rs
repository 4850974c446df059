//! Computes the SHA-256 of what is read.

use std::io::{self, Read};

use sha2::{Digest, Sha256};

/// Reads on behalf of others, and digests every byte.
pub(super) struct DigestReader<R> {
    source: R,
    digest: Sha256,
}

impl<R: Read> DigestReader<R> {
    pub(super) fn new(source: R) -> Self {
        Self { source, digest: Sha256::new() }
    }

    /// Returns the digest of all that was read.
    pub(super) fn finish(self) -> [u8; 32] {
        self.digest.finalize().into()
    }
}

impl<R: Read> Read for DigestReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(buffer)?;
        self.digest.update(buffer.get(..read).unwrap_or_default());
        Ok(read)
    }
}
