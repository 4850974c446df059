//! Draft of an archive: writes to the disk, bypasses the page cache, and digests the bytes at the same time.

mod append;
mod begin;
mod compared;
mod copied;
mod encrypted;
mod read_back;
mod target;

use std::io::Write;
use std::thread::Builder;
use std::time::SystemTime;
use std::{io, thread};

use backup_core::model::archive::{ArchiveName, BackupRecord, Compression, Format, Grade, SealedArchive};
use backup_core::model::error::{Failure, PortError};
use backup_core::model::history::RunRecord;
use backup_core::ports::{Draft, Progress, ReadTar, SeekableBytes};
use backup_core::time::moment;
use sha2::{Digest, Sha256};

use self::compared::write_or_share;
use super::draft_base::DraftBase;
use super::draft_catalog::DraftCatalog;
use super::naming::Naming;
use crate::age::cipher::Cipher;
use crate::buffer::aligned_buffer::AlignedBuffer;
use crate::clock::system_clock::SystemClock;
use crate::error::{located, port_error};
use crate::file::atomic_file::AtomicFile;

/// An archive that is being written.
///
/// Writes bypass the page cache if the file system can do that. So the disk is busy from the first buffer on, little is
/// left for the sync at the end, and other programs keep their data in the cache. While a buffer is written, another
/// thread digests it. So no buffer is copied, and none waits for its digest.
#[derive(Debug)]
pub(crate) struct DraftFile {
    file: AtomicFile,
    naming: Naming,
    /// The format of the file.
    format: Format,
    /// Whether what is written to it is encrypted.
    is_encrypted: bool,
    /// Encrypts what is written, until the end.
    cipher: Option<Cipher>,
    /// The digest of what was written, or `None` once a part of it was cloned and never seen.
    digest: Option<Sha256>,
    /// Bytes that came in small pieces and aren't written yet.
    pending: AlignedBuffer,
    archive_bytes: u64,
    /// How many of them are shared with another archive.
    shared_bytes: u64,
    /// The archives that a publish must not remove.
    protected: Vec<ArchiveName>,
    /// The catalog, if the archive is a backup.
    catalog: Option<DraftCatalog>,
    /// The archive whose unchanged parts are taken over.
    base: Option<DraftBase>,
    /// Whether that archive couldn't be read.
    is_base_lost: bool,
    /// Whether a write has failed. Then nothing more may be written.
    broken: bool,
    /// Set once the archive is sealed. Then nothing more may be written either.
    sealed: Option<SealedArchive>,
}

/// For fewer bytes than this, the start of a thread takes longer than the digest.
const SMALL_BYTES: usize = 64 * 1024;

impl DraftFile {
    pub(super) fn compression(&self) -> Compression {
        self.format.compression
    }

    /// Returns the action of a publish, for messages.
    pub(crate) fn finishing(&self, grade: Grade) -> String {
        match &self.naming {
            Naming::Backup(name) => {
                let name = name.archive(grade, self.format).to_string();
                format!("finish {}", self.file.path().with_file_name(name).display())
            }
            Naming::New { shown, .. } => format!("finish {shown}"),
        }
    }

    /// Writes the pending bytes.
    fn write_pending(&mut self) -> io::Result<()> {
        let mut pending = std::mem::take(&mut self.pending);
        let put = self.put(pending.bytes());
        pending.clear();
        self.pending = pending;
        put
    }

    /// Writes and digests bytes.
    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        if !bytes.is_empty() {
            self.check_writable()?;
        }
        if std::mem::replace(&mut self.broken, true) {
            return Err(io::Error::other(BROKEN));
        }
        let Self { file, digest, base, archive_bytes, .. } = self;
        let mut put = || write_or_share(file, base.as_mut(), *archive_bytes, bytes);
        let put = match digest {
            None => put(),
            Some(digest) if bytes.len() < SMALL_BYTES => {
                digest.update(bytes);
                put()
            }
            Some(digest) => thread::scope(|scope| {
                Builder::new().name("digest".into()).spawn_scoped(scope, || digest.update(bytes))?;
                put()
            }),
        };
        self.shared_bytes += put.map_err(|error| located(&error, &self.file.path()))?;
        self.archive_bytes += bytes.len() as u64;
        self.broken = false;
        Ok(())
    }

    /// Returns why nothing can be written, if so.
    fn check_writable(&self) -> io::Result<()> {
        match (&self.sealed, self.broken) {
            (Some(_), _) => Err(io::Error::other(SEALED)),
            (None, true) => Err(io::Error::other(BROKEN)),
            (None, false) => Ok(()),
        }
    }

    fn end(&mut self) -> io::Result<SealedArchive> {
        self.end_cipher()?;
        self.flush()?;
        let sealed = SealedArchive {
            archive_bytes: self.archive_bytes,
            shared_bytes: self.shared_bytes,
            sha256: self.digest.clone().map(|digest| digest.finalize().into()),
        };
        Ok(*self.sealed.get_or_insert(sealed))
    }
}

impl DraftFile {
    /// Writes bytes as they are to be stored.
    fn write_stored(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.pending.bytes().is_empty() && AlignedBuffer::could_hold(bytes) {
            let whole_pages = bytes.len() - bytes.len() % AlignedBuffer::ALIGNMENT;
            return self.put(&bytes[..whole_pages]).map(|()| whole_pages);
        }
        if self.pending.room().is_empty() {
            self.write_pending()?;
        }
        Ok(self.pending.add(bytes))
    }
}

impl Write for DraftFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.cipher.is_some() { self.write_encrypted(bytes) } else { self.write_stored(bytes) }
    }

    /// Nothing may be taken over afterwards.
    fn flush(&mut self) -> io::Result<()> {
        self.write_pending()?;
        self.check_copied()
    }
}

impl Draft for DraftFile {
    fn protect(&mut self, archive: ArchiveName) {
        self.protected.push(archive);
    }

    fn base_on(&mut self, backup: &BackupRecord) -> bool {
        self.base = self.backups().and_then(|it| DraftBase::open(it, backup, self.format));
        self.base.is_some()
    }

    fn compare_with(&mut self, backup: &BackupRecord) -> bool {
        self.base = self.backups().and_then(|it| DraftBase::open_to_compare(it, backup, self.format));
        self.base.is_some()
    }

    fn restart(&mut self) -> Result<(), PortError> {
        let action = format!("begin {} anew", self.file.path().display());
        if !std::mem::take(&mut self.is_base_lost) {
            return Err(PortError::new(Failure::Other, action));
        }
        self.file.empty().map_err(|error| port_error(action, error))?;
        self.pending.clear();
        (self.digest, self.archive_bytes, self.shared_bytes, self.base) = (Some(Sha256::new()), 0, 0, None);
        (self.broken, self.sealed) = (false, None);
        self.catalog.iter_mut().for_each(DraftCatalog::restart);
        Ok(())
    }

    fn is_encrypted(&self) -> bool {
        self.is_encrypted
    }

    fn describe(&mut self, run: &RunRecord) {
        self.catalog.iter_mut().for_each(|catalog| catalog.describe(run));
    }

    fn seal(&mut self) -> Result<SealedArchive, PortError> {
        self.end().map_err(|error| port_error(self.finishing(Grade::Complete), error))
    }

    fn verify(&mut self, read_tar: ReadTar<'_>, progress: &dyn Progress) -> Result<(), PortError> {
        let action = format!("verify {}", self.file.path().display());
        let read = self.end().and_then(|_| self.read_back(read_tar, progress));
        match read {
            Ok(back) if self.learn(&back) => Ok(()),
            Ok(_) => Err(PortError::new(Failure::Damaged, action).because(OTHER_BYTES)),
            // A read to the end is only interrupted if `progress` cancelled it.
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                Err(PortError::new(Failure::Interrupted, action).because(error))
            }
            Err(error) => Err(port_error(action, error)),
        }
    }

    fn open_catalog(&mut self) -> Option<Box<dyn SeekableBytes>> {
        Some(Box::new(self.catalog.as_mut()?.reopened()?))
    }

    fn publish(mut self: Box<Self>, grade: Grade) -> Result<BackupRecord, PortError> {
        let action = self.finishing(grade);
        let sealed = self.end();
        let Self { file, naming, format, protected, catalog, .. } = *self;
        let published = sealed.and_then(|sealed| {
            // The kernel's own date is too coarse to tell two archives apart. A disk that keeps no such date still keeps the
            // archive.
            let _ = file.file().set_modified(naming.moment().unwrap_or_else(SystemTime::now));
            let modified = file.file().metadata()?.modified()?;
            let clean_up = catalog.map(|catalog| catalog.publish(file.file())).transpose()?;
            let name = naming.publish(file, grade, format, &protected)?;
            clean_up.into_iter().for_each(|clean_up| clean_up());
            Ok((sealed, modified, name))
        });
        let (sealed, modified, file_name) = published.map_err(|error| port_error(action, error))?;
        let finished = moment(&SystemClock, modified.into());
        let SealedArchive { archive_bytes, sha256, .. } = sealed;
        Ok(BackupRecord { file_name, archive_bytes, finished, sha256 })
    }
}

/// Why nothing can be written to a sealed draft.
const SEALED: &str = "it was sealed";

/// Why nothing can be written after a failure.
const BROKEN: &str = "an earlier write has failed";

/// Why an archive that was read back isn't trusted.
const OTHER_BYTES: &str = "the disk returned other bytes than were written";

#[cfg(test)]
mod tests {
    use rustix::fs::OFlags;

    use super::*;
    use crate::file::dir::DirHandle;

    fn begin(home: &tempfile::TempDir) -> Box<DraftFile> {
        let folder = DirHandle::open(home.path(), OFlags::empty()).unwrap();
        Box::new(DraftFile::begin(folder, &"docs".parse().unwrap(), Compression::None).unwrap())
    }

    /// Writes pieces of these lengths, flushes after each if `flush` is set, and checks the published file.
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
    fn writes_every_length_exactly() {
        for flush in [false, true] {
            check(&[], flush);
            check(&[1], flush);
            check(&[4096], flush);
            check(&[AlignedBuffer::BYTES], flush);
            check(&[AlignedBuffer::BYTES + 1], flush);
            check(&[10_240, 3 * AlignedBuffer::BYTES, 511], flush);
            check(&[4096, 4095, 1, 4096, 2 * AlignedBuffer::BYTES], flush);
        }
    }

    #[test]
    fn writes_whole_buffers_without_copying_them() {
        let home = tempfile::tempdir().unwrap();
        let (mut draft, mut buffer) = (begin(&home), AlignedBuffer::new());
        buffer.add(&vec![7; AlignedBuffer::BYTES]);
        assert_eq!(draft.write(buffer.bytes()).unwrap(), AlignedBuffer::BYTES);
        assert!(draft.pending.bytes().is_empty());
        draft.write_all(b"end").unwrap();
        let record = draft.publish(Grade::Complete).unwrap();
        let expected = [buffer.bytes(), b"end"].concat();
        assert_eq!(std::fs::read(home.path().join("docs.tar")).unwrap(), expected);
        assert_eq!(record.sha256, Some(Sha256::digest(&expected).into()));
    }

    #[test]
    fn nothing_can_be_written_after_a_failure() {
        let home = tempfile::tempdir().unwrap();
        let mut draft = begin(&home);
        draft.write_all(&vec![1; AlignedBuffer::BYTES]).unwrap();
        draft.broken = true;
        assert!(draft.seal().is_err());
        assert!(draft.write_all(&vec![1; 2 * AlignedBuffer::BYTES]).is_err());
        assert!(draft.flush().is_err());
        assert!(draft.publish(Grade::Complete).is_err());
        assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 0);
    }
}
