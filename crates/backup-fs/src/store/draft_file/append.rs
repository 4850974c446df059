//! Stretches of another archive at the end of a draft: cloned where that is possible, copied where it isn't.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::fd::AsFd;

use super::DraftFile;
use crate::error::located;
use crate::file::atomic_file::AtomicFile;
use crate::posix::clone::block_bytes;
use crate::posix::disk::{Disk, System};

impl DraftFile {
    /// Appends a stretch of another file, as it is on the disk. Returns how many bytes both files share: those that were cloned.
    ///
    /// Whole blocks are cloned if the stretch has the same offset here as there, modulo the block size. Its ragged ends are
    /// copied. So is all of it if it has another offset, or if the file system can't clone it. Then it is as slow as a read
    /// and a write, and as right. Memory is bounded.
    ///
    /// A draft of which a part was cloned has no running digest any more. Whoever needs one has the file read.
    ///
    /// # Errors
    /// [`UnexpectedEof`](io::ErrorKind::UnexpectedEof) if the other file ends before the stretch does; any failure to read or
    /// to write. A failure of the draft names its path. After either, nothing more can be written.
    pub(crate) fn append_from(&mut self, base: &File, stretch: Range<u64>) -> io::Result<u64> {
        self.check_writable()?;
        let appended = self.append_by(base, &stretch, |file, part| file.append_clone(base, part));
        self.broken |= appended.is_err();
        appended
    }

    fn append_by(
        &mut self,
        base: &File,
        stretch: &Range<u64>,
        clone: impl FnMut(&mut AtomicFile, &Range<u64>) -> io::Result<bool>,
    ) -> io::Result<u64> {
        let whole = self.cloneable(stretch);
        self.copy(base, stretch.start..whole.start)?;
        let cloned = self.clone_blocks(&whole, clone)?;
        self.copy(base, cloned..stretch.end)?;
        Ok(cloned - whole.start)
    }

    /// Returns the part of a stretch that could be cloned to the end of the draft. It is empty at the end of the stretch if
    /// there is none.
    fn cloneable(&self, stretch: &Range<u64>) -> Range<u64> {
        let nothing = stretch.end..stretch.end;
        let Some(block) = block_bytes(self.file.file()) else { return nothing };
        if self.position() % block != stretch.start % block {
            return nothing;
        }
        let last = stretch.end - stretch.end % block;
        match stretch.start.checked_next_multiple_of(block) {
            Some(first) if first < last => first..last,
            _ => nothing,
        }
    }

    /// Clones whole blocks, and returns the offset in the other file up to which that went well.
    fn clone_blocks(
        &mut self,
        whole: &Range<u64>,
        mut clone: impl FnMut(&mut AtomicFile, &Range<u64>) -> io::Result<bool>,
    ) -> io::Result<u64> {
        let mut at = whole.start;
        while at < whole.end {
            self.write_pending()?;
            let part = at..whole.end.min(at + MAX_CLONE_BYTES);
            let cloned = clone(&mut self.file, &part);
            if !cloned.map_err(|error| located(&error, &self.file.path()))? {
                break;
            }
            self.digest = None;
            self.archive_bytes += part.end - part.start;
            at = part.end;
        }
        Ok(at)
    }

    /// Reads into the pending bytes, so that they are written in large aligned pieces.
    fn copy(&mut self, base: &File, stretch: Range<u64>) -> io::Result<()> {
        let mut at = stretch.start;
        while at < stretch.end {
            if self.pending.room().is_empty() {
                self.write_pending()?;
            }
            let room = self.pending.room();
            let wanted = usize::try_from(stretch.end - at).unwrap_or(room.len()).min(room.len());
            let read = System.read_uncached(base.as_fd(), &mut room[..wanted], at);
            self.is_base_lost |= !matches!(read, Ok(1..));
            let read = read?;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.pending.fill(read);
            at += read as u64;
        }
        Ok(())
    }
}

/// How much is cloned by one call. A call can't be interrupted. In the tests it takes several.
const MAX_CLONE_BYTES: u64 = if cfg!(test) { 64 * 1024 } else { 1024 * 1024 * 1024 };

#[cfg(test)]
mod tests {
    use std::io::{Read, Seek, Write};
    use std::path::Path;

    use backup_core::model::archive::{Compression, Grade};
    use backup_core::ports::{Draft, SilentProgress};
    use rustix::fs::{OFlags, fcntl_getfl};
    use sha2::{Digest, Sha256};

    use super::*;
    use crate::buffer::aligned_buffer::AlignedBuffer;
    use crate::file::dir::DirHandle;
    use crate::posix::clone::clone_range;
    use crate::posix::test_disk::{Kind, TestDisk, file_of, in_memory, noise, shared_bytes_of};

    const BASE_BYTES: usize = 1_000_960;

    fn begin(folder: &Path) -> Box<DraftFile> {
        let folder = DirHandle::open(folder, OFlags::empty()).unwrap();
        Box::new(DraftFile::begin(folder, &"docs".parse().unwrap(), Compression::None).unwrap())
    }

    /// A draft, and what must be in it.
    struct Case {
        draft: Box<DraftFile>,
        base: File,
        base_bytes: Vec<u8>,
        expected: Vec<u8>,
    }

    impl Case {
        fn new(folder: &Path) -> Self {
            let base_bytes = noise(1, BASE_BYTES);
            let base = file_of(&folder.join("base"), &base_bytes);
            Self { draft: begin(folder), base, base_bytes, expected: Vec::new() }
        }

        fn write(&mut self, length: usize) {
            let bytes = noise(length as u64 + 2, length);
            self.draft.write_all(&bytes).unwrap();
            self.expected.extend_from_slice(&bytes);
        }

        fn append(&mut self, stretch: Range<usize>) -> u64 {
            let cloned_bytes =
                self.draft.append_from(&self.base, stretch.start as u64..stretch.end as u64).unwrap();
            self.expected.extend_from_slice(&self.base_bytes[stretch]);
            cloned_bytes
        }

        /// Publishes the draft, and checks its bytes and how many of them are shared.
        fn check(self, folder: &Path, shared_bytes: Option<u64>) {
            let record = self.draft.publish(Grade::Complete).unwrap();
            assert_eq!(record.archive_bytes, self.expected.len() as u64);
            assert!(std::fs::read(folder.join("docs.tar")).unwrap() == self.expected);
            let is_cloned = shared_bytes.is_some_and(|bytes| bytes > 0);
            let digest = (!is_cloned).then(|| Sha256::digest(&self.expected).into());
            assert_eq!(record.sha256, digest, "known if nothing was cloned");
            let archive = File::open(folder.join("docs.tar")).unwrap();
            assert_eq!(shared_bytes_of(&archive), shared_bytes);
        }
    }

    const SHARING: [Kind; 2] = [Kind::Xfs, Kind::Btrfs];

    /// Writes bytes, appends the stretch, writes 700 more, and says how many bytes of the stretch are to be cloned.
    fn check(folder: &Path, before: usize, stretch: Range<usize>, cloned_bytes: u64) {
        let mut case = Case::new(folder);
        case.write(before);
        assert_eq!(case.append(stretch.clone()), cloned_bytes, "{before} {stretch:?}");
        case.write(700);
        case.check(folder, Some(cloned_bytes));
    }

    #[test]
    fn clones_whole_blocks_and_copies_the_ends() {
        for kind in SHARING {
            let Some(disk) = TestDisk::mount(kind) else { continue };
            let check = |before, stretch, cloned| check(&disk.path(), before, stretch, cloned);
            check(0, 0..8192, 8192);
            check(0, 0..BASE_BYTES, 999_424);
            check(512, 512..20_000, 12_288);
            check(512 + 40_960, 512..20_000, 12_288);
            check(4095, 8191..12_289, 4096);
            // Another phase, or no whole block.
            check(0, 512..20_000, 0);
            check(1024, 512..20_000, 0);
            check(512, 512..8191, 0);
            check(0, 0..4095, 0);
            check(100, 100..100, 0);
            check(0, 999_424 - 4096..BASE_BYTES, 4096);
            // What is pending is more than a buffer holds.
            check(AlignedBuffer::BYTES + 512, 512..20_000, 12_288);
        }
    }

    /// Without space for its notes, a disk may give up after a part of what it was asked for.
    #[test]
    fn goes_on_behind_the_last_clone() {
        for kind in SHARING {
            let Some(disk) = TestDisk::mount(kind) else { continue };
            for clones in 0..4 {
                let mut case = Case::new(&disk.path());
                case.write(512);
                let Case { draft, base, .. } = &mut case;
                let mut left = clones;
                let appended = draft.append_by(base, &(512..BASE_BYTES as u64), |file, part| {
                    if left == 0 {
                        let end = file.file().stream_position().unwrap();
                        clone_range(base, &(0..32_768), file.file(), end).unwrap();
                        return Ok(false);
                    }
                    left -= 1;
                    file.append_clone(base, part)
                });
                assert_eq!(appended.unwrap(), clones * MAX_CLONE_BYTES, "{kind:?}");
                case.expected.extend_from_slice(&case.base_bytes[512..]);
                case.check(&disk.path(), Some(clones * MAX_CLONE_BYTES));
            }
        }
    }

    #[test]
    fn many_stretches_in_one_draft() {
        for kind in SHARING {
            let Some(disk) = TestDisk::mount(kind) else { continue };
            let mut case = Case::new(&disk.path());
            let mut cloned_bytes = 0;
            for at in (0..40).map(|turn| turn * 20_480) {
                cloned_bytes += case.append(at + 512..at + 18_000);
                // Back to the phase of the next stretch.
                let phase = (at + 20_480 + 512) % 4096;
                let missing = (phase + 4096 - case.expected.len() % 4096) % 4096;
                case.write(missing);
            }
            assert!(cloned_bytes >= 39 * 12_288, "{kind:?}: {cloned_bytes}");
            assert_bypasses(&case.draft);
            case.check(&disk.path(), Some(cloned_bytes));
        }
    }

    /// After a clone, the next bytes still go right to the disk.
    fn assert_bypasses(draft: &DraftFile) {
        assert!(fcntl_getfl(draft.file.file()).unwrap().contains(OFlags::DIRECT));
    }

    #[test]
    fn copies_where_nothing_can_be_shared() {
        for kind in [Kind::XfsWithoutReflinks, Kind::Ext4] {
            let Some(disk) = TestDisk::mount(kind) else { continue };
            check(&disk.path(), 512, 512..20_000, 0);
            check(&disk.path(), 0, 0..BASE_BYTES, 0);
        }
        let Some(memory) = in_memory() else { return };
        let mut case = Case::new(memory.path());
        assert_eq!(case.append(0..BASE_BYTES), 0);
        case.check(memory.path(), None);
    }

    #[test]
    fn copies_from_another_disk() {
        let Some(disk) = TestDisk::mount(Kind::Xfs) else { return };
        let elsewhere = tempfile::tempdir().unwrap();
        let mut case = Case { draft: begin(&disk.path()), ..Case::new(elsewhere.path()) };
        assert_eq!(case.append(0..BASE_BYTES), 0);
        case.check(&disk.path(), Some(0));
    }

    /// The base is shorter than the stretch, so that the clone fails after a part of it.
    #[test]
    fn a_base_that_is_too_short_breaks_the_draft() {
        let homes = SHARING.map(TestDisk::mount);
        let folder = tempfile::tempdir().unwrap();
        let paths = homes.iter().flatten().map(TestDisk::path).chain([folder.path().to_owned()]);
        for path in paths {
            let mut case = Case::new(&path);
            let error = case.draft.append_from(&case.base, 0..2 * BASE_BYTES as u64).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
            assert!(case.draft.append_from(&case.base, 0..1).is_err());
            assert!(case.draft.publish(Grade::Complete).is_err());
            assert_eq!(std::fs::read_dir(&path).unwrap().count(), 1, "the base alone");
        }
    }

    #[test]
    fn a_sealed_draft_takes_no_more() {
        let folder = tempfile::tempdir().unwrap();
        let mut case = Case::new(folder.path());
        case.append(0..5000);
        case.draft.seal().unwrap();
        assert!(case.draft.append_from(&case.base, 0..1).is_err());
        case.draft.publish(Grade::Complete).unwrap();
        assert!(std::fs::read(folder.path().join("docs.tar")).unwrap() == case.expected);
    }

    /// The digest that a seal or a verify needs is read, and stays known.
    #[test]
    fn a_cloned_draft_is_read_for_its_digest() {
        for kind in SHARING {
            let Some(disk) = TestDisk::mount(kind) else { continue };
            for is_verified in [false, true] {
                let mut case = Case::new(&disk.path());
                assert_eq!(case.append(0..8192), 8192);
                case.write(2048);
                let digest: [u8; 32] = Sha256::digest(&case.expected).into();
                if is_verified {
                    let mut read_tar = |tar: &mut dyn Read| {
                        io::copy(tar, &mut io::sink()).unwrap();
                    };
                    case.draft.verify(&mut read_tar, &SilentProgress).unwrap();
                } else {
                    let sealed = case.draft.seal().unwrap();
                    assert_eq!((sealed.archive_bytes, sealed.sha256), (10_240, None));
                }
                let published = case.draft.publish(Grade::Complete).unwrap();
                assert_eq!(published.sha256, is_verified.then_some(digest));
            }
        }
    }

    /// After its base is gone, an archive is what it was.
    #[test]
    fn a_clone_outlives_its_base() {
        for kind in SHARING {
            let Some(disk) = TestDisk::mount(kind) else { continue };
            let mut case = Case::new(&disk.path());
            case.append(0..BASE_BYTES);
            let path = disk.path().join("base");
            let overwritten = File::options().write(true).open(&path).unwrap();
            std::os::unix::fs::FileExt::write_all_at(&overwritten, &[0; 8192], 0).unwrap();
            std::fs::remove_file(&path).unwrap();
            let (draft, expected) = (case.draft, case.expected);
            draft.publish(Grade::Complete).unwrap();
            assert!(std::fs::read(disk.path().join("docs.tar")).unwrap() == expected);
        }
    }
}
