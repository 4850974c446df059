//! How much room a disk says that it has.

use std::path::Path;

use rustix::fs::{StatVfs, statvfs};
use rustix::io::Errno;

/// Returns what is free for this user there, or `None` where that can't be told. A path that doesn't exist yet will be
/// made in the nearest folder above it.
pub(crate) fn free_bytes(path: &Path) -> Option<u64> {
    let is_missing = |told: &Result<StatVfs, Errno>| matches!(told, Err(Errno::NOENT | Errno::NOTDIR));
    let told = path.ancestors().map(statvfs).find(|told| !is_missing(told))?;
    bytes_in(&told.ok()?)
}

/// A disk without any blocks isn't full. It doesn't tell its room, as ramfs and many FUSE mounts don't.
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
        // What can't be asked isn't answered by the disk above.
        assert_eq!(free_bytes(&home.path().join("x".repeat(300))), None);
    }
}
