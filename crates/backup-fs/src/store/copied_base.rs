//! An archive of which parts are copied into a draft, on a disk where files can't share blocks.
//!
//! All of it is read in one stream and digested. So what is copied is known to be as it was made, and damage doesn't spread.

use std::fs::File;
use std::io;
use std::os::fd::AsFd;

use sha2::{Digest, Sha256};

use crate::buffer::aligned_buffer::AlignedBuffer;
use crate::posix::disk::{Disk, System};

/// How far an archive was read of which parts are copied, and what was read.
#[derive(Debug)]
pub(super) struct CopiedBase {
    digest: Sha256,
    pub(super) read_bytes: u64,
    /// What the digest must come to.
    sha256: [u8; 32],
    pub(super) is_checked: bool,
}

impl CopiedBase {
    /// Returns an archive with this SHA-256 of which nothing was read.
    pub(super) fn new(sha256: [u8; 32]) -> Self {
        Self { digest: Sha256::new(), read_bytes: 0, sha256, is_checked: false }
    }

    /// Reads on, at most up to the end of the buffer.
    pub(super) fn read(&mut self, base: &File, buffer: &mut [u8]) -> io::Result<usize> {
        let read = System.read_uncached(base.as_fd(), buffer, self.read_bytes)?;
        self.digest.update(&buffer[..read]);
        self.read_bytes += read as u64;
        Ok(read)
    }

    /// Reads on up to an offset. Returns whether the archive reaches as far.
    pub(super) fn read_up_to(&mut self, base: &File, end: u64) -> io::Result<bool> {
        let mut buffer = AlignedBuffer::new();
        while self.read_bytes < end {
            let room = buffer.room();
            let wanted = usize::try_from(end - self.read_bytes).unwrap_or(room.len()).min(room.len());
            if self.read(base, &mut room[..wanted])? == 0 {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Reads the rest. Returns whether all of it is as it was made.
    pub(super) fn check(&mut self, base: &File) -> io::Result<bool> {
        self.read_up_to(base, u64::MAX)?;
        self.is_checked = true;
        Ok(<[u8; 32]>::from(self.digest.clone().finalize()) == self.sha256)
    }
}
