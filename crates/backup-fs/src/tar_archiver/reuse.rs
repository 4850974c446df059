//! Takes over from an earlier archive what hasn't changed since, without opening it.
//!
//! The catalog of that archive and the walk have the same order, so both are read side by side. A member is taken over if the
//! file system tells the same of it as it did then: size, mode, owner, inode, and both times to the nanosecond. The change time
//! covers contents, attributes and ACLs, and no program can set it. Timestamps have a granularity, so a file that changed
//! shortly before that run began, or later, is read again.
//!
//! Members that were neighbours then are taken over as one stretch. Blocks of a disk can be shared only if their offsets agree
//! modulo the block size. So a long stretch begins with padding where that is needed: a global header with a comment, as in
//! the archives that git makes. A short stretch has none, and is copied.
//!
//! A large file that has changed is read, and the pieces of it are taken over that are what they were.

use std::ops::Range;

use backup_core::ports::SeekableBytes;
use backup_core::time::Moment;
use rustix::fs::FileType;

use super::earlier::{EarlierMembers, open_catalog, padding};
use super::stretch_channel::StretchSender;
use crate::catalog::{ArchiveCatalog, CatalogMember};
use crate::posix::stat::{Meta, Timestamp};
use crate::tar_reader::MemberKind;

/// How long before the earlier run a file must have changed last. Some disks tell times in steps of two seconds.
const SAFE_SECONDS: i64 = 2;

/// The earlier archive.
pub(super) struct Base {
    catalog: ArchiveCatalog,
    /// What changed at that time or later is read.
    before: Timestamp,
    /// The size of the blocks that can be shared with it.
    block_bytes: u64,
}

impl Base {
    /// Returns the archive with that catalog, whose run began then; `None` if its catalog can't be used.
    ///
    /// Blocks of that size can be shared with it.
    pub(super) fn open(catalog: Box<dyn SeekableBytes>, began: Moment, block_bytes: u64) -> Option<Self> {
        let catalog = open_catalog(catalog)?;
        let seconds = began.timestamp().checked_sub(SAFE_SECONDS)?;
        Some(Self { catalog, before: Timestamp { seconds, nanos: 0 }, block_bytes })
    }

    /// Begins to take over from it. The writing thread gets each stretch.
    pub(super) fn reuse(&mut self, sender: StretchSender) -> Reuse<'_> {
        Reuse {
            earlier: EarlierMembers::of(&mut self.catalog),
            before: self.before,
            block_bytes: self.block_bytes,
            stretch: None,
            sender,
        }
    }
}

/// What is being taken over.
pub(super) struct Reuse<'b> {
    pub(super) earlier: EarlierMembers<'b>,
    pub(super) before: Timestamp,
    pub(super) block_bytes: u64,
    pub(super) stretch: Option<Stretch>,
    pub(super) sender: StretchSender,
}

/// Neighbouring members that are taken over.
pub(super) struct Stretch {
    /// Where they are in the earlier archive.
    pub(super) part: Range<u64>,
    /// The number of the last one there.
    pub(super) last: u64,
    /// Where they will be in the new archive, once that is decided.
    pub(super) at: Option<u64>,
    /// The members, until then.
    pub(super) waiting: Vec<CatalogMember>,
}

impl Reuse<'_> {
    /// Returns the member with that path, if the earlier archive has one.
    pub(super) fn find(&mut self, path: &[u8]) -> Option<&CatalogMember> {
        self.earlier.find(path)
    }

    /// Returns by how many bytes something must be moved on that is to share the blocks of what is at `from` in the earlier
    /// archive, and the size of a block; `None` if it has the right offset.
    pub(super) fn padding(&self, from: u64, at: u64) -> Option<(usize, usize)> {
        padding(self.block_bytes, from, at)
    }

    /// Returns whether the current stretch ends before the next member.
    pub(super) fn is_apart(&self) -> bool {
        self.stretch.as_ref().is_some_and(|stretch| stretch.last + 1 != self.earlier.number)
    }
}

/// Returns whether the file system tells the same of an entry as it did when the member was read, and tells it safely.
pub(super) fn is_unchanged(member: &CatalogMember, meta: &Meta, before: Timestamp) -> bool {
    let Some(source) = member.source else { return false };
    let has_kind = match meta.kind {
        FileType::RegularFile => member.kind == MemberKind::File && member.size_bytes == meta.size_bytes,
        FileType::Directory => member.kind == MemberKind::Folder,
        FileType::Symlink => member.kind == MemberKind::Symlink,
        FileType::Fifo => member.kind == MemberKind::Fifo,
        FileType::CharacterDevice => member.kind == MemberKind::CharDevice,
        FileType::BlockDevice => member.kind == MemberKind::BlockDevice,
        FileType::Socket | FileType::Unknown => false,
    };
    (has_kind || member.kind == MemberKind::HardLink)
        && source.changed == meta.changed
        && source.changed < before
        && source.inode == meta.identity.inode()
        && source.device == meta.identity.device()
        && member.modified == meta.modified
        && member.mode == meta.mode
        && member.uid == u64::from(meta.uid)
        && member.gid == u64::from(meta.gid)
}
