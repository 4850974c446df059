//! The real history and the real backups of a home, each of whose operations can fail.

use std::io::{self, Write};
use std::ops::Range;

use backup_core::model::archive::{
    ArchiveDigest, ArchiveName, BackupName, BackupRecord, Compression, DiskSpace, FileEnding, Format, Grade,
    SealedArchive,
};
use backup_core::model::encryption::EncryptionKeys;
use backup_core::model::error::{Failure, PortError};
use backup_core::model::history::{HistoryNote, RunRecord};
use backup_core::ports::{
    ArchiveBytes, BackupStore, CatalogDraft, Cursor, Draft, PackTarget, Ports, Progress, ReadTar, RunHistory,
    SeekableBytes, Shorten, StoredFiles,
};
use backup_core::testing::Faults;

/// The operations that can fail.
pub(super) const OPERATIONS: [&str; 15] = [
    "draft",
    "base",
    "compare",
    "open",
    "take over",
    "write",
    "catalog",
    "seal",
    "verify",
    "keep",
    "publish",
    "sync",
    "remove",
    "sums",
    "append",
];

/// Those without which an archive is as good: it is written where it can't be shared.
pub(super) const IS_HELP: [&str; 5] = ["base", "compare", "open", "take over", "catalog"];

/// Those that only a run makes that takes over what is unchanged.
pub(super) const IS_TAKING_OVER: [&str; 2] = ["base", "take over"];

/// Those that only a run makes that reads everything.
pub(super) const IS_COMPARING: [&str; 1] = ["compare"];

/// The ports, and which of their operations fail.
pub(super) struct Failing<'a> {
    pub(super) ports: Ports<'a>,
    pub(super) faults: &'a Faults,
}

impl RunHistory for Failing<'_> {
    fn append(&self, note: &HistoryNote) -> Result<(), PortError> {
        self.faults.check("append", "history")?;
        self.ports.history.append(note)
    }

    fn read(&self, cursor: &mut Cursor) -> Result<Vec<HistoryNote>, PortError> {
        self.ports.history.read(cursor)
    }

    fn shorten(&self, shorten: &Shorten<'_>) -> Result<bool, PortError> {
        self.ports.history.shorten(shorten)
    }
}

impl BackupStore for Failing<'_> {
    fn list(&self) -> Result<Vec<BackupRecord>, PortError> {
        self.ports.backups.list()
    }

    fn ending(&self, format: Format) -> FileEnding {
        self.ports.backups.ending(format)
    }

    fn draft(&self, name: &BackupName, compression: Compression) -> Result<Box<dyn Draft + '_>, PortError> {
        self.faults.check("draft", name.as_str())?;
        let draft = self.ports.backups.draft(name, compression)?;
        Ok(Box::new(FailingDraft { draft, faults: self.faults }))
    }

    fn check_recipients(&self, recipients: &[String]) -> Result<(), PortError> {
        self.ports.backups.check_recipients(recipients)
    }

    fn draft_encrypted(
        &self,
        name: &BackupName,
        compression: Compression,
        keys: &EncryptionKeys,
    ) -> Result<Box<dyn Draft + '_>, PortError> {
        self.faults.check("draft", name.as_str())?;
        let draft = self.ports.backups.draft_encrypted(name, compression, keys)?;
        Ok(Box::new(FailingDraft { draft, faults: self.faults }))
    }

    fn draft_older(&self, archive: &ArchiveName) -> Result<Box<dyn Draft + '_>, PortError> {
        self.ports.backups.draft_older(archive)
    }

    fn is_being_made(&self, name: &BackupName) -> Result<bool, PortError> {
        self.ports.backups.is_being_made(name)
    }

    fn remove_leftovers(&self) -> Result<usize, PortError> {
        self.ports.backups.remove_leftovers()
    }

    fn digest(&self, file_name: &str, progress: &dyn Progress) -> Result<ArchiveDigest, PortError> {
        self.ports.backups.digest(file_name, progress)
    }

    fn set_aside(&self, archive: &ArchiveName, aside: &ArchiveName) -> Result<bool, PortError> {
        self.faults.check("keep", &archive.to_string())?;
        self.ports.backups.set_aside(archive, aside)
    }

    fn remove(&self, archive: &ArchiveName) -> Result<(), PortError> {
        self.faults.check("remove", &archive.to_string())?;
        self.ports.backups.remove(archive)
    }

    fn replace_checksum_list(&self, list: &str) -> Result<(), PortError> {
        self.faults.check("sums", "list")?;
        self.ports.backups.replace_checksum_list(list)
    }

    fn checksum_list(&self) -> Result<String, PortError> {
        self.ports.backups.checksum_list()
    }

    fn open(&self, file_name: &str) -> Result<Box<dyn ArchiveBytes + '_>, PortError> {
        self.ports.backups.open(file_name)
    }

    fn inspect(
        &self,
        file_name: &str,
        read_tar: ReadTar<'_>,
        progress: &dyn Progress,
    ) -> Result<ArchiveDigest, PortError> {
        self.ports.backups.inspect(file_name, read_tar, progress)
    }

    fn open_stored(&self, backup: &BackupRecord) -> Result<StoredFiles<'_>, PortError> {
        self.ports.backups.open_stored(backup)
    }

    fn described(&self, backup: &BackupRecord) -> Option<RunRecord> {
        self.ports.backups.described(backup)
    }

    fn draft_catalog(&self, backup: &BackupRecord) -> Result<Box<dyn CatalogDraft + '_>, PortError> {
        self.ports.backups.draft_catalog(backup)
    }

    fn disk_space(&self, file_name: &str) -> Option<DiskSpace> {
        self.ports.backups.disk_space(file_name)
    }

    fn free_bytes(&self) -> Option<u64> {
        self.ports.backups.free_bytes()
    }
}

struct FailingDraft<'a> {
    draft: Box<dyn Draft + 'a>,
    faults: &'a Faults,
}

impl FailingDraft<'_> {
    fn check_io(&self, operation: &str) -> io::Result<()> {
        let check = self.faults.check(operation, "archive");
        check.map_err(|error| {
            let kind = match error.failure {
                Failure::Full => io::ErrorKind::StorageFull,
                Failure::Denied => io::ErrorKind::PermissionDenied,
                _ => io::ErrorKind::Other,
            };
            io::Error::new(kind, error)
        })
    }
}

impl Write for FailingDraft<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.check_io("write")?;
        self.draft.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.draft.flush()
    }
}

impl PackTarget for FailingDraft<'_> {
    fn keeps_catalog(&self) -> bool {
        self.draft.keeps_catalog()
    }

    fn open_base(&mut self) -> Option<Box<dyn SeekableBytes>> {
        self.check_io("open").ok()?;
        self.draft.open_base()
    }

    fn take_over(&mut self, part: Range<u64>) -> io::Result<()> {
        self.check_io("take over")?;
        self.draft.take_over(part)
    }

    fn shared_block_bytes(&self) -> u64 {
        self.draft.shared_block_bytes()
    }

    fn comparable_parts(&mut self) -> Vec<Range<u64>> {
        self.draft.comparable_parts()
    }

    fn compare(&mut self, at: u64, part: Range<u64>) {
        self.draft.compare(at, part);
    }

    fn write_catalog(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.check_io("catalog")?;
        self.draft.write_catalog(bytes)
    }
}

impl Draft for FailingDraft<'_> {
    fn protect(&mut self, archive: ArchiveName) {
        self.draft.protect(archive);
    }

    fn base_on(&mut self, backup: &BackupRecord) -> bool {
        self.check_io("base").is_ok() && self.draft.base_on(backup)
    }

    fn compare_with(&mut self, backup: &BackupRecord) -> bool {
        self.check_io("compare").is_ok() && self.draft.compare_with(backup)
    }

    fn restart(&mut self) -> Result<(), PortError> {
        self.draft.restart()
    }

    fn is_encrypted(&self) -> bool {
        self.draft.is_encrypted()
    }

    fn describe(&mut self, run: &RunRecord) {
        self.draft.describe(run);
    }

    fn seal(&mut self) -> Result<SealedArchive, PortError> {
        self.faults.check("seal", "archive")?;
        self.draft.seal()
    }

    fn verify(&mut self, read_tar: ReadTar<'_>, progress: &dyn Progress) -> Result<(), PortError> {
        self.faults.check("verify", "archive")?;
        self.draft.verify(read_tar, progress)
    }

    fn open_catalog(&mut self) -> Option<Box<dyn SeekableBytes>> {
        self.draft.open_catalog()
    }

    fn publish(self: Box<Self>, grade: Grade) -> Result<BackupRecord, PortError> {
        let Self { draft, faults } = *self;
        faults.check("publish", "archive")?;
        let record = draft.publish(grade)?;
        // It stands, and nobody knows whether it outlives a power cut.
        let synced = faults.check("sync", "archive");
        synced.map(|()| record).map_err(|error| PortError { failure: Failure::NotDurable, ..error })
    }
}
