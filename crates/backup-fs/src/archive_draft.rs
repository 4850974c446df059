//! An archive being written: blocks to the disk, past the page cache, and digested at the same time.

use std::io::{self, Write};

use backup_core::backup::{BackupName, BackupRecord, Grade};
use backup_core::error::PortError;
use backup_core::ports::{Draft, moment};

use crate::block::Block;
use crate::digest_thread::DigestThread;
use crate::durable::DurableFile;
use crate::failure::port_error;
use crate::folder::Folder;
use crate::system_clock::SystemClock;

/// An archive being written, and what is known of it so far.
///
/// Writes go past the page cache, where the file system can do that: the disk works from the first block on, so that
/// little is left for the sync at the end, and what other programs have in the cache stays there.
#[derive(Debug)]
pub(crate) struct ArchiveDraft {
    file: DurableFile,
    name: BackupName,
    digest: DigestThread,
    /// What isn't written yet; none after a failure, which nothing may follow.
    block: Option<Block>,
    archive_bytes: u64,
}

impl ArchiveDraft {
    /// Begins the archive in that folder.
    pub(crate) fn begin(folder: Folder, name: &BackupName) -> io::Result<Self> {
        let file = DurableFile::begin(folder, &name.archive_name(Grade::Complete))?.past_cache();
        let mut digest = DigestThread::start()?;
        let block = Some(digest.take()?);
        Ok(Self { file, name: name.clone(), digest, block, archive_bytes: 0 })
    }

    /// Writes the block, and hands it over to be digested.
    fn pass_on(&mut self) -> io::Result<()> {
        let block = self.block.take().ok_or_else(|| io::Error::other("an earlier write has failed"))?;
        self.file.write_all(block.bytes()).map_err(|error| self.located(&error))?;
        self.archive_bytes += block.bytes().len() as u64;
        self.digest.add(block)?;
        self.block = Some(self.digest.take()?);
        Ok(())
    }

    /// Adds the place to an error, for whoever writes knows only a stream.
    fn located(&self, error: &io::Error) -> io::Error {
        io::Error::new(error.kind(), format!("{}: {error}", self.file.path().display()))
    }
}

impl Write for ArchiveDraft {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.block.as_mut().is_none_or(|block| block.room().is_empty()) {
            self.pass_on()?;
        }
        Ok(self.block.as_mut().map_or(0, |block| block.add(bytes)))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.pass_on()
    }
}

impl Draft for ArchiveDraft {
    fn publish(mut self: Box<Self>, grade: Grade) -> Result<BackupRecord, PortError> {
        let file_name = self.name.archive_name(grade);
        let action = format!("finish {}", self.file.path().with_file_name(&file_name).display());
        let passed_on = self.pass_on();
        let (archive_bytes, incomplete) = (self.archive_bytes, self.name.archive_name(Grade::Incomplete));
        let superseded = (grade == Grade::Complete).then_some(incomplete.as_str());
        let ArchiveDraft { file, digest, .. } = *self;
        let published = passed_on.and_then(|()| {
            let modified = file.file().metadata()?.modified()?;
            let sha256 = digest.finish()?;
            file.publish(&file_name, superseded)?;
            Ok((modified, sha256))
        });
        let (modified, sha256) = published.map_err(|error| port_error(action, error))?;
        let finished = moment(&SystemClock, modified.into());
        Ok(BackupRecord { file_name, archive_bytes, finished, sha256: Some(sha256) })
    }
}

#[cfg(test)]
mod tests {
    use rustix::fs::OFlags;
    use sha2::{Digest, Sha256};

    use super::*;

    fn begin(home: &tempfile::TempDir) -> Box<ArchiveDraft> {
        let folder = Folder::open(home.path(), OFlags::empty()).unwrap();
        Box::new(ArchiveDraft::begin(folder, &"docs".parse().unwrap()).unwrap())
    }

    /// Writes those pieces, flushing after each where told, and checks what is published.
    fn check(pieces: &[usize], flush: bool) {
        let home = tempfile::tempdir().unwrap();
        let mut draft = begin(&home);
        let mut expected = Vec::new();
        for (byte, length) in (1..).zip(pieces) {
            let piece = vec![byte; *length];
            draft.write_all(&piece).unwrap();
            expected.extend_from_slice(&piece);
            if flush {
                draft.flush().unwrap();
                assert_eq!(std::fs::read(draft.file.path()).unwrap(), expected);
            }
        }
        let record = draft.publish(Grade::Complete).unwrap();
        assert!(std::fs::read(home.path().join("docs.tar")).unwrap() == expected, "{pieces:?}");
        assert_eq!(record.archive_bytes, expected.len() as u64);
        assert_eq!(record.sha256, Some(Sha256::digest(&expected).into()));
        assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 1);
    }

    #[test]
    fn writes_every_length_to_the_byte() {
        for flush in [false, true] {
            check(&[], flush);
            check(&[1], flush);
            check(&[4096], flush);
            check(&[Block::BYTES], flush);
            check(&[Block::BYTES + 1], flush);
            check(&[10_240, 3 * Block::BYTES, 511], flush);
            check(&[4096, 4095, 1, 4096, 2 * Block::BYTES], flush);
        }
    }

    #[test]
    fn nothing_follows_a_failed_write() {
        let home = tempfile::tempdir().unwrap();
        let mut draft = begin(&home);
        draft.write_all(&vec![1; Block::BYTES]).unwrap();
        draft.block = None;
        assert!(draft.write(b"more").is_err());
        assert!(draft.flush().is_err());
        assert!(draft.publish(Grade::Complete).is_err());
        assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 0);
    }
}
