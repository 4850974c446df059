//! Reads an archive once, for its structure and its SHA-256 at the same time.
//!
//! The walk through the structure reads from buffers, which then go to another thread that digests them. So the file is
//! read only once, and the walk takes no time in addition to the digest.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::os::fd::AsFd;
use std::path::Path;
use std::sync::Arc;
use std::thread::Builder;
use std::{io, thread};

use backup_core::model::archive::{ArchiveDigest, Format};
use backup_core::model::error::Failure;
use backup_core::ports::{Progress, ReadTar, SeekableBytes};
use rustix::fs::{Advice, fadvise};

use super::digest::{digest, digest_all, interrupted};
use super::stored_archive::open_plain;
use crate::age::identities::Identities;
use crate::buffer::aligned_buffer::AlignedBuffer;
use crate::buffer::pipe::{PipeWriter, pipe};
use crate::error::failure_of;
use crate::posix::disk::{Disk, System};

/// The number of buffers: one is filled, one waits, and one is digested.
const BUFFERS: usize = 3;

/// Reads an archive to its end: calls `read_tar` with its plain tar, and returns the size and digest of the stored bytes.
///
/// `progress` is told of the stored bytes under `name`.
///
/// # Errors
/// [`ErrorKind::Interrupted`] if `progress` cancels; [locked](crate::error::locked) if it is encrypted and no identity opens it; any
/// failure to read.
pub(crate) fn inspect(
    archive: &File,
    format: Format,
    identities: &Arc<Identities>,
    name: &Path,
    read_tar: ReadTar<'_>,
    progress: &dyn Progress,
) -> io::Result<ArchiveDigest> {
    if format == Format::default() {
        return inspect_plain(archive, name, read_tar, progress);
    }
    let plain = archive.try_clone();
    let plain = plain.and_then(|file| open_plain(file, (&name.to_string_lossy(), format), identities));
    match plain {
        Err(error) if failure_of(&error) == Failure::Locked => Err(error),
        plain => inspect_packed(archive, plain, name, read_tar, progress),
    }
}

/// Inspects an archive that is stored without compression.
fn inspect_plain(
    archive: &File,
    name: &Path,
    read_tar: ReadTar<'_>,
    progress: &dyn Progress,
) -> io::Result<ArchiveDigest> {
    // This is only advice.
    let _ = fadvise(archive, 0, None, Advice::Sequential);
    let (pipe_writer, pipe_reader) = pipe(BUFFERS * AlignedBuffer::BYTES);
    thread::scope(|scope| {
        let summing = Builder::new().name("digest".into()).spawn_scoped(scope, || digest_all(pipe_reader))?;
        let mut reader = Tee {
            archive,
            name,
            progress,
            pipe_writer,
            buffer: AlignedBuffer::default(),
            used: 0,
            read_bytes: 0,
            failed: None,
        };
        read_tar(&mut reader);
        let archive_bytes = reader.read_to_end_of_file()?;
        let sum = summing.join().map_err(|_| io::Error::other("the digest has panicked"))?;
        Ok(ArchiveDigest { archive_bytes, sha256: sum })
    })
}

/// Inspects an archive that is compressed or encrypted. If its plain tar can't be read at all, `read_tar` gets the error.
fn inspect_packed(
    archive: &File,
    plain: io::Result<Box<dyn SeekableBytes>>,
    name: &Path,
    read_tar: ReadTar<'_>,
    progress: &dyn Progress,
) -> io::Result<ArchiveDigest> {
    thread::scope(|scope| {
        let digesting =
            Builder::new().name("digest".into()).spawn_scoped(scope, || digest(archive, name, progress))?;
        // The digest doesn't use the file's position, so both can read the same file.
        match plain {
            Ok(mut plain) => read_tar(&mut *plain),
            Err(error) => read_tar(&mut Unopened(error.to_string())),
        }
        digesting.join().map_err(|_| io::Error::other("the digest has panicked"))?
    })
}

/// A reader that always fails with this message.
struct Unopened(String);

impl Read for Unopened {
    fn read(&mut self, _buffer: &mut [u8]) -> io::Result<usize> {
        Err(io::Error::new(ErrorKind::InvalidData, self.0.clone()))
    }
}

/// A reader that sends each buffer on to the digest after it was read from.
struct Tee<'a> {
    archive: &'a File,
    name: &'a Path,
    progress: &'a dyn Progress,
    pipe_writer: PipeWriter,
    buffer: AlignedBuffer,
    /// How many bytes of the buffer were read from it.
    used: usize,
    read_bytes: u64,
    /// The error that ended the reading. `read_tar` gets only a copy of its message.
    failed: Option<io::Error>,
}

impl Tee<'_> {
    /// Reads the rest of the file that `read_tar` didn't read, and returns the size of the file.
    fn read_to_end_of_file(mut self) -> io::Result<u64> {
        while self.failed.is_none() && !self.rest().is_empty() {
            self.used = self.buffer.bytes().len();
        }
        self.failed.map_or(Ok(self.read_bytes), Err)
    }

    /// Returns the rest of the buffer, or the next buffer. It is empty at the end, and after a failure.
    fn rest(&mut self) -> &[u8] {
        if self.used == self.buffer.bytes().len() && self.failed.is_none() {
            self.failed = self.next_buffer().err();
        }
        if self.failed.is_some() { &[] } else { &self.buffer.bytes()[self.used..] }
    }

    fn next_buffer(&mut self) -> io::Result<()> {
        if self.progress.is_cancelled() {
            return Err(interrupted());
        }
        self.used = 0;
        self.pipe_writer.exchange(&mut self.buffer)?;
        let read = System.read(self.archive.as_fd(), self.buffer.room(), self.read_bytes)?;
        self.buffer.fill(read);
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
        // The kind must not be `Interrupted`, because callers would try again.
        match &self.failed {
            Some(error) => Err(io::Error::other(error.to_string())),
            None => Ok(read),
        }
    }
}
