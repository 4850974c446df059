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

use std::cmp::Ordering;
use std::ops::Range;
use std::sync::mpsc::{Receiver, Sender, channel};

use backup_core::model::error::PortError;
use backup_core::ports::{PackTarget, SeekableBytes};
use backup_core::time::Moment;
use rustix::fs::FileType;

use super::body::write_failed;
use super::header::write_padding;
use super::packer::Packer;
use crate::catalog::{ArchiveCatalog, CatalogMember, CatalogReader, Members, compare, trimmed};
use crate::posix::stat::{Meta, Timestamp};
use crate::tar_reader::MemberKind;

/// How long before the earlier run a file must have changed last. Some disks tell times in steps of two seconds.
const SAFE_SECONDS: i64 = 2;

/// The size of the blocks that can be shared.
const BLOCK_BYTES: u64 = 4096;

/// A stretch that is shorter gets no padding.
const LONG_BYTES: u64 = 64 * 1024;

/// The unit of tar: headers and contents begin at multiples of it.
const TAR_BLOCK_BYTES: u64 = 512;

/// The earlier archive.
pub(super) struct Base {
    catalog: ArchiveCatalog,
    /// What changed at that time or later is read.
    before: Timestamp,
}

impl Base {
    /// Returns the archive with that catalog, whose run began then; `None` if its catalog can't be used.
    pub(super) fn open(catalog: Box<dyn SeekableBytes>, began: Moment) -> Option<Self> {
        let catalog = CatalogReader::open(catalog).ok().filter(ArchiveCatalog::is_in_walk_order)?;
        let seconds = began.timestamp().checked_sub(SAFE_SECONDS)?;
        Some(Self { catalog, before: Timestamp { seconds, nanos: 0 } })
    }

    /// Begins to take over from it. What is taken over is told to the writing thread.
    pub(super) fn reuse(&mut self, sender: StretchSender) -> Reuse<'_> {
        Reuse {
            members: self.catalog.members(),
            before: self.before,
            next: CatalogMember::default(),
            number: 0,
            has_next: false,
            is_over: false,
            stretch: None,
            sender,
        }
    }
}

/// What is being taken over.
pub(super) struct Reuse<'b> {
    members: Members<'b, Box<dyn SeekableBytes>>,
    before: Timestamp,
    /// The next member of the earlier archive, and its number.
    next: CatalogMember,
    number: u64,
    has_next: bool,
    /// Whether nothing more comes, or nothing that can be read.
    is_over: bool,
    stretch: Option<Stretch>,
    sender: StretchSender,
}

/// Neighbouring members that are taken over.
struct Stretch {
    /// Where they are in the earlier archive.
    part: Range<u64>,
    /// The number of the last one there.
    last: u64,
    /// Where they will be in the new archive, once that is decided.
    at: Option<u64>,
    /// The members, until then.
    waiting: Vec<CatalogMember>,
}

impl Reuse<'_> {
    /// Returns the member with that path, if the earlier archive has one.
    fn find(&mut self, path: &[u8]) -> Option<&CatalogMember> {
        while !self.is_over {
            if !self.has_next {
                self.has_next = self.members.read_into(&mut self.next).unwrap_or(false);
                self.is_over = !self.has_next;
                self.number += 1;
                continue;
            }
            match compare(trimmed(&self.next.path), path) {
                Ordering::Less => self.has_next = false,
                Ordering::Equal => return Some(&self.next),
                Ordering::Greater => return None,
            }
        }
        None
    }

    /// Returns whether the current stretch ends before the next member.
    fn is_apart(&self) -> bool {
        self.stretch.as_ref().is_some_and(|stretch| stretch.last + 1 != self.number)
    }
}

/// Returns whether the file system tells the same of an entry as it did when the member was read, and tells it safely.
fn is_unchanged(member: &CatalogMember, meta: &Meta, before: Timestamp) -> bool {
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

impl Packer<'_> {
    /// Takes the current entry over from the earlier archive, if it is unchanged. Returns whether it was taken over.
    ///
    /// `first` is the member that a hard link leads to.
    pub(super) fn take_over(&mut self, meta: &Meta, first: Option<&[u8]>) -> Result<bool, PortError> {
        if !self.is_exact(meta) || self.owners.learn(meta.uid, meta.gid).is_err() {
            return Ok(false);
        }
        let Some(reuse) = &mut self.reuse else { return Ok(false) };
        let before = reuse.before;
        let Some(member) = reuse.find(self.path.member()) else { return Ok(false) };
        let leads_there = match first {
            Some(first) => member.kind == MemberKind::HardLink && member.link == first,
            None => member.kind != MemberKind::HardLink,
        };
        let (user, group) = self.owners.names(meta.uid, meta.gid);
        let has_owners = member.user == user.as_bytes() && member.group == group.as_bytes();
        if !leads_there || !has_owners || !is_unchanged(member, meta, before) {
            return Ok(false);
        }
        self.count_taken_over(meta, first.is_some());
        self.extend_stretch()?;
        Ok(true)
    }

    /// Reports an entry that is taken over as if it had been read.
    fn count_taken_over(&mut self, meta: &Meta, is_link: bool) {
        let Some(member) = self.reuse.as_ref().map(|reuse| &reuse.next) else { return };
        let (stored_bytes, sample) = (member.stored_bytes, member.looks_incompressible);
        self.report.entries += 1;
        self.report.content_bytes += stored_bytes;
        self.report.taken_over_entries += 1;
        self.progress.packed(self.path.below_source(), stored_bytes);
        if is_link {
            return;
        }
        if meta.kind == FileType::RegularFile {
            self.see_sampled(meta, meta.size_bytes, sample);
        }
        self.links.remember(meta, None, self.path.member());
    }

    /// Adds the next member of the earlier archive to the stretch that is taken over.
    fn extend_stretch(&mut self) -> Result<(), PortError> {
        if self.reuse.as_ref().is_some_and(Reuse::is_apart) {
            self.end_stretch()?;
        }
        let Some(reuse) = &mut self.reuse else { return Ok(()) };
        reuse.has_next = false;
        let (member, number) = (&mut reuse.next, reuse.number);
        let end = (member.contents_offset + member.stored_bytes).next_multiple_of(TAR_BLOCK_BYTES);
        let stretch = reuse.stretch.get_or_insert_with(|| Stretch {
            part: member.offset..member.offset,
            last: number,
            at: None,
            waiting: Vec::new(),
        });
        (stretch.part.end, stretch.last) = (end, number);
        match stretch.at {
            Some(at) => {
                moved(member, stretch.part.start, at);
                self.catalog.add(member);
            }
            None => stretch.waiting.push(member.clone()),
        }
        if stretch.at.is_none() && stretch.part.end - stretch.part.start >= LONG_BYTES {
            self.place_stretch(true)?;
        }
        Ok(())
    }

    /// Decides where the stretch will be: here, behind padding if that makes sense.
    fn place_stretch(&mut self, is_padded: bool) -> Result<(), PortError> {
        let Some(stretch) = self.reuse.as_mut().and_then(|reuse| reuse.stretch.as_mut()) else {
            return Ok(());
        };
        let missing = stretch.part.start.wrapping_sub(self.output.position()) % BLOCK_BYTES;
        if is_padded && missing > 0 {
            let mut padding = Vec::new();
            write_padding(missing, &mut padding);
            self.output.write(&padding).map_err(write_failed)?;
        }
        let at = self.output.position();
        stretch.at = Some(at);
        for mut member in stretch.waiting.drain(..) {
            moved(&mut member, stretch.part.start, at);
            self.catalog.add(&member);
        }
        Ok(())
    }

    /// Ends the stretch that is taken over, if there is one.
    pub(super) fn end_stretch(&mut self) -> Result<(), PortError> {
        let Some(reuse) = &mut self.reuse else { return Ok(()) };
        let Some(stretch) = &reuse.stretch else { return Ok(()) };
        if stretch.at.is_none() {
            self.place_stretch(false)?;
        }
        let Some(reuse) = &mut self.reuse else { return Ok(()) };
        let Some(stretch) = reuse.stretch.take() else { return Ok(()) };
        self.output.interrupt().map_err(write_failed)?;
        reuse.sender.send(self.output.position(), stretch.part.clone());
        let bytes = stretch.part.end - stretch.part.start;
        self.report.taken_over_bytes += bytes;
        self.output.skip(bytes);
        Ok(())
    }
}

/// Moves a member from a stretch that begins at `from` to one that begins at `to`.
fn moved(member: &mut CatalogMember, from: u64, to: u64) {
    member.offset = member.offset - from + to;
    member.contents_offset = member.contents_offset - from + to;
}

/// A stretch, and where it is in the new archive.
type PlacedStretch = (u64, Range<u64>);

/// Tells the writing thread what is taken over.
#[derive(Debug)]
pub(super) struct StretchSender(Sender<PlacedStretch>);

/// Takes over what the walking thread tells.
#[derive(Debug)]
pub(super) struct StretchReceiver {
    stretches: Receiver<PlacedStretch>,
    /// A stretch that was received before its turn.
    next: Option<PlacedStretch>,
    /// The number of bytes that were written.
    position: u64,
}

/// Returns both ends of the way that stretches take from the walking to the writing thread. A stretch must be sent after
/// everything that comes before it in the archive, and before everything that comes behind.
pub(super) fn stretch_channel() -> (StretchSender, StretchReceiver) {
    let (sender, stretches) = channel();
    (StretchSender(sender), StretchReceiver { stretches, next: None, position: 0 })
}

impl StretchSender {
    fn send(&self, at: u64, part: Range<u64>) {
        // The writing thread has failed if nobody receives it, and that ends the walk.
        let _ = self.0.send((at, part));
    }
}

impl StretchReceiver {
    /// Takes over what comes next in the archive, before the next block is written.
    pub(super) fn take_over(&mut self, out: &mut dyn PackTarget) -> Result<(), PortError> {
        while let Some((at, part)) = self.next.take().or_else(|| self.stretches.try_recv().ok()) {
            if at != self.position {
                self.next = Some((at, part));
                break;
            }
            self.position += part.end - part.start;
            out.take_over(part).map_err(write_failed)?;
        }
        Ok(())
    }

    /// Takes in that a block was written.
    pub(super) fn written(&mut self, byte_count: usize) {
        self.position += byte_count as u64;
    }
}
