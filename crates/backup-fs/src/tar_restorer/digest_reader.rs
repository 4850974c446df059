//! An archive reader that computes a digest of all bytes, in whatever order they are read.

use std::io::{self, Read, Seek, SeekFrom};
use std::thread::{Builder, JoinHandle};

use backup_core::model::archive::ArchiveDigest;
use backup_core::model::error::PortError;
use backup_core::ports::{ArchiveBytes, Progress};

use crate::buffer::aligned_buffer::AlignedBuffer;
use crate::buffer::pipe::{PipeWriter, pipe};
use crate::error::port_error;
use crate::store::digest::digest_all;

/// The number of blocks: one is filled, one waits, and one is digested.
const BLOCKS: usize = 3;

const PIECE_BYTES: usize = 256 * 1024;

/// What is digested at once, at least. Small blocks stay in the processor's cache.
const DIGESTED_BYTES: usize = 512 * 1024;

/// Passes an archive on to its readers, and each byte once and in order to a thread that computes the digest.
///
/// Bytes that the readers skip are read as well. Bytes that they read twice are digested once.
pub(super) struct DigestingArchive<'a> {
    archive: &'a mut dyn ArchiveBytes,
    progress: &'a dyn Progress,
    /// The position of the readers and of the archive.
    position: u64,
    /// The number of digested bytes.
    digested_bytes: u64,
    pipe: Option<(PipeWriter, AlignedBuffer)>,
    thread: JoinHandle<[u8; 32]>,
}

impl<'a> DigestingArchive<'a> {
    /// Starts at the beginning of the archive, where it must be positioned.
    pub(super) fn start(
        archive: &'a mut dyn ArchiveBytes,
        progress: &'a dyn Progress,
    ) -> Result<Self, PortError> {
        let (pipe_writer, pipe_reader) = pipe(BLOCKS * AlignedBuffer::BYTES);
        let thread = Builder::new().name("digest".into()).spawn(|| digest_all(pipe_reader));
        let thread = thread.map_err(|error| port_error("begin to restore", error))?;
        let pipe = Some((pipe_writer, AlignedBuffer::default()));
        Ok(Self { archive, progress, position: 0, digested_bytes: 0, pipe, thread })
    }

    /// Reads the remaining bytes, and returns the digest of all. Returns `None` if some can't be read.
    pub(super) fn finish(mut self) -> Option<ArchiveDigest> {
        self.digest_up_to(u64::MAX).ok()?;
        let (mut pipe_writer, block) = self.pipe.take()?;
        pipe_writer.send(block).ok()?;
        drop(pipe_writer);
        let sum = self.thread.join().ok()?;
        Some(ArchiveDigest { archive_bytes: self.digested_bytes, sha256: sum })
    }

    /// Digests the bytes before a position that were skipped.
    ///
    /// If they can't be read, there will be no digest, and reading continues.
    fn catch_up(&mut self, position: u64) -> io::Result<()> {
        if self.pipe.is_none() || position <= self.digested_bytes {
            return Ok(());
        }
        if self.digest_up_to(position).is_err() {
            self.pipe = None;
        }
        self.archive.seek(SeekFrom::Start(self.position)).map(drop)
    }

    fn digest_up_to(&mut self, position: u64) -> io::Result<()> {
        self.archive.seek(SeekFrom::Start(self.digested_bytes))?;
        let mut piece = vec![0; PIECE_BYTES];
        while self.digested_bytes < position {
            // After a cancellation nobody needs the digest, and the reader stops by itself.
            if self.progress.is_cancelled() {
                self.pipe = None;
                break;
            }
            let length = usize::try_from(position - self.digested_bytes).unwrap_or(PIECE_BYTES);
            match self.archive.read(&mut piece[..length.min(PIECE_BYTES)]) {
                Ok(0) => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => self.digest(&piece[..read?]),
            }
        }
        Ok(())
    }

    fn digest(&mut self, mut bytes: &[u8]) {
        self.digested_bytes += bytes.len() as u64;
        while let Some((pipe_writer, block)) = self.pipe.as_mut().filter(|_| !bytes.is_empty()) {
            let is_due = block.bytes().len() >= DIGESTED_BYTES || block.room().is_empty();
            if is_due && pipe_writer.exchange(block).is_err() {
                self.pipe = None;
                return;
            }
            bytes = &bytes[block.add(bytes)..];
        }
    }
}

impl Read for DigestingArchive<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.catch_up(self.position)?;
        let read = self.archive.read(buffer)?;
        let end = self.position + read as u64;
        let new_bytes = usize::try_from(end.saturating_sub(self.digested_bytes)).unwrap_or(read).min(read);
        self.digest(&buffer[read - new_bytes..read]);
        self.position = end;
        Ok(read)
    }
}

impl ArchiveBytes for DigestingArchive<'_> {}

impl Seek for DigestingArchive<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.position = self.archive.seek(to)?;
        Ok(self.position)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use backup_core::ports::SilentProgress;
    use sha2::{Digest, Sha256};

    use super::*;

    /// An offset, and the number of bytes to read from there.
    type Part = (u64, usize);

    #[track_caller]
    fn check(length: usize, parts: &[Part]) {
        let bytes: Vec<u8> = (0..251).cycle().take(length).collect();
        let mut archive = Cursor::new(bytes.clone());
        let mut digesting = DigestingArchive::start(&mut archive, &SilentProgress).unwrap();
        for (start, count) in parts {
            digesting.seek(SeekFrom::Start(*start)).unwrap();
            let mut read = Vec::new();
            (&mut digesting).take(*count as u64).read_to_end(&mut read).unwrap();
            let start = usize::try_from(*start).unwrap();
            assert!(read == bytes[start.min(length)..(start + count).min(length)], "{parts:?}");
        }
        let digest = digesting.finish().unwrap();
        let sha256 = Sha256::digest(&bytes).into();
        assert_eq!(digest, ArchiveDigest { archive_bytes: length as u64, sha256 }, "{length} {parts:?}");
    }

    #[test]
    fn every_byte_is_digested_once() {
        let large = 2 * AlignedBuffer::BYTES + 12_345;
        for length in [0, 1, 300_000, AlignedBuffer::BYTES, large] {
            check(length, &[]);
            check(length, &[(0, length)]);
            check(length, &[(0, 1_000), (0, 2_000), (500, 5_000), (100_000, 10)]);
            check(length, &[(length as u64 / 2, length), (0, length), (7, 7)]);
            check(length, &[(length as u64, 1), (1, 1)]);
        }
    }

    #[test]
    fn seeking_to_the_end_reads_nothing() {
        let mut archive = Cursor::new(vec![7; 1_000_000]);
        let mut digesting = DigestingArchive::start(&mut archive, &SilentProgress).unwrap();
        assert_eq!(digesting.seek(SeekFrom::End(0)).unwrap(), 1_000_000);
        assert_eq!(digesting.digested_bytes, 0);
    }
}
