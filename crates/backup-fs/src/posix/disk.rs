//! The system calls that look at a source, in one place so that tests can have things happen between them.

use std::ffi::{CStr, CString};
use std::io::{self, IoSliceMut};
use std::mem::MaybeUninit;
use std::num::NonZeroU64;
use std::ops::Range;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::time::Duration;

use rustix::fs::{AtFlags, CWD, FileType, FsWord, Mode, OFlags, RawDir, SeekFrom, StatxFlags, fstatfs, seek};
use rustix::io::{Errno, ReadWriteFlags, preadv2, retry_on_intr};

use super::names::Names;
use super::stat::{Meta, Place};

/// Looks at entries, always by their name within an open folder, and never through a symbolic link.
pub(crate) trait Disk: Sync {
    /// Returns what stands under the name.
    fn stat(&self, folder: BorrowedFd<'_>, name: &CStr) -> io::Result<Meta>;

    /// Returns what the system knows of an entry without asking its file system anew, which may be gone or hang. Of one
    /// that must not be looked at, that is where it lies; its kind is unknown.
    fn glimpse(&self, folder: BorrowedFd<'_>, name: &CStr) -> io::Result<Meta>;

    /// Opens a file or a folder for reading. Never waits, even when it turned into a FIFO.
    fn open(&self, folder: BorrowedFd<'_>, name: &CStr, kind: FileType) -> io::Result<OwnedFd>;

    /// Returns what was opened.
    fn stat_open(&self, opened: BorrowedFd<'_>) -> io::Result<Meta>;

    /// Returns true when a file lies on a disk whose sizes and inode numbers can be relied on.
    fn is_exact(&self, opened: BorrowedFd<'_>) -> bool;

    /// Lets some time pass.
    fn wait(&self, time: Duration);

    /// Reads at an offset; 0 at the end.
    fn read(&self, file: BorrowedFd<'_>, buffer: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Reads at an offset, and leaves no more in memory than was there, where the system can do that; 0 at the end.
    fn read_uncached(&self, file: BorrowedFd<'_>, buffer: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Reads at an offset what is in memory.
    ///
    /// # Errors
    /// [`io::ErrorKind::WouldBlock`] where nothing of it is; another one where that can't be told.
    fn read_in_memory(&self, file: BorrowedFd<'_>, buffer: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Says what becomes of a part of a file.
    fn advise(&self, file: BorrowedFd<'_>, part: Range<u64>, advice: Advice);

    /// Returns where the next data of a file lies, from an offset on; `None` where only a hole follows.
    fn next_data(&self, file: BorrowedFd<'_>, offset: u64) -> io::Result<Option<Range<u64>>>;

    /// Adds the names in a folder, without `.` and `..`. After a failure, those that came before it.
    fn list(&self, folder: BorrowedFd<'_>, names: &mut Names) -> io::Result<()>;

    /// Returns where a symbolic link leads.
    fn link_target(&self, folder: BorrowedFd<'_>, name: &CStr) -> io::Result<CString>;
}

/// When a part of a file will be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Advice {
    /// It is wanted in memory.
    Soon,
    /// Not again, and it may leave the memory.
    Never,
}

/// The disk as it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct System;

impl Disk for System {
    fn stat(&self, folder: BorrowedFd<'_>, name: &CStr) -> io::Result<Meta> {
        stat_at(folder, name, NAMED, StatxFlags::BASIC_STATS)
    }

    fn glimpse(&self, folder: BorrowedFd<'_>, name: &CStr) -> io::Result<Meta> {
        let look =
            |wanted| stat_at(folder, name, NAMED | AtFlags::EMPTY_PATH | AtFlags::STATX_DONT_SYNC, wanted);
        // A FUSE mount of another user refuses every look but one that asks for nothing.
        let nothing_asked =
            |_| look(StatxFlags::empty()).map(|meta| Meta { kind: FileType::Unknown, ..meta });
        look(StatxFlags::BASIC_STATS).or_else(nothing_asked)
    }

    fn open(&self, folder: BorrowedFd<'_>, name: &CStr, kind: FileType) -> io::Result<OwnedFd> {
        let mut flags =
            OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
        if kind == FileType::Directory {
            flags |= OFlags::DIRECTORY;
        }
        // Only an owner may leave the access time alone; for others the time it changes is no reason to fail.
        match open_at(folder, name, flags | OFlags::NOATIME) {
            Err(Errno::PERM) => Ok(open_at(folder, name, flags)?),
            opened => Ok(opened?),
        }
    }

    fn stat_open(&self, opened: BorrowedFd<'_>) -> io::Result<Meta> {
        stat_at(opened, c"", AtFlags::EMPTY_PATH, StatxFlags::BASIC_STATS)
    }

    fn is_exact(&self, opened: BorrowedFd<'_>) -> bool {
        fstatfs(opened).is_ok_and(|disk| EXACT.contains(&disk.f_type))
    }

    fn wait(&self, time: Duration) {
        std::thread::sleep(time);
    }

    fn read(&self, file: BorrowedFd<'_>, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        Ok(retry_on_intr(|| rustix::io::pread(file, &mut *buffer, offset))?)
    }

    fn read_uncached(&self, file: BorrowedFd<'_>, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        match retry_on_intr(|| preadv2(file, &mut [IoSliceMut::new(buffer)], offset, UNCACHED)) {
            // An older kernel, or a file system that can't.
            Err(Errno::OPNOTSUPP | Errno::INVAL | Errno::NOSYS) => self.read(file, buffer, offset),
            read => Ok(read?),
        }
    }

    fn read_in_memory(&self, file: BorrowedFd<'_>, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        Ok(preadv2(file, &mut [IoSliceMut::new(buffer)], offset, ReadWriteFlags::NOWAIT)?)
    }

    fn advise(&self, file: BorrowedFd<'_>, part: Range<u64>, advice: Advice) {
        let (advice, step) = match advice {
            Advice::Soon => (rustix::fs::Advice::WillNeed, SOON_BYTES),
            Advice::Never => (rustix::fs::Advice::DontNeed, usize::MAX),
        };
        for start in part.clone().step_by(step) {
            let length = NonZeroU64::new((part.end - start).min(step as u64));
            // A file system may ignore it, and so may we when it fails.
            let _ = rustix::fs::fadvise(file, start, length, advice);
        }
    }

    fn next_data(&self, file: BorrowedFd<'_>, offset: u64) -> io::Result<Option<Range<u64>>> {
        let start = match seek(file, SeekFrom::Data(offset)) {
            Err(Errno::NXIO) => return Ok(None),
            start => start?,
        };
        Ok(Some(start..seek(file, SeekFrom::Hole(start))?))
    }

    fn list(&self, folder: BorrowedFd<'_>, names: &mut Names) -> io::Result<()> {
        let mut buffer = [MaybeUninit::uninit(); LIST_BYTES];
        let mut entries = RawDir::new(folder, &mut buffer);
        while let Some(entry) = entries.next() {
            match entry {
                Ok(entry) => names.add(entry.file_name()),
                Err(Errno::INTR) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
        Ok(())
    }

    fn link_target(&self, folder: BorrowedFd<'_>, name: &CStr) -> io::Result<CString> {
        Ok(rustix::fs::readlinkat(folder, name, Vec::new())?)
    }
}

/// Returns what stands at a path, followed through symbolic links.
pub(crate) fn stat_followed(path: &std::path::Path) -> io::Result<Meta> {
    stat_at(CWD, path, AtFlags::NO_AUTOMOUNT, StatxFlags::BASIC_STATS)
}

/// Returns where a folder lies that is open.
pub(crate) fn place_of(folder: BorrowedFd<'_>) -> io::Result<Place> {
    Ok(System.stat_open(folder)?.place())
}

/// Returns true when an entry doesn't lie where `folder` does, as [`Meta::is_apart_from`] tells it. With an empty name it
/// is `above` itself.
pub(crate) fn is_apart(above: BorrowedFd<'_>, name: &CStr, folder: &Place) -> bool {
    System.glimpse(above, name).is_ok_and(|meta| meta.is_apart_from(folder))
}

/// An entry itself, and nothing that it leads to or would be mounted for us.
const NAMED: AtFlags = AtFlags::SYMLINK_NOFOLLOW.union(AtFlags::NO_AUTOMOUNT);

/// The file systems whose sizes and inode numbers can be relied on, by the numbers of `linux/magic.h` or their own.
///
/// Those of others can be wrong: FUSE tells what its server tells, procfs and sysfs make contents up as they are read,
/// and a client of SMB or 9p may have to invent inode numbers. They are believed less, and read a little more.
const EXACT: [FsWord; 13] = [
    0xEF53,      // ext2, ext3, ext4
    0x5846_5342, // XFS
    0x9123_683E, // btrfs
    0xF2F5_2010, // F2FS
    0x2FC1_2FC1, // ZFS
    0xCA45_1A4E, // bcachefs
    0x0102_1994, // tmpfs
    0x794C_7630, // overlay
    0x6969,      // NFS
    0x00C3_6400, // Ceph
    0xE0F5_E1E2, // EROFS
    0x7371_7368, // squashfs
    0x5265_4973, // ReiserFS
];

/// `RWF_DONTCACHE` of `linux/fs.h`, which has no name in rustix yet.
pub(crate) const UNCACHED: ReadWriteFlags = ReadWriteFlags::from_bits_retain(0x80);

/// How much is asked for at once. Of a larger part many devices bring only the beginning.
const SOON_BYTES: usize = 256 * 1024;

/// How much of a folder's list is asked for at once.
const LIST_BYTES: usize = 32 * 1024;

fn open_at(folder: BorrowedFd<'_>, name: &CStr, flags: OFlags) -> Result<OwnedFd, Errno> {
    retry_on_intr(|| rustix::fs::openat(folder, name, flags, Mode::empty()))
}

fn stat_at(
    folder: BorrowedFd<'_>,
    path: impl rustix::path::Arg + Copy,
    flags: AtFlags,
    wanted: StatxFlags,
) -> io::Result<Meta> {
    // The number of the mount comes unasked. Asking for it has a FUSE server asked for what many can't answer.
    let stat = retry_on_intr(|| rustix::fs::statx(folder, path, flags, wanted))?;
    Ok(Meta::from(&stat))
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsFd;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn opens_nothing_through_a_symbolic_link() {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("file"), "").unwrap();
        std::fs::create_dir(home.path().join("folder")).unwrap();
        symlink("file", home.path().join("to file")).unwrap();
        symlink("folder", home.path().join("to folder")).unwrap();
        let folder = rustix::fs::open(home.path(), OFlags::PATH, Mode::empty()).unwrap();
        let errno = |name, kind| Errno::from_io_error(&System.open(folder.as_fd(), name, kind).unwrap_err());
        assert_eq!(errno(c"to file", FileType::RegularFile), Some(Errno::LOOP));
        assert_eq!(errno(c"to folder", FileType::Directory), Some(Errno::NOTDIR));
        assert_eq!(System.stat(folder.as_fd(), c"to file").unwrap().kind, FileType::Symlink);
        assert!(System.open(folder.as_fd(), c"file", FileType::RegularFile).is_ok());
    }
}
