//! SHA-256 digests of archives.

use std::convert::Infallible;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use backup_core::model::archive::ArchiveDigest;
use backup_core::ports::Progress;
use rustix::fs::{Advice, fadvise};
use sha2::{Digest, Sha256};

use crate::buffer::aligned_buffer::AlignedBuffer;
use crate::buffer::pipe::PipeReader;

/// Returns the error for a read that `progress` cancelled.
pub(crate) fn interrupted() -> io::Error {
    io::Error::new(io::ErrorKind::Interrupted, "it was interrupted")
}

/// Returns the SHA-256 of all bytes that come through a pipe.
pub(crate) fn digest_all(pipe_reader: PipeReader) -> [u8; 32] {
    let mut sum = Sha256::new();
    let Ok(()) = pipe_reader.run(|bytes| {
        sum.update(bytes);
        Ok::<(), Infallible>(())
    });
    sum.finalize().into()
}

/// Returns the size and the digest of an archive file. It doesn't use or change the file's position.
///
/// # Errors
/// [`io::ErrorKind::Interrupted`] if `progress` cancels; any failure to read.
pub(crate) fn digest(archive: &File, name: &Path, progress: &dyn Progress) -> io::Result<ArchiveDigest> {
    // This is only advice.
    let _ = fadvise(archive, 0, None, Advice::Sequential);
    let mut piece = vec![0; AlignedBuffer::BYTES];
    let (mut sum, mut archive_bytes) = (Sha256::new(), 0);
    loop {
        if progress.is_cancelled() {
            return Err(interrupted());
        }
        let read = match archive.read_at(&mut piece, archive_bytes) {
            Ok(0) => return Ok(ArchiveDigest { archive_bytes, sha256: sum.finalize().into() }),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            read => read?,
        };
        sum.update(&piece[..read]);
        archive_bytes += read as u64;
        progress.advanced(name, read as u64);
    }
}
