//! The folder of catalogs beside the backups: `.catalog/NAME/`, with one file for each archive of that name.
//!
//! An archive and its catalog belong together by the size and the modification time of the archive. They are in the file
//! name of the catalog, so an archive can get another name and keeps its catalog. The file holds what the archiver wrote,
//! then one line about the run, and then a footer of fixed length: the lengths of both, and a checksum of the line.
//!
//! What the archiver wrote about an encrypted archive is encrypted as well. The line about the run isn't, and names no file.
//!
//! A catalog is never necessary. If it can't be written, the archive has none. If it is damaged, nobody sees it.

use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;

use backup_core::model::archive::{BackupName, DiskRange};
use backup_core::model::history::{HistoryNote, RunRecord};
use rustix::fs::OFlags;
use sha2::{Digest, Sha256};

use super::archive_id::ArchiveId;
use crate::age::cipher::Cipher;
use crate::age::keys::Keys;
use crate::buffer::seek::target_of;
use crate::error::existing;
use crate::file::atomic_file::{AtomicFile, remove_leftover};
use crate::file::dir::DirHandle;
use crate::posix::extents::disk_ranges;

/// The name of the folder.
pub(super) const CATALOGS: &str = ".catalog";

/// The temporary name of every catalog that is written with its archive. Only one archive of a name is written at once.
const DRAFT: &str = "draft";

/// The temporary name of every catalog that a finished archive gets. So it is in no run's way.
const LATER: &str = "later";

/// Ends every catalog.
const MAGIC: [u8; 8] = *b"BMCATLG1";

/// The length of the body, the length of the line about the run, its checksum, and the magic number.
const FOOTER_BYTES: usize = 8 + 4 + 8 + MAGIC.len();

/// The longest line about a run that is read.
const MOST_RUN_BYTES: usize = 16 * 1024 * 1024;

/// A catalog that is being written. If it is dropped, nothing remains of it.
#[derive(Debug)]
pub(crate) struct CatalogDraft {
    out: BufWriter<AtomicFile>,
    body_bytes: u64,
    is_encrypted: bool,
    /// Encrypts the body, until its end.
    cipher: Option<Cipher>,
}

impl CatalogDraft {
    /// Begins the catalog of an archive in the folder of backups. The draft of that archive must be locked.
    pub(crate) fn begin(backups: &DirHandle, name: &BackupName, keys: Option<&Keys>) -> io::Result<Self> {
        Self::begin_as(DRAFT, backups, name, keys)
    }

    /// Begins the catalog of an archive that is finished.
    ///
    /// # Errors
    /// [Busy](crate::error::lock_held) while another one of that name is written in this way.
    pub(crate) fn begin_later(
        backups: &DirHandle,
        name: &BackupName,
        keys: Option<&Keys>,
    ) -> io::Result<Self> {
        Self::begin_as(LATER, backups, name, keys)
    }

    fn begin_as(
        temporary: &str,
        backups: &DirHandle,
        name: &BackupName,
        keys: Option<&Keys>,
    ) -> io::Result<Self> {
        let folder = backups.make_own(CATALOGS)?.make_own(name.as_str())?;
        let out = BufWriter::new(AtomicFile::begin(folder, temporary)?);
        let cipher = keys.map(Cipher::begin).transpose()?;
        Ok(Self { out, body_bytes: 0, is_encrypted: cipher.is_some(), cipher })
    }

    /// Appends to the body.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.cipher {
            Some(cipher) => {
                let stored = cipher.encrypt(bytes)?;
                self.write_stored(&stored)
            }
            None => self.write_stored(bytes),
        }
    }

    fn write_stored(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.out.write_all(bytes)?;
        self.body_bytes += bytes.len() as u64;
        Ok(())
    }

    /// Opens what was written to the body so far. It comes from the disk.
    pub(crate) fn reopened(&mut self) -> io::Result<StoredCatalog> {
        self.out.flush()?;
        let file = self.out.get_ref().open_back()?;
        let (body_bytes, checksum) = (self.body_bytes, [0; 8]);
        Ok(StoredCatalog { file, body_bytes, run_bytes: 0, checksum, position: 0 })
    }

    /// Gives the catalog of that archive its name, durably.
    pub(crate) fn publish(mut self, id: ArchiveId, run: Option<&RunRecord>) -> io::Result<()> {
        if let Some(cipher) = self.cipher.take() {
            self.write_stored(&cipher.finish()?)?;
        }
        // It is stored as it is.
        let run = if self.is_encrypted { run.map(RunRecord::without_names) } else { run.cloned() };
        let run = run.map(|run| HistoryNote::Found(run).to_json()).unwrap_or_default();
        self.out.write_all(run.as_bytes())?;
        self.out.write_all(&footer(self.body_bytes, run.as_bytes())?)?;
        let file = self.out.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.publish(&id.file_name(), &[])
    }
}

/// A catalog of a finished archive.
#[derive(Debug)]
pub(crate) struct StoredCatalog {
    file: File,
    body_bytes: u64,
    run_bytes: usize,
    checksum: [u8; 8],
    position: u64,
}

impl StoredCatalog {
    /// Opens the catalog of an archive in the folder of backups; `None` if it has none that is whole.
    pub(crate) fn open(backups: &DirHandle, name: &BackupName, id: ArchiveId) -> Option<Self> {
        let folder = backups.open_own(CATALOGS).and_then(|catalogs| catalogs.open_own(name.as_str())).ok()?;
        let exact = existing(folder.open_own_file(id.file_name(), OFlags::RDONLY)).ok()?;
        let file = match exact {
            Some(file) => file,
            None => folder.open_own_file(similar(&folder, id)?.file_name(), OFlags::RDONLY).ok()?,
        };
        Self::read_footer(file).ok().flatten()
    }

    fn read_footer(file: File) -> io::Result<Option<Self>> {
        let size = file.metadata()?.len();
        let Some(footer_at) = size.checked_sub(FOOTER_BYTES as u64) else { return Ok(None) };
        let mut footer = [0; FOOTER_BYTES];
        file.read_exact_at(&mut footer, footer_at)?;
        let (lengths, rest) = footer.split_at(12);
        let (checksum, magic) = rest.split_at(8);
        let (Ok(body), Ok(run), Ok(checksum)) =
            (lengths[..8].try_into(), lengths[8..].try_into(), checksum.try_into())
        else {
            return Ok(None);
        };
        let (body_bytes, run_bytes) = (u64::from_le_bytes(body), u32::from_le_bytes(run));
        let fits = body_bytes.checked_add(u64::from(run_bytes)) == Some(footer_at);
        let run_bytes = usize::try_from(run_bytes).unwrap_or(usize::MAX);
        let is_whole = fits && magic == MAGIC && run_bytes <= MOST_RUN_BYTES;
        Ok(is_whole.then_some(Self { file, body_bytes, run_bytes, checksum, position: 0 }))
    }

    /// Returns the same catalog, read from its start.
    pub(crate) fn reopened(&self) -> Option<Self> {
        let Self { body_bytes, run_bytes, checksum, .. } = *self;
        Some(Self { file: self.file.try_clone().ok()?, body_bytes, run_bytes, checksum, position: 0 })
    }

    /// Returns the whole file, at its start: nothing has been read from it by its own position.
    pub(crate) fn into_file(self) -> File {
        self.file
    }

    /// Returns the end of the file that has the same catalog and no line about the run.
    pub(super) fn footer_without_run(&self) -> io::Result<Vec<u8>> {
        footer(self.body_bytes, b"")
    }

    /// Returns the parts of the disk that it occupies, if the disk tells.
    pub(crate) fn disk_ranges(&self) -> Option<Vec<DiskRange>> {
        disk_ranges(&self.file)
    }

    /// Returns the run that made the archive, if the catalog has it undamaged.
    pub(crate) fn run(&self) -> Option<RunRecord> {
        let mut line = vec![0; self.run_bytes];
        self.file.read_exact_at(&mut line, self.body_bytes).ok()?;
        if line.is_empty() || checksum(&line) != self.checksum {
            return None;
        }
        match HistoryNote::from_json(&line) {
            Ok(HistoryNote::Found(run)) => Some(run),
            _ => None,
        }
    }
}

impl Read for StoredCatalog {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.body_bytes.saturating_sub(self.position);
        let most = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
        let read = self.file.read_at(&mut buffer[..most], self.position)?;
        self.position += read as u64;
        Ok(read)
    }
}

impl Seek for StoredCatalog {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = target_of(to, self.position, Some(self.body_bytes));
        self.position = target.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.position)
    }
}

/// Removes the other catalogs of a name, and what a crash left of them. Nobody else may be making a backup of that name.
pub(super) fn remove_catalogs(
    backups: &DirHandle,
    name: &BackupName,
    is_kept: impl Fn(ArchiveId) -> bool,
) -> io::Result<()> {
    let Some((catalogs, folder)) = folders(backups, name)? else { return Ok(()) };
    remove_leftover(&folder, DRAFT)?;
    remove_leftover(&folder, LATER)?;
    let mut left = 0_usize;
    for id in folder.names()?.iter().filter_map(|file_name| ArchiveId::parse(file_name)) {
        if is_kept(id) {
            left += 1;
        } else {
            folder.remove(id.file_name())?;
        }
    }
    if left == 0 { catalogs.remove_empty_dir(name.as_str()) } else { Ok(()) }
}

/// Opens the folder of all catalogs, and that of a name in it; `None` if there is none.
pub(super) fn folders(backups: &DirHandle, name: &BackupName) -> io::Result<Option<(DirHandle, DirHandle)>> {
    let Some(catalogs) = existing(backups.open_own(CATALOGS))? else { return Ok(None) };
    let folder = existing(catalogs.open_own(name.as_str()))?;
    Ok(folder.map(|folder| (catalogs, folder)))
}

/// Returns the only catalog of a copy whose time has lost its fraction.
fn similar(folder: &DirHandle, id: ArchiveId) -> Option<ArchiveId> {
    let names = folder.names().ok()?;
    let mut found = names.iter().filter_map(|name| ArchiveId::parse(name)).filter(|other| id.has(*other));
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

/// Returns the end of a file with a body of that length and a line about a run.
fn footer(body_bytes: u64, run: &[u8]) -> io::Result<Vec<u8>> {
    let run_bytes = u32::try_from(run.len()).map_err(io::Error::other)?;
    Ok([&body_bytes.to_le_bytes()[..], &run_bytes.to_le_bytes(), &checksum(run), &MAGIC].concat())
}

fn checksum(bytes: &[u8]) -> [u8; 8] {
    let digest: [u8; 32] = Sha256::digest(bytes).into();
    std::array::from_fn(|at| digest[at])
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;

    use backup_core::model::archive;

    use super::*;

    #[test]
    fn a_file_name_tells_the_archive() {
        for (name, expected) in [
            ("1769702820.000000000-7", Some((1_769_702_820, 0, 7))),
            ("-1.123456789-0", Some((-1, 123_456_789, 0))),
            ("1.5-7", None),
            ("+1.000000000-7", None),
            ("1.000000000-07", None),
            (".draft.partial", None),
            ("1.000000000", None),
        ] {
            let id = ArchiveId::parse(OsStr::new(name));
            assert_eq!(id.map(|ArchiveId(id)| (id.seconds, id.nanos, id.bytes)), expected, "{name}");
        }
    }

    #[test]
    fn a_catalog_that_is_not_whole_is_none() {
        let home = tempfile::tempdir().unwrap();
        let backups = DirHandle::open(home.path(), OFlags::empty()).unwrap();
        let name: BackupName = "docs".parse().unwrap();
        let id = ArchiveId(archive::ArchiveId { seconds: 5, nanos: 3, bytes: 7 });
        let mut draft = CatalogDraft::begin(&backups, &name, None).unwrap();
        draft.write(b"the body").unwrap();
        draft.publish(id, None).unwrap();
        let path = home.path().join(CATALOGS).join("docs").join(id.file_name());
        let whole = std::fs::read(&path).unwrap();
        let read = || {
            let mut text = String::new();
            StoredCatalog::open(&backups, &name, id)?.read_to_string(&mut text).ok()?;
            Some(text)
        };
        assert_eq!(read().as_deref(), Some("the body"));
        for length in 0..whole.len() {
            std::fs::write(&path, &whole[..length]).unwrap();
            assert_eq!(read(), None, "{length} bytes");
        }
        for at in whole.len() - MAGIC.len()..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 1;
            std::fs::write(&path, &damaged).unwrap();
            assert_eq!(read(), None, "byte {at}");
        }
    }
}
