//! A draft that fails and crashes as the desk says.

use std::io::{self, Write};
use std::ops::Range;

use super::desk::{Call, Trouble};
use super::guarded::Guarded;
use super::sharing::{self, Misfortune};
use crate::model::archive::{ArchiveName, BackupRecord, Grade, SealedArchive};
use crate::model::error::{Failure, PortError};
use crate::model::history::RunRecord;
use crate::ports::{Draft, PackTarget, Progress, ReadTar, SeekableBytes};

/// A draft of one process.
pub(super) struct GuardedDraft<'a> {
    guarded: &'a Guarded<'a>,
    draft: Box<dyn Draft + 'a>,
    has_damaged_base: bool,
    /// The run that it was told of.
    run: Option<RunRecord>,
}

impl<'a> GuardedDraft<'a> {
    pub(super) fn new(guarded: &'a Guarded<'a>, draft: Box<dyn Draft + 'a>) -> Self {
        Self { guarded, draft, has_damaged_base: false, run: None }
    }
}

impl Write for GuardedDraft<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut written = Ok(0);
        self.guarded
            .call(Call::Write, || {
                written = self.draft.write(bytes);
                Ok(())
            })
            .map_err(super::super::faults::as_io_error)?;
        written
    }

    fn flush(&mut self) -> io::Result<()> {
        self.draft.flush()
    }
}

impl PackTarget for GuardedDraft<'_> {
    fn keeps_catalog(&self) -> bool {
        self.draft.keeps_catalog()
    }

    fn open_base(&mut self) -> Option<Box<dyn SeekableBytes>> {
        let base = self.draft.open_base();
        if self.has_damaged_base { Some(Box::new(io::Cursor::new(sharing::DAMAGED))) } else { base }
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

    fn take_over(&mut self, part: Range<u64>) -> io::Result<()> {
        let is_unread = self.guarded.desk.state().trouble == Some(Trouble::UnreadBases);
        // Nothing is there.
        self.draft.take_over(if is_unread { u64::MAX - 1..u64::MAX } else { part })
    }

    fn write_catalog(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.draft.write_catalog(bytes)
    }
}

impl Draft for GuardedDraft<'_> {
    fn base_on(&mut self, backup: &BackupRecord) -> bool {
        let mut state = self.guarded.desk.state();
        let misfortune = state.sharing.misfortune(backup);
        if misfortune == Some(Misfortune::Lost) || !self.draft.base_on(backup) {
            return false;
        }
        self.has_damaged_base = misfortune == Some(Misfortune::Damaged);
        state.base_offered(backup);
        true
    }

    fn compare_with(&mut self, backup: &BackupRecord) -> bool {
        let is_compared = self.draft.compare_with(backup);
        if is_compared {
            self.guarded.desk.state().compared(backup);
        }
        is_compared
    }

    fn restart(&mut self) -> Result<(), PortError> {
        self.draft.restart()
    }

    fn is_encrypted(&self) -> bool {
        self.draft.is_encrypted()
    }

    fn describe(&mut self, run: &RunRecord) {
        self.run = Some(run.clone());
        self.draft.describe(run);
    }

    fn protect(&mut self, archive: ArchiveName) {
        self.draft.protect(archive);
    }

    fn seal(&mut self) -> Result<SealedArchive, PortError> {
        self.guarded.call(Call::Seal, || self.draft.seal())
    }

    fn verify(&mut self, read_tar: ReadTar<'_>, progress: &dyn Progress) -> Result<(), PortError> {
        self.guarded.call(Call::Digest, || self.draft.verify(read_tar, progress))
    }

    fn open_catalog(&mut self) -> Option<Box<dyn SeekableBytes>> {
        self.draft.open_catalog()
    }

    fn publish(self: Box<Self>, grade: Grade) -> Result<BackupRecord, PortError> {
        let Self { guarded, draft, run, .. } = *self;
        guarded.call(Call::Publish, || {
            let published = draft.publish(grade);
            guarded.desk.state().archive_stands(&published, run.as_ref(), &*guarded.stores.backups);
            let record = published?;
            let at_work_on = guarded.desk.state().at_work_on.take();
            at_work_on.into_iter().for_each(|key| guarded.tell(|judge| judge.published(&key)));
            if guarded.desk.state().trouble == Some(Trouble::Unsynced) {
                return Err(PortError::new(Failure::NotDurable, "sync").because("a simulated trouble"));
            }
            Ok(record)
        })
    }
}
