//! The port through which an archive is written.

use std::io::Read;

use crate::model::archive::{ArchiveName, BackupRecord, Grade, SealedArchive};
use crate::model::error::{Failure, PortError};
use crate::model::history::RunRecord;
use crate::ports::{PackTarget, Progress, SeekableBytes};

/// An archive that is being written. What the archiver makes goes in, which is called plain tar here, however it is stored.
///
/// If it is dropped without [`publish`](Draft::publish), nothing remains of it.
pub trait Draft: PackTarget {
    /// Protects `archive`: the publish doesn't remove it, even if the new archive supersedes it. For an archive that may
    /// belong to somebody else.
    fn protect(&mut self, archive: ArchiveName);

    /// Offers a finished archive as the one whose unchanged parts are taken over. It is one of the same backup, which stands in
    /// the store. Returns whether that can be done. The default can't.
    ///
    /// Promises: the draft doesn't depend on it once it is published. It may be removed or replaced meanwhile.
    fn base_on(&mut self, backup: &BackupRecord) -> bool {
        let _ = backup;
        false
    }

    /// Offers a finished archive, as [`base_on`](Self::base_on) does, to be compared with what is written: nothing is taken over
    /// unread, and nothing of it is trusted. Returns whether that can save space. The default can't.
    fn compare_with(&mut self, backup: &BackupRecord) -> bool {
        let _ = backup;
        false
    }

    /// Begins anew after the archive that was [offered](Self::base_on) turned out to be unreadable: what was written is gone, and
    /// no archive is offered any more.
    ///
    /// # Errors
    /// The archive was readable as far as it was read: another try would fail for the same reason. Any other failure. Then the
    /// draft is of no use. The default always fails.
    fn restart(&mut self) -> Result<(), PortError> {
        Err(PortError::new(Failure::Other, "begin the backup anew"))
    }

    /// Returns whether what is written is encrypted. Then it can't be read back as tar: those who can decrypt it are elsewhere. It has
    /// no catalog that can be [opened](Self::open_catalog), and takes over nothing. The default is no.
    fn is_encrypted(&self) -> bool {
        false
    }

    /// Says which run makes the archive, for its catalog. What was said last counts.
    fn describe(&mut self, run: &RunRecord);

    /// Ends the archive and returns its size, and its digest if that is known. It isn't if parts were taken over from another
    /// archive, until the draft was [read back](Self::verify). Nothing can be written to it afterwards.
    ///
    /// Whoever comes after a crash compares the digest with the finished backup to tell whether it was published.
    ///
    /// # Errors
    /// Any failure to write the rest. The draft can't be published then.
    fn seal(&mut self) -> Result<SealedArchive, PortError>;

    /// Reads a sealed draft back from where it is stored, and compares all stored bytes with the digest.
    ///
    /// `read_tar` is called once with the plain tar that comes back. Where the stored bytes make no sense, only `read_tar` sees the
    /// error. All bytes are compared, wherever `read_tar` stops. `progress` is told of the stored bytes.
    ///
    /// An [encrypted](Self::is_encrypted) draft only compares the bytes: it doesn't call `read_tar`.
    ///
    /// # Errors
    /// - [`Failure::Damaged`](crate::model::error::Failure::Damaged): other bytes came back than were written.
    /// - [`Failure::Interrupted`](crate::model::error::Failure::Interrupted): `progress` cancelled.
    /// - Any failure to read.
    fn verify(&mut self, read_tar: ReadTar<'_>, progress: &dyn Progress) -> Result<(), PortError>;

    /// Opens the catalog that was written so far; `None` if there is none that can be read, which is the default.
    fn open_catalog(&mut self) -> Option<Box<dyn SeekableBytes>> {
        None
    }

    /// Seals the draft if needed, and gives the archive its final name, all or nothing.
    ///
    /// Promises: `Ok` means that the bytes and the name are durable. After an error, the archive that had the name before
    /// is still there, whole. There is one exception: if only the last step fails, which makes the name durable, the new
    /// archive is in place, whole as well, and what it supersedes is still beside it.
    ///
    /// A [`Grade::Incomplete`] archive never takes the place of a complete one. It has a name of its own beside it.
    ///
    /// Its catalog, if one was written, is in place before the archive is. A publish that fails leaves none.
    ///
    /// Once the archive is durable, everything that it [supersedes](ArchiveName::superseded) is removed, except what is to
    /// be [protected](Self::protect). So of each name and grade exactly one archive exists at every instant, however the earlier
    /// ones were stored. If one can't be removed, the publish still succeeds, and the next one tries again.
    ///
    /// # Errors
    /// Any failure to make it durable; [`Failure::NotDurable`](crate::model::error::Failure::NotDurable) in the one case above and in no other. The draft is gone
    /// then. It must be written again, never published again.
    fn publish(self: Box<Self>, grade: Grade) -> Result<BackupRecord, PortError>;
}

/// Called with the plain tar of a backup, which it reads while the stored bytes are digested. It calls no port but
/// [`Archiver::check`](crate::ports::Archiver::check), which reads the tar: the store may hold a lock that all ports share.
pub type ReadTar<'a> = &'a mut dyn FnMut(&mut dyn Read);

const _DYN_COMPATIBLE: Option<&dyn Draft> = None;
