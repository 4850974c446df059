//! Stores a regular file: whatever it does meanwhile, exactly as many bytes as its header says.
//!
//! How many that are is what can be read of it, not what the file system says. On most disks that is the same. A FUSE
//! server may not know the size before somebody reads, and files of procfs and sysfs have no size that means anything.

use std::ffi::CStr;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use backup_core::model::archive::FindingKind;
use backup_core::model::error::PortError;

use super::attempt::{Attempt, Unopened};
use super::body::{Body, out_failed};
use super::cache::{MOST_SMALL, SMALL_BYTES};
use super::links::{LikenessMaker, may_be_linked};
use super::packer::Packer;
use super::sparse::within;
use crate::posix::disk::Advice;
use crate::posix::sparse::SparseMap;
use crate::posix::stat::Meta;
use crate::posix::xattrs::{Attribute, XattrSource};

/// How much at least is asked for at first of a file whose size can't be relied on.
const FIRST_READ_BYTES: usize = 64 * 1024;

/// How often a small file is read until it holds still.
const READS: usize = 4;

/// What became of a small file.
enum Settled {
    /// The buffer holds it, as it was at one instant.
    Still(Meta),
    /// The buffer holds what could be had of it, and this is to be said about it.
    Damaged(Meta, FindingKind),
    /// It is, or has grown, too large for the buffer.
    Outgrown(Meta),
}

impl Packer<'_> {
    pub(super) fn file(
        &mut self,
        folder: BorrowedFd<'_>,
        name: &CStr,
        seen: &Meta,
    ) -> Result<Attempt, PortError> {
        let (file, meta) = match self.open_seen(folder, name, seen) {
            Ok(opened) => opened,
            Err(Unopened::Changed) => return Ok(Attempt::Changed),
            Err(Unopened::Failed(error)) => return self.missed(error),
        };
        let attributes = self.attributes(XattrSource::Open(file.as_fd()));
        let settled = if meta.size_bytes > SMALL_BYTES {
            Settled::Outgrown(meta)
        } else {
            self.is_cold = self.brought_in.remove(&meta.identity);
            self.settle(file.as_fd(), meta)?
        };
        match settled {
            Settled::Still(meta) => self.store_small(file.as_fd(), &meta, &attributes),
            Settled::Damaged(meta, finding) => {
                self.note(finding);
                self.write_small(file.as_fd(), &meta, &attributes)?;
                Ok(Attempt::Done(None))
            }
            Settled::Outgrown(meta) => self.large(file.as_fd(), meta, &attributes),
        }
    }

    /// Reads a small file into the buffer until it held still meanwhile: nothing shows a change, and it is as long as it
    /// says, or a second reading gave the very same.
    fn settle(&mut self, file: BorrowedFd<'_>, mut meta: Meta) -> Result<Settled, PortError> {
        let mut before = None;
        for _ in 0..READS {
            self.check_cancelled()?;
            let Ok(size) = usize::try_from(meta.size_bytes) else { break };
            let read = self.read_small(file, size, self.is_exact(&meta));
            let now = match read.and_then(|()| self.disk.stat_open(file)) {
                Ok(now) => now,
                Err(error) => {
                    self.contents.resize(size.max(self.contents.len()), 0);
                    return Ok(Settled::Damaged(meta, FindingKind::Unreadable(error.to_string())));
                }
            };
            if now.size_bytes > SMALL_BYTES || self.contents.len() > MOST_SMALL {
                return Ok(Settled::Outgrown(now));
            }
            let is_still = now.is_unchanged(&meta) && self.contents.len() == size;
            if is_still || before.as_ref() == Some(&self.contents) {
                return Ok(Settled::Still(now));
            }
            (meta, before) = (now, Some(self.contents.clone()));
        }
        Ok(Settled::Damaged(meta, FindingKind::Torn))
    }

    /// Reads a file to its end into the buffer, whatever size it says. Of one that is too large, more than a small one has.
    ///
    /// It asks for one byte more than there should be, which tells at once when there is more. Where sizes can be relied
    /// on, it doesn't ask again where the file ends once it has the bytes that it wants. Where not, it asks for much at
    /// once, as other programs do: some files of procfs give all in one read, or lose the rest.
    fn read_small(&mut self, file: BorrowedFd<'_>, size: usize, is_exact: bool) -> io::Result<()> {
        let least = if is_exact { 0 } else { FIRST_READ_BYTES };
        self.contents.resize(least.max(size + 1), 0);
        let mut filled = self.read_in_memory(file);
        let ended = loop {
            if is_exact && filled > 0 && filled == size || filled > MOST_SMALL {
                break Ok(());
            }
            if filled == self.contents.len() {
                self.contents.resize(MOST_SMALL + 1, 0);
            }
            match self.disk.read(file, &mut self.contents[filled..], filled as u64) {
                Ok(0) => break Ok(()),
                Ok(read) => filled += read,
                Err(error) => break Err(error),
            }
        };
        self.contents.truncate(filled);
        ended
    }

    /// Reads into the buffer what is in memory of a small file.
    fn read_in_memory(&mut self, file: BorrowedFd<'_>) -> usize {
        let read = self.disk.read_in_memory(file, &mut self.contents, 0);
        self.is_cold |= matches!(&read, Err(error) if error.kind() == io::ErrorKind::WouldBlock);
        read.unwrap_or(0)
    }

    /// Stores what is in the buffer, or a link where the same was stored before.
    fn store_small(
        &mut self,
        file: BorrowedFd<'_>,
        meta: &Meta,
        attributes: &[Attribute],
    ) -> Result<Attempt, PortError> {
        if self.is_exact(meta) || !may_be_linked(meta) {
            self.write_small(file, meta, attributes)?;
            self.links.remember(meta, None, self.path.member());
            return Ok(Attempt::Done(None));
        }
        let mut maker = LikenessMaker::new(attributes, None);
        maker.take(&self.contents);
        let likeness = maker.finish();
        if let Some(first) = self.links.meet(meta, Some(&likeness)) {
            return self.hard_link(meta, &first);
        }
        self.write_small(file, meta, attributes)?;
        self.links.remember(meta, Some(likeness), self.path.member());
        Ok(Attempt::Done(None))
    }

    /// Stores what is in the buffer, but for the holes of the file it came from.
    fn write_small(
        &mut self,
        file: BorrowedFd<'_>,
        meta: &Meta,
        attributes: &[Attribute],
    ) -> Result<(), PortError> {
        let contents = std::mem::take(&mut self.contents);
        let whole = 0..contents.len() as u64;
        // The map is younger than the contents: what it leaves out must have been zeros then.
        let map = SparseMap::find(self.disk, file, meta).filter(|map| map.fits(&contents));
        self.write_header(meta, attributes, body(map.as_ref(), whole.end))?;
        for piece in map.as_ref().map_or_else(|| vec![whole.clone()], SparseMap::data) {
            self.output.write(within(&contents, &piece)).map_err(out_failed)?;
        }
        self.output.pad().map_err(out_failed)?;
        self.progress.advanced(self.path.below_source(), whole.end);
        self.contents = contents;
        if self.is_cold {
            self.disk.advise(file, whole, Advice::Never);
        }
        Ok(())
    }
}

pub(super) fn body(map: Option<&SparseMap>, size_bytes: u64) -> Body<'_> {
    map.map_or(Body::Contents(size_bytes), Body::Sparse)
}
