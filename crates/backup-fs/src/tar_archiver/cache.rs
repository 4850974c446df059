//! Keeps the page cache as the backup found it.
//!
//! A backup reads everything once and would push out the data that other programs need. So data that wasn't in memory
//! before it was read is dropped afterwards, and data that was there stays. For a large file the kernel does that
//! itself since Linux 6.14; before that, large files stay in memory, as after any read.
//!
//! A small file is first read as far as it is in memory. While nothing is in memory, the next files are prefetched so
//! that the disk is never idle, and dropped after they were read.
//!
//! All of this is advice. If a file system can't tell what is in memory, nothing is prefetched or dropped. The
//! archive is the same either way.

use std::ffi::CStr;
use std::io::ErrorKind;
use std::os::fd::{AsFd, BorrowedFd};

use rustix::fs::FileType;

use crate::posix::disk::{Advice, Disk};
use crate::posix::stat::Identity;

/// Returns whether a read at this offset would have to wait for the disk.
fn is_absent(disk: &dyn Disk, file: BorrowedFd<'_>, offset: u64) -> bool {
    disk.read_in_memory(file, &mut [0], offset).is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
}

/// Starts to load a small file that isn't in memory, and returns its identity so that it can be dropped later.
pub(super) fn prefetch(disk: &dyn Disk, folder: BorrowedFd<'_>, name: &CStr) -> Option<Identity> {
    let seen = disk.stat(folder, name).ok()?;
    if seen.kind != FileType::RegularFile
        || seen.link_count > 1
        || seen.size_bytes == 0
        || seen.size_bytes > SMALL_FILE_BYTES
    {
        return None;
    }
    let file = disk.open(folder, name, FileType::RegularFile).ok()?;
    // Something else may have its name by now, and must not be read: it could be a tape.
    if !disk.stat_open(file.as_fd()).ok()?.is_same_entry(&seen) || !is_absent(disk, file.as_fd(), 0) {
        return None;
    }
    disk.advise(file.as_fd(), 0..seen.size_bytes, Advice::Soon);
    Some(seen.identity)
}

/// The size up to which a file is read before its header is written, and so can be read again.
pub(super) const SMALL_FILE_BYTES: u64 = SMALL_FILE_LEN as u64;

pub(super) const SMALL_FILE_LEN: usize = 1024 * 1024;

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::io;
    use std::os::unix::fs::FileExt;
    use std::path::Path;

    use backup_core::model::archive::Selection;
    use backup_core::ports::{PackRequest, SilentProgress};
    use rustix::io::preadv2;

    use super::super::TarArchiver;
    use super::*;
    use crate::posix::disk::System;
    use crate::posix::disk::UNCACHED;

    /// Creates a file that isn't in memory at all.
    fn write_cold(path: &Path, size: usize) {
        fs::write(path, vec![1; size]).unwrap();
        let file = File::open(path).unwrap();
        file.sync_all().unwrap();
        System.advise(file.as_fd(), 0..size as u64, Advice::Never);
    }

    /// How often a test is repeated: the kernel doesn't drop pages that it is busy with.
    const MAX_ATTEMPTS: usize = 5;

    /// Returns whether files are dropped from memory right now and this can be observed.
    ///
    /// The check itself loads one page again.
    fn can_be_cold(folder: &Path) -> bool {
        let path = folder.join("probe");
        let is_dropped = |_| {
            write_cold(&path, 4096);
            let is_cold = is_cold(&path, 0);
            fs::remove_file(&path).unwrap();
            is_cold
        };
        let is_cold = (0..10).all(is_dropped);
        if !is_cold {
            backup_core::testing::skipped("this file system keeps all in memory, or doesn't tell");
        }
        is_cold
    }

    fn is_cold(path: &Path, offset: u64) -> bool {
        is_absent(&System, File::open(path).unwrap().as_fd(), offset)
    }

    fn pack(source: &Path) {
        let selection = Selection::default();
        let request = PackRequest::selected(source, &selection);
        let archiver = TarArchiver::default();
        archiver.pack_from(&System, &request, &mut io::sink(), &SilentProgress).unwrap();
    }

    #[test]
    fn leaves_a_large_file_as_it_was_in_memory() {
        const MIB: u64 = 1024 * 1024;
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("large");
        let mut hot = Vec::new();
        for _ in 0..MAX_ATTEMPTS {
            write_cold(&path, 40 * 1024 * 1024);
            let file = File::open(&path).unwrap();
            // The kernel must not read ahead.
            rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::Random).unwrap();
            if !can_be_cold(home.path()) || preadv2(&file, &mut [], 0, UNCACHED).is_err() {
                return backup_core::testing::skipped("before Linux 6.14, or on a file system that can't");
            }
            file.read_exact_at(&mut vec![0; 1024 * 1024], 20 * MIB).unwrap();
            pack(home.path());
            hot = (0..40).filter(|mib| !is_cold(&path, mib * MIB + MIB / 2)).collect();
            if hot == [20] {
                return;
            }
        }
        panic!("these are in memory: {hot:?}");
    }

    #[test]
    fn leaves_small_files_as_they_were_in_memory() {
        let home = tempfile::tempdir().unwrap();
        for _ in 0..MAX_ATTEMPTS {
            if !can_be_cold(home.path()) || leaves_small_files(home.path()) {
                return;
            }
        }
        panic!("small files are not in memory as they were");
    }

    fn leaves_small_files(home: &Path) -> bool {
        let paths: Vec<_> = (0..100).map(|at| home.join(format!("{at:03}"))).collect();
        for path in &paths {
            write_cold(path, 20_000);
        }
        let is_hot = |at: usize| at % 10 == 3;
        for (_, path) in paths.iter().enumerate().filter(|(at, _)| is_hot(*at)) {
            fs::read(path).unwrap();
        }
        pack(home);
        let is_left = |at: &usize| is_cold(&paths[*at], 0) != is_hot(*at);
        let (hot, cold): (Vec<_>, Vec<_>) = (0..100).partition(|at| is_hot(*at));
        hot.iter().all(is_left) && cold.iter().filter(|at| is_left(at)).count() > cold.len() / 2
    }
}
