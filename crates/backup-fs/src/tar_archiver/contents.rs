//! Stores a regular file: whatever it does meanwhile, exactly as many bytes as its header says.

use std::ffi::CStr;
use std::io;
use std::ops::Range;
use std::os::fd::{AsFd, BorrowedFd};
use std::slice;

use backup_core::backup::FindingKind;
use backup_core::error::PortError;

use super::disk::Advice;
use super::entry::{Attempt, Unopened};
use super::meta::Meta;
use super::packer::{Body, Packer, out_failed};
use super::sparse::{SparseMap, within};
use super::xattrs::{Attribute, Holder};

/// Files up to this size are read before their header is written, and so can be read again.
pub(super) const SMALL_BYTES: u64 = 1024 * 1024;

/// How often a small file is read until it holds still.
const READS: usize = 4;

/// How much of a large file is read at once: so soon does it hear of a cancel.
const READ_BYTES: usize = 1024 * 1024;

/// What became of a small file.
enum Settled {
    /// The buffer holds it, as it was at one instant.
    Still(Meta),
    /// The buffer holds what could be had of it, and this is to be said about it.
    Damaged(Meta, FindingKind),
    /// It has grown too large for the buffer.
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
        let attributes = self.attributes(Holder::Open(file.as_fd()));
        let settled = if meta.size_bytes > SMALL_BYTES {
            Settled::Outgrown(meta)
        } else {
            self.is_cold = self.brought_in.remove(&meta.identity);
            self.settle(file.as_fd(), meta)?
        };
        match settled {
            Settled::Still(meta) => self.write_small(file.as_fd(), &meta, &attributes)?,
            Settled::Damaged(meta, finding) => {
                self.note(finding);
                self.write_small(file.as_fd(), &meta, &attributes)?;
            }
            Settled::Outgrown(meta) => self.write_large(file.as_fd(), &meta, &attributes)?,
        }
        Ok(Attempt::Done(None))
    }

    /// Reads a small file into the buffer until it held still meanwhile.
    fn settle(&mut self, file: BorrowedFd<'_>, mut meta: Meta) -> Result<Settled, PortError> {
        for _ in 0..READS {
            self.check_cancelled()?;
            let Ok(size) = usize::try_from(meta.size_bytes) else { break };
            let read = self.read_small(file, size);
            let now = match read.and_then(|()| self.disk.stat_open(file)) {
                Ok(now) => now,
                Err(error) => {
                    self.contents.resize(size, 0);
                    return Ok(Settled::Damaged(meta, FindingKind::Unreadable(error.to_string())));
                }
            };
            if self.contents.len() == size && now.is_unchanged(&meta) {
                return Ok(Settled::Still(meta));
            }
            meta = now;
            if meta.size_bytes > SMALL_BYTES {
                return Ok(Settled::Outgrown(meta));
            }
        }
        Ok(Settled::Damaged(meta, FindingKind::Torn))
    }

    /// Reads a file of that size into the buffer.
    ///
    /// It asks for one byte more than there should be, which tells at once that the file has grown. It doesn't ask again
    /// where the file ends once it has the bytes that it wants: the look that follows knows the size.
    fn read_small(&mut self, file: BorrowedFd<'_>, size: usize) -> io::Result<()> {
        self.contents.resize(size + 1, 0);
        let mut filled = self.read_in_memory(file);
        let ended = loop {
            if filled > 0 && filled >= size {
                break Ok(());
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
        self.links.remember(meta, self.path.member());
        for piece in map.as_ref().map_or(slice::from_ref(&whole), SparseMap::data) {
            self.output.write(within(&contents, piece)).map_err(out_failed)?;
        }
        self.output.pad().map_err(out_failed)?;
        self.progress.advanced(self.path.below_source(), whole.end);
        self.contents = contents;
        if self.is_cold {
            self.disk.advise(file, whole, Advice::Never);
        }
        Ok(())
    }

    /// Stores a file that can be read only once: the size in its header is a promise to be kept, and so is the map of
    /// its data.
    fn write_large(
        &mut self,
        file: BorrowedFd<'_>,
        meta: &Meta,
        attributes: &[Attribute],
    ) -> Result<(), PortError> {
        let map = SparseMap::find(self.disk, file, meta);
        let whole = 0..meta.size_bytes;
        let data_bytes = map.as_ref().map_or(whole.end, SparseMap::data_bytes);
        self.write_header(meta, attributes, body(map.as_ref(), whole.end))?;
        self.links.remember(meta, self.path.member());
        let pieces = map.as_ref().map_or(slice::from_ref(&whole), SparseMap::data);
        let (copied_bytes, end) = self.copy(file, pieces)?;
        self.output.write_zeros(data_bytes - copied_bytes).map_err(out_failed)?;
        self.output.pad().map_err(out_failed)?;
        let ended = end.and_then(|()| self.disk.stat_open(file)).map(|now| now.is_unchanged(meta));
        match ended {
            Ok(still) if still && copied_bytes == data_bytes => {}
            Ok(_) => self.note(FindingKind::Torn),
            Err(error) => self.note(FindingKind::Unreadable(error.to_string())),
        }
        Ok(())
    }

    /// Copies those pieces, or as much as can be had. Returns how many bytes that is, and the error that ended it.
    fn copy(
        &mut self,
        file: BorrowedFd<'_>,
        pieces: &[Range<u64>],
    ) -> Result<(u64, io::Result<()>), PortError> {
        let mut copied = 0;
        for piece in pieces {
            let mut at = piece.start;
            while at < piece.end {
                self.check_cancelled()?;
                let room = self.output.room().map_err(out_failed)?;
                let most = room.len().min(READ_BYTES);
                let wanted = usize::try_from(piece.end - at).unwrap_or(most).min(most);
                let read = match self.disk.read_uncached(file, &mut room[..wanted], at) {
                    Ok(0) => return Ok((copied, Ok(()))),
                    Ok(read) => read,
                    Err(error) => return Ok((copied, Err(error))),
                };
                self.output.fill(read);
                self.progress.advanced(self.path.below_source(), read as u64);
                (at, copied) = (at + read as u64, copied + read as u64);
            }
        }
        Ok((copied, Ok(())))
    }
}

fn body(map: Option<&SparseMap>, size_bytes: u64) -> Body<'_> {
    map.map_or(Body::Contents(size_bytes), Body::Sparse)
}
