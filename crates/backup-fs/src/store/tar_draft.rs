//! An archive being written: blocks to the disk, past the page cache, and digested at the same time.

use std::io::Write;
use std::thread::Builder;
use std::{io, thread};

use backup_core::model::archive::{ArchiveName, BackupName, BackupRecord, Compression, Grade, Seal};
use backup_core::model::error::{Failure, PortError};
use backup_core::ports::{Draft, Progress, Walk};
use backup_core::time::moment;
use sha2::{Digest, Sha256};

use super::inspect::inspect;
use crate::buffer::aligned_buffer::AlignedBuffer;
use crate::clock::system_clock::SystemClock;
use crate::error::{located, port_error, refused};
use crate::file::atomic_file::AtomicFile;
use crate::file::dir::DirHandle;

/// An archive being written, and what is known of it so far.
///
/// Writes go past the page cache, where the file system can do that: the disk works from the first block on, so that
/// little is left for the sync at the end, and what other programs have in the cache stays there. While the disk
/// works at a block, another thread digests it: so no block is copied, and none waits for its digest.
#[derive(Debug)]
pub(crate) struct TarDraft {
    file: AtomicFile,
    naming: Naming,
    /// How what is written here is stored.
    compression: Compression,
    digest: Sha256,
    /// What came in smaller pieces and isn't written yet.
    gathered: AlignedBuffer,
    archive_bytes: u64,
    /// What a publish must not remove.
    kept: Vec<ArchiveName>,
    /// A write failed, and nothing may follow it.
    broken: bool,
    /// What it will be: nothing may follow either.
    seal: Option<Seal>,
}

/// What an archive will be called.
#[derive(Debug)]
enum Naming {
    /// As the backup of that name, in the place of the one before it.
    Backup(BackupName),
    /// As this, where nothing has that name.
    New {
        name: String,
        /// The path, for messages.
        shown: String,
    },
}

/// Below this a thread takes longer to begin than to digest.
const SMALL_BYTES: usize = 64 * 1024;

impl TarDraft {
    /// Begins the archive in that folder; what will be written to it is stored in that way. Its temporary name does not
    /// tell how, so that nobody begins the same backup in another way.
    pub(crate) fn begin(folder: DirHandle, name: &BackupName, compression: Compression) -> io::Result<Self> {
        let temporary = name.archive(Grade::Complete, Compression::None).to_string();
        Self::begin_as(folder, &temporary, Naming::Backup(name.clone()), compression)
    }

    /// Begins an archive that shall have this very name, whatever its grade, and take nobody's place.
    pub(crate) fn begin_new(
        folder: DirHandle,
        name: &str,
        shown: String,
        compression: Compression,
    ) -> io::Result<Self> {
        Self::begin_as(folder, name, Naming::New { name: name.to_owned(), shown }, compression)
    }

    fn begin_as(
        folder: DirHandle,
        temporary: &str,
        naming: Naming,
        compression: Compression,
    ) -> io::Result<Self> {
        let file = AtomicFile::begin(folder, temporary)?.past_cache();
        let (digest, gathered) = (Sha256::new(), AlignedBuffer::new());
        Ok(Self {
            file,
            naming,
            compression,
            digest,
            gathered,
            archive_bytes: 0,
            kept: Vec::new(),
            broken: false,
            seal: None,
        })
    }

    /// Returns what publishing it does, for messages.
    pub(crate) fn finishing(&self, grade: Grade) -> String {
        match &self.naming {
            Naming::Backup(name) => {
                let name = name.archive(grade, self.compression).to_string();
                format!("finish {}", self.file.path().with_file_name(name).display())
            }
            Naming::New { shown, .. } => format!("finish {shown}"),
        }
    }

    /// Writes what was gathered.
    fn write_gathered(&mut self) -> io::Result<()> {
        let mut gathered = std::mem::take(&mut self.gathered);
        let put = self.put(gathered.bytes());
        gathered.clear();
        self.gathered = gathered;
        put
    }

    /// Writes bytes and digests them.
    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.seal.is_some() && !bytes.is_empty() {
            return Err(io::Error::other("it was sealed"));
        }
        if std::mem::replace(&mut self.broken, true) {
            return Err(io::Error::other("an earlier write has failed"));
        }
        let Self { file, digest, .. } = self;
        let put = if bytes.len() < SMALL_BYTES {
            digest.update(bytes);
            file.write_all(bytes)
        } else {
            thread::scope(|scope| {
                Builder::new().name("digest".into()).spawn_scoped(scope, || digest.update(bytes))?;
                file.write_all(bytes)
            })
        };
        put.map_err(|error| located(&error, &self.file.path()))?;
        self.archive_bytes += bytes.len() as u64;
        self.broken = false;
        Ok(())
    }

    /// Reads from the disk what was written.
    fn read_back(&self, walk: Walk<'_>, progress: &dyn Progress) -> io::Result<Seal> {
        let (archive, path) = (self.file.open_back()?, self.file.path());
        inspect(&archive, self.compression, &path, walk, progress)
    }

    fn end(&mut self) -> io::Result<Seal> {
        self.write_gathered()?;
        let seal = Seal { archive_bytes: self.archive_bytes, sha256: self.digest.clone().finalize().into() };
        Ok(*self.seal.insert(seal))
    }
}

impl Naming {
    /// Gives the file its name, and returns that as people are told it.
    fn publish(
        self,
        file: AtomicFile,
        grade: Grade,
        compression: Compression,
        kept: &[ArchiveName],
    ) -> io::Result<String> {
        match self {
            Self::Backup(name) => {
                let name = name.archive(grade, compression);
                let superseded = name.superseded().into_iter().filter(|archive| !kept.contains(archive));
                let superseded: Vec<_> = superseded.map(|archive| archive.to_string()).collect();
                file.publish(&name.to_string(), &superseded)?;
                Ok(name.to_string())
            }
            Self::New { name, shown } => match file.publish_new(&name) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(refused(TAKEN)),
                published => published.map(|()| shown),
            },
        }
    }
}

impl Write for TarDraft {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.gathered.bytes().is_empty() && AlignedBuffer::could_hold(bytes) {
            let whole_pages = bytes.len() - bytes.len() % AlignedBuffer::ALIGNMENT;
            return self.put(&bytes[..whole_pages]).map(|()| whole_pages);
        }
        if self.gathered.room().is_empty() {
            self.write_gathered()?;
        }
        Ok(self.gathered.add(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.write_gathered()
    }
}

impl Draft for TarDraft {
    fn keep(&mut self, archive: ArchiveName) {
        self.kept.push(archive);
    }

    fn seal(&mut self) -> Result<Seal, PortError> {
        self.end().map_err(|error| port_error(self.finishing(Grade::Complete), error))
    }

    fn verify(&mut self, walk: Walk<'_>, progress: &dyn Progress) -> Result<(), PortError> {
        let action = format!("verify {}", self.file.path().display());
        let sealed = self.end();
        let read = sealed.and_then(|seal| Ok((seal, self.read_back(walk, progress)?)));
        match read {
            Ok((seal, back)) if seal == back => Ok(()),
            Ok(_) => {
                let reason = "other bytes come back from the disk than were written";
                Err(PortError::new(Failure::Damaged, action).because(reason))
            }
            // Of what reads to the end, an interruption is always somebody's wish.
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                Err(PortError::new(Failure::Interrupted, action).because(error))
            }
            Err(error) => Err(port_error(action, error)),
        }
    }

    fn publish(mut self: Box<Self>, grade: Grade) -> Result<BackupRecord, PortError> {
        let action = self.finishing(grade);
        let sealed = self.end();
        let Self { file, naming, compression, kept, .. } = *self;
        let published = sealed.and_then(|seal| {
            let modified = file.file().metadata()?.modified()?;
            Ok((seal, modified, naming.publish(file, grade, compression, &kept)?))
        });
        let (seal, modified, file_name) = published.map_err(|error| port_error(action, error))?;
        let finished = moment(&SystemClock, modified.into());
        let Seal { archive_bytes, sha256 } = seal;
        Ok(BackupRecord { file_name, archive_bytes, finished, sha256: Some(sha256) })
    }
}

/// Why a file that is there isn't replaced.
pub(crate) const TAKEN: &str = "something has that name already, and is never replaced; name another file";

#[cfg(test)]
mod tests {
    use rustix::fs::OFlags;

    use super::*;

    fn begin(home: &tempfile::TempDir) -> Box<TarDraft> {
        let folder = DirHandle::open(home.path(), OFlags::empty()).unwrap();
        Box::new(TarDraft::begin(folder, &"docs".parse().unwrap(), Compression::None).unwrap())
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
            check(&[AlignedBuffer::BYTES], flush);
            check(&[AlignedBuffer::BYTES + 1], flush);
            check(&[10_240, 3 * AlignedBuffer::BYTES, 511], flush);
            check(&[4096, 4095, 1, 4096, 2 * AlignedBuffer::BYTES], flush);
        }
    }

    #[test]
    fn writes_whole_blocks_as_they_come() {
        let home = tempfile::tempdir().unwrap();
        let (mut draft, mut block) = (begin(&home), AlignedBuffer::new());
        block.add(&vec![7; AlignedBuffer::BYTES]);
        assert_eq!(draft.write(block.bytes()).unwrap(), AlignedBuffer::BYTES);
        assert!(draft.gathered.bytes().is_empty());
        draft.write_all(b"end").unwrap();
        let record = draft.publish(Grade::Complete).unwrap();
        let expected = [block.bytes(), b"end"].concat();
        assert_eq!(std::fs::read(home.path().join("docs.tar")).unwrap(), expected);
        assert_eq!(record.sha256, Some(Sha256::digest(&expected).into()));
    }

    #[test]
    fn nothing_follows_a_failed_write() {
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
