//! The ports of a home, each behind a gate that hears of every call.

use std::io::{Read, Write};
use std::path::Path;
use std::sync::Arc;

use super::gate::Gate;
use super::gated_store::{GatedArchive, GatedCatalog, GatedDraft};
use crate::model::archive::{
    ArchiveDigest, ArchiveName, BackupName, BackupRecord, CheckReport, Compression, DamagedMembers,
    DiskSpace, FileEnding, Format, MemberCheck, PackReport, PatternError, Selection,
};
use crate::model::config::ConfigReading;
use crate::model::encryption::EncryptionKeys;
use crate::model::error::{Error, PortError};
use crate::model::event::Event;
use crate::model::history::{HistoryNote, RunRecord};
use crate::model::schedule::ScheduleBook;
use crate::ports::{
    ArchiveBytes, Archiver, BackupStore, CatalogDraft, ConfigStore, Cursor, Draft, Edit, EndCheck, Journal,
    PackRequest, PackTarget, Ports, Progress, ReadTar, RunHistory, ScheduleStore, SeekableBytes, Shorten,
    StoredFiles,
};
use crate::time::Moment;

/// What has ports.
pub(super) trait Source: Send + Sync {
    /// Returns them.
    fn ports(&self) -> Ports<'_>;
}

impl Source for Ports<'_> {
    fn ports(&self) -> Ports<'_> {
        *self
    }
}

impl<S: Source> Source for Arc<S> {
    fn ports(&self) -> Ports<'_> {
        (**self).ports()
    }
}

/// Ports behind a gate.
pub(super) struct Gated<S, G> {
    pub(super) source: S,
    pub(super) gate: G,
}

impl<S: Source, G: Gate> Gated<S, G> {
    /// Returns its ports.
    pub(super) fn ports(&self) -> Ports<'_> {
        Ports {
            clock: self,
            schedules: self,
            archiver: self,
            backups: self,
            history: self,
            journal: self,
            config: self,
            ..self.source.ports()
        }
    }
}

impl<S: Source, G: Gate> ScheduleStore for Gated<S, G> {
    fn load(&self) -> Result<ScheduleBook, PortError> {
        self.gate.call("ScheduleStore::load", || self.source.ports().schedules.load())
    }

    fn update(&self, edit: Edit<'_>) -> Result<(), Error> {
        let call = "ScheduleStore::update";
        self.gate.call(call, || {
            self.source.ports().schedules.update(&mut |book| self.gate.within(call, || edit(book)))
        })
    }
}

impl<S: Source, G: Gate> ConfigStore for Gated<S, G> {
    fn load(&self) -> Result<ConfigReading, PortError> {
        self.gate.call("ConfigStore::load", || self.source.ports().config.load())
    }
}

impl<S: Source, G: Gate> RunHistory for Gated<S, G> {
    fn append(&self, note: &HistoryNote) -> Result<(), PortError> {
        self.gate.call("RunHistory::append", || self.source.ports().history.append(note))
    }

    fn read(&self, cursor: &mut Cursor) -> Result<Vec<HistoryNote>, PortError> {
        self.gate.call("RunHistory::read", || self.source.ports().history.read(cursor))
    }

    fn shorten(&self, shorten: &Shorten<'_>) -> Result<bool, PortError> {
        let call = "RunHistory::shorten";
        self.gate.call(call, || {
            self.source.ports().history.shorten(&|notes| self.gate.within(call, || shorten(notes)))
        })
    }
}

impl<S: Source, G: Gate> Journal for Gated<S, G> {
    fn record(&self, at: Moment, event: &Event) {
        self.gate.call("Journal::record", || self.source.ports().journal.record(at, event));
    }
}

impl<S: Source, G: Gate> Archiver for Gated<S, G> {
    fn pack(
        &self,
        request: &PackRequest<'_>,
        out: &mut dyn PackTarget,
        progress: &dyn Progress,
    ) -> Result<PackReport, PortError> {
        self.gate.call("Archiver::pack", || self.source.ports().archiver.pack(request, out, progress))
    }

    fn check_selection(&self, selection: &Selection) -> Result<(), PatternError> {
        self.gate
            .call("Archiver::check_selection", || self.source.ports().archiver.check_selection(selection))
    }

    fn is_there(&self, path: &Path) -> Option<bool> {
        self.gate.call("Archiver::is_there", || self.source.ports().archiver.is_there(path))
    }

    fn can_check(&self) -> bool {
        self.gate.call("Archiver::can_check", || self.source.ports().archiver.can_check())
    }

    fn check(
        &self,
        archive: &mut dyn Read,
        end_check: EndCheck,
        progress: &dyn Progress,
    ) -> Result<CheckReport, PortError> {
        self.gate.call("Archiver::check", || self.source.ports().archiver.check(archive, end_check, progress))
    }

    fn check_members(
        &self,
        archive: &mut dyn Read,
        catalog: &mut dyn SeekableBytes,
        end_check: EndCheck,
        progress: &dyn Progress,
    ) -> Result<(CheckReport, Option<MemberCheck>), PortError> {
        self.gate.call("Archiver::check", || {
            self.source.ports().archiver.check_members(archive, catalog, end_check, progress)
        })
    }

    fn damaged_members(
        &self,
        archive: &mut dyn ArchiveBytes,
        progress: &dyn Progress,
    ) -> Result<Option<DamagedMembers>, PortError> {
        let call = "Archiver::damaged_members";
        self.gate.call(call, || self.source.ports().archiver.damaged_members(archive, progress))
    }

    fn write_catalog(
        &self,
        archive: &mut dyn Read,
        out: &mut dyn Write,
        progress: &dyn Progress,
    ) -> Result<u64, PortError> {
        let call = "Archiver::write_catalog";
        self.gate.call(call, || self.source.ports().archiver.write_catalog(archive, out, progress))
    }

    fn is_catalog(&self, catalog: &mut dyn SeekableBytes) -> bool {
        self.gate.call("Archiver::is_catalog", || self.source.ports().archiver.is_catalog(catalog))
    }
}

impl<S: Source, G: Gate> BackupStore for Gated<S, G> {
    fn list(&self) -> Result<Vec<BackupRecord>, PortError> {
        self.gate.call("BackupStore::list", || self.source.ports().backups.list())
    }

    fn draft(&self, name: &BackupName, compression: Compression) -> Result<Box<dyn Draft + '_>, PortError> {
        let inner =
            self.gate.call("BackupStore::draft", || self.source.ports().backups.draft(name, compression))?;
        Ok(Box::new(GatedDraft { inner, gate: &self.gate }))
    }

    fn check_recipients(&self, recipients: &[String]) -> Result<(), PortError> {
        let call = "BackupStore::check_recipients";
        self.gate.call(call, || self.source.ports().backups.check_recipients(recipients))
    }

    fn draft_encrypted(
        &self,
        name: &BackupName,
        compression: Compression,
        keys: &EncryptionKeys,
    ) -> Result<Box<dyn Draft + '_>, PortError> {
        let begin = || self.source.ports().backups.draft_encrypted(name, compression, keys);
        Ok(Box::new(GatedDraft {
            inner: self.gate.call("BackupStore::draft_encrypted", begin)?,
            gate: &self.gate,
        }))
    }

    fn draft_older(&self, archive: &ArchiveName) -> Result<Box<dyn Draft + '_>, PortError> {
        let call = "BackupStore::draft_older";
        let inner = self.gate.call(call, || self.source.ports().backups.draft_older(archive))?;
        Ok(Box::new(GatedDraft { inner, gate: &self.gate }))
    }

    fn is_being_made(&self, name: &BackupName) -> Result<bool, PortError> {
        self.gate.call("BackupStore::is_being_made", || self.source.ports().backups.is_being_made(name))
    }

    fn remove_leftovers(&self) -> Result<usize, PortError> {
        self.gate.call("BackupStore::remove_leftovers", || self.source.ports().backups.remove_leftovers())
    }

    fn digest(&self, file_name: &str, progress: &dyn Progress) -> Result<ArchiveDigest, PortError> {
        self.gate.call("BackupStore::digest", || self.source.ports().backups.digest(file_name, progress))
    }

    fn set_aside(&self, archive: &ArchiveName, aside: &ArchiveName) -> Result<bool, PortError> {
        self.gate.call("BackupStore::set_aside", || self.source.ports().backups.set_aside(archive, aside))
    }

    fn remove(&self, archive: &ArchiveName) -> Result<(), PortError> {
        self.gate.call("BackupStore::remove", || self.source.ports().backups.remove(archive))
    }

    fn replace_checksum_list(&self, list: &str) -> Result<(), PortError> {
        self.gate.call("BackupStore::replace_checksum_list", || {
            self.source.ports().backups.replace_checksum_list(list)
        })
    }

    fn checksum_list(&self) -> Result<String, PortError> {
        self.gate.call("BackupStore::checksum_list", || self.source.ports().backups.checksum_list())
    }

    fn open(&self, file_name: &str) -> Result<Box<dyn ArchiveBytes + '_>, PortError> {
        let inner = self.gate.call("BackupStore::open", || self.source.ports().backups.open(file_name))?;
        Ok(Box::new(GatedArchive { inner, gate: &self.gate }))
    }

    fn inspect(
        &self,
        file_name: &str,
        read_tar: ReadTar<'_>,
        progress: &dyn Progress,
    ) -> Result<ArchiveDigest, PortError> {
        let call = "BackupStore::inspect";
        self.gate.call(call, || {
            let mut read_tar = |tar: &mut dyn Read| self.gate.within(call, || read_tar(tar));
            self.source.ports().backups.inspect(file_name, &mut read_tar, progress)
        })
    }

    fn ending(&self, format: Format) -> FileEnding {
        self.gate.call("BackupStore::ending", || self.source.ports().backups.ending(format))
    }

    fn can_store(&self, compression: Compression) -> bool {
        self.gate.call("BackupStore::can_store", || self.source.ports().backups.can_store(compression))
    }

    fn aliases(&self, names: &[&BackupName]) -> Vec<Option<BackupName>> {
        self.gate.call("BackupStore::aliases", || self.source.ports().backups.aliases(names))
    }

    fn open_stored(&self, backup: &BackupRecord) -> Result<StoredFiles<'_>, PortError> {
        self.gate.call("BackupStore::open_stored", || self.source.ports().backups.open_stored(backup))
    }

    fn described(&self, backup: &BackupRecord) -> Option<RunRecord> {
        self.gate.call("BackupStore::described", || self.source.ports().backups.described(backup))
    }

    fn draft_catalog(&self, backup: &BackupRecord) -> Result<Box<dyn CatalogDraft + '_>, PortError> {
        let call = "BackupStore::draft_catalog";
        let inner = self.gate.call(call, || self.source.ports().backups.draft_catalog(backup))?;
        Ok(Box::new(GatedCatalog { inner, gate: &self.gate }))
    }

    fn disk_space(&self, file_name: &str) -> Option<DiskSpace> {
        self.gate.call("BackupStore::disk_space", || self.source.ports().backups.disk_space(file_name))
    }

    fn free_bytes(&self) -> Option<u64> {
        self.gate.call("BackupStore::free_bytes", || self.source.ports().backups.free_bytes())
    }
}
