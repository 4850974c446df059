//! Takes over the pieces of a large file that are what they were, although the file has changed.
//!
//! The catalog of the earlier archive has the digest of each piece. The file is read, and whatever has the same digest as the
//! piece at the same place is taken over, and not written. Metadata decides nothing here. A digest has 16 bytes of a BLAKE3: no
//! two pieces of all the files on earth have the same by accident.
//!
//! So a file that grows, or that is changed in the middle, as those of databases are, takes what has changed. What moves
//! within the file is written again.

use std::io;
use std::mem::take;
use std::ops::Range;
use std::os::fd::BorrowedFd;

use backup_core::model::error::PortError;

use super::body::write_failed;
use super::catalog::LargeDigester;
use super::packer::Packer;
use super::seen_contents::SeenContents;
use crate::catalog::{PIECE_BYTES, PieceDigest};
use crate::tar_reader::MemberKind;

/// The pieces of a file in the earlier archive.
pub(super) struct EarlierPieces {
    /// Where its contents begin there.
    pub(super) begin: u64,
    size_bytes: u64,
    digests: Vec<PieceDigest>,
}

impl EarlierPieces {
    /// Returns where the piece at that offset of the file is, if it was the same.
    fn find(&self, at: u64, length: usize, digest: Option<PieceDigest>) -> Option<Range<u64>> {
        let index = usize::try_from(at / PIECE_BYTES as u64).ok()?;
        let was = self.size_bytes.checked_sub(at)?.min(PIECE_BYTES as u64);
        let is_same = digest.is_some() && self.digests.get(index).copied() == digest && was == length as u64;
        is_same.then(|| self.begin + at..self.begin + at + was)
    }
}

impl Packer<'_> {
    /// Returns the pieces that the current file had in the earlier archive, if any can be taken over.
    pub(super) fn earlier_pieces(&mut self) -> Option<EarlierPieces> {
        let member = self.reuse.as_mut()?.find(self.path.member())?;
        let is_plain = member.kind == MemberKind::File && member.stored_bytes == member.size_bytes;
        let pieces = usize::try_from(member.size_bytes.div_ceil(PIECE_BYTES as u64)).ok()?;
        (is_plain && pieces > 0 && member.pieces.len() == pieces).then(|| EarlierPieces {
            begin: member.contents_offset,
            size_bytes: member.size_bytes,
            digests: member.pieces.clone(),
        })
    }

    /// Reads so many bytes of a file as far as possible, and stores them: what is the same as before is taken over.
    ///
    /// Returns the number of bytes, and the error that ended the read.
    pub(super) fn read_pieces(
        &mut self,
        file: BorrowedFd<'_>,
        size_bytes: u64,
        earlier: &EarlierPieces,
        seen: &mut SeenContents<'_>,
    ) -> Result<(u64, io::Result<()>), PortError> {
        let mut buffer = take(&mut self.contents);
        buffer.resize(PIECE_BYTES, 0);
        let (mut at, mut same, mut ended) = (0, None, Ok(()));
        while at < size_bytes && ended.is_ok() {
            self.check_cancelled()?;
            let wanted = usize::try_from(size_bytes - at).unwrap_or(PIECE_BYTES).min(PIECE_BYTES);
            let read;
            (read, ended) = self.read_piece(file, &mut buffer[..wanted], at);
            let piece = &buffer[..read];
            seen.add(piece);
            let digest = seen.digester.as_ref().and_then(LargeDigester::last_piece);
            self.store_piece(piece, earlier.find(at, read, digest), &mut same)?;
            self.progress.advanced(self.path.below_source(), read as u64);
            at += read as u64;
            if read < wanted {
                break;
            }
        }
        self.contents = buffer;
        same.map_or(Ok(()), |part| self.send_part(part))?;
        Ok((at, ended))
    }

    /// Reads a piece as far as possible.
    fn read_piece(&self, file: BorrowedFd<'_>, piece: &mut [u8], at: u64) -> (usize, io::Result<()>) {
        let mut filled = 0;
        while filled < piece.len() {
            match self.disk.read_uncached(file, &mut piece[filled..], at + filled as u64) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) => return (filled, Err(error)),
            }
        }
        (filled, Ok(()))
    }

    /// Writes a piece, or adds it to what is the `same` as before, if it is.
    fn store_piece(
        &mut self,
        piece: &[u8],
        earlier: Option<Range<u64>>,
        same: &mut Option<Range<u64>>,
    ) -> Result<(), PortError> {
        let Some(earlier) = earlier else {
            same.take().map_or(Ok(()), |part| self.send_part(part))?;
            return self.output.write(piece).map_err(write_failed);
        };
        let begin = same.take().map_or(earlier.start, |part| part.start);
        *same = Some(begin..earlier.end);
        Ok(())
    }
}
