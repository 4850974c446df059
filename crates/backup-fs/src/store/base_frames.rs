//! The frames of the compressed archive that a draft takes over.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::os::fd::AsFd;

use super::draft_base::DraftBase;
use super::draft_file::DraftFile;
use crate::buffer::stored_bytes::StoredBytes;
use crate::posix::disk::{Disk, System};
use crate::zstd::reader::ZstdArchive;
use crate::zstd::seek_table::Frame;
use crate::zstd::zstd_writer::{StoredFrames, ZstdWriter};

/// A compressed archive that lists its frames.
#[derive(Debug)]
pub(super) struct BaseFrames {
    file: File,
    plain: ZstdArchive,
    /// Whether its blocks can be shared. If they can't, its frames are copied, and each is checked.
    is_shared: bool,
}

/// How much is unpacked at once.
const PIECE_BYTES: usize = 64 * 1024;

impl BaseFrames {
    /// Returns the frames of an archive; `None` if it doesn't list them.
    pub(super) fn of(base: &DraftBase) -> Option<Self> {
        let file = base.file.try_clone().ok()?;
        let plain = ZstdArchive::open(&StoredBytes::from(file)).ok()??;
        Some(Self { file: base.file.try_clone().ok()?, plain, is_shared: base.is_shared })
    }

    /// Appends a part of the plain tar. The frames that lie in it are taken over as they are. What is left before and after
    /// them is compressed again.
    pub(super) fn append(&mut self, part: &Range<u64>, out: &mut ZstdWriter<DraftFile>) -> io::Result<()> {
        let frames = self.whole(part);
        let (Some(first), Some(last)) = (frames.first().copied(), frames.last().copied()) else {
            return self.compress(part.clone(), out);
        };
        self.compress(part.start..first.plain_at, out)?;
        if self.is_shared {
            out.append_stored(StoredFrames { frames, append: DraftFile::append_stored })?;
        } else {
            frames.iter().try_for_each(|frame| self.copy(frame, out))?;
        }
        self.compress(last.plain_end()..part.end, out)
    }

    /// Returns the frames that lie in a part of the plain tar.
    fn whole(&self, part: &Range<u64>) -> Vec<Frame> {
        let frames = self.plain.frames();
        let first = frames.partition_point(|frame| frame.plain_at < part.start);
        let end = frames.partition_point(|frame| frame.plain_end() <= part.end);
        frames.get(first..end).unwrap_or_default().to_vec()
    }

    fn copy(&self, frame: &Frame, out: &mut ZstdWriter<DraftFile>) -> io::Result<()> {
        out.append_made(frame.plain_bytes, |stored| {
            stored.resize(frame.stored_bytes, 0);
            let mut filled = 0;
            while filled < stored.len() {
                let at = frame.stored_at + filled as u64;
                match System
                    .read_uncached(self.file.as_fd(), &mut stored[filled..], at)
                    .map_err(unreadable)?
                {
                    0 => return Err(io::ErrorKind::InvalidData.into()),
                    read => filled += read,
                }
            }
            Ok(())
        })
    }

    /// Unpacks a part of the plain tar, and has it compressed again.
    fn compress(&mut self, part: Range<u64>, out: &mut ZstdWriter<DraftFile>) -> io::Result<()> {
        if part.is_empty() {
            return Ok(());
        }
        self.plain.seek(SeekFrom::Start(part.start)).map_err(unreadable)?;
        let mut left = (&mut self.plain).take(part.end - part.start);
        let mut piece = vec![0; PIECE_BYTES];
        loop {
            match left.read(&mut piece).map_err(unreadable)? {
                0 if left.limit() > 0 => return Err(io::ErrorKind::InvalidData.into()),
                0 => return Ok(()),
                read => out.write_all(&piece[..read])?,
            }
        }
    }
}

/// Tells a failure to read the archive from one to write the draft.
fn unreadable(error: io::Error) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}
