//! Draft of a compressed archive.

use std::io::{self, Write};
use std::ops::Range;

use backup_core::model::archive::{ArchiveName, BackupRecord, Compression, Grade, SealedArchive};
use backup_core::model::error::PortError;
use backup_core::model::history::RunRecord;
use backup_core::ports::{Draft, PackTarget, Progress, ReadTar, SeekableBytes};

use super::base_frames::BaseFrames;
use super::draft_file::DraftFile;
use crate::error::port_error;
use crate::zstd::zstd_writer::ZstdWriter;

/// A compressed archive that is being written. Several threads compress it, and the frames are written in order.
#[derive(Debug)]
struct ZstdDraft {
    writer: ZstdWriter<DraftFile>,
    /// The archive whose frames are taken over.
    base: Option<BaseFrames>,
}

/// Returns the draft of an archive that is written to `file` in the form that the file was begun for.
///
/// # Errors
/// Any failure to start a thread.
pub(crate) fn packing(file: DraftFile) -> io::Result<Box<dyn Draft>> {
    Ok(match file.compression() {
        Compression::None => Box::new(file),
        Compression::Zstd => Box::new(ZstdDraft { writer: ZstdWriter::new(file)?, base: None }),
    })
}

impl ZstdDraft {
    /// Notes if a step has found damage. Only frames that were taken over can be damaged, and that may show later.
    fn note_damage<T>(&mut self, step: io::Result<T>) -> io::Result<T> {
        let is_damaged = step.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::InvalidData);
        if is_damaged && self.base.is_some() {
            self.writer.out_mut().lose_base();
        }
        step
    }
}

impl Write for ZstdDraft {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.writer.write(bytes);
        self.note_damage(written)
    }

    /// Ends the current frame as well.
    fn flush(&mut self) -> io::Result<()> {
        let flushed = self.writer.flush();
        self.note_damage(flushed)
    }
}

impl PackTarget for ZstdDraft {
    fn keeps_catalog(&self) -> bool {
        self.writer.out().keeps_catalog()
    }

    fn open_base(&mut self) -> Option<Box<dyn SeekableBytes>> {
        self.base.as_ref()?;
        self.writer.out_mut().open_base()
    }

    fn take_over(&mut self, part: Range<u64>) -> io::Result<()> {
        let base = self.base.as_mut().ok_or(io::ErrorKind::Unsupported)?;
        let appended = base.append(&part, &mut self.writer);
        self.note_damage(appended)
    }

    fn write_catalog(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.writer.out_mut().write_catalog(bytes)
    }
}

impl Draft for ZstdDraft {
    fn base_on(&mut self, backup: &BackupRecord) -> bool {
        let file = self.writer.out_mut();
        self.base = if file.base_on(backup) { file.base().and_then(BaseFrames::of) } else { None };
        self.base.is_some()
    }

    fn restart(&mut self) -> Result<(), PortError> {
        self.base = None;
        self.writer.out_mut().restart()?;
        let action = self.writer.out().finishing(Grade::Complete);
        self.writer.restart().map_err(|error| port_error(action, error))
    }

    fn is_encrypted(&self) -> bool {
        self.writer.out().is_encrypted()
    }

    fn describe(&mut self, run: &RunRecord) {
        self.writer.out_mut().describe(run);
    }

    fn protect(&mut self, archive: ArchiveName) {
        self.writer.out_mut().protect(archive);
    }

    fn seal(&mut self) -> Result<SealedArchive, PortError> {
        let action = self.writer.out().finishing(Grade::Complete);
        self.writer.end().map_err(|error| port_error(action, error))?;
        self.writer.out_mut().seal()
    }

    fn verify(&mut self, read_tar: ReadTar<'_>, progress: &dyn Progress) -> Result<(), PortError> {
        self.seal()?;
        self.writer.out_mut().verify(read_tar, progress)
    }

    fn open_catalog(&mut self) -> Option<Box<dyn SeekableBytes>> {
        self.writer.out_mut().open_catalog()
    }

    fn publish(self: Box<Self>, grade: Grade) -> Result<BackupRecord, PortError> {
        let action = self.writer.out().finishing(grade);
        let file = self.writer.finish().map_err(|error| port_error(action, error))?;
        Box::new(file).publish(grade)
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::path::Path;

    use rustix::fs::OFlags;
    use tempfile::{TempDir, tempdir};

    use super::*;
    use crate::file::dir::DirHandle;
    use crate::posix::test_disk::{Kind, TestDisk, noise, shared_bytes_of};

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
        let listed = number(&stored, stored.len() - 9);
        let entries = stored.len() - 9 - 8 * listed;
        // The last one holds the checksum of the table.
        let frames = listed - 1;
        assert_eq!(frames, 3);
        let (mut begin, mut unpacked_begin) = (0, 0);
        for frame in 0..frames {
            let at = entries + 8 * frame;
            let (end, unpacked_bytes) = (begin + number(&stored, at), number(&stored, at + 4));
            let unpacked = zstd::decode_all(&stored[begin..end]).unwrap();
            assert!(unpacked == contents[unpacked_begin..unpacked_begin + unpacked_bytes], "frame {frame}");
            (begin, unpacked_begin) = (end, unpacked_begin + unpacked_bytes);
        }
        assert_eq!((begin, unpacked_begin), (entries - 8 - 24, contents.len()));
    }

    /// Makes an archive of `plain` with a catalog, and then one that takes over all of it, with something between its halves.
    /// Returns what that one has, how much of it is shared, and whether its digest is known.
    fn taken_over(folder: &Path, plain: &[u8]) -> (Vec<u8>, Option<u64>, bool) {
        let begin = || {
            let folder = DirHandle::open(folder, OFlags::empty()).unwrap();
            let name = "docs".parse().unwrap();
            packing(DraftFile::begin(folder, &name, Compression::Zstd).unwrap()).unwrap()
        };
        let mut draft = begin();
        draft.write_all(plain).unwrap();
        draft.write_catalog(b"catalog").unwrap();
        let base = draft.publish(Grade::Complete).unwrap();
        fs::hard_link(folder.join("docs.tar.zst"), folder.join("kept")).unwrap();
        let mut draft = begin();
        assert!(draft.base_on(&base));
        let (middle, end) = (plain.len() as u64 / 2, plain.len() as u64);
        draft.take_over(0..middle).unwrap();
        draft.write_all(b"between").unwrap();
        draft.take_over(middle..end).unwrap();
        let record = draft.publish(Grade::Complete).unwrap();
        let file = File::open(folder.join("docs.tar.zst")).unwrap();
        (zstd::decode_all(&file).unwrap(), shared_bytes_of(&file), record.sha256.is_some())
    }

    #[test]
    fn frames_are_shared_where_that_is_possible_and_copied_where_it_is_not() {
        let plain = noise(1, 9 * FRAME_BYTES);
        let half = plain.len() / 2;
        let expected = [&plain[..half], b"between", &plain[half..]].concat();
        for kind in [Kind::Xfs, Kind::Btrfs, Kind::Ext4] {
            let Some(disk) = TestDisk::mount(kind) else { continue };
            let (found, shared, has_digest) = taken_over(&disk.path(), &plain);
            assert!(found == expected, "{kind:?}");
            let is_copied = kind == Kind::Ext4;
            assert_eq!(has_digest, is_copied, "{kind:?}");
            // All frames but the one in the middle, and the ends of them.
            let least = if is_copied { 0 } else { 8 * FRAME_BYTES as u64 - 4 * 4096 };
            assert!(shared.is_some_and(|shared| shared >= least), "{kind:?}: {shared:?}");
        }
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
