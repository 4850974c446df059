//! Gathers the archive into large blocks.

use std::io::{self, Write};

/// How much is written at once.
const BLOCK_BYTES: usize = 1024 * 1024;

/// The least room that [`Output::room`] gives, so that a file isn't read in crumbs.
const ROOM_BYTES: usize = 64 * 1024;

/// The unit of tar: headers and contents begin at multiples of it.
const TAR_BLOCK_BYTES: u64 = 512;

/// GNU tar's record. It writes and reads whole ones, and so do tape drives and scripts that look at the size; the
/// zeros cost at most 10 KB.
const RECORD_BYTES: u64 = 20 * TAR_BLOCK_BYTES;

const ZEROS: [u8; 4096] = [0; 4096];

/// The archive on its way out.
///
/// Unlike `BufWriter` it never writes when it is dropped (after an error that would be a second try on a file that has
/// failed), and files are read right into its buffer.
pub(super) struct Output<'a> {
    out: &'a mut dyn Write,
    buffer: Vec<u8>,
    filled: usize,
    /// Everything so far, what is still in the buffer included.
    total_bytes: u64,
}

impl<'a> Output<'a> {
    pub(super) fn new(out: &'a mut dyn Write) -> Self {
        Self { out, buffer: vec![0; BLOCK_BYTES], filled: 0, total_bytes: 0 }
    }

    /// Adds bytes.
    pub(super) fn write(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let room = self.room()?;
            let (now, later) = bytes.split_at(bytes.len().min(room.len()));
            room[..now.len()].copy_from_slice(now);
            self.fill(now.len());
            bytes = later;
        }
        Ok(())
    }

    /// Returns where the next bytes may be put, before [`fill`](Self::fill) says how many.
    pub(super) fn room(&mut self) -> io::Result<&mut [u8]> {
        if self.buffer.len() - self.filled < ROOM_BYTES {
            self.empty()?;
        }
        Ok(&mut self.buffer[self.filled..])
    }

    /// Takes over the first bytes that were put into the room.
    pub(super) fn fill(&mut self, byte_count: usize) {
        self.filled += byte_count;
        self.total_bytes += byte_count as u64;
    }

    /// Adds zeros.
    pub(super) fn write_zeros(&mut self, mut byte_count: u64) -> io::Result<()> {
        while byte_count > 0 {
            let now = usize::try_from(byte_count).unwrap_or(ZEROS.len()).min(ZEROS.len());
            self.write(&ZEROS[..now])?;
            byte_count -= now as u64;
        }
        Ok(())
    }

    /// Adds zeros up to where the next header may begin.
    pub(super) fn pad(&mut self) -> io::Result<()> {
        self.write_zeros(self.total_bytes.next_multiple_of(TAR_BLOCK_BYTES) - self.total_bytes)
    }

    /// Writes the trailer and whatever is still in the buffer. Does not flush or sync what is below.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.write_zeros(2 * TAR_BLOCK_BYTES)?;
        self.write_zeros(self.total_bytes.next_multiple_of(RECORD_BYTES) - self.total_bytes)?;
        self.empty()
    }

    fn empty(&mut self) -> io::Result<()> {
        self.out.write_all(&self.buffer[..self.filled])?;
        self.filled = 0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pads_to_whole_blocks_and_records() {
        let mut bytes = Vec::new();
        let mut output = Output::new(&mut bytes);
        output.write(b"abc").unwrap();
        output.pad().unwrap();
        output.pad().unwrap();
        output.write(b"d").unwrap();
        output.pad().unwrap();
        output.finish().unwrap();
        assert_eq!(bytes.len(), 10_240);
        assert_eq!(&bytes[..4], b"abc\0");
        assert_eq!(bytes[512], b'd');
        assert!(bytes[513..].iter().all(|byte| *byte == 0));
    }

    #[test]
    fn keeps_what_is_larger_than_its_buffer() {
        let large: Vec<u8> = (0..3 * BLOCK_BYTES + 7).map(|at| u8::try_from(at % 251).unwrap()).collect();
        let mut bytes = Vec::new();
        let mut output = Output::new(&mut bytes);
        output.write(b"x").unwrap();
        output.write(&large).unwrap();
        output.finish().unwrap();
        assert_eq!(bytes[1..=large.len()], large);
        assert_eq!(bytes.len() % 10_240, 0);
    }

    #[test]
    fn writes_nothing_more_after_an_error() {
        struct Full(usize);
        impl Write for Full {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                self.0 += 1;
                Err(io::ErrorKind::StorageFull.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut full = Full(0);
        let mut output = Output::new(&mut full);
        output.write(b"x").unwrap();
        assert_eq!(output.finish().unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert_eq!(full.0, 1);
    }
}
