//! The system calls that read a source, behind a trait so that tests can change files between two calls.

use std::ffi::{CStr, CString};
use std::io::{self, IoSliceMut};
use std::mem::MaybeUninit;
use std::num::{NonZeroU64, NonZeroUsize};
use std::ops::Range;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::time::Duration;

use rustix::fs::{
    AtFlags, CWD, FileType, FsWord, Mode, OFlags, RawDir, SeekFrom, StatxFlags, fstatfs, seek, syncfs,
};
use rustix::io::{Errno, ReadWriteFlags, preadv2, retry_on_intr};

use super::names::Names;
use super::stat::{Meta, Place};

/// Reads entries, always by their name in an open folder, and never through a symbolic link.
pub(crate) trait Disk: Sync {
    /// Returns the metadata of the entry with that name.
    fn stat(&self, folder: BorrowedFd<'_>, name: &CStr) -> io::Result<Meta>;

    /// Returns the metadata that the kernel has cached, without asking the file system, which may be gone or hang.
    ///
    /// Of an entry that this user must not see, only the place is known. Its kind is [`FileType::Unknown`].
    fn glimpse(&self, folder: BorrowedFd<'_>, name: &CStr) -> io::Result<Meta>;

    /// Opens a file or a folder for reading. Never waits, even if it was replaced by a FIFO.
    fn open(&self, folder: BorrowedFd<'_>, name: &CStr, kind: FileType) -> io::Result<OwnedFd>;

    /// Returns the metadata of an open entry.
    fn stat_open(&self, opened: BorrowedFd<'_>) -> io::Result<Meta>;

    /// Returns whether the file system of an open file reports reliable sizes and inode numbers.
    fn is_exact(&self, opened: BorrowedFd<'_>) -> bool;

    /// Writes out what programs have changed on the file system of an open file. Whatever they change later shows in its times.
    fn write_out(&self, opened: BorrowedFd<'_>);

    /// Returns how many threads should read files before their turn.
    fn scout_count(&self) -> usize;

    /// Sleeps for that time.
    fn wait(&self, time: Duration);

    /// Reads at an offset. Returns 0 at the end of the file.
    fn read(&self, file: BorrowedFd<'_>, buffer: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Reads at an offset until the buffer is full or the file ends. Returns the number of bytes.
    fn fill(&self, file: BorrowedFd<'_>, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.read(file, &mut buffer[filled..], offset + filled as u64)? {
                0 => break,
                read => filled += read,
            }
        }
        Ok(filled)
    }

    /// Reads at an offset, and keeps what was read out of the page cache if the system can do that. Returns 0 at the end
    /// of the file.
    fn read_uncached(&self, file: BorrowedFd<'_>, buffer: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Reads at an offset what is in the page cache.
    ///
    /// # Errors
    /// [`io::ErrorKind::WouldBlock`] if nothing of it is in the page cache. Any other error if the system can't tell.
    fn read_in_memory(&self, file: BorrowedFd<'_>, buffer: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Tells the system how a part of a file will be used.
    fn advise(&self, file: BorrowedFd<'_>, part: Range<u64>, advice: Advice);

    /// Returns the range of the next data of a file from an offset on, or `None` if only a hole follows.
    fn next_data(&self, file: BorrowedFd<'_>, offset: u64) -> io::Result<Option<Range<u64>>>;

    /// Adds the names in a folder to `names`, without `.` and `..`. After a failure, it holds the names that came before.
    fn list(&self, folder: BorrowedFd<'_>, names: &mut Names) -> io::Result<()>;

    /// Returns the target of a symbolic link.
    fn link_target(&self, folder: BorrowedFd<'_>, name: &CStr) -> io::Result<CString>;
}

/// How a part of a file will be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Advice {
    /// It will be read soon, so the system should load it.
    Soon,
    /// It won't be read again, so the page cache may drop it.
    Never,
}

/// The real system calls.
#[derive(Debug, Clone, Copy)]
pub(crate) struct System;

impl Disk for System {
    fn stat(&self, folder: BorrowedFd<'_>, name: &CStr) -> io::Result<Meta> {
        stat_at(folder, name, NAMED, StatxFlags::BASIC_STATS)
    }

    fn glimpse(&self, folder: BorrowedFd<'_>, name: &CStr) -> io::Result<Meta> {
        let flags = NAMED | AtFlags::EMPTY_PATH | AtFlags::STATX_DONT_SYNC;
        let cached = |fields| stat_at(folder, name, flags, fields);
        // A FUSE mount of another user refuses every call but one that asks for no field.
        let place_only = |_| cached(StatxFlags::empty()).map(|meta| Meta { kind: FileType::Unknown, ..meta });
        cached(StatxFlags::BASIC_STATS).or_else(place_only)
    }

    fn open(&self, folder: BorrowedFd<'_>, name: &CStr, kind: FileType) -> io::Result<OwnedFd> {
        let mut flags =
            OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
        if kind == FileType::Directory {
            flags |= OFlags::DIRECTORY;
        }
        // Only the owner may open a file without changing its access time. For others, the change is no reason to fail.
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

    fn write_out(&self, opened: BorrowedFd<'_>) {
        // What can't be written out is in doubt for its owner, too.
        let _ = syncfs(opened);
    }

    fn scout_count(&self) -> usize {
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        (cores - 1).min(MAX_SCOUTS)
    }

    fn wait(&self, time: Duration) {
        std::thread::sleep(time);
    }

    fn read(&self, file: BorrowedFd<'_>, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        Ok(retry_on_intr(|| rustix::io::pread(file, &mut *buffer, offset))?)
    }

    fn read_uncached(&self, file: BorrowedFd<'_>, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        match retry_on_intr(|| preadv2(file, &mut [IoSliceMut::new(buffer)], offset, UNCACHED)) {
            // The kernel is older, or the file system doesn't support it.
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
            // It is only advice. A file system may ignore it, so a failure doesn't matter either.
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
                Ok(entry) => names.add(entry.file_name(), entry.file_type()),
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

/// Returns the metadata of the entry at a path. Symbolic links are followed.
pub(crate) fn stat_followed(path: &std::path::Path) -> io::Result<Meta> {
    stat_at(CWD, path, AtFlags::NO_AUTOMOUNT, StatxFlags::BASIC_STATS)
}

/// Returns the device and the mount of an open folder.
pub(crate) fn place_of(folder: BorrowedFd<'_>) -> io::Result<Place> {
    Ok(System.stat_open(folder)?.place())
}

/// Returns whether an entry of `above` is on another device or mount than `folder`. An empty name means `above` itself.
///
/// See [`Meta::is_apart_from`].
pub(crate) fn is_apart(above: BorrowedFd<'_>, name: &CStr, folder: &Place) -> bool {
    System.glimpse(above, name).is_ok_and(|meta| meta.is_apart_from(folder))
}

/// The flags for the entry itself: a symbolic link isn't followed, and an automount isn't triggered.
const NAMED: AtFlags = AtFlags::SYMLINK_NOFOLLOW.union(AtFlags::NO_AUTOMOUNT);

/// The file systems that report reliable sizes and inode numbers. The numbers are those of `linux/magic.h` or of the file
/// system's own sources.
///
/// Others may report wrong ones. FUSE reports what its server says, procfs and sysfs make up contents as they are read,
/// and a client of SMB or 9p may have to invent inode numbers. So a little more is read of their files.
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

/// `RWF_DONTCACHE` of `linux/fs.h`. rustix has no name for it yet.
pub(crate) const UNCACHED: ReadWriteFlags = ReadWriteFlags::from_bits_retain(0x80);

/// The size of one read-ahead request in bytes. Many devices load only the beginning of a larger one.
const SOON_BYTES: usize = 256 * 1024;

/// More threads than this wait for each other.
const MAX_SCOUTS: usize = 3;

/// The size in bytes of the buffer for listing a folder.
const LIST_BYTES: usize = 32 * 1024;

fn open_at(folder: BorrowedFd<'_>, name: &CStr, flags: OFlags) -> Result<OwnedFd, Errno> {
    retry_on_intr(|| rustix::fs::openat(folder, name, flags, Mode::empty()))
}

fn stat_at(
    folder: BorrowedFd<'_>,
    path: impl rustix::path::Arg + Copy,
    flags: AtFlags,
    fields: StatxFlags,
) -> io::Result<Meta> {
    // The kernel returns the mount number without being asked. A request for it would reach FUSE servers, and many of
    // them can't answer it.
    let stat = retry_on_intr(|| rustix::fs::statx(folder, path, flags, fields))?;
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
