//! What is learned from the contents of a large file while they are read.

use super::catalog::LargeDigester;
use super::links::FingerprintBuilder;

/// How much of the beginning is looked at.
const START_BYTES: usize = 4096;

/// What is learned from the contents of a file while they are read.
pub(super) struct SeenContents<'f> {
    pub(super) fingerprint: Option<&'f mut FingerprintBuilder>,
    pub(super) digester: Option<LargeDigester>,
    /// What the contents begin with.
    pub(super) start: Vec<u8>,
}

impl SeenContents<'_> {
    pub(super) fn add(&mut self, read: &[u8]) {
        if self.start.is_empty() {
            self.start.extend_from_slice(&read[..read.len().min(START_BYTES)]);
        }
        if let Some(fingerprint) = &mut self.fingerprint {
            fingerprint.update(read);
        }
        if let Some(digester) = &mut self.digester {
            digester.update(read);
        }
    }
}
