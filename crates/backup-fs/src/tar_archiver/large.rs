//! Stores a file that is too large to be read before its header is written.
//!
//! The size in its header is a promise to be kept, and so is the map of its data. Where the file system's sizes can't be
//! relied on, the file is tried at its end first, and read through where it ends elsewhere.

use std::ops::Range;
use std::os::fd::BorrowedFd;
use std::{io, slice};

use backup_core::model::archive::FindingKind;
use backup_core::model::error::PortError;

use super::attempt::Attempt;
use super::body::out_failed;
use super::contents::body;
use super::links::{LikenessMaker, may_be_linked};
use super::packer::Packer;
use crate::posix::sparse::SparseMap;
use crate::posix::stat::Meta;
use crate::posix::xattrs::Attribute;

/// How much is read at once: so soon is a cancel heard of.
const READ_BYTES: usize = 1024 * 1024;

/// How far beyond the end that it tells a file is read to find the real one: some never end.
const MOST_BEYOND_BYTES: u64 = 4 * 1024 * 1024 * 1024;

/// What is to be stored of a file.
struct Extent {
    /// How it was at the latest when its length was known.
    meta: Meta,
    /// How many bytes it has.
    size_bytes: u64,
    map: Option<SparseMap>,
}

/// Where a file ends, as seen from an offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Before,
    There,
    After,
}

impl Extent {
    /// Returns where there is data.
    fn pieces(&self) -> Vec<Range<u64>> {
        let whole = 0..self.size_bytes;
        self.map.as_ref().map_or_else(|| vec![whole], SparseMap::data)
    }
}

impl Packer<'_> {
    pub(super) fn large(
        &mut self,
        file: BorrowedFd<'_>,
        meta: Meta,
        attributes: &[Attribute],
    ) -> Result<Attempt, PortError> {
        let extent = self.extent(file, meta)?;
        let mut likeness = None;
        if !self.is_exact(&extent.meta) && may_be_linked(&extent.meta) {
            likeness = Some(LikenessMaker::new(attributes, extent.map.as_ref()));
            if let Some(first) = self.first_name(file, &extent, likeness.clone())? {
                return self.hard_link(&extent.meta, &first);
            }
        }
        self.write_header(&extent.meta, attributes, body(extent.map.as_ref(), extent.size_bytes))?;
        if let Some(trouble) = self.write_large(file, &extent, likeness.as_mut())? {
            self.note(trouble);
        }
        self.links.remember(&extent.meta, likeness.map(LikenessMaker::finish), self.path.member());
        Ok(Attempt::Done(None))
    }

    /// Finds out how many bytes are to be stored.
    fn extent(&mut self, file: BorrowedFd<'_>, mut meta: Meta) -> Result<Extent, PortError> {
        let told_bytes = meta.size_bytes;
        // What fails here fails again when it is stored, and is told then.
        let end = self.end(file, &meta, told_bytes).unwrap_or(End::There);
        let found_bytes = self.find_end(file, told_bytes, end)?;
        if end != End::There {
            meta = self.disk.stat_open(file).unwrap_or(meta);
        }
        // Nobody who is wrong about the size is asked about holes.
        let is_right = found_bytes == Some(meta.size_bytes);
        let map = if is_right { SparseMap::find(self.disk, file, &meta) } else { None };
        Ok(Extent { meta, size_bytes: found_bytes.unwrap_or(told_bytes), map })
    }

    /// Returns where a file ends, as seen from an offset. Where sizes can be relied on, that is where it says.
    fn end(&self, file: BorrowedFd<'_>, meta: &Meta, offset: u64) -> io::Result<End> {
        let has_byte = |at| Ok::<_, io::Error>(self.disk.read(file, &mut [0], at)? > 0);
        Ok(match offset.checked_sub(1) {
            _ if self.is_exact(meta) => End::There,
            Some(last) if !has_byte(last)? => End::Before,
            _ if has_byte(offset)? => End::After,
            _ => End::There,
        })
    }

    /// Returns how many bytes can be read of a file; `None` for what doesn't end, or fails first.
    fn find_end(
        &mut self,
        file: BorrowedFd<'_>,
        told_bytes: u64,
        end: End,
    ) -> Result<Option<u64>, PortError> {
        let part = match end {
            End::There => return Ok(Some(told_bytes)),
            End::Before => 0..told_bytes,
            End::After => told_bytes..told_bytes.saturating_add(MOST_BEYOND_BYTES),
        };
        let (bytes, ended) = self.read_through(file, slice::from_ref(&part), &mut |_| {})?;
        let found = part.start + bytes;
        Ok((ended.is_ok() && found < part.end).then_some(found))
    }

    /// Returns the name under which the same file was stored before, after a look at its contents.
    fn first_name(
        &mut self,
        file: BorrowedFd<'_>,
        extent: &Extent,
        likeness: Option<LikenessMaker>,
    ) -> Result<Option<Box<[u8]>>, PortError> {
        let Some(mut likeness) = likeness.filter(|_| self.links.may_be_met(&extent.meta)) else {
            return Ok(None);
        };
        let (_, end) = self.read_through(file, &extent.pieces(), &mut |read| likeness.take(read))?;
        Ok(end.ok().and_then(|()| self.links.meet(&extent.meta, Some(&likeness.finish()))))
    }

    /// Stores as many bytes as the header says. Returns what is to be said about them.
    fn write_large(
        &mut self,
        file: BorrowedFd<'_>,
        extent: &Extent,
        likeness: Option<&mut LikenessMaker>,
    ) -> Result<Option<FindingKind>, PortError> {
        let pieces = extent.pieces();
        let data_bytes: u64 = pieces.iter().map(|piece| piece.end - piece.start).sum();
        let (copied_bytes, end) = self.copy(file, &pieces, likeness)?;
        self.output.write_zeros(data_bytes - copied_bytes).map_err(out_failed)?;
        self.output.pad().map_err(out_failed)?;
        let still = end.and_then(|()| self.disk.stat_open(file)).map(|now| now.is_unchanged(&extent.meta));
        let is_whole = || {
            Ok(copied_bytes == data_bytes && self.end(file, &extent.meta, extent.size_bytes)? == End::There)
        };
        Ok(match still.and_then(|still| if still { is_whole().map(Some) } else { Ok(None) }) {
            Ok(Some(true)) => None,
            Ok(Some(false)) => {
                let told = extent.meta.size_bytes;
                Some(FindingKind::Unreadable(format!(
                    "it reports {told} bytes, but holds a different number"
                )))
            }
            Ok(None) => Some(FindingKind::Torn),
            Err(error) => Some(FindingKind::Unreadable(error.to_string())),
        })
    }

    /// Copies those pieces, or as much as can be had. Returns how many bytes that is, and the error that ended it.
    fn copy(
        &mut self,
        file: BorrowedFd<'_>,
        pieces: &[Range<u64>],
        mut likeness: Option<&mut LikenessMaker>,
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
                if let Some(likeness) = &mut likeness {
                    likeness.take(&room[..read]);
                }
                self.output.fill(read);
                self.progress.advanced(self.path.below_source(), read as u64);
                (at, copied) = (at + read as u64, copied + read as u64);
            }
        }
        Ok((copied, Ok(())))
    }

    /// Reads those pieces, or as much as can be had, and stores nothing. Returns the same as a copy.
    fn read_through(
        &mut self,
        file: BorrowedFd<'_>,
        pieces: &[Range<u64>],
        hear: &mut dyn FnMut(&[u8]),
    ) -> Result<(u64, io::Result<()>), PortError> {
        let mut bytes = 0;
        self.contents.resize(READ_BYTES, 0);
        for piece in pieces {
            let mut at = piece.start;
            while at < piece.end {
                self.check_cancelled()?;
                let wanted = usize::try_from(piece.end - at).unwrap_or(READ_BYTES).min(READ_BYTES);
                let read = match self.disk.read_uncached(file, &mut self.contents[..wanted], at) {
                    Ok(0) => return Ok((bytes, Ok(()))),
                    Ok(read) => read,
                    Err(error) => return Ok((bytes, Err(error))),
                };
                hear(&self.contents[..read]);
                (at, bytes) = (at + read as u64, bytes + read as u64);
            }
        }
        Ok((bytes, Ok(())))
    }
}
