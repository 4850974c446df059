//! The free space that a disk reports.

use std::os::fd::AsFd;

use rustix::fs::{StatVfs, fstatvfs};

/// Returns how many bytes this user may still write in an open folder, or `None` if the disk doesn't tell.
pub(crate) fn free_bytes(folder: impl AsFd) -> Option<u64> {
    bytes_in(&fstatvfs(folder).ok()?)
}

/// Returns the free bytes in the answer of a disk.
///
/// A disk with 0 blocks isn't full: ramfs and many FUSE mounts don't report their size.
fn bytes_in(stat: &StatVfs) -> Option<u64> {
    if stat.f_blocks == 0 {
        return None;
    }
    stat.f_bavail.checked_mul(stat.f_frsize)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes_of(f_blocks: u64, f_bavail: u64) -> Option<u64> {
        let stat = rustix::fs::statvfs("/").unwrap();
        bytes_in(&StatVfs { f_blocks, f_bavail, f_frsize: 4096, ..stat })
    }

    #[test]
    fn a_disk_without_blocks_is_not_full() {
        assert_eq!(bytes_of(0, 0), None);
        assert_eq!(bytes_of(10, 0), Some(0));
        assert_eq!(bytes_of(10, 3), Some(12_288));
        assert_eq!(bytes_of(10, u64::MAX), None, "more than any disk has");
    }
}
