//! Draft of a compressed archive.

use std::io::{self, Write};

use backup_core::model::archive::{ArchiveName, BackupRecord, Compression, Grade, SealedArchive};
use backup_core::model::error::PortError;
use backup_core::model::history::RunRecord;
use backup_core::ports::{Draft, PackTarget, Progress, ReadTar, SeekableBytes};

use super::draft_file::DraftFile;
use crate::error::port_error;
use crate::zstd::zstd_writer::ZstdWriter;

/// A compressed archive that is being written. Several threads compress it, and the frames are written in order.
#[derive(Debug)]
struct ZstdDraft(ZstdWriter<DraftFile>);

/// Returns the draft of an archive that is written to `file` in the form that the file was begun for.
///
/// # Errors
/// Any failure to start a thread.
pub(crate) fn packing(file: DraftFile) -> io::Result<Box<dyn Draft>> {
    Ok(match file.compression() {
        Compression::None => Box::new(file),
        Compression::Zstd => Box::new(ZstdDraft(ZstdWriter::new(file)?)),
    })
}

impl Write for ZstdDraft {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    /// Ends the current frame as well.
    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl PackTarget for ZstdDraft {
    fn keeps_catalog(&self) -> bool {
        self.0.out().keeps_catalog()
    }

    fn write_catalog(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.out_mut().write_catalog(bytes)
    }
}

impl Draft for ZstdDraft {
    fn describe(&mut self, run: &RunRecord) {
        self.0.out_mut().describe(run);
    }

    fn protect(&mut self, archive: ArchiveName) {
        self.0.out_mut().protect(archive);
    }

    fn seal(&mut self) -> Result<SealedArchive, PortError> {
        let action = self.0.out().finishing(Grade::Complete);
        self.0.end().map_err(|error| port_error(action, error))?;
        self.0.out_mut().seal()
    }

    fn verify(&mut self, read_tar: ReadTar<'_>, progress: &dyn Progress) -> Result<(), PortError> {
        self.seal()?;
        self.0.out_mut().verify(read_tar, progress)
    }

    fn open_catalog(&mut self) -> Option<Box<dyn SeekableBytes>> {
        self.0.out_mut().open_catalog()
    }

    fn publish(self: Box<Self>, grade: Grade) -> Result<BackupRecord, PortError> {
        let action = self.0.out().finishing(grade);
        let file = self.0.finish().map_err(|error| port_error(action, error))?;
        Box::new(file).publish(grade)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use rustix::fs::OFlags;
    use tempfile::{TempDir, tempdir};

    use super::*;
    use crate::file::dir::DirHandle;

    const FRAME_BYTES: usize = 2 * 1024 * 1024;

    fn begin(home: &TempDir) -> Box<dyn Draft> {
        let folder = DirHandle::open(home.path(), OFlags::empty()).unwrap();
        let file = DraftFile::begin(folder, &"docs".parse().unwrap(), Compression::Zstd).unwrap();
        packing(file).unwrap()
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
    fn leaves_nothing_when_dropped_during_compression() {
        let home = tempdir().unwrap();
        let mut draft = begin(&home);
        draft.write_all(&contents()).unwrap();
        drop(draft);
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
    }
}
