//! An archive being written compressed: many Zstandard frames, and behind them a table of where each is.
//!
//! Every frame holds the same length of tar but the last, whatever the pieces are in which that comes, and is
//! compressed on its own. So the bytes are the same on every machine, all cores work at once, and who looks for one
//! file needs to unpack only the frames that hold it.

use std::io::{self, Write};
use std::mem::{replace, take};

use backup_core::model::archive::{ArchiveName, BackupRecord, Grade, Seal};
use backup_core::model::error::PortError;
use backup_core::ports::{Draft, Progress, Walk};

use super::tar_draft::TarDraft;
use crate::error::port_error;
use crate::zstd::compressor::{ParallelCompressor, Piece};
use crate::zstd::seek_table::SeekTable;

/// How much tar a frame holds.
const FRAME_BYTES: usize = 2 * 1024 * 1024;

/// What is written to it is compressed by several threads, and goes on into the file in order.
#[derive(Debug)]
pub(crate) struct ZstdDraft {
    file: TarDraft,
    compressor: ParallelCompressor,
    table: SeekTable,
    /// What no thread has yet.
    gathered: Piece,
    /// To be filled again.
    spare: Vec<Piece>,
    /// Something failed, and nothing may follow it.
    broken: bool,
    /// The table is written, and nothing may follow it.
    is_finished: bool,
}

impl ZstdDraft {
    /// Begins to write into that file.
    ///
    /// # Errors
    /// When no thread can be had.
    pub(crate) fn begin(file: TarDraft) -> io::Result<Self> {
        let (compressor, table, gathered) =
            (ParallelCompressor::start()?, SeekTable::default(), Piece::default());
        Ok(Self { file, compressor, table, gathered, spare: Vec::new(), broken: false, is_finished: false })
    }

    /// Does something after which the file is no archive any more, should it fail.
    fn attempt(&mut self, step: fn(&mut Self) -> io::Result<()>) -> io::Result<()> {
        if replace(&mut self.broken, true) {
            return Err(io::Error::other("an earlier write has failed"));
        }
        step(self)?;
        self.broken = false;
        Ok(())
    }

    /// Lets what was gathered be compressed, and writes frames that are done where there are many under way.
    fn end_frame(&mut self) -> io::Result<()> {
        while self.compressor.is_full() {
            self.write_frame()?;
        }
        let empty = self.spare.pop().unwrap_or_default();
        self.compressor.put(replace(&mut self.gathered, empty))
    }

    /// Writes the oldest frame under way, and returns whether there was one.
    fn write_frame(&mut self) -> io::Result<bool> {
        let Some(mut piece) = self.compressor.take()? else { return Ok(false) };
        self.file.write_all(&piece.frame)?;
        self.table.add(piece.frame.len(), piece.plain.len())?;
        piece.plain.clear();
        self.spare.push(piece);
        Ok(true)
    }

    fn write_all_frames(&mut self) -> io::Result<()> {
        if !self.gathered.plain.is_empty() {
            self.end_frame()?;
        }
        while self.write_frame()? {}
        Ok(())
    }

    /// Writes all that is still to come. An archive of nothing gets a frame of nothing, for a file without any is not
    /// taken for a compressed one.
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
            return Err(io::Error::other("it was sealed"));
        }
        let plain = &mut self.gathered.plain;
        let fitting = bytes.len().min(FRAME_BYTES - plain.len());
        plain.reserve_exact(FRAME_BYTES - plain.len());
        plain.extend_from_slice(&bytes[..fitting]);
        if plain.len() == FRAME_BYTES {
            self.attempt(Self::end_frame)?;
        }
        Ok(fitting)
    }

    /// Ends the frame, too.
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

    /// Two frames and a bit, with no two places alike.
    fn contents() -> Vec<u8> {
        (0..).flat_map(u32::to_le_bytes).take(2 * FRAME_BYTES + 12_345).collect()
    }

    fn number(stored: &[u8], at: usize) -> usize {
        usize::try_from(u32::from_le_bytes(stored[at..at + 4].try_into().unwrap())).unwrap()
    }

    #[test]
    fn one_frame_is_found_and_unpacked_without_the_others() {
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
    fn what_was_flushed_can_be_read() {
        let home = tempdir().unwrap();
        let mut draft = begin(&home);
        draft.write_all(b"some").unwrap();
        draft.flush().unwrap();
        let written = fs::read(home.path().join(".docs.tar.partial")).unwrap();
        assert_eq!(zstd::decode_all(&written[..]).unwrap(), b"some");
    }

    #[test]
    fn nothing_follows_a_failure() {
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
    fn leaves_nothing_when_dropped_with_frames_under_way() {
        let home = tempdir().unwrap();
        let mut draft = begin(&home);
        draft.write_all(&contents()).unwrap();
        drop(draft);
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
    }
}
