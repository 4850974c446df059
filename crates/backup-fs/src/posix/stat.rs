//! The metadata of an existing entry, as the kernel reports it.

use std::io;
use std::os::fd::BorrowedFd;

use rustix::fs::{AtFlags, FileType, Stat, Statx, StatxFlags, StatxTimestamp, statat};
use rustix::io::Errno;
use rustix::path::Arg;

/// The metadata of an entry at one instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Meta {
    pub(crate) kind: FileType,
    pub(crate) identity: Identity,
    /// The number of the mount, or `None` before Linux 5.8.
    pub(crate) mount: Option<u64>,
    /// The permissions, with setuid, setgid and sticky.
    pub(crate) mode: u32,
    /// The number of hard links.
    pub(crate) link_count: u32,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) size_bytes: u64,
    /// The space that it occupies on the disk. If the file has holes, this is less than its size.
    pub(crate) allocated_bytes: u64,
    pub(crate) modified: Timestamp,
    pub(crate) changed: Timestamp,
    /// The major and minor number of the device that a device file represents.
    pub(crate) device: (u32, u32),
}

/// The identity of an inode: its device and its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Identity {
    device: Device,
    inode: u64,
}

/// The major and minor number of the device that a file system is on.
pub(crate) type Device = (u32, u32);

impl Identity {
    pub(crate) fn device(&self) -> Device {
        self.device
    }

    pub(crate) fn inode(&self) -> u64 {
        self.inode
    }
}

/// The device and the mount of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    device: Device,
    mount: Option<u64>,
}

/// A point in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Timestamp {
    /// Whole seconds since 1970, rounded down.
    pub seconds: i64,
    /// Nanoseconds after that, under 1,000,000,000.
    pub nanos: u32,
}

impl Meta {
    /// Returns whether both are the same inode of the same kind. Its contents may have changed.
    pub(crate) fn is_same_entry(&self, other: &Self) -> bool {
        self.identity == other.identity && self.kind == other.kind
    }

    /// Returns the device and the mount.
    pub(crate) fn place(&self) -> Place {
        Place { device: self.identity.device, mount: self.mount }
    }

    /// Returns whether it is on another device than `folder`, or in another mount of the same device.
    ///
    /// Only folders are compared by device, because the files of one overlay file system may show different devices. An
    /// unknown kind counts as a folder: it is the root of a mount that doesn't even report the kind.
    pub(crate) fn is_apart_from(&self, folder: &Place) -> bool {
        let is_other_mount =
            matches!((self.mount, folder.mount), (Some(mount), Some(other)) if mount != other);
        let has_own_device = matches!(self.kind, FileType::Directory | FileType::Unknown);
        is_other_mount || has_own_device && self.identity.device != folder.device
    }

    /// Returns whether nothing shows that the contents have changed.
    ///
    /// The change time reveals even a write after which the modification time was set back. But it also changes if a name
    /// is removed, as when another file replaces this one while it is read. Its contents are as they were then. So if the
    /// number of links has changed, the modification time decides alone.
    pub(crate) fn is_unchanged(&self, earlier: &Self) -> bool {
        self.size_bytes == earlier.size_bytes
            && self.modified == earlier.modified
            && (self.changed == earlier.changed || self.link_count != earlier.link_count)
    }
}

#[cfg(test)]
impl Meta {
    /// Returns metadata in which every number is zero, for tests to start from.
    pub(crate) fn of_nothing(kind: FileType) -> Self {
        let never = Timestamp { seconds: 0, nanos: 0 };
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
            // The unit is always 512 bytes, whatever the block size of the file system is.
            allocated_bytes: stat.stx_blocks * 512,
            modified: timestamp_of(stat.stx_mtime),
            changed: timestamp_of(stat.stx_ctime),
            device: (stat.stx_rdev_major, stat.stx_rdev_minor),
        }
    }
}

fn timestamp_of(time: StatxTimestamp) -> Timestamp {
    Timestamp { seconds: time.tv_sec, nanos: time.tv_nsec }
}

/// Returns the metadata of the entry with that name, or `None` if there is none. A symbolic link is not followed.
pub(crate) fn lstat_at(folder: BorrowedFd<'_>, name: impl Arg) -> io::Result<Option<Stat>> {
    match statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => Ok(Some(stat)),
        Err(Errno::NOENT) => Ok(None),
        Err(errno) => Err(errno.into()),
    }
}

/// A device and an inode on it.
pub(crate) type FileId = (u64, u64);

/// Returns what tells a file from every other one.
pub(crate) fn file_id(stat: &Stat) -> FileId {
    (stat.st_dev, stat.st_ino)
}

/// Returns whether both are the same file, by device and inode.
pub(crate) fn is_same_file(one: &Stat, other: &Stat) -> bool {
    file_id(one) == file_id(other)
}

/// Returns whether an entry is a folder.
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
    fn compares_mounts_for_all_entries_and_devices_only_for_folders() {
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
            // Without mount numbers, the device decides.
            (FileType::Directory, here, None, None, false),
            (FileType::Directory, other, None, None, true),
            (FileType::Directory, here, Some(2), None, false),
            (FileType::RegularFile, other, None, None, false),
            // A mount that reports nothing else.
            (FileType::Unknown, other, None, None, true),
            (FileType::Unknown, here, Some(2), Some(1), true),
        ] {
            let source = at(FileType::Directory, here, source_mount).place();
            let entry = at(kind, device, mount);
            assert_eq!(entry.is_apart_from(&source), expected, "{entry:?}");
        }
    }
}
