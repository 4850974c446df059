//! How much space a disk reports as free.

use std::os::fd::AsFd;
use std::path::Path;

use rustix::fs::{StatVfs, fstatvfs, statvfs};
use rustix::io::Errno;

/// Returns how much this user may still write there, or `None` if the disk doesn't tell.
///
/// A path that doesn't exist yet counts as its nearest folder.
pub(crate) fn free_bytes(path: &Path) -> Option<u64> {
    let is_missing = |told: &Result<StatVfs, Errno>| matches!(told, Err(Errno::NOENT | Errno::NOTDIR));
    let told = path.ancestors().map(statvfs).find(|told| !is_missing(told))?;
    bytes_in(&told.ok()?)
}

/// Returns how much this user may still write in that open folder, or `None` if the disk doesn't tell.
pub(crate) fn free_bytes_in(folder: impl AsFd) -> Option<u64> {
    bytes_in(&fstatvfs(folder).ok()?)
}

/// A disk with 0 blocks isn't full: ramfs and many FUSE mounts don't report their size.
fn bytes_in(room: &StatVfs) -> Option<u64> {
    if room.f_blocks == 0 {
        return None;
    }
    room.f_bavail.checked_mul(room.f_frsize)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(f_blocks: u64, f_bavail: u64) -> Option<u64> {
        let room = statvfs("/").unwrap();
        bytes_in(&StatVfs { f_blocks, f_bavail, f_frsize: 4096, ..room })
    }

    #[test]
    fn a_disk_without_blocks_is_not_full() {
        assert_eq!(told(0, 0), None);
        assert_eq!(told(10, 0), Some(0));
        assert_eq!(told(10, 3), Some(12_288));
        assert_eq!(told(10, u64::MAX), None, "more than any disk has");
    }

    #[test]
    fn what_is_missing_will_be_made_above() {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("file"), "x").unwrap();
        for path in ["", "not/there", "file/there"] {
            assert!(free_bytes(&home.path().join(path)).is_some(), "{path}");
        }
        // If this disk doesn't answer, another disk above it must not answer for it.
        assert_eq!(free_bytes(&home.path().join("x".repeat(300))), None);
    }
}
