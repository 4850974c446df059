//! Cipher: encrypts bytes on their way to a file.

use std::fmt;
use std::io::{self, Write};
use std::mem::take;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use age::stream::StreamWriter;

use super::keys::Keys;

/// Encrypts one stream of bytes. What it holds of it in memory is less than a piece of 64 KiB, and is never written as it is.
pub(crate) struct Cipher {
    stream: StreamWriter<Ready>,
    ready: Ready,
}

impl fmt::Debug for Cipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cipher")
    }
}

impl Cipher {
    /// Begins a stream for those who have one of these keys. The key of the stream itself is a new one each time.
    pub(crate) fn begin(keys: &Keys) -> io::Result<Self> {
        let ready = Ready::default();
        let encryptor = age::Encryptor::with_recipients(keys.each()).map_err(io::Error::other)?;
        let stream = encryptor.wrap_output(ready.clone())?;
        Ok(Self { stream, ready })
    }

    /// Encrypts bytes, and returns what can be stored by now.
    pub(crate) fn encrypt(&mut self, plain: &[u8]) -> io::Result<Vec<u8>> {
        self.stream.write_all(plain)?;
        Ok(take(&mut *self.ready.bytes()))
    }

    /// Ends the stream, and returns the rest of what is to be stored. Without it, the stream can't be read.
    pub(crate) fn finish(self) -> io::Result<Vec<u8>> {
        self.stream.finish()?;
        Ok(take(&mut *self.ready.bytes()))
    }
}

/// Encrypted bytes that nobody has taken yet.
#[derive(Clone, Default)]
struct Ready(Arc<Mutex<Vec<u8>>>);

impl Ready {
    fn bytes(&self) -> MutexGuard<'_, Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Write for Ready {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
