//! Stores a regular file with exactly as many bytes as its header says, even if it changes meanwhile.
//!
//! The number of bytes is what can be read, not what the file system reports. On most disks both are the same. A FUSE
//! server may not know the size before somebody reads, and sizes in procfs and sysfs mean nothing.

use std::ffi::CStr;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use backup_core::model::archive::FindingKind;
use backup_core::model::error::PortError;

use super::body::{Body, write_failed};
use super::cache::{SMALL_FILE_BYTES, SMALL_FILE_LEN};
use super::entry::{Attempt, Unopened};
use super::links::{FingerprintBuilder, may_be_linked};
use super::packer::{Depth, Packer};
use super::sparse::slice_of;
use crate::posix::disk::Advice;
use crate::posix::sparse::SparseMap;
use crate::posix::stat::Meta;
use crate::posix::xattrs::{Attribute, XattrSource};

/// The least number of bytes for the first read of a file whose reported size isn't reliable.
const FIRST_READ_BYTES: usize = 64 * 1024;

/// How often a small file is read in the hope that it stops changing.
const MAX_READS: usize = 4;

/// The result of reading a small file.
enum SmallRead {
    /// The buffer holds the file as it was at one instant.
    Stable(Meta),
    /// The buffer holds what could be read, and the finding says what is wrong with it.
    Damaged(Meta, FindingKind),
    /// The file is too large for the buffer, or has grown too large.
    TooLarge(Meta),
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
            Err(Unopened::Failed(error)) => return self.skipped(error),
        };
        self.store_file(&file, meta)
    }

    /// Stores a file that is open.
    pub(super) fn store_file(&mut self, file: &OwnedFd, meta: Meta) -> Result<Attempt, PortError> {
        let attributes = self.attributes(XattrSource::Open(file.as_fd()));
        if self.depth == Depth::Headers {
            return self.count(file.as_fd(), &meta, &attributes);
        }
        let read = if meta.size_bytes > SMALL_FILE_BYTES {
            SmallRead::TooLarge(meta)
        } else {
            self.is_cold = !self.prefetched.is_empty() && self.prefetched.remove(&meta.identity);
            self.read_until_stable(file.as_fd(), meta)?
        };
        match read {
            SmallRead::Stable(meta) => self.store_small(Some(file.as_fd()), &meta, &attributes),
            SmallRead::Damaged(meta, finding) => {
                self.note(finding);
                self.write_small(Some(file.as_fd()), &meta, &attributes)?;
                Ok(Attempt::Done(None))
            }
            SmallRead::TooLarge(meta) => self.large(file.as_fd(), meta, &attributes),
        }
    }

    /// Counts a file as it is reported, without reading it.
    fn count(
        &mut self,
        file: BorrowedFd<'_>,
        meta: &Meta,
        attributes: &[Attribute],
    ) -> Result<Attempt, PortError> {
        let map = SparseMap::find(self.disk, file, meta);
        self.write_header(meta, attributes, body_of(map.as_ref(), meta.size_bytes))?;
        self.links.remember(meta, None, self.path.member());
        Ok(Attempt::Done(None))
    }

    /// Reads a small file into the buffer until it is stable.
    ///
    /// It is stable if nothing changed during the read and its length is the reported one, or if a second read
    /// returned the same bytes.
    fn read_until_stable(&mut self, file: BorrowedFd<'_>, mut meta: Meta) -> Result<SmallRead, PortError> {
        let mut before = None;
        for _ in 0..MAX_READS {
            self.check_cancelled()?;
            if meta.size_bytes == 0 && self.is_exact(&meta) {
                // It was empty when it was asked.
                self.contents.clear();
                return Ok(SmallRead::Stable(meta));
            }
            let Ok(size) = usize::try_from(meta.size_bytes) else { break };
            let read = self.read_small(file, size, self.is_exact(&meta));
            let now = match read.and_then(|()| self.disk.stat_open(file)) {
                Ok(now) => now,
                Err(error) => {
                    self.contents.resize(size.max(self.contents.len()), 0);
                    return Ok(SmallRead::Damaged(meta, FindingKind::Unreadable(error.to_string())));
                }
            };
            if now.size_bytes > SMALL_FILE_BYTES || self.contents.len() > SMALL_FILE_LEN {
                return Ok(SmallRead::TooLarge(now));
            }
            let is_still = now.is_unchanged(&meta) && self.contents.len() == size;
            if is_still || before.as_ref() == Some(&self.contents) {
                return Ok(SmallRead::Stable(now));
            }
            (meta, before) = (now, Some(self.contents.clone()));
        }
        Ok(SmallRead::Damaged(meta, FindingKind::Torn))
    }

    /// Reads a file to its end into the buffer, whatever size it reports.
    ///
    /// For a file that is too large, the buffer then holds more than [`SMALL_FILE_LEN`] bytes.
    ///
    /// It asks for one byte more than expected, so that extra data shows at once. If sizes are reliable, it doesn't
    /// read again at the end of the file once it has the expected bytes. If they aren't, it asks for much in one
    /// call, as other programs do: some files of procfs return everything in one read or lose the rest.
    fn read_small(&mut self, file: BorrowedFd<'_>, size: usize, is_exact: bool) -> io::Result<()> {
        let least = if is_exact { 0 } else { FIRST_READ_BYTES };
        self.contents.resize(least.max(size + 1), 0);
        let mut filled = self.read_in_memory(file);
        let ended = loop {
            if is_exact && filled > 0 && filled == size || filled > SMALL_FILE_LEN {
                break Ok(());
            }
            if filled == self.contents.len() {
                self.contents.resize(SMALL_FILE_LEN + 1, 0);
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

    /// Reads the part of a small file that is in memory into the buffer.
    fn read_in_memory(&mut self, file: BorrowedFd<'_>) -> usize {
        let read = self.disk.read_in_memory(file, &mut self.contents, 0);
        self.is_cold |= matches!(&read, Err(error) if error.kind() == io::ErrorKind::WouldBlock);
        read.unwrap_or(0)
    }

    /// Stores the buffer, or a link if the same file was stored before. Of a file that isn't open, it is known that it has no holes.
    pub(super) fn store_small(
        &mut self,
        file: Option<BorrowedFd<'_>>,
        meta: &Meta,
        attributes: &[Attribute],
    ) -> Result<Attempt, PortError> {
        if self.is_exact(meta) || !may_be_linked(meta) {
            self.write_small(file, meta, attributes)?;
            self.links.remember(meta, None, self.path.member());
            return Ok(Attempt::Done(None));
        }
        let mut builder = FingerprintBuilder::new(attributes, None);
        builder.update(&self.contents);
        let fingerprint = builder.finish();
        if let Some(first) = self.links.take_first(meta, Some(&fingerprint)) {
            return self.hard_link(meta, &first);
        }
        self.write_small(file, meta, attributes)?;
        self.links.remember(meta, Some(fingerprint), self.path.member());
        Ok(Attempt::Done(None))
    }

    /// Stores the buffer without the holes of the file it came from.
    fn write_small(
        &mut self,
        file: Option<BorrowedFd<'_>>,
        meta: &Meta,
        attributes: &[Attribute],
    ) -> Result<(), PortError> {
        let contents = std::mem::take(&mut self.contents);
        let whole = 0..contents.len() as u64;
        // The map is newer than the contents. What it leaves out must have been zeros at the time of the read.
        let map =
            file.and_then(|file| SparseMap::find(self.disk, file, meta)).filter(|map| map.fits(&contents));
        self.write_header(meta, attributes, body_of(map.as_ref(), whole.end))?;
        let pieces = map.as_ref().map_or_else(|| vec![whole.clone()], SparseMap::data);
        match self.found_digest.take() {
            Some(digest) => self.catalog.digested_as(digest),
            None => self.catalog.digest(map.as_ref(), pieces.iter().map(|piece| slice_of(&contents, piece))),
        }
        for piece in &pieces {
            self.output.write(slice_of(&contents, piece)).map_err(write_failed)?;
        }
        self.output.pad().map_err(write_failed)?;
        self.see(meta, whole.end, &contents);
        self.progress.advanced(self.path.below_source(), whole.end);
        self.contents = contents;
        if let Some(file) = file.filter(|_| self.is_cold) {
            self.disk.advise(file, whole, Advice::Never);
        }
        Ok(())
    }
}

pub(super) fn body_of(map: Option<&SparseMap>, size_bytes: u64) -> Body<'_> {
    map.map_or(Body::Contents(size_bytes), Body::Sparse)
}
