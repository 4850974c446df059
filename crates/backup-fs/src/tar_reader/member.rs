//! Member: an entry of an archive with its metadata, without its contents.

use rustix::fs::FileType;

use crate::posix::sparse::SparseMap;
use crate::posix::stat::Timestamp;
use crate::posix::xattrs::Attribute;

/// A member of an archive.
///
/// Everything is as the archive says, and may be hostile: a path may be absolute or lead up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The whole path; folders mostly end with a slash. Never empty, and without a NUL.
    pub path: Vec<u8>,
    /// What it is.
    pub kind: MemberKind,
    /// The permissions, with setuid, setgid and sticky.
    pub mode: u32,
    /// The owner's number.
    pub uid: u64,
    /// The group's number.
    pub gid: u64,
    /// The owner's name; empty where none was stored.
    pub user: Vec<u8>,
    /// The group's name; empty where none was stored.
    pub group: Vec<u8>,
    /// When its contents last changed.
    pub modified: Timestamp,
    /// How large the file is, with the holes of a sparse one.
    pub size_bytes: u64,
    /// Where a link leads: for a hard link, a path in the archive. Empty for anything else.
    pub link: Vec<u8>,
    /// Extended attributes in byte order of their names.
    pub attributes: Vec<Attribute>,
    /// The POSIX ACL as text, as tools store it beside the attributes or in place of them.
    pub acl_access: Option<Vec<u8>>,
    /// The ACL that a folder gives to what is made in it, likewise.
    pub acl_default: Option<Vec<u8>>,
    /// Major and minor number of a device.
    pub device: (u32, u32),
    /// Where the data of a sparse file belongs.
    pub sparse: Option<SparseMap>,
    /// Where its first header stands in the archive, extended headers included.
    pub offset: u64,
    /// Where its data stands in the archive.
    pub contents_offset: u64,
    /// How much data that is.
    pub stored_bytes: u64,
}

/// What kind of thing a member is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemberKind {
    /// A regular file.
    File,
    /// Another name of a file that came before.
    HardLink,
    /// A symbolic link.
    Symlink,
    /// A character device.
    CharDevice,
    /// A block device.
    BlockDevice,
    /// A folder.
    Folder,
    /// A FIFO.
    Fifo,
    /// Something that only some tools know, with its type flag: a volume's label, say. It may have contents.
    Other(u8),
}

impl MemberKind {
    /// Returns what the kernel calls such an entry; `None` for another name of something, and for what no disk has.
    pub(crate) fn file_type(self) -> Option<FileType> {
        match self {
            Self::File => Some(FileType::RegularFile),
            Self::Symlink => Some(FileType::Symlink),
            Self::CharDevice => Some(FileType::CharacterDevice),
            Self::BlockDevice => Some(FileType::BlockDevice),
            Self::Folder => Some(FileType::Directory),
            Self::Fifo => Some(FileType::Fifo),
            Self::HardLink | Self::Other(_) => None,
        }
    }

    /// Before there was a flag for folders, their paths ended with a slash.
    pub(crate) fn of(type_flag: u8, path: &[u8]) -> Self {
        match type_flag {
            0 | b'0' | b'7' if path.ends_with(b"/") => Self::Folder,
            0 | b'0' | b'7' | b'S' => Self::File,
            b'1' => Self::HardLink,
            b'2' => Self::Symlink,
            b'3' => Self::CharDevice,
            b'4' => Self::BlockDevice,
            b'5' => Self::Folder,
            b'6' => Self::Fifo,
            other => Self::Other(other),
        }
    }
}
