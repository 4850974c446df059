//! What the system knows of an entry.

use rustix::fs::{FileType, Statx, StatxTimestamp};

/// An entry as it was at one instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Meta {
    pub(super) kind: Kind,
    pub(super) identity: Identity,
    /// The permissions, with setuid, setgid and sticky.
    pub(super) mode: u32,
    /// How many names it has.
    pub(super) link_count: u32,
    pub(super) uid: u32,
    pub(super) gid: u32,
    pub(super) size_bytes: u64,
    /// What it takes on the disk: less than its size where it has holes.
    pub(super) allocated_bytes: u64,
    pub(super) modified: Instant,
    pub(super) changed: Instant,
    /// Major and minor number of the device that it stands for.
    pub(super) device: (u32, u32),
}

/// What kind of thing an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    Folder,
    Symlink,
    Fifo,
    CharDevice,
    BlockDevice,
    Socket,
    Unknown,
}

/// What tells one inode from all others: its device's major and minor number, and its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Identity {
    device: Device,
    inode: u64,
}

/// Major and minor number of what a file system lies on.
pub(super) type Device = (u32, u32);

impl Identity {
    pub(super) fn device(&self) -> Device {
        self.device
    }
}

/// A point in time as the file system keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Instant {
    /// Whole seconds since 1970, rounded down.
    pub(super) seconds: i64,
    /// Nanoseconds after that.
    pub(super) nanos: u32,
}

impl Meta {
    /// Returns true while it is the same thing, whatever happened to its contents.
    pub(super) fn is_same_entry(&self, other: &Self) -> bool {
        self.identity == other.identity && self.kind == other.kind
    }

    /// Returns true while nothing shows that the contents were touched.
    ///
    /// The change time tells even of a write whose modification time was set back. But it also moves when a name is
    /// removed, and a file that is replaced as a whole while it is read is not torn; so where the number of names
    /// changed, the modification time decides alone.
    pub(super) fn is_unchanged(&self, earlier: &Self) -> bool {
        self.size_bytes == earlier.size_bytes
            && self.modified == earlier.modified
            && (self.changed == earlier.changed || self.link_count != earlier.link_count)
    }
}

#[cfg(test)]
impl Meta {
    /// Returns an entry whose every number is zero, for tests to start from.
    pub(super) fn of_nothing(kind: Kind) -> Self {
        let never = Instant { seconds: 0, nanos: 0 };
        Self {
            kind,
            identity: Identity { device: (0, 0), inode: 0 },
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
            kind: kind_of(stat.stx_mode),
            identity: Identity { device: (stat.stx_dev_major, stat.stx_dev_minor), inode: stat.stx_ino },
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

fn kind_of(mode: u16) -> Kind {
    match FileType::from_raw_mode(mode.into()) {
        FileType::RegularFile => Kind::File,
        FileType::Directory => Kind::Folder,
        FileType::Symlink => Kind::Symlink,
        FileType::Fifo => Kind::Fifo,
        FileType::CharacterDevice => Kind::CharDevice,
        FileType::BlockDevice => Kind::BlockDevice,
        FileType::Socket => Kind::Socket,
        FileType::Unknown => Kind::Unknown,
    }
}

fn instant_of(time: StatxTimestamp) -> Instant {
    Instant { seconds: time.tv_sec, nanos: time.tv_nsec }
}
