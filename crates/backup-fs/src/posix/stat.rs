//! What the system knows of an entry.

use std::ffi::CStr;
use std::io;
use std::os::fd::BorrowedFd;

use rustix::fs::{AtFlags, FileType, Stat, Statx, StatxFlags, StatxTimestamp, statat};
use rustix::io::Errno;

/// An entry as it was at one instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Meta {
    pub(crate) kind: FileType,
    pub(crate) identity: Identity,
    /// The number of the mount through which it was seen; `None` before Linux 5.8.
    pub(crate) mount: Option<u64>,
    /// The permissions, with setuid, setgid and sticky.
    pub(crate) mode: u32,
    /// How many names it has.
    pub(crate) link_count: u32,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) size_bytes: u64,
    /// What it takes on the disk: less than its size where it has holes.
    pub(crate) allocated_bytes: u64,
    pub(crate) modified: Instant,
    pub(crate) changed: Instant,
    /// Major and minor number of the device that it stands for.
    pub(crate) device: (u32, u32),
}

/// What tells one inode from all others: its device's major and minor number, and its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Identity {
    device: Device,
    inode: u64,
}

/// Major and minor number of what a file system lies on.
pub(crate) type Device = (u32, u32);

impl Identity {
    pub(crate) fn device(&self) -> Device {
        self.device
    }
}

/// Where a folder lies: on which device, and in which mount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    device: Device,
    mount: Option<u64>,
}

/// A point in time as the file system keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Instant {
    /// Whole seconds since 1970, rounded down.
    pub(crate) seconds: i64,
    /// Nanoseconds after that.
    pub(crate) nanos: u32,
}

impl Meta {
    /// Returns true while it is the same thing, whatever happened to its contents.
    pub(crate) fn is_same_entry(&self, other: &Self) -> bool {
        self.identity == other.identity && self.kind == other.kind
    }

    /// Returns where it lies.
    pub(crate) fn place(&self) -> Place {
        Place { device: self.identity.device, mount: self.mount }
    }

    /// Returns true when it lies on another device than `folder`, or in another mount of the same one.
    ///
    /// Only folders are compared by device: the files of one overlay file system may show different ones. A kind that
    /// is unknown is the root of a mount that doesn't even tell that much.
    pub(crate) fn is_apart_from(&self, folder: &Place) -> bool {
        let is_other_mount =
            matches!((self.mount, folder.mount), (Some(mount), Some(other)) if mount != other);
        let tells_device = matches!(self.kind, FileType::Directory | FileType::Unknown);
        is_other_mount || tells_device && self.identity.device != folder.device
    }

    /// Returns true while nothing shows that the contents were touched.
    ///
    /// The change time tells even of a write whose modification time was set back. But it also moves when a name is
    /// removed, and a file that is replaced as a whole while it is read is not torn; so where the number of names
    /// changed, the modification time decides alone.
    pub(crate) fn is_unchanged(&self, earlier: &Self) -> bool {
        self.size_bytes == earlier.size_bytes
            && self.modified == earlier.modified
            && (self.changed == earlier.changed || self.link_count != earlier.link_count)
    }
}

#[cfg(test)]
impl Meta {
    /// Returns an entry whose every number is zero, for tests to start from.
    pub(crate) fn of_nothing(kind: FileType) -> Self {
        let never = Instant { seconds: 0, nanos: 0 };
        Self {
            kind,
            identity: Identity { device: (0, 0), inode: 0 },
            mount: None,
            mode: 0,
            link_count: 1,
            uid: 0,
            gid: 0,
            size_bytes: 0,
            allocated_bytes: 0,
            modified: never,
            changed: never,
            device: (0, 0),
        }
    }
}

impl From<&Statx> for Meta {
    fn from(stat: &Statx) -> Self {
        Self {
            kind: FileType::from_raw_mode(stat.stx_mode.into()),
            identity: Identity { device: (stat.stx_dev_major, stat.stx_dev_minor), inode: stat.stx_ino },
            mount: (stat.stx_mask & StatxFlags::MNT_ID.bits() != 0).then_some(stat.stx_mnt_id),
            mode: u32::from(stat.stx_mode) & 0o7777,
            link_count: stat.stx_nlink,
            uid: stat.stx_uid,
            gid: stat.stx_gid,
            size_bytes: stat.stx_size,
            // Always counted in units of 512, whatever the file system's own are.
            allocated_bytes: stat.stx_blocks * 512,
            modified: instant_of(stat.stx_mtime),
            changed: instant_of(stat.stx_ctime),
            device: (stat.stx_rdev_major, stat.stx_rdev_minor),
        }
    }
}

fn instant_of(time: StatxTimestamp) -> Instant {
    Instant { seconds: time.tv_sec, nanos: time.tv_nsec }
}

/// Returns what has that name, never what a link of that name leads to.
pub(crate) fn lstat_at(folder: BorrowedFd<'_>, name: &CStr) -> io::Result<Option<Stat>> {
    match statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => Ok(Some(stat)),
        Err(Errno::NOENT) => Ok(None),
        Err(errno) => Err(errno.into()),
    }
}

/// Returns whether that is a folder.
pub(crate) fn is_folder(stat: &Stat) -> bool {
    FileType::from_raw_mode(stat.st_mode) == FileType::Directory
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(kind: FileType, device: Device, mount: Option<u64>) -> Meta {
        Meta { identity: Identity { device, inode: 2 }, mount, ..Meta::of_nothing(kind) }
    }

    #[test]
    fn another_mount_is_elsewhere_and_another_device_only_for_folders() {
        let (here, other) = ((8, 1), (0, 40));
        for (kind, device, mount, source_mount, expected) in [
            (FileType::Directory, here, Some(1), Some(1), false),
            (FileType::RegularFile, here, Some(1), Some(1), false),
            // A bind mount.
            (FileType::Directory, here, Some(2), Some(1), true),
            (FileType::RegularFile, here, Some(2), Some(1), true),
            (FileType::CharacterDevice, here, Some(2), Some(1), true),
            // A subvolume of btrfs; a file of an overlay.
            (FileType::Directory, other, Some(1), Some(1), true),
            (FileType::RegularFile, other, Some(1), Some(1), false),
            // Without numbers of mounts, devices decide.
            (FileType::Directory, here, None, None, false),
            (FileType::Directory, other, None, None, true),
            (FileType::Directory, here, Some(2), None, false),
            (FileType::RegularFile, other, None, None, false),
            // A mount that tells nothing else.
            (FileType::Unknown, other, None, None, true),
            (FileType::Unknown, here, Some(2), Some(1), true),
        ] {
            let source = at(FileType::Directory, here, source_mount).place();
            let entry = at(kind, device, mount);
            assert_eq!(entry.is_apart_from(&source), expected, "{entry:?}");
        }
    }
}
