//! A place for backups in memory.

mod by_hand;
mod memory_archive;
mod memory_catalog;
mod memory_draft;
mod names;
mod place;

use std::io::Cursor;
use std::path::Path;
use std::sync::{Arc, Mutex};

use memory_archive::MemoryArchive;
use memory_catalog::MemoryCatalog;
use memory_draft::MemoryDraft;
pub(super) use place::digest_of;
use place::{DraftState, HIDDEN, PACKED, Place, hidden, is_hidden};

use super::Faults;
use super::locked::locked;
use crate::model::archive::{
    ArchiveDigest, ArchiveName, BackupName, BackupRecord, Compression, DiskSpace, Encryption, FileEnding,
    Format,
};
use crate::model::encryption::EncryptionKeys;
use crate::model::error::{Failure, PortError};
use crate::model::history::RunRecord;
use crate::ports::{ArchiveBytes, BackupStore, CatalogDraft, Draft, Progress, StoredFiles};
use crate::time::Clock;

/// Holds finished backups as long as it lives. Clones are handles of the same place: one of them is "another
/// process".
///
/// It compresses nothing, but what is to be is stored with a few bytes before it, so that whoever takes the one for the
/// other is found out.
///
/// What is to be encrypted is hidden, so that it can be found nowhere as it was written. A public key is a text that begins with
/// `age1`, and the key to all that is hidden is a handle that is [unlocked](Self::unlocked).
///
/// Its operations are "list", "draft", "write" (each call), "seal", "publish", "sync" (the last step of a publish),
/// "take over", "sweep", "digest", "open", "open stored", "keep", "remove", "sums", "read sums", "draft catalog" and "publish catalog". Its digests tell
/// bytes apart as SHA-256 does, but are not SHA-256. Stricter than a disk: a draft that is written or published all the
/// same after a write to it has failed, or written after it was sealed, panics.
#[derive(Clone)]
pub struct MemoryBackups {
    place: Arc<Mutex<Place>>,
    clock: Arc<dyn Clock>,
    faults: Faults,
    is_unlocked: bool,
}

impl MemoryBackups {
    /// Returns a store without a place for backups, which never fails. The clock says when a backup was finished.
    #[must_use]
    pub fn new(clock: impl Clock + 'static) -> Self {
        Self::failing(clock, &Faults::none())
    }

    /// Returns a store without a place for backups, which fails as scripted.
    #[must_use]
    pub fn failing(clock: impl Clock + 'static, faults: &Faults) -> Self {
        Self { place: Arc::default(), clock: Arc::new(clock), faults: faults.clone(), is_unlocked: false }
    }

    /// Returns the same store on a disk that doesn't tell upper case from lower case, as far as ASCII goes.
    #[must_use]
    pub fn ignoring_case(self) -> Self {
        locked(&self.place).ignores_case = true;
        self
    }

    /// Returns the same store with another ending than `.tar` for archives that aren't compressed.
    #[must_use]
    pub fn with_ending(self, ending: FileEnding) -> Self {
        locked(&self.place).ending = Some(ending);
        self
    }

    /// Returns a handle of the same place that fails as scripted.
    #[must_use]
    pub fn failing_as(self, faults: &Faults) -> Self {
        Self { faults: faults.clone(), ..self }
    }

    /// Returns a handle of the same place that opens what is encrypted.
    #[must_use]
    pub fn unlocked(self) -> Self {
        Self { is_unlocked: true, ..self }
    }

    /// Returns the same store without catalogs.
    #[must_use]
    pub fn without_catalogs(self) -> Self {
        locked(&self.place).drops_catalogs = true;
        self
    }

    /// Returns the same store, which doesn't tell what archives take.
    #[must_use]
    pub fn hiding_space(self) -> Self {
        locked(&self.place).hides_space = true;
        self
    }

    /// Returns the bytes that were written to a finished backup.
    #[must_use]
    pub fn contents(&self, file_name: &str) -> Option<Vec<u8>> {
        Self::unpacked_as(&self.stored(file_name)?, file_name)
    }

    pub(super) fn unpacked_as(stored: &[u8], file_name: &str) -> Option<Vec<u8>> {
        let shown = if is_hidden(file_name) { place::shown(stored)? } else { stored.to_vec() };
        let is_packed = file_name.trim_end_matches(".age").ends_with(FileEnding::TAR_ZST.as_str());
        if is_packed { Self::unpacked(&shown) } else { Some(shown) }
    }

    /// Returns the bytes of a finished backup as they are stored.
    #[must_use]
    pub fn stored(&self, file_name: &str) -> Option<Vec<u8>> {
        let place = locked(&self.place);
        place.archives.get(&place.name_on_disk(file_name)).map(|archive| archive.bytes.to_vec())
    }

    /// Returns what was written, from the stored bytes of a compressed backup; `None` when they are none.
    #[must_use]
    pub fn unpacked(stored: &[u8]) -> Option<Vec<u8>> {
        stored.strip_prefix(PACKED).map(<[u8]>::to_vec)
    }

    fn begin(&self, name: &BackupName) -> Result<MemoryDraft<'_>, PortError> {
        MemoryDraft::begin((&self.place, &*self.clock, &self.faults), name)
    }
}

impl BackupStore for MemoryBackups {
    fn list(&self) -> Result<Vec<BackupRecord>, PortError> {
        self.faults.check("list", "the backups")?;
        let place = locked(&self.place);
        if !place.exists {
            return Err(PortError::new(Failure::Missing, "list the backups"));
        }
        Ok(place.archives.iter().map(|(file_name, archive)| archive.record(file_name)).collect())
    }

    fn ending(&self, format: Format) -> FileEnding {
        locked(&self.place).ending(format)
    }

    fn draft(&self, name: &BackupName, compression: Compression) -> Result<Box<dyn Draft + '_>, PortError> {
        self.faults.check("draft", name.as_str())?;
        let mut draft = self.begin(name)?;
        draft.format = compression.into();
        if compression == Compression::Zstd {
            draft.append(PACKED);
        }
        Ok(Box::new(draft))
    }

    fn check_recipients(&self, recipients: &[String]) -> Result<(), PortError> {
        match recipients.iter().find(|recipient| !recipient.starts_with("age1")) {
            Some(wrong) => Err(PortError::new(Failure::Refused, "encrypt archives")
                .because(format!("{wrong} is no public key"))),
            None => Ok(()),
        }
    }

    fn draft_encrypted(
        &self,
        name: &BackupName,
        compression: Compression,
        keys: &EncryptionKeys,
    ) -> Result<Box<dyn Draft + '_>, PortError> {
        self.faults.check("draft", name.as_str())?;
        if let EncryptionKeys::Recipients(recipients) = keys {
            self.check_recipients(recipients)?;
        }
        let mut draft = self.begin(name)?;
        draft.format = Format { compression, encryption: Encryption::Age };
        draft.append(format!("{HIDDEN}{}:", draft.number).as_bytes());
        if compression == Compression::Zstd {
            draft.append(&hidden(PACKED));
        }
        Ok(Box::new(draft))
    }

    fn draft_older(&self, archive: &ArchiveName) -> Result<Box<dyn Draft + '_>, PortError> {
        self.faults.check("draft", &archive.to_string())?;
        let mut draft = self.begin(&archive.backup)?;
        draft.older = Some(archive.clone());
        Ok(Box::new(draft))
    }

    fn is_being_made(&self, name: &BackupName) -> Result<bool, PortError> {
        Ok(matches!(locked(&self.place).drafts.get(name), Some(DraftState::Open(_))))
    }

    fn remove_leftovers(&self) -> Result<usize, PortError> {
        self.faults.check("sweep", "the backups")?;
        let mut place = locked(&self.place);
        let before = place.drafts.len();
        place.drafts.retain(|_, state| *state != DraftState::Orphaned);
        Ok(before - place.drafts.len())
    }

    fn digest(&self, file_name: &str, progress: &dyn Progress) -> Result<ArchiveDigest, PortError> {
        self.faults.check("digest", file_name)?;
        let failed = |failure| PortError::new(failure, format!("read {file_name}"));
        let stored = self.stored(file_name).ok_or_else(|| failed(Failure::Missing))?;
        if progress.is_cancelled() {
            return Err(failed(Failure::Interrupted));
        }
        let digest = digest_of(&stored);
        progress.advanced(Path::new(file_name), digest.archive_bytes);
        Ok(digest)
    }

    fn set_aside(&self, archive: &ArchiveName, aside: &ArchiveName) -> Result<bool, PortError> {
        self.faults.check("keep", &archive.to_string())?;
        let mut place = locked(&self.place);
        let (archive, aside) = (archive.to_string(), aside.to_string());
        let Some(stands) = place.archives.get(&archive).cloned() else { return Ok(false) };
        if let Some(other) = place.archives.get(&aside) {
            return Ok(Arc::ptr_eq(&other.bytes, &stands.bytes));
        }
        place.archives.insert(aside, stands);
        Ok(true)
    }

    fn remove(&self, archive: &ArchiveName) -> Result<(), PortError> {
        self.faults.check("remove", &archive.to_string())?;
        locked(&self.place).archives.remove(&archive.to_string());
        Ok(())
    }

    fn replace_checksum_list(&self, list: &str) -> Result<(), PortError> {
        self.faults.check("sums", "beside the backups")?;
        list.clone_into(&mut locked(&self.place).checksum_list);
        Ok(())
    }

    fn checksum_list(&self) -> Result<String, PortError> {
        self.faults.check("read sums", "beside the backups")?;
        Ok(locked(&self.place).checksum_list.clone())
    }

    fn open(&self, file_name: &str) -> Result<Box<dyn ArchiveBytes + '_>, PortError> {
        self.faults.check("open", file_name)?;
        let failed = |failure| PortError::new(failure, format!("read {file_name}"));
        let contents = self.contents(file_name).ok_or_else(|| failed(Failure::Missing))?;
        if is_hidden(file_name) && !self.is_unlocked {
            return Err(failed(Failure::Locked));
        }
        let catalog = self.catalog(file_name);
        let catalog = if is_hidden(file_name) { catalog.map(|body| hidden(&body)) } else { catalog };
        Ok(Box::new(MemoryArchive { bytes: Cursor::new(contents), catalog }))
    }

    fn open_stored(&self, backup: &BackupRecord) -> Result<StoredFiles<'_>, PortError> {
        self.faults.check("open stored", &backup.file_name)?;
        locked(&self.place).stored_files(backup)
    }

    fn described(&self, backup: &BackupRecord) -> Option<RunRecord> {
        let place = locked(&self.place);
        let archive = place.archives.get(&place.name_on_disk(&backup.file_name))?;
        let is_it = BackupRecord { sha256: None, ..backup.clone() } == archive.record(&backup.file_name);
        archive.catalog.as_ref().filter(|_| is_it)?.run.clone()
    }

    fn draft_catalog(&self, backup: &BackupRecord) -> Result<Box<dyn CatalogDraft + '_>, PortError> {
        let catalog = MemoryCatalog::begin(&self.place, &self.faults, backup)?;
        if is_hidden(&backup.file_name) && !self.is_unlocked {
            return Err(PortError::new(Failure::Locked, format!("make the catalog of {}", backup.file_name)));
        }
        Ok(Box::new(catalog))
    }

    fn aliases(&self, names: &[&BackupName]) -> Vec<Option<BackupName>> {
        locked(&self.place).aliases(names)
    }

    fn disk_space(&self, file_name: &str) -> Option<DiskSpace> {
        let place = locked(&self.place);
        let archive = place.archives.get(&place.name_on_disk(file_name))?;
        Some(DiskSpace::new(archive.ranges.to_vec())).filter(|_| !place.hides_space)
    }

    fn free_bytes(&self) -> Option<u64> {
        locked(&self.place).free_bytes
    }
}
