//! A member of an archive, as a catalog holds it.

use super::digest::{ContentDigest, PieceDigest};
use crate::tar_reader::{Member, MemberKind, Timestamp};

/// A member of an archive, as a catalog holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CatalogMember {
    /// The path in the archive, with the slash at the end of a folder. Without a NUL.
    pub(crate) path: Vec<u8>,
    pub(crate) kind: MemberKind,
    /// Where its first header is in the archive, extended headers included.
    pub(crate) offset: u64,
    /// Where its data is in the archive.
    pub(crate) contents_offset: u64,
    /// How much data that is.
    pub(crate) stored_bytes: u64,
    /// How large the file is, with the holes of a sparse one.
    pub(crate) size_bytes: u64,
    /// The permissions, with setuid, setgid and sticky.
    pub(crate) mode: u32,
    pub(crate) uid: u64,
    pub(crate) gid: u64,
    /// The owner's name; empty where none was stored.
    pub(crate) user: Vec<u8>,
    /// The group's name; empty where none was stored.
    pub(crate) group: Vec<u8>,
    pub(crate) modified: Timestamp,
    /// Where a link leads. Without a NUL.
    pub(crate) link: Vec<u8>,
    /// Major and minor number of a device.
    pub(crate) device: (u32, u32),
    /// The digest of the whole contents, where it is known.
    pub(crate) digest: Option<ContentDigest>,
    /// What the file was in the source. `None` in a catalog that was rebuilt from its archive.
    pub(crate) source: Option<SourceStat>,
    /// The digests of the pieces of a large file, of 1 MiB each; empty for any other.
    pub(crate) pieces: Vec<PieceDigest>,
    /// Whether the contents of a file look incompressible, if it is large enough to tell.
    pub(crate) looks_incompressible: Option<bool>,
}

/// What tells, with the size and the owner, whether a source file has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SourceStat {
    /// When the inode changed last (ctime).
    pub(crate) changed: Timestamp,
    pub(crate) inode: u64,
    /// Major and minor number of the device that the file is on.
    pub(crate) device: (u32, u32),
}

/// What a listing shows of a member. The fields are those of [`CatalogMember`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Listed<'a> {
    pub(crate) path: &'a [u8],
    pub(crate) kind: MemberKind,
    pub(crate) mode: u32,
    pub(crate) uid: u64,
    pub(crate) gid: u64,
    pub(crate) user: &'a [u8],
    pub(crate) group: &'a [u8],
    pub(crate) size_bytes: u64,
    pub(crate) modified: Timestamp,
    pub(crate) link: &'a [u8],
    pub(crate) device: (u32, u32),
}

/// The length of a block of a tar is two to the power of this.
pub(super) const TAR_BLOCK_BITS: u32 = 9;

/// Returns where contents end whose last block is padded. Numbers that no archive has wrap around.
pub(super) fn end_of(contents_offset: u64, stored_bytes: u64) -> u64 {
    let last = (1 << TAR_BLOCK_BITS) - 1;
    contents_offset.wrapping_add(stored_bytes).wrapping_add(last) & !last
}

impl CatalogMember {
    /// Takes over what a listing shows.
    pub(super) fn set_listed(&mut self, listed: &Listed<'_>) {
        let Self { path, user, group, link, .. } = self;
        let texts = [(path, listed.path), (user, listed.user), (group, listed.group), (link, listed.link)];
        for (text, of_listed) in texts {
            text.clear();
            text.extend_from_slice(of_listed);
        }
        self.kind = listed.kind;
        self.mode = listed.mode;
        (self.uid, self.gid) = (listed.uid, listed.gid);
        self.size_bytes = listed.size_bytes;
        self.modified = listed.modified;
        self.device = listed.device;
    }
}

impl CatalogMember {
    /// Returns what a listing shows of it.
    pub(crate) fn listed(&self) -> Listed<'_> {
        Listed {
            path: &self.path,
            kind: self.kind,
            mode: self.mode,
            uid: self.uid,
            gid: self.gid,
            user: &self.user,
            group: &self.group,
            size_bytes: self.size_bytes,
            modified: self.modified,
            link: &self.link,
            device: self.device,
        }
    }

    /// Returns where the next member begins, unless there is padding between them. Numbers that no archive has wrap around.
    pub(crate) fn end(&self) -> u64 {
        end_of(self.contents_offset, self.stored_bytes)
    }

    /// Returns what the archive alone tells of a member. Its contents aren't digested.
    pub(crate) fn of(member: Member) -> Self {
        Self {
            path: member.path,
            kind: member.kind,
            offset: member.offset,
            contents_offset: member.contents_offset,
            stored_bytes: member.stored_bytes,
            size_bytes: member.size_bytes,
            mode: member.mode,
            uid: member.uid,
            gid: member.gid,
            user: member.user,
            group: member.group,
            modified: member.modified,
            link: member.link,
            device: member.device,
            digest: None,
            source: None,
            pieces: Vec::new(),
            looks_incompressible: None,
        }
    }
}

impl Default for CatalogMember {
    /// Returns an empty file without a name, to be filled by [`Members::read_into`](super::Members::read_into).
    fn default() -> Self {
        let never = Timestamp { seconds: 0, nanos: 0 };
        Self {
            path: Vec::new(),
            kind: MemberKind::File,
            offset: 0,
            contents_offset: 0,
            stored_bytes: 0,
            size_bytes: 0,
            mode: 0,
            uid: 0,
            gid: 0,
            user: Vec::new(),
            group: Vec::new(),
            modified: never,
            link: Vec::new(),
            device: (0, 0),
            digest: None,
            source: None,
            pieces: Vec::new(),
            looks_incompressible: None,
        }
    }
}
