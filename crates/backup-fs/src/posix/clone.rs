//! Blocks that two files share, because one was cloned from the other.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::num::NonZeroU64;
use std::ops::Range;
use std::os::fd::AsFd;
use std::os::unix::fs::FileExt;

use reflink_copy::ReflinkBlockBuilder;
use rustix::fs::{FsWord, Mode, OFlags, fstatfs, openat};

/// Returns the size in bytes of the blocks in which files could share their contents, at least 4096. Whether they really can
/// is another question: [`can_share`] tries it.
///
/// Returns `None` where it must not be tried: ZFS shares whole records only, and clones of it have lost data.
pub(crate) fn block_bytes(on: impl AsFd) -> Option<u64> {
    let disk = fstatfs(on).ok()?;
    let block = u64::try_from(disk.f_bsize).ok()?;
    (disk.f_type != ZFS && block.is_power_of_two()).then_some(block.max(LEAST_BLOCK_BYTES))
}

/// Puts a part of one file at an offset of another, so that both share its blocks. No bytes are copied. Both files may be the
/// same one. The position of neither changes.
///
/// The part consists of whole blocks ([`block_bytes`]), and so does `at`. The time is in proportion to the extents.
///
/// # Errors
/// Any failure; then nothing is known about that part of `to`, and it must be written anew. Among them are that the file
/// system can't share, that the files are on different ones, or that it has no space for its own notes.
pub(crate) fn clone_range(from: &File, part: &Range<u64>, to: &File, at: u64) -> io::Result<()> {
    // To the kernel, a length of 0 means everything up to the end.
    let length = part.end.checked_sub(part.start).and_then(NonZeroU64::new);
    let length = length.ok_or(ErrorKind::InvalidInput)?;
    ReflinkBlockBuilder::new(from, to, length).from_offset(part.start).to_offset(at).reflink_block()
}

/// Returns whether the files of an open folder can share blocks. It tries that with a file that never gets a name.
///
/// Anything that goes wrong means no: a disk that is full, or a folder that this user may not write to.
pub(crate) fn can_share(folder: impl AsFd) -> bool {
    shares_blocks(folder).unwrap_or(false)
}

fn shares_blocks(folder: impl AsFd) -> io::Result<bool> {
    let Some(block) = block_bytes(&folder) else { return Ok(false) };
    let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
    let file = File::from(openat(folder, c".", flags, Mode::RUSR | Mode::WUSR)?);
    // Of a single block, Btrfs might keep the contents among its own notes, where they can't be shared.
    let part = 0..2 * block;
    file.set_len(part.end)?;
    file.write_all_at(b"shared", 0)?;
    file.write_all_at(b"shared", block)?;
    clone_range(&file, &part, &file, part.end)?;
    Ok(true)
}

/// The smallest block. A write that bypasses the page cache needs the same alignment.
const LEAST_BLOCK_BYTES: u64 = 4096;

/// The number of ZFS.
const ZFS: FsWord = 0x2FC1_2FC1;

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::posix::test_disk::{Kind, TestDisk, in_memory};

    fn check(kind: Kind, expected: bool) {
        let Some(disk) = TestDisk::mount(kind) else { return };
        let folder = File::open(disk.path()).unwrap();
        assert_eq!(can_share(&folder), expected, "{kind:?}");
        assert_eq!(block_bytes(&folder), Some(4096), "{kind:?}");
        assert_eq!(disk.names(), [""; 0], "{kind:?}: nothing remains");
    }

    #[test]
    fn finds_out_who_can_share() {
        check(Kind::Xfs, true);
        check(Kind::XfsWithoutReflinks, false);
        check(Kind::Btrfs, true);
        check(Kind::Ext4, false);
    }

    #[test]
    fn memory_cannot_share_and_neither_can_a_folder_that_is_gone() {
        if let Some(memory) = in_memory() {
            assert!(!can_share(File::open(memory.path()).unwrap()));
        }
        let gone = tempfile::tempdir().unwrap();
        let folder = File::open(gone.path()).unwrap();
        fs::remove_dir(gone.path()).unwrap();
        assert!(!can_share(&folder));
    }

    #[test]
    fn nothing_is_not_everything() {
        let Some(disk) = TestDisk::mount(Kind::Xfs) else { return };
        let (from, to) = (disk.path().join("from"), disk.path().join("to"));
        fs::write(&from, [7; 8192]).unwrap();
        let (from, to) = (File::open(from).unwrap(), File::create(to).unwrap());
        for nothing in [0..0, 4096..4096, Range { start: 8192, end: 4096 }] {
            let error = clone_range(&from, &nothing, &to, 0).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{nothing:?}");
        }
        assert_eq!(to.metadata().unwrap().len(), 0);
    }
}
