//! The SHA-256 of a finished archive.

use std::convert::Infallible;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use backup_core::model::archive::Seal;
use backup_core::ports::Progress;
use rustix::fs::{Advice, fadvise};
use sha2::{Digest, Sha256};

use crate::buffer::aligned_buffer::AlignedBuffer;
use crate::buffer::pipe::PipeReader;

/// Returns the SHA-256 of everything that comes through a pipe.
pub(crate) fn digest_all(pipe_reader: PipeReader) -> [u8; 32] {
    let mut sum = Sha256::new();
    let Ok(()) = pipe_reader.run(|bytes| {
        sum.update(bytes);
        Ok::<(), Infallible>(())
    });
    sum.finalize().into()
}

/// Returns what the archive is, from its first byte to its last, wherever others read in the same file.
///
/// # Errors
/// [`io::ErrorKind::Interrupted`] when `progress` cancels, and any failure to read.
pub(crate) fn digest(archive: &File, name: &Path, progress: &dyn Progress) -> io::Result<Seal> {
    // Only advice.
    let _ = fadvise(archive, 0, None, Advice::Sequential);
    let mut piece = vec![0; AlignedBuffer::BYTES];
    let (mut sum, mut archive_bytes) = (Sha256::new(), 0);
    loop {
        if progress.is_cancelled() {
            return Err(io::Error::new(io::ErrorKind::Interrupted, "it was interrupted"));
        }
        let read = match archive.read_at(&mut piece, archive_bytes) {
            Ok(0) => return Ok(Seal { archive_bytes, sha256: sum.finalize().into() }),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            read => read?,
        };
        sum.update(&piece[..read]);
        archive_bytes += read as u64;
        progress.advanced(name, read as u64);
    }
}
