//! Stores a file that is too large to be read before its header is written.
//!
//! Its size in the header and the map of its data must stay true. If the file system's sizes aren't reliable, the end
//! of the file is checked first, and the file is read through if it ends elsewhere.

use std::ops::Range;
use std::os::fd::BorrowedFd;
use std::{io, slice};

use backup_core::model::archive::FindingKind;
use backup_core::model::error::PortError;

use super::body::write_failed;
use super::contents::body_of;
use super::entry::Attempt;
use super::links::{FingerprintBuilder, may_be_linked};
use super::packer::Packer;
use super::pieces::EarlierPieces;
use super::seen_contents::SeenContents;
use crate::posix::sparse::SparseMap;
use crate::posix::stat::Meta;
use crate::posix::xattrs::Attribute;

/// The size of one read. A cancellation is noticed after at most one of them.
const READ_BYTES: usize = 1024 * 1024;

/// How far past its reported end a file is read to find the real one. Some files never end.
const MAX_BEYOND_BYTES: u64 = 4 * 1024 * 1024 * 1024;

/// The part of a file that is stored.
struct Extent {
    /// The metadata at the time when its length was determined.
    meta: Meta,
    /// The length in bytes.
    size_bytes: u64,
    map: Option<SparseMap>,
}

/// The end of a file relative to an offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Before,
    There,
    After,
}

impl Extent {
    /// Returns the ranges that hold data.
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
        let mut fingerprint = None;
        if !self.is_exact(&extent.meta) && may_be_linked(&extent.meta) {
            fingerprint = Some(FingerprintBuilder::new(attributes, extent.map.as_ref()));
            if let Some(first) = self.find_first(file, &extent, fingerprint.clone())? {
                return self.hard_link(&extent.meta, &first);
            }
        }
        let earlier = if extent.map.is_none() { self.earlier_pieces() } else { None };
        let begins = earlier.as_ref().map(|earlier| earlier.begin);
        let body = body_of(extent.map.as_ref(), extent.size_bytes);
        self.write_header_in_phase(&extent.meta, attributes, body, begins)?;
        if let Some(trouble) = self.write_large(file, &extent, fingerprint.as_mut(), earlier)? {
            self.note(trouble);
        }
        self.links.remember(&extent.meta, fingerprint.map(FingerprintBuilder::finish), self.path.member());
        Ok(Attempt::Done(None))
    }

    /// Determines how many bytes will be stored.
    fn extent(&mut self, file: BorrowedFd<'_>, mut meta: Meta) -> Result<Extent, PortError> {
        let reported_bytes = meta.size_bytes;
        // A failure here happens again when the file is stored, and is reported then.
        let end = self.end(file, &meta, reported_bytes).unwrap_or(End::There);
        let found_bytes = self.find_end(file, reported_bytes, end)?;
        if end != End::There {
            meta = self.disk.stat_open(file).unwrap_or(meta);
        }
        // A file system with a wrong size isn't asked for holes.
        let is_right = found_bytes == Some(meta.size_bytes);
        let map = if is_right { SparseMap::find(self.disk, file, &meta) } else { None };
        Ok(Extent { meta, size_bytes: found_bytes.unwrap_or(reported_bytes), map })
    }

    /// Returns where a file ends relative to an offset. If sizes are reliable, it doesn't read.
    fn end(&self, file: BorrowedFd<'_>, meta: &Meta, offset: u64) -> io::Result<End> {
        let has_byte = |at| Ok::<_, io::Error>(self.disk.read(file, &mut [0], at)? > 0);
        Ok(match offset.checked_sub(1) {
            _ if self.is_exact(meta) => End::There,
            Some(last) if !has_byte(last)? => End::Before,
            _ if has_byte(offset)? => End::After,
            _ => End::There,
        })
    }

    /// Returns how many bytes can be read from a file. Returns `None` if it doesn't end, or fails first.
    fn find_end(
        &mut self,
        file: BorrowedFd<'_>,
        reported_bytes: u64,
        end: End,
    ) -> Result<Option<u64>, PortError> {
        let part = match end {
            End::There => return Ok(Some(reported_bytes)),
            End::Before => 0..reported_bytes,
            End::After => reported_bytes..reported_bytes.saturating_add(MAX_BEYOND_BYTES),
        };
        let (bytes, ended) = self.read_through(file, slice::from_ref(&part), &mut |_| {})?;
        let found = part.start + bytes;
        Ok((ended.is_ok() && found < part.end).then_some(found))
    }

    /// Returns the name under which the same file was stored before. Reads its contents to be sure.
    fn find_first(
        &mut self,
        file: BorrowedFd<'_>,
        extent: &Extent,
        fingerprint: Option<FingerprintBuilder>,
    ) -> Result<Option<Box<[u8]>>, PortError> {
        let Some(mut fingerprint) = fingerprint.filter(|_| self.links.may_match(&extent.meta)) else {
            return Ok(None);
        };
        let (_, end) = self.read_through(file, &extent.pieces(), &mut |read| fingerprint.update(read))?;
        Ok(end.ok().and_then(|()| self.links.take_first(&extent.meta, Some(&fingerprint.finish()))))
    }

    /// Stores as many bytes as the header says. Returns a finding if they aren't the whole file at one instant.
    fn write_large(
        &mut self,
        file: BorrowedFd<'_>,
        extent: &Extent,
        fingerprint: Option<&mut FingerprintBuilder>,
        earlier: Option<EarlierPieces>,
    ) -> Result<Option<FindingKind>, PortError> {
        let pieces = extent.pieces();
        let data_bytes: u64 = pieces.iter().map(|piece| piece.end - piece.start).sum();
        let digester = self.catalog.digester(extent.map.as_ref());
        let mut seen = SeenContents { fingerprint, digester, start: Vec::new() };
        let (copied_bytes, end) = match earlier {
            Some(earlier) => self.read_pieces(file, extent.size_bytes, &earlier, &mut seen)?,
            None => self.read_ranges(file, &pieces, true, &mut |read| seen.add(read))?,
        };
        self.catalog.digested(seen.digester.filter(|_| copied_bytes == data_bytes));
        self.see(&extent.meta, extent.size_bytes, &seen.start);
        self.output.write_zeros(data_bytes - copied_bytes).map_err(write_failed)?;
        self.output.pad().map_err(write_failed)?;
        let still = end.and_then(|()| self.disk.stat_open(file)).map(|now| now.is_unchanged(&extent.meta));
        let is_whole = || {
            Ok(copied_bytes == data_bytes && self.end(file, &extent.meta, extent.size_bytes)? == End::There)
        };
        Ok(match still.and_then(|still| if still { is_whole().map(Some) } else { Ok(None) }) {
            Ok(Some(true)) => None,
            Ok(Some(false)) => {
                let reported = extent.meta.size_bytes;
                Some(FindingKind::Unreadable(format!(
                    "it reports {reported} bytes, but holds a different number"
                )))
            }
            Ok(None) => Some(FindingKind::Torn),
            Err(error) => Some(FindingKind::Unreadable(error.to_string())),
        })
    }

    /// Reads these ranges as far as possible without storing them.
    fn read_through(
        &mut self,
        file: BorrowedFd<'_>,
        pieces: &[Range<u64>],
        consume: &mut dyn FnMut(&[u8]),
    ) -> Result<(u64, io::Result<()>), PortError> {
        self.contents.resize(READ_BYTES, 0);
        self.read_ranges(file, pieces, false, consume)
    }

    /// Reads these ranges as far as possible, to the output if they are `stored`, else to the buffer.
    ///
    /// Returns the number of bytes, and the error that ended the read.
    fn read_ranges(
        &mut self,
        file: BorrowedFd<'_>,
        pieces: &[Range<u64>],
        stored: bool,
        consume: &mut dyn FnMut(&[u8]),
    ) -> Result<(u64, io::Result<()>), PortError> {
        let mut bytes = 0;
        for piece in pieces {
            let mut at = piece.start;
            while at < piece.end {
                self.check_cancelled()?;
                let room =
                    if stored { self.output.room().map_err(write_failed)? } else { &mut self.contents[..] };
                let max = room.len().min(READ_BYTES);
                let length = usize::try_from(piece.end - at).unwrap_or(max).min(max);
                let read = match self.disk.read_uncached(file, &mut room[..length], at) {
                    Ok(0) => return Ok((bytes, Ok(()))),
                    Ok(read) => read,
                    Err(error) => return Ok((bytes, Err(error))),
                };
                consume(&room[..read]);
                if stored {
                    self.output.fill(read);
                    self.progress.advanced(self.path.below_source(), read as u64);
                }
                (at, bytes) = (at + read as u64, bytes + read as u64);
            }
        }
        Ok((bytes, Ok(())))
    }
}
