//! The port that holds finished backups.

use std::io::{Read, Seek, Write};

use crate::model::archive::{ArchiveName, BackupName, BackupRecord, Compression, Grade, Seal};
use crate::model::error::PortError;
use crate::ports::Progress;

/// An archive being written: plain tar, whatever it is stored as. Dropped without [`publish`](Draft::publish), it leaves
/// nothing behind.
pub trait Draft: Write {
    /// Keeps `archive` where a publish would remove it as superseded: for one that may be somebody else's.
    fn keep(&mut self, archive: ArchiveName);

    /// Ends the archive: nothing can be written to it any more. Returns what it will be once it is published, so that
    /// whoever comes after a crash can tell whether it was.
    ///
    /// # Errors
    /// Any failure to write the rest. The draft can't be published then.
    fn seal(&mut self) -> Result<Seal, PortError>;

    /// Reads a sealed draft back from where it is stored, gives `walk` the plain tar that comes back, once, and compares
    /// all of the stored bytes with the seal, wherever the walk stopped. `progress` hears of the stored bytes that went by.
    ///
    /// What the walk couldn't read because the stored bytes make no sense is told to the walk alone.
    ///
    /// # Errors
    /// [`Failure::Damaged`](crate::model::error::Failure::Damaged) where other bytes come back than were written,
    /// [`Failure::Interrupted`](crate::model::error::Failure::Interrupted) when `progress` cancels, and any failure to read.
    fn verify(&mut self, walk: Walk<'_>, progress: &dyn Progress) -> Result<(), PortError>;

    /// Seals what isn't sealed yet, and makes what was written visible under its final name, all or nothing: when this
    /// returns `Ok`, the bytes and the name are durable; when it fails, whatever stood under that name still stands
    /// there, whole. The one exception: where only the last step failed, which makes the name durable, the new archive
    /// stands there, whole as well, and what it supersedes beside it.
    ///
    /// A [`Grade::Incomplete`] archive never takes the place of a complete one: it is kept beside it under a name of
    /// its own. Once the archive is durable, what it [supersedes](crate::model::archive::ArchiveName::superseded), and was not
    /// to be [kept](Self::keep), is removed: so of each name and grade one stands, however the ones before it were
    /// stored, and at no instant none. One that can't be removed is left for the next publish, and does not make this
    /// one fail.
    ///
    /// # Errors
    /// Any failure to make it durable; [`Failure::NotDurable`](crate::model::error::Failure::NotDurable) in that one case, and
    /// in no other. The draft is gone then; it must be written anew, never published again.
    fn publish(self: Box<Self>, grade: Grade) -> Result<BackupRecord, PortError>;
}

/// The plain tar in a finished backup, however it is stored. Where it is compressed by another tool, seeking back reads
/// it again from its start.
pub trait ArchiveBytes: Read + Seek + Send {}

impl<T: Read + Seek + Send> ArchiveBytes for T {}

/// What is done with the plain tar of a backup while its stored bytes are digested. Calls no port but
/// [`Archiver::check`](crate::ports::Archiver::check), which reads the tar: the store may hold a lock that all ports share.
pub type Walk<'a> = &'a mut dyn FnMut(&mut dyn Read);

/// Holds finished backups.
pub trait BackupStore: Send + Sync {
    /// Returns every finished backup, sorted by file name. Drafts and foreign files are not among them.
    ///
    /// # Errors
    /// [`Failure::Missing`](crate::model::error::Failure::Missing) when there is no place for backups yet.
    fn list(&self) -> Result<Vec<BackupRecord>, PortError>;

    /// Begins a new archive of that name, to be stored in that way. Makes the place for backups when needed, and
    /// removes a draft of that name that a dead process left. The same bytes written give the same bytes stored.
    ///
    /// # Errors
    /// [`Failure::Busy`](crate::model::error::Failure::Busy) while another draft of that name is open, in any process and
    /// however it is to be stored.
    fn draft(&self, name: &BackupName, compression: Compression) -> Result<Box<dyn Draft + '_>, PortError>;

    /// Returns whether a process lives that has a draft of that name open, however it is to be stored, or is just
    /// publishing it. Changes nothing.
    ///
    /// # Errors
    /// Any failure to look; where there is no place for backups, nobody makes one.
    fn is_being_made(&self, name: &BackupName) -> Result<bool, PortError>;

    /// Removes the drafts that dead processes left, and returns how many. Drafts that are still being written stay. Makes
    /// durable what stands: who published it may have died before that.
    ///
    /// # Errors
    /// Any failure to look; a place that doesn't exist holds no drafts.
    fn sweep(&self) -> Result<usize, PortError>;

    /// Reads a finished backup to its end and returns what it is. `progress` hears of the bytes that went by, under its
    /// file name.
    ///
    /// # Errors
    /// [`Failure::Missing`](crate::model::error::Failure::Missing) when no finished backup has that file name,
    /// [`Failure::Interrupted`](crate::model::error::Failure::Interrupted) when `progress` cancels, and any failure to read it.
    fn digest(&self, file_name: &str, progress: &dyn Progress) -> Result<Seal, PortError>;

    /// Gives a finished backup one more name, durably, under which it stays when another takes its place. Returns whether
    /// it has that name now: not where there is no such backup, or another has that name.
    ///
    /// # Errors
    /// Any failure to make it durable; the backup stands under its first name.
    fn set_aside(&self, archive: &ArchiveName, aside: &ArchiveName) -> Result<bool, PortError>;

    /// Removes a finished backup for good; one that isn't there is as good as removed.
    ///
    /// # Errors
    /// Any failure to remove it.
    fn remove(&self, archive: &ArchiveName) -> Result<(), PortError>;

    /// Puts a list of the backups' sums beside them, in the place of the one before, all or nothing: lines as
    /// `sha256sum` of the coreutils reads them.
    ///
    /// # Errors
    /// Any failure to make it durable; the old list stays.
    fn put_sums(&self, sums: &str) -> Result<(), PortError>;

    /// Returns the list of sums that stands beside the backups, whoever put it there; empty where none stands. What isn't
    /// text in it is replaced.
    ///
    /// # Errors
    /// Any failure to read it.
    fn sums(&self) -> Result<String, PortError>;

    /// Opens a finished backup to read what was written to its draft.
    ///
    /// # Errors
    /// [`Failure::Missing`](crate::model::error::Failure::Missing) when no finished backup has that file name, and any failure
    /// to open it.
    fn open(&self, file_name: &str) -> Result<Box<dyn ArchiveBytes + '_>, PortError>;

    /// Reads a finished backup to its end: gives `walk` the plain tar that is in it, once, and returns what all of its
    /// stored bytes are, wherever the walk stopped. `progress` hears of the stored bytes that went by, under the file
    /// name. A store that can does both while it reads the backup once.
    ///
    /// What the walk couldn't read because the stored bytes make no sense is told to the walk alone.
    ///
    /// # Errors
    /// As [`digest`](Self::digest).
    fn inspect(&self, file_name: &str, walk: Walk<'_>, progress: &dyn Progress) -> Result<Seal, PortError> {
        walk(&mut *self.open(file_name)?);
        self.digest(file_name, progress)
    }

    /// Returns, for each of these names, another one whose archives would be the same files as its own, where there is
    /// one: some disks don't tell upper case from lower case, or an accented letter from a letter and its accent. The other
    /// is the name of a finished backup, or comes earlier in `names`, which are all different. A store that doesn't say
    /// otherwise tells all names apart.
    ///
    /// Promises: backups of names that have no other one never take each other's place. A name has no other one for the
    /// sake of a name that has no finished backup where it has one itself. What can't be told for the moment is found out
    /// as soon as one of both has a finished backup.
    fn aliases(&self, names: &[&BackupName]) -> Vec<Option<BackupName>> {
        vec![None; names.len()]
    }

    /// Returns how many more bytes of backups there is room for, or `None` where that can't be told.
    fn free_bytes(&self) -> Option<u64>;
}

const _DYN_COMPATIBLE: Option<(&dyn BackupStore, &dyn Draft)> = None;
