//! The port that holds finished backups.

use auto_impl::auto_impl;

use crate::model::archive::{
    ArchiveDigest, ArchiveName, BackupName, BackupRecord, Compression, DiskSpace, FileEnding, Format,
};
use crate::model::encryption::EncryptionKeys;
use crate::model::error::{Failure, PortError};
use crate::model::history::RunRecord;
use crate::ports::{ArchiveBytes, CatalogDraft, Draft, Progress, ReadTar, StoredFiles};

/// Holds finished backups.
///
/// ```
/// use backup_core::ports::BackupStore;
/// use backup_core::testing::{ManualClock, MemoryBackups, at};
///
/// let store = MemoryBackups::new(ManualClock::utc(at("2026-03-10 09:30")));
/// let name = "docs".parse()?;
/// let mut draft = store.draft(&name, Default::default())?;
/// std::io::Write::write_all(&mut draft, b"the bytes of an archive")?;
/// let record = draft.publish(backup_core::model::archive::Grade::Complete)?;
///
/// assert_eq!(record.file_name, "docs.tar");
/// assert_eq!(store.list()?.len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[auto_impl(&, Box, Arc)]
pub trait BackupStore: Send + Sync {
    /// Returns every finished backup, sorted by file name. Drafts and foreign files are not among them.
    ///
    /// # Errors
    /// [`Failure::Missing`](crate::model::error::Failure::Missing) if there is no place for backups yet; any failure to look.
    fn list(&self) -> Result<Vec<BackupRecord>, PortError>;

    /// Returns whether archives can be stored in that way. A schedule that asks for another way is refused.
    ///
    /// The default is yes.
    fn can_store(&self, compression: Compression) -> bool {
        let _ = compression;
        true
    }

    /// Returns what the file names of archives that are stored in that way end with.
    ///
    /// Promises: it is always the same, and every archive that the store has made carries it, older generations included.
    /// Two ways may share an ending; then each archive replaces the other one. A schedule whose archives could be taken for
    /// those of another name, as `a.tar` with `.gz`, is refused. The default is `.tar` and `.tar.zst`, and for encrypted ones
    /// `.tar.age` and `.tar.zst.age`.
    fn ending(&self, format: Format) -> FileEnding {
        format.into()
    }

    /// Checks that archives can be encrypted for these public keys.
    ///
    /// # Errors
    /// [`Failure::Refused`]: which of them is none, and why. [`Failure::Other`]: this store encrypts nothing, which is the default.
    fn check_recipients(&self, recipients: &[String]) -> Result<(), PortError> {
        let _ = recipients;
        Err(encrypts_nothing())
    }

    /// Begins a new archive of that name. The same bytes written give the same bytes stored.
    ///
    /// Makes the place for backups if needed. Removes a draft of that name that a dead process left.
    ///
    /// # Errors
    /// [`Failure::Busy`](crate::model::error::Failure::Busy) while another draft of that name is open, in any process and however it is to be stored; any
    /// failure to begin.
    fn draft(&self, name: &BackupName, compression: Compression) -> Result<Box<dyn Draft + '_>, PortError>;

    /// Begins a new archive of that name that is encrypted after everything else.
    ///
    /// Promises:
    /// - No byte of what is written to it, or to its catalog, is stored in another way than encrypted, at any time. What is stored of
    ///   the run that it is [described](Draft::describe) as names no file of the source.
    /// - It can be read by whoever has one of these keys, and only by them.
    /// - In everything else, it is a draft as [`draft`](Self::draft) begins one. The same bytes written never give the same bytes stored.
    ///
    /// # Errors
    /// As [`draft`](Self::draft). [`Failure::Refused`] for keys that are none, or a file of a passphrase that others can read. The
    /// default is [`Failure::Other`]: this store encrypts nothing.
    fn draft_encrypted(
        &self,
        name: &BackupName,
        compression: Compression,
        keys: &EncryptionKeys,
    ) -> Result<Box<dyn Draft + '_>, PortError> {
        let _ = (name, compression, keys);
        Err(encrypts_nothing())
    }

    /// Begins an older generation of a backup, which gets exactly that name. Whoever writes it has it already as it is to be
    /// stored: what is written isn't compressed.
    ///
    /// It is a draft of the backup's name like any other, with these differences: its publish replaces and removes nothing,
    /// whatever its grade is, and fails with [`Failure::Refused`](crate::model::error::Failure::Refused) if that name exists.
    /// It counts as finished at the moment in its name, as far as the store can keep that.
    ///
    /// # Errors
    /// As [`draft`](Self::draft).
    fn draft_older(&self, archive: &ArchiveName) -> Result<Box<dyn Draft + '_>, PortError>;

    /// Returns whether a living process has a draft of that name open, or is publishing it. Changes nothing.
    ///
    /// # Errors
    /// Any failure to look. If there is no place for backups, the answer is no.
    fn is_being_made(&self, name: &BackupName) -> Result<bool, PortError>;

    /// Removes the drafts that dead processes left, and returns their number. Drafts that are being written stay.
    ///
    /// Also makes everything durable that is there: a process may have died right after its publish.
    ///
    /// # Errors
    /// Any failure to look. A place that doesn't exist holds no drafts.
    fn remove_leftovers(&self) -> Result<usize, PortError>;

    /// Reads a finished backup to its end and returns its size and digest. `progress` is told of the bytes, under the
    /// file name.
    ///
    /// # Errors
    /// - [`Failure::Missing`](crate::model::error::Failure::Missing): no finished backup has that file name.
    /// - [`Failure::Interrupted`](crate::model::error::Failure::Interrupted): `progress` cancelled.
    /// - Any failure to read it.
    fn digest(&self, file_name: &str, progress: &dyn Progress) -> Result<ArchiveDigest, PortError>;

    /// Gives a finished backup a second name, durably. It stays under that name when another takes its place.
    ///
    /// Promises: under both names, [`list`](Self::list) tells the size and the moment that its publish told.
    ///
    /// Returns whether the backup has that name now. It doesn't if there is no such backup, or if another has the name.
    ///
    /// # Errors
    /// Any failure to make it durable. The backup keeps its first name.
    fn set_aside(&self, archive: &ArchiveName, aside: &ArchiveName) -> Result<bool, PortError>;

    /// Removes a finished backup for good. Succeeds if there is none.
    ///
    /// # Errors
    /// Any failure to remove it.
    fn remove(&self, archive: &ArchiveName) -> Result<(), PortError>;

    /// Replaces the list of checksums beside the backups, all or nothing. The lines are what `sha256sum` reads.
    ///
    /// # Errors
    /// Any failure to make it durable. The old list stays.
    fn replace_checksum_list(&self, list: &str) -> Result<(), PortError>;

    /// Returns the list of checksums beside the backups, whoever wrote it. It is empty if there is none. Bytes that aren't
    /// UTF-8 are replaced.
    ///
    /// # Errors
    /// Any failure to read it.
    fn checksum_list(&self) -> Result<String, PortError>;

    /// Opens a finished backup to read its plain tar.
    ///
    /// # Errors
    /// - [`Failure::Missing`](crate::model::error::Failure::Missing): no finished backup has that file name.
    /// - [`Failure::Locked`]: it is encrypted, and this store was given no key that opens it.
    /// - Any failure to open it.
    fn open(&self, file_name: &str) -> Result<Box<dyn ArchiveBytes + '_>, PortError>;

    /// Opens the files of a finished backup, which is given as [`list`](Self::list) returned it, to copy them elsewhere.
    ///
    /// Promises: they are of that archive, whatever takes its place meanwhile. The archive has the size of its record. What the
    /// catalog's file holds beside the catalog is the store's own matter.
    ///
    /// # Errors
    /// [`Failure::Missing`]: that archive isn't there any more under its name. [`Failure::Other`]: this store hands no files out,
    /// which is the default. Any failure to open them.
    fn open_stored(&self, backup: &BackupRecord) -> Result<StoredFiles<'_>, PortError> {
        let action = format!("copy {}", backup.file_name);
        Err(PortError::new(Failure::Other, action).because("this store hands no files out"))
    }

    /// Reads a finished backup to its end: calls `read_tar` once with its plain tar, and returns the size and digest of all
    /// its stored bytes, wherever `read_tar` stops.
    ///
    /// Where the stored bytes make no sense, only `read_tar` sees the error. `progress` is told of the stored bytes, under the
    /// file name. The default reads the backup twice; a store that can should read it once.
    ///
    /// # Errors
    /// As [`digest`](Self::digest) and [`open`](Self::open).
    fn inspect(
        &self,
        file_name: &str,
        read_tar: ReadTar<'_>,
        progress: &dyn Progress,
    ) -> Result<ArchiveDigest, PortError> {
        read_tar(&mut *self.open(file_name)?);
        self.digest(file_name, progress)
    }

    /// Returns, for each of these names, another name that means the same files, if there is one.
    ///
    /// Some disks don't tell upper case from lower case, or two spellings of an accented letter. The other name is that of
    /// a finished backup, or comes earlier in `names`, which are all different. The default tells all names apart.
    ///
    /// Promises: backups whose names have no other name never take each other's place. A name that has a finished backup
    /// never gives way to one that has none. If it can't be told now, it is found out as soon as one of them has a
    /// finished backup.
    fn aliases(&self, names: &[&BackupName]) -> Vec<Option<BackupName>> {
        vec![None; names.len()]
    }

    /// Returns the run that made an archive, as the archive's catalog tells it.
    ///
    /// Promises: it is what the run was [described](Draft::describe) as. An archive that was moved or copied under another name
    /// of the same backup, with its size and date, is still told of. The default is `None`: there is no catalog.
    fn described(&self, backup: &BackupRecord) -> Option<RunRecord> {
        let _ = backup;
        None
    }

    /// Begins a new catalog of a finished backup, which is given as [`list`](Self::list) returned it.
    ///
    /// # Errors
    /// - [`Failure::Missing`]: that archive isn't there any more under its name.
    /// - [`Failure::Locked`]: the archive is encrypted, and so must be its catalog. This store was given no key that opens it.
    /// - [`Failure::Busy`]: a draft of that name is open, or another catalog of that name is being made.
    /// - [`Failure::Other`]: this store keeps no catalogs. This is the default.
    /// - Any failure to begin.
    fn draft_catalog(&self, backup: &BackupRecord) -> Result<Box<dyn CatalogDraft + '_>, PortError> {
        let action = format!("keep a catalog of {}", backup.file_name);
        Err(PortError::new(Failure::Other, action).because("this store keeps none"))
    }

    /// Returns where on the disk a finished backup is, with its catalog. Archives of which one took over parts of the other may
    /// have these in common.
    ///
    /// Promises: all answers of a store are about the same disk. What no other archive has is free once that one is removed,
    /// about: the disk's own notes don't count. Two names of one archive have the same space.
    ///
    /// `None` if there is no such backup, or if the store can't tell. That is the default.
    fn disk_space(&self, file_name: &str) -> Option<DiskSpace> {
        let _ = file_name;
        None
    }

    /// Returns how many more bytes of backups fit, or `None` if that can't be told.
    fn free_bytes(&self) -> Option<u64>;
}

fn encrypts_nothing() -> PortError {
    PortError::new(Failure::Other, "encrypt archives").because("they can't be encrypted here")
}

const _DYN_COMPATIBLE: Option<&dyn BackupStore> = None;
