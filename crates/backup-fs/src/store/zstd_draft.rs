//! Draft of a compressed archive: many Zstandard frames, followed by a seek table.
//!
//! Every frame but the last holds the same length of tar, however the bytes are written, and is compressed on its own. So
//! the bytes are the same on every machine, all cores work at once, and a single file can be read by decompressing only
//! the frames that hold it.

use std::io::{self, Write};
use std::mem::{replace, take};

use backup_core::model::archive::{ArchiveName, BackupRecord, Grade, Seal};
use backup_core::model::error::PortError;
use backup_core::ports::{Draft, Progress, Walk};

use super::tar_draft::{BROKEN, SEALED, TarDraft};
use crate::error::port_error;
use crate::zstd::compressor::{ParallelCompressor, Piece};
use crate::zstd::seek_table::SeekTable;

/// The length of the tar bytes in a frame.
const FRAME_BYTES: usize = 2 * 1024 * 1024;

/// A compressed archive that is being written. Several threads compress it, and the frames are written in order.
#[derive(Debug)]
pub(crate) struct ZstdDraft {
    file: TarDraft,
    compressor: ParallelCompressor,
    table: SeekTable,
    /// The frame that is being filled.
    pending: Piece,
    /// Frames that were written, to be filled again.
    spare: Vec<Piece>,
    /// Whether a step has failed. Then nothing more may be written.
    broken: bool,
    /// Whether the seek table is written. Then nothing more may be written either.
    is_finished: bool,
}

impl ZstdDraft {
    /// Begins a compressed archive in a draft.
    ///
    /// # Errors
    /// Any failure to start a thread.
    pub(crate) fn begin(file: TarDraft) -> io::Result<Self> {
        let (compressor, table, pending) =
            (ParallelCompressor::start()?, SeekTable::default(), Piece::default());
        Ok(Self { file, compressor, table, pending, spare: Vec::new(), broken: false, is_finished: false })
    }

    /// Performs a step. If it fails, the file is not a valid archive any more, and all further steps fail.
    fn attempt(&mut self, step: fn(&mut Self) -> io::Result<()>) -> io::Result<()> {
        if replace(&mut self.broken, true) {
            return Err(io::Error::other(BROKEN));
        }
        step(self)?;
        self.broken = false;
        Ok(())
    }

    /// Hands the pending frame to the compressor. Writes finished frames first, while the compressor is full.
    fn end_frame(&mut self) -> io::Result<()> {
        while self.compressor.is_full() {
            self.write_frame()?;
        }
        let empty = self.spare.pop().unwrap_or_default();
        self.compressor.put(replace(&mut self.pending, empty))
    }

    /// Writes the oldest frame of the compressor. Returns whether there was one.
    fn write_frame(&mut self) -> io::Result<bool> {
        let Some(mut piece) = self.compressor.take()? else { return Ok(false) };
        self.file.write_all(&piece.frame)?;
        self.table.add(piece.frame.len(), piece.plain.len())?;
        piece.plain.clear();
        self.spare.push(piece);
        Ok(true)
    }

    fn write_all_frames(&mut self) -> io::Result<()> {
        if !self.pending.plain.is_empty() {
            self.end_frame()?;
        }
        while self.write_frame()? {}
        Ok(())
    }

    /// Writes the remaining frames and the seek table.
    ///
    /// An empty archive gets an empty frame, because tools don't take a file without a frame for a compressed one.
    fn finish(&mut self) -> io::Result<()> {
        if replace(&mut self.is_finished, true) {
            return Ok(());
        }
        self.write_all_frames()?;
        if self.table.is_empty() {
            self.end_frame()?;
            self.write_all_frames()?;
        }
        self.file.write_all(&take(&mut self.table).to_bytes()?)
    }
}

impl Write for ZstdDraft {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.is_finished {
            return Err(io::Error::other(SEALED));
        }
        let plain = &mut self.pending.plain;
        let fitting = bytes.len().min(FRAME_BYTES - plain.len());
        plain.reserve_exact(FRAME_BYTES - plain.len());
        plain.extend_from_slice(&bytes[..fitting]);
        if plain.len() == FRAME_BYTES {
            self.attempt(Self::end_frame)?;
        }
        Ok(fitting)
    }

    /// Ends the current frame as well.
    fn flush(&mut self) -> io::Result<()> {
        self.attempt(Self::write_all_frames)?;
        self.file.flush()
    }
}

impl Draft for ZstdDraft {
    fn keep(&mut self, archive: ArchiveName) {
        self.file.keep(archive);
    }

    fn seal(&mut self) -> Result<Seal, PortError> {
        let action = self.file.finishing(Grade::Complete);
        self.attempt(Self::finish).map_err(|error| port_error(action, error))?;
        self.file.seal()
    }

    fn verify(&mut self, walk: Walk<'_>, progress: &dyn Progress) -> Result<(), PortError> {
        self.seal()?;
        self.file.verify(walk, progress)
    }

    fn publish(mut self: Box<Self>, grade: Grade) -> Result<BackupRecord, PortError> {
        let action = self.file.finishing(grade);
        self.attempt(Self::finish).map_err(|error| port_error(action, error))?;
        Box::new(self.file).publish(grade)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use backup_core::model::archive::Compression;
    use rustix::fs::OFlags;
    use tempfile::{TempDir, tempdir};

    use super::*;
    use crate::file::dir::DirHandle;

    fn begin(home: &TempDir) -> Box<ZstdDraft> {
        let folder = DirHandle::open(home.path(), OFlags::empty()).unwrap();
        let file = TarDraft::begin(folder, &"docs".parse().unwrap(), Compression::Zstd).unwrap();
        Box::new(ZstdDraft::begin(file).unwrap())
    }

    /// Bytes for two frames and a part of a third. No part of them repeats.
    fn contents() -> Vec<u8> {
        (0..).flat_map(u32::to_le_bytes).take(2 * FRAME_BYTES + 12_345).collect()
    }

    fn number(stored: &[u8], at: usize) -> usize {
        usize::try_from(u32::from_le_bytes(stored[at..at + 4].try_into().unwrap())).unwrap()
    }

    #[test]
    fn each_frame_can_be_decompressed_on_its_own() {
        let (home, contents) = (tempdir().unwrap(), contents());
        let mut draft = begin(&home);
        draft.write_all(&contents).unwrap();
        draft.publish(Grade::Complete).unwrap();
        let stored = fs::read(home.path().join("docs.tar.zst")).unwrap();
        let frames = number(&stored, stored.len() - 9);
        assert_eq!(frames, 3);
        let entries = stored.len() - 9 - 8 * frames;
        let (mut begin, mut unpacked_begin) = (0, 0);
        for frame in 0..frames {
            let at = entries + 8 * frame;
            let (end, unpacked_bytes) = (begin + number(&stored, at), number(&stored, at + 4));
            let unpacked = zstd::decode_all(&stored[begin..end]).unwrap();
            assert!(unpacked == contents[unpacked_begin..unpacked_begin + unpacked_bytes], "frame {frame}");
            (begin, unpacked_begin) = (end, unpacked_begin + unpacked_bytes);
        }
        assert_eq!((begin, unpacked_begin), (entries - 8, contents.len()));
    }

    #[test]
    fn flushed_bytes_can_be_decompressed() {
        let home = tempdir().unwrap();
        let mut draft = begin(&home);
        draft.write_all(b"some").unwrap();
        draft.flush().unwrap();
        let written = fs::read(home.path().join(".docs.tar.partial")).unwrap();
        assert_eq!(zstd::decode_all(&written[..]).unwrap(), b"some");
    }

    #[test]
    fn nothing_can_be_written_after_a_failure() {
        let (home, contents) = (tempdir().unwrap(), contents());
        let mut draft = begin(&home);
        draft.write_all(&contents).unwrap();
        draft.broken = true;
        assert!(draft.write_all(&contents).is_err());
        assert!(draft.flush().is_err());
        assert!(draft.publish(Grade::Complete).is_err());
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
    }

    #[test]
    fn leaves_nothing_when_dropped_during_compression() {
        let home = tempdir().unwrap();
        let mut draft = begin(&home);
        draft.write_all(&contents()).unwrap();
        drop(draft);
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
    }
}
