//! Parts of another archive that are copied to the end of a draft.

use std::fs::File;
use std::io;
use std::ops::Range;

use super::DraftFile;
use crate::store::copied_base::CopiedBase;

impl DraftFile {
    /// Appends a part of another archive, which lies behind those that were appended before.
    ///
    /// # Errors
    /// As those of [`append_from`](Self::append_from).
    pub(super) fn copy_from(
        &mut self,
        base: &File,
        copied: &mut CopiedBase,
        part: Range<u64>,
    ) -> io::Result<()> {
        self.check_writable()?;
        let appended = self.copy_part(base, copied, part);
        self.broken |= appended.is_err();
        appended
    }

    fn copy_part(&mut self, base: &File, copied: &mut CopiedBase, part: Range<u64>) -> io::Result<()> {
        if part.is_empty() {
            return Ok(());
        }
        if part.start < copied.read_bytes {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let reaches = copied.read_up_to(base, part.start);
        self.is_base_lost |= !matches!(reaches, Ok(true));
        let mut is_there = reaches?;
        while is_there && copied.read_bytes < part.end {
            if self.pending.room().is_empty() {
                self.write_pending()?;
            }
            let room = self.pending.room();
            let wanted = usize::try_from(part.end - copied.read_bytes).unwrap_or(room.len()).min(room.len());
            let read = copied.read(base, &mut room[..wanted]);
            self.is_base_lost |= !matches!(read, Ok(1..));
            let read = read?;
            self.pending.fill(read);
            is_there = read > 0;
        }
        if is_there { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }

    /// Reads the rest of the archive of which parts were copied, and checks that it is what was made.
    ///
    /// # Errors
    /// [`InvalidData`](io::ErrorKind::InvalidData) if it isn't; a failure to read it.
    pub(super) fn check_copied(&mut self) -> io::Result<()> {
        let Some(base) = &mut self.base else { return Ok(()) };
        let Some(copied) = base.copied.as_mut().filter(|copied| copied.read_bytes > 0 && !copied.is_checked)
        else {
            return Ok(());
        };
        let checked = copied.check(&base.file);
        if matches!(checked, Ok(true)) {
            return Ok(());
        }
        (self.is_base_lost, self.broken) = (true, true);
        checked?;
        Err(io::Error::new(io::ErrorKind::InvalidData, "the archive before isn't what was made"))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write;

    use backup_core::model::archive::{BackupRecord, Compression, Grade};
    use backup_core::ports::{Draft, PackTarget};
    use rustix::fs::OFlags;
    use tempfile::TempDir;

    use super::*;
    use crate::file::dir::DirHandle;
    use crate::posix::test_disk::noise;

    const MIB: usize = 1024 * 1024;

    fn begin(home: &TempDir) -> Box<DraftFile> {
        let folder = DirHandle::open(home.path(), OFlags::empty()).unwrap();
        Box::new(DraftFile::begin(folder, &"docs".parse().unwrap(), Compression::None).unwrap())
    }

    /// Makes an archive with a catalog, and makes one of its bytes wrong, if there is to be one.
    fn base(home: &TempDir, wrong: Option<usize>) -> (Vec<u8>, BackupRecord) {
        let contents = noise(1, 3 * MIB + 5);
        let mut draft = begin(home);
        draft.write_all(&contents).unwrap();
        draft.write_catalog(b"catalog").unwrap();
        let record = draft.publish(Grade::Complete).unwrap();
        if let Some(at) = wrong {
            let path = home.path().join("docs.tar");
            let modified = path.metadata().unwrap().modified().unwrap();
            let mut damaged = contents.clone();
            damaged[at] ^= 1;
            fs::write(&path, damaged).unwrap();
            File::options().write(true).open(&path).unwrap().set_modified(modified).unwrap();
        }
        (contents, record)
    }

    /// Returns a draft that is to take over parts of the archive, on a disk that can't share them.
    fn draft(home: &TempDir, record: &BackupRecord) -> Box<DraftFile> {
        let mut draft = begin(home);
        assert!(draft.base_on(record));
        let base = draft.base.as_mut().unwrap();
        base.copied = Some(CopiedBase::new(record.sha256.unwrap()));
        draft
    }

    #[test]
    fn parts_are_copied_and_the_digest_is_known() {
        let home = tempfile::tempdir().unwrap();
        let (contents, record) = base(&home, None);
        let mut draft = draft(&home, &record);
        let mut expected = b"begins".to_vec();
        draft.write_all(b"begins").unwrap();
        for part in [7..100, 100..2 * MIB + 9, 2 * MIB + 10..3 * MIB] {
            draft.take_over(part.start as u64..part.end as u64).unwrap();
            expected.extend_from_slice(&contents[part]);
        }
        let sealed = draft.seal().unwrap();
        assert_eq!((sealed.shared_bytes, sealed.sha256.is_some()), (0, true));
        draft.publish(Grade::Complete).unwrap();
        assert!(fs::read(home.path().join("docs.tar")).unwrap() == expected);
    }

    #[test]
    fn parts_come_in_order() {
        let home = tempfile::tempdir().unwrap();
        let (_, record) = base(&home, None);
        let mut draft = draft(&home, &record);
        draft.take_over(100..200).unwrap();
        assert_eq!(draft.take_over(50..60).unwrap_err().kind(), io::ErrorKind::InvalidInput);
    }

    #[test]
    fn damage_anywhere_in_the_archive_is_found() {
        for wrong in [0, MIB + 1, 3 * MIB + 4] {
            let home = tempfile::tempdir().unwrap();
            let (_, record) = base(&home, Some(wrong));
            let mut draft = draft(&home, &record);
            draft.take_over(512..1024).unwrap();
            assert_eq!(draft.flush().unwrap_err().kind(), io::ErrorKind::InvalidData, "{wrong}");
            draft.restart().unwrap();
            draft.write_all(b"anew").unwrap();
            draft.publish(Grade::Complete).unwrap();
            assert_eq!(fs::read(home.path().join("docs.tar")).unwrap(), b"anew");
        }
    }

    #[test]
    fn an_archive_of_which_nothing_was_copied_is_not_read() {
        let home = tempfile::tempdir().unwrap();
        let (_, record) = base(&home, Some(0));
        let mut draft = draft(&home, &record);
        draft.write_all(b"all anew").unwrap();
        draft.publish(Grade::Complete).unwrap();
    }
}
