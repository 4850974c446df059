//! Reads a finished archive to its end, for its structure and its SHA-256 at once.
//!
//! The walk through the structure reads from blocks that go on to another thread, which digests them: so the file is
//! read once, and the reading and the walk cost no time beside the digest.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;
use std::thread::Builder;
use std::{io, thread};

use backup_core::model::archive::{Compression, Seal};
use backup_core::ports::{ArchiveBytes, Progress, Walk};
use rustix::fs::{Advice, fadvise};

use super::digest::{digest, digest_all};
use crate::buffer::aligned_buffer::AlignedBuffer;
use crate::buffer::pipe::{PipeWriter, pipe};
use crate::zstd::reader::unpacking;

/// One block is read, one waits, and one is digested.
const BLOCKS: usize = 3;

/// Inspects an archive that is stored in that way, under that name for `progress`.
///
/// # Errors
/// [`ErrorKind::Interrupted`] when `progress` cancels, and any failure to read.
pub(crate) fn inspect(
    archive: &File,
    compression: Compression,
    name: &Path,
    walk: Walk<'_>,
    progress: &dyn Progress,
) -> io::Result<Seal> {
    match compression {
        Compression::None => inspect_plain(archive, name, walk, progress),
        Compression::Zstd => inspect_packed(archive, name, walk, progress),
    }
}

/// Returns the plain tar in an archive that is stored in that way.
///
/// # Errors
/// As [`unpacking`].
pub(crate) fn plain_bytes(archive: File, compression: Compression) -> io::Result<Box<dyn ArchiveBytes>> {
    match compression {
        Compression::None => Ok(Box::new(archive)),
        Compression::Zstd => unpacking(archive),
    }
}

/// Inspects an archive that is stored as it is.
fn inspect_plain(archive: &File, name: &Path, walk: Walk<'_>, progress: &dyn Progress) -> io::Result<Seal> {
    // Only advice.
    let _ = fadvise(archive, 0, None, Advice::Sequential);
    let (pipe_writer, pipe_reader) = pipe(BLOCKS * AlignedBuffer::BYTES);
    thread::scope(|scope| {
        let summing = Builder::new().name("digest".into()).spawn_scoped(scope, || digest_all(pipe_reader))?;
        let mut reader = Tee {
            archive,
            name,
            progress,
            pipe_writer,
            block: AlignedBuffer::default(),
            used: 0,
            read_bytes: 0,
            failed: None,
        };
        walk(&mut reader);
        let archive_bytes = reader.read_to_the_end()?;
        let sum = summing.join().map_err(|_| io::Error::other("the digest has panicked"))?;
        Ok(Seal { archive_bytes, sha256: sum })
    })
}

/// Inspects an archive that is stored compressed. What can't even be opened as such is for the walk to find out.
fn inspect_packed(archive: &File, name: &Path, walk: Walk<'_>, progress: &dyn Progress) -> io::Result<Seal> {
    thread::scope(|scope| {
        let digesting =
            Builder::new().name("digest".into()).spawn_scoped(scope, || digest(archive, name, progress))?;
        // The digest minds its own place in the file.
        match archive.try_clone().and_then(unpacking) {
            Ok(mut plain) => walk(&mut *plain),
            Err(error) => walk(&mut Unopened(error.to_string())),
        }
        digesting.join().map_err(|_| io::Error::other("the digest has panicked"))?
    })
}

/// Says why nothing can be read.
struct Unopened(String);

impl Read for Unopened {
    fn read(&mut self, _buffer: &mut [u8]) -> io::Result<usize> {
        Err(io::Error::new(ErrorKind::InvalidData, self.0.clone()))
    }
}

/// Reads the archive a block at a time, and sends each on once it was used.
struct Tee<'a> {
    archive: &'a File,
    name: &'a Path,
    progress: &'a dyn Progress,
    pipe_writer: PipeWriter,
    block: AlignedBuffer,
    /// How much of the block was read by others.
    used: usize,
    read_bytes: u64,
    /// What ended the reading: those who read know it in their own words.
    failed: Option<io::Error>,
}

impl Tee<'_> {
    /// Reads what nobody wanted, and returns how much all of it was.
    fn read_to_the_end(mut self) -> io::Result<u64> {
        while self.failed.is_none() && !self.rest().is_empty() {
            self.used = self.block.bytes().len();
        }
        self.failed.map_or(Ok(self.read_bytes), Err)
    }

    /// Returns what is left of the block, or the next one; nothing at the end and once the reading has failed.
    fn rest(&mut self) -> &[u8] {
        if self.used == self.block.bytes().len() && self.failed.is_none() {
            self.failed = self.next_block().err();
        }
        if self.failed.is_some() { &[] } else { &self.block.bytes()[self.used..] }
    }

    fn next_block(&mut self) -> io::Result<()> {
        if self.progress.is_cancelled() {
            return Err(io::Error::new(ErrorKind::Interrupted, "it was interrupted"));
        }
        self.used = 0;
        let used = std::mem::take(&mut self.block);
        if !used.bytes().is_empty() {
            self.pipe_writer.send(used)?;
        }
        self.block = self.pipe_writer.take()?;
        let read = read(self.archive, self.block.room())?;
        self.block.fill(read);
        self.read_bytes += read as u64;
        self.progress.advanced(self.name, read as u64);
        Ok(())
    }
}

impl Read for Tee<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut rest = self.rest();
        let read = rest.read(buffer)?;
        self.used += read;
        // Never as an interruption: after those, people try again.
        match &self.failed {
            Some(error) => Err(io::Error::other(error.to_string())),
            None => Ok(read),
        }
    }
}

fn read(mut archive: &File, room: &mut [u8]) -> io::Result<usize> {
    loop {
        match archive.read(room) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}
