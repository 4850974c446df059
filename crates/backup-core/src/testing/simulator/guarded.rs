//! Ports that fail and crash as the desk says, in front of the ones that do the work, and tell the judge what happens.

use std::io::{self, Read};
use std::sync::atomic::{AtomicBool, Ordering};

use super::Stores;
use super::desk::{Call, Desk};
use super::guarded_draft::GuardedDraft;
use super::runner::ports;
use super::sharing::{self, Misfortune};
use super::verifying::Meddling;
use crate::manager::Manager;
use crate::model::archive::{
    ArchiveDigest, ArchiveName, BackupName, BackupRecord, CheckReport, Compression, DiskSpace, FileEnding,
    Format, PackReport, PatternError, Selection,
};
use crate::model::encryption::EncryptionKeys;
use crate::model::error::{Error, Failure, PortError};
use crate::model::event::Event;
use crate::model::history::{HistoryNote, RunRecord};
use crate::model::schedule::ScheduleBook;
use crate::ports::{
    ArchiveBytes, Archiver, BackupStore, BookState, CatalogDraft, Cursor, Draft, Edit, EndCheck, Journal,
    PackRequest, PackTarget, Progress, ReadTar, RunHistory, ScheduleStore, Shorten, SilentProgress,
    StoredFiles,
};
use crate::testing::ManualClock;
use crate::time::Moment;

/// The ports of one process: the service, or the manager that somebody calls.
pub(super) struct Guarded<'a> {
    pub(super) desk: &'a Desk,
    pub(super) stores: &'a Stores,
    clock: &'a ManualClock,
    is_service: bool,
    /// The schedules were read, and the history wasn't since.
    has_loaded: AtomicBool,
}

impl<'a> Guarded<'a> {
    pub(super) fn service(desk: &'a Desk, stores: &'a Stores, clock: &'a ManualClock) -> Self {
        Self { desk, stores, clock, is_service: true, has_loaded: AtomicBool::new(false) }
    }

    pub(super) fn manager(desk: &'a Desk, stores: &'a Stores, clock: &'a ManualClock) -> Self {
        Self { desk, stores, clock, is_service: false, has_loaded: AtomicBool::new(false) }
    }

    /// Somebody replaces an archive at that moment of a verify, if that was to happen.
    fn meddle(&self, moment: Meddling, file_name: &str) {
        let is_now = self.desk.state().meddling.take_if(|meddling| *meddling == moment).is_some();
        let Some(archive) = ArchiveName::parse(file_name).filter(|_| is_now) else { return };
        let guarded = Guarded::manager(self.desk, self.stores, self.clock);
        // What comes of it is seen by what stands.
        let _ = Manager::new(ports(&guarded, self.clock)).run(archive.backup.as_str(), &SilentProgress);
    }

    pub(super) fn call<T>(
        &self,
        call: Call,
        act: impl FnOnce() -> Result<T, PortError>,
    ) -> Result<T, PortError> {
        self.desk.call(call, self.is_service, act)
    }

    /// Tells the judge what the service, and nobody else, did.
    pub(super) fn tell(&self, tell: impl FnOnce(&mut super::judge::Judge)) {
        if self.is_service {
            tell(&mut self.desk.state().judge);
        }
    }
}

impl ScheduleStore for Guarded<'_> {
    fn load(&self) -> Result<ScheduleBook, PortError> {
        self.has_loaded.store(false, Ordering::Relaxed);
        let book = self.call(Call::Load, || self.stores.schedules.load())?;
        self.has_loaded.store(true, Ordering::Relaxed);
        let changed = book.last_change().map(|instant| instant.timestamp());
        self.tell(|judge| judge.loaded(changed));
        Ok(book)
    }

    fn load_if_changed(&self, seen: &mut BookState) -> Result<Option<ScheduleBook>, PortError> {
        self.has_loaded.store(false, Ordering::Relaxed);
        let book = self.call(Call::Load, || self.stores.schedules.load_if_changed(seen))?;
        self.has_loaded.store(true, Ordering::Relaxed);
        // The judge knows already when a book was changed that is still the same.
        if let Some(book) = &book {
            let changed = book.last_change().map(|instant| instant.timestamp());
            self.tell(|judge| judge.loaded(changed));
        }
        Ok(book)
    }

    fn update(&self, edit: Edit<'_>) -> Result<(), Error> {
        self.call(Call::Replace, || Ok(()))?;
        self.stores.schedules.update(edit)
    }
}

impl RunHistory for Guarded<'_> {
    fn append(&self, note: &HistoryNote) -> Result<(), PortError> {
        // What can't be written counts for its writer all the same, unless that is dead.
        {
            let mut state = self.desk.state();
            if state.is_alive || !self.is_service {
                state.judge.noting(note);
            }
        }
        self.call(Call::Append, || {
            self.desk.state().look_at_sum(note, &*self.stores.backups);
            self.stores.history.append(note)?;
            let mut state = self.desk.state();
            state.judge.noted(note, !self.is_service);
            state.sum_noted(note);
            Ok(())
        })
    }

    fn shorten(&self, shorten: &Shorten<'_>) -> Result<bool, PortError> {
        self.call(Call::Append, || self.stores.history.shorten(shorten))
    }

    fn read(&self, cursor: &mut Cursor) -> Result<Vec<HistoryNote>, PortError> {
        let before = *cursor;
        let notes = self.call(Call::Read, || self.stores.history.read(cursor));
        // Whoever looks has just read the schedules; the history alone is read for other reasons, too.
        let is_look = self.has_loaded.swap(false, Ordering::Relaxed);
        match &notes {
            Ok(_) if is_look => self.tell(super::judge::Judge::looked),
            Ok(_) => {}
            Err(_) => *cursor = before,
        }
        notes
    }
}

impl BackupStore for Guarded<'_> {
    fn list(&self) -> Result<Vec<BackupRecord>, PortError> {
        self.call(Call::List, || self.stores.backups.list())
    }

    fn ending(&self, format: Format) -> FileEnding {
        self.stores.backups.ending(format)
    }

    fn draft(&self, name: &BackupName, compression: Compression) -> Result<Box<dyn Draft + '_>, PortError> {
        let draft = self.call(Call::Draft, || self.stores.backups.draft(name, compression))?;
        self.desk.state().sharing.begin();
        Ok(Box::new(GuardedDraft::new(self, draft)))
    }

    fn check_recipients(&self, recipients: &[String]) -> Result<(), PortError> {
        self.stores.backups.check_recipients(recipients)
    }

    fn draft_encrypted(
        &self,
        name: &BackupName,
        compression: Compression,
        keys: &EncryptionKeys,
    ) -> Result<Box<dyn Draft + '_>, PortError> {
        let inner = &self.stores.backups;
        let draft = self.call(Call::Draft, || inner.draft_encrypted(name, compression, keys))?;
        Ok(Box::new(GuardedDraft::new(self, draft)))
    }

    fn draft_older(&self, archive: &ArchiveName) -> Result<Box<dyn Draft + '_>, PortError> {
        let draft = self.call(Call::Draft, || self.stores.backups.draft_older(archive))?;
        Ok(Box::new(GuardedDraft::new(self, draft)))
    }

    fn is_being_made(&self, name: &BackupName) -> Result<bool, PortError> {
        self.stores.backups.is_being_made(name)
    }

    fn remove_leftovers(&self) -> Result<usize, PortError> {
        self.call(Call::RemoveLeftovers, || self.stores.backups.remove_leftovers())
    }

    fn digest(&self, file_name: &str, progress: &dyn Progress) -> Result<ArchiveDigest, PortError> {
        self.call(Call::Digest, || self.stores.backups.digest(file_name, progress))
    }

    fn set_aside(&self, archive: &ArchiveName, aside: &ArchiveName) -> Result<bool, PortError> {
        self.call(Call::Publish, || self.stores.backups.set_aside(archive, aside))
    }

    fn remove(&self, archive: &ArchiveName) -> Result<(), PortError> {
        self.call(Call::Publish, || self.stores.backups.remove(archive))
    }

    fn replace_checksum_list(&self, list: &str) -> Result<(), PortError> {
        self.call(Call::Replace, || self.stores.backups.replace_checksum_list(list))
    }

    fn checksum_list(&self) -> Result<String, PortError> {
        self.stores.backups.checksum_list()
    }

    fn open(&self, file_name: &str) -> Result<Box<dyn ArchiveBytes + '_>, PortError> {
        self.stores.backups.open(file_name)
    }

    fn inspect(
        &self,
        file_name: &str,
        read_tar: ReadTar<'_>,
        progress: &dyn Progress,
    ) -> Result<ArchiveDigest, PortError> {
        self.meddle(Meddling::BeforeRead, file_name);
        if progress.is_cancelled() {
            return Err(PortError::new(Failure::Interrupted, "verify"));
        }
        read_tar(&mut *self.open(file_name)?);
        let digest = self.digest(file_name, progress);
        self.meddle(Meddling::AfterRead, file_name);
        digest
    }

    fn open_stored(&self, backup: &BackupRecord) -> Result<StoredFiles<'_>, PortError> {
        self.stores.backups.open_stored(backup)
    }

    fn described(&self, backup: &BackupRecord) -> Option<RunRecord> {
        let misfortune = self.desk.state().sharing.misfortune(backup);
        if misfortune == Some(Misfortune::Lost) { None } else { self.stores.backups.described(backup) }
    }

    fn draft_catalog(&self, backup: &BackupRecord) -> Result<Box<dyn CatalogDraft + '_>, PortError> {
        self.stores.backups.draft_catalog(backup)
    }

    fn disk_space(&self, file_name: &str) -> Option<DiskSpace> {
        self.stores.backups.disk_space(file_name)
    }

    fn free_bytes(&self) -> Option<u64> {
        self.stores.backups.free_bytes()
    }
}

impl Archiver for Guarded<'_> {
    fn pack(
        &self,
        request: &PackRequest<'_>,
        out: &mut dyn PackTarget,
        progress: &dyn Progress,
    ) -> Result<PackReport, PortError> {
        self.call(Call::Pack, || {
            let mut own = Vec::new();
            let report = self.stores.archiver.pack(request, &mut own, progress)?;
            sharing::pack(self.desk, request, (report, own), out)
        })
    }

    fn can_check(&self) -> bool {
        self.stores.archiver.can_check()
    }

    /// The archives hold more than their archiver knows of.
    fn check(&self, archive: &mut dyn Read, _: EndCheck, _: &dyn Progress) -> Result<CheckReport, PortError> {
        io::copy(archive, &mut io::sink()).map_err(|error| PortError::io("read the archive", error))?;
        Ok(CheckReport::default())
    }

    fn check_selection(&self, selection: &Selection) -> Result<(), PatternError> {
        self.stores.archiver.check_selection(selection)
    }
}

impl Journal for Guarded<'_> {
    fn record(&self, _at: Moment, _event: &Event) {
        // A journal can't fail, but a service can die at it.
        let _ = self.call(Call::Journal, || Ok(()));
    }
}
