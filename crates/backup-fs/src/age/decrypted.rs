//! Decrypted bytes, read from any place on.

use std::io::{self, Read, Seek, SeekFrom};

use age::stream::StreamReader;

use crate::buffer::seek::target_of;

/// How many bytes are encrypted together, and how many that takes more.
const PIECE_BYTES: u64 = 64 * 1024;
const TAG_BYTES: u64 = 16;

/// What comes out of an encrypted source. The reader of age itself must not be asked for what lies behind the end.
pub(crate) struct Decrypted<R> {
    stream: StreamReader<R>,
    position: u64,
    end: u64,
    /// Whether the stream stands at the position.
    is_there: bool,
}

impl<R: Read + Seek> Decrypted<R> {
    /// Returns what comes out of a stream at its start, of which that many bytes are stored.
    pub(super) fn new(stream: StreamReader<R>, stored_bytes: u64) -> Self {
        let pieces = stored_bytes.div_ceil(PIECE_BYTES + TAG_BYTES);
        let end = stored_bytes.saturating_sub(pieces * TAG_BYTES);
        Self { stream, position: 0, end, is_there: true }
    }
}

impl<R: Read + Seek> Read for Decrypted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if !self.is_there {
            if self.position >= self.end {
                return Ok(0);
            }
            self.stream.seek(SeekFrom::Start(self.position))?;
            self.is_there = true;
        }
        let read = self.stream.read(buffer)?;
        self.position += read as u64;
        Ok(read)
    }
}

impl<R: Read + Seek> Seek for Decrypted<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = target_of(to, self.position, Some(self.end));
        let target = target.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        self.is_there &= target == self.position;
        self.position = target;
        Ok(target)
    }
}
