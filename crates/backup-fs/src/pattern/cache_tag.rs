//! Detector of cache folders, by their `CACHEDIR.TAG`.

use std::ffi::CStr;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use rustix::fs::FileType;

use crate::posix::disk::{Disk, System};

/// The name of the file that marks a folder as a cache: <https://bford.info/cachedir/>.
pub(crate) const CACHE_TAG: &CStr = c"CACHEDIR.TAG";

/// The bytes that a valid tag begins with.
pub(crate) const CACHE_SIGNATURE: &[u8] = b"Signature: 8a477f597d28d172789f06886806bc55";

/// Returns whether the folder has a valid tag, with the real system calls.
///
/// See [`is_cache`].
pub(crate) fn is_marked_cache(folder: BorrowedFd<'_>) -> bool {
    is_cache(&System, folder)
}

/// Returns whether the folder has a valid tag: a regular file, not a link to one, that begins with the signature.
///
/// A tag that can't be read is not valid. Then the folder is backed up, which costs nothing but space.
pub(crate) fn is_cache(disk: &dyn Disk, folder: BorrowedFd<'_>) -> bool {
    read_tag(disk, folder).is_ok_and(|beginning| beginning == CACHE_SIGNATURE)
}

fn read_tag(disk: &dyn Disk, folder: BorrowedFd<'_>) -> io::Result<Vec<u8>> {
    let tag = disk.open(folder, CACHE_TAG, FileType::RegularFile)?;
    if disk.stat_open(tag.as_fd())?.kind != FileType::RegularFile {
        return Ok(Vec::new());
    }
    let mut beginning = vec![0; CACHE_SIGNATURE.len()];
    let filled = disk.fill(tag.as_fd(), &mut beginning, 0)?;
    beginning.truncate(filled);
    Ok(beginning)
}
