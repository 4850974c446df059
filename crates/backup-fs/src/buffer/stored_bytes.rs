//! Stored bytes: those of a file, or what comes out of it decrypted.

use std::fmt;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::sync::{Arc, Mutex, PoisonError};

use backup_core::ports::SeekableBytes;

use super::seek::target_of;

/// Bytes that are read from any place on, by several readers of their own position.
pub(crate) enum StoredBytes {
    /// Those of a file, as they are.
    File(File),
    /// Those that come out of something.
    Opened(Arc<Mutex<dyn SeekableBytes>>),
}

impl fmt::Debug for StoredBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(file) => file.fmt(f),
            Self::Opened(_) => f.write_str("Opened"),
        }
    }
}

impl From<File> for StoredBytes {
    fn from(file: File) -> Self {
        Self::File(file)
    }
}

impl StoredBytes {
    /// Returns what comes out of something.
    pub(crate) fn opened(bytes: impl SeekableBytes + 'static) -> Self {
        Self::Opened(Arc::new(Mutex::new(bytes)))
    }

    /// Returns the same bytes for another reader.
    pub(crate) fn try_clone(&self) -> io::Result<Self> {
        Ok(match self {
            Self::File(file) => Self::File(file.try_clone()?),
            Self::Opened(opened) => Self::Opened(Arc::clone(opened)),
        })
    }

    /// Returns how many they are.
    pub(crate) fn size(&self) -> io::Result<u64> {
        match self {
            Self::File(file) => Ok(file.metadata()?.len()),
            Self::Opened(opened) => {
                opened.lock().unwrap_or_else(PoisonError::into_inner).seek(SeekFrom::End(0))
            }
        }
    }

    /// Reads some bytes from an offset on; 0 at the end.
    pub(crate) fn read_at(&self, buffer: &mut [u8], at: u64) -> io::Result<usize> {
        match self {
            Self::File(file) => file.read_at(buffer, at),
            Self::Opened(opened) => {
                let mut opened = opened.lock().unwrap_or_else(PoisonError::into_inner);
                opened.seek(SeekFrom::Start(at))?;
                opened.read(buffer)
            }
        }
    }

    /// Fills a buffer from an offset on.
    pub(crate) fn read_exact_at(&self, buffer: &mut [u8], at: u64) -> io::Result<()> {
        match self {
            Self::File(file) => file.read_exact_at(buffer, at),
            Self::Opened(opened) => {
                let mut opened = opened.lock().unwrap_or_else(PoisonError::into_inner);
                opened.seek(SeekFrom::Start(at))?;
                opened.read_exact(buffer)
            }
        }
    }

    /// Returns a reader at the start.
    pub(crate) fn into_reader(self) -> StoredReader {
        StoredReader { bytes: self, position: 0 }
    }
}

/// Reads stored bytes from its own position on.
#[derive(Debug)]
pub(crate) struct StoredReader {
    bytes: StoredBytes,
    position: u64,
}

impl StoredReader {
    /// Returns another reader of the same bytes, at the start.
    pub(crate) fn again(&self) -> io::Result<Self> {
        Ok(self.bytes.try_clone()?.into_reader())
    }
}

impl Read for StoredReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.bytes.read_at(buffer, self.position)?;
        self.position += read as u64;
        Ok(read)
    }
}

impl Seek for StoredReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let end = if matches!(to, SeekFrom::End(_)) { Some(self.bytes.size()?) } else { None };
        let target = target_of(to, self.position, end);
        self.position = target.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.position)
    }
}
