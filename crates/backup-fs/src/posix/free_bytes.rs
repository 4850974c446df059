//! The free space that a disk reports.

use std::os::fd::AsFd;
use std::path::Path;

use rustix::fs::{StatVfs, fstatvfs, statvfs};
use rustix::io::Errno;

/// Returns how many bytes this user may still write at a path, or `None` if the disk doesn't tell.
///
/// For a path that doesn't exist yet, the nearest existing folder above it counts.
pub(crate) fn free_bytes(path: &Path) -> Option<u64> {
    let is_missing = |result: &Result<StatVfs, Errno>| matches!(result, Err(Errno::NOENT | Errno::NOTDIR));
    let nearest = path.ancestors().map(statvfs).find(|result| !is_missing(result))?;
    bytes_in(&nearest.ok()?)
}

/// Returns how many bytes this user may still write in an open folder, or `None` if the disk doesn't tell.
pub(crate) fn free_bytes_in(folder: impl AsFd) -> Option<u64> {
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
        let stat = statvfs("/").unwrap();
        bytes_in(&StatVfs { f_blocks, f_bavail, f_frsize: 4096, ..stat })
    }

    #[test]
    fn a_disk_without_blocks_is_not_full() {
        assert_eq!(bytes_of(0, 0), None);
        assert_eq!(bytes_of(10, 0), Some(0));
        assert_eq!(bytes_of(10, 3), Some(12_288));
        assert_eq!(bytes_of(10, u64::MAX), None, "more than any disk has");
    }

    #[test]
    fn a_missing_path_counts_as_its_nearest_folder() {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("file"), "x").unwrap();
        for path in ["", "not/there", "file/there"] {
            assert!(free_bytes(&home.path().join(path)).is_some(), "{path}");
        }
        // If this disk doesn't answer, another disk above it must not answer for it.
        assert_eq!(free_bytes(&home.path().join("x".repeat(300))), None);
    }
}
