//! What a draft encrypts before it is stored.

use std::io;

use super::DraftFile;

/// How much is encrypted at once.
const MOST_BYTES: usize = 1024 * 1024;

impl DraftFile {
    /// Encrypts bytes, and writes what is complete of that.
    pub(super) fn write_encrypted(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.check_writable()?;
        let part = &bytes[..bytes.len().min(MOST_BYTES)];
        let stored = match &mut self.cipher {
            Some(cipher) => cipher.encrypt(part)?,
            None => Vec::new(),
        };
        self.write_all_stored(&stored)?;
        Ok(part.len())
    }

    /// Ends the encryption, once.
    pub(super) fn end_cipher(&mut self) -> io::Result<()> {
        let Some(cipher) = self.cipher.take() else { return Ok(()) };
        self.check_writable()?;
        let rest = cipher.finish()?;
        self.write_all_stored(&rest)
    }

    fn write_all_stored(&mut self, mut stored: &[u8]) -> io::Result<()> {
        while !stored.is_empty() {
            let written = self.write_stored(stored)?;
            stored = &stored[written..];
        }
        Ok(())
    }
}
