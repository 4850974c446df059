//! Drafts and archives behind a gate.

use std::io;
use std::io::{Read, Seek, SeekFrom, Write};
use std::ops::Range;

use super::gate::Gate;
use crate::model::archive::{ArchiveName, BackupRecord, Grade, SealedArchive};
use crate::model::error::PortError;
use crate::model::history::RunRecord;
use crate::ports::{ArchiveBytes, CatalogDraft, Draft, PackTarget, Progress, ReadTar, SeekableBytes};

pub(super) struct GatedArchive<'a, G> {
    pub(super) inner: Box<dyn ArchiveBytes + 'a>,
    pub(super) gate: &'a G,
}

impl<G: Gate> Read for GatedArchive<'_, G> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.gate.call("ArchiveBytes::read", || self.inner.read(buffer))
    }
}

impl<G: Gate> ArchiveBytes for GatedArchive<'_, G> {
    fn open_catalog(&mut self) -> Option<Box<dyn SeekableBytes>> {
        self.gate.call("ArchiveBytes::open_catalog", || self.inner.open_catalog())
    }

    fn open_former_catalog(&mut self) -> Option<Box<dyn SeekableBytes>> {
        self.gate.call("ArchiveBytes::open_former_catalog", || self.inner.open_former_catalog())
    }
}

impl<G: Gate> Seek for GatedArchive<'_, G> {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        self.gate.call("ArchiveBytes::seek", || self.inner.seek(position))
    }
}

pub(super) struct GatedCatalog<'a, G> {
    pub(super) inner: Box<dyn CatalogDraft + 'a>,
    pub(super) gate: &'a G,
}

impl<G: Gate> Write for GatedCatalog<'_, G> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.gate.call("CatalogDraft::write", || self.inner.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.gate.call("CatalogDraft::flush", || self.inner.flush())
    }
}

impl<G: Gate> CatalogDraft for GatedCatalog<'_, G> {
    fn publish(self: Box<Self>, run: Option<&RunRecord>) -> Result<(), PortError> {
        let Self { inner, gate } = *self;
        gate.call("CatalogDraft::publish", || inner.publish(run))
    }
}

pub(super) struct GatedDraft<'a, G> {
    pub(super) inner: Box<dyn Draft + 'a>,
    pub(super) gate: &'a G,
}

impl<G: Gate> Write for GatedDraft<'_, G> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.gate.call("Draft::write", || self.inner.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.gate.call("Draft::flush", || self.inner.flush())
    }
}

impl<G: Gate> PackTarget for GatedDraft<'_, G> {
    fn keeps_catalog(&self) -> bool {
        self.gate.call("Draft::keeps_catalog", || self.inner.keeps_catalog())
    }

    fn open_base(&mut self) -> Option<Box<dyn SeekableBytes>> {
        self.gate.call("Draft::open_base", || self.inner.open_base())
    }

    fn shared_block_bytes(&self) -> u64 {
        self.inner.shared_block_bytes()
    }

    fn take_over(&mut self, part: Range<u64>) -> io::Result<()> {
        self.gate.call("Draft::take_over", || self.inner.take_over(part))
    }

    fn comparable_parts(&mut self) -> Vec<Range<u64>> {
        self.gate.call("Draft::comparable_parts", || self.inner.comparable_parts())
    }

    fn compare(&mut self, at: u64, part: Range<u64>) {
        self.inner.compare(at, part);
    }

    fn write_catalog(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.gate.call("Draft::write_catalog", || self.inner.write_catalog(bytes))
    }
}

impl<G: Gate> Draft for GatedDraft<'_, G> {
    fn base_on(&mut self, backup: &BackupRecord) -> bool {
        self.gate.call("Draft::base_on", || self.inner.base_on(backup))
    }

    fn compare_with(&mut self, backup: &BackupRecord) -> bool {
        self.gate.call("Draft::compare_with", || self.inner.compare_with(backup))
    }

    fn restart(&mut self) -> Result<(), PortError> {
        self.gate.call("Draft::restart", || self.inner.restart())
    }

    fn is_encrypted(&self) -> bool {
        self.inner.is_encrypted()
    }

    fn describe(&mut self, run: &RunRecord) {
        self.gate.call("Draft::describe", || self.inner.describe(run));
    }

    fn protect(&mut self, archive: ArchiveName) {
        self.gate.call("Draft::protect", || self.inner.protect(archive));
    }

    fn seal(&mut self) -> Result<SealedArchive, PortError> {
        self.gate.call("Draft::seal", || self.inner.seal())
    }

    fn verify(&mut self, read_tar: ReadTar<'_>, progress: &dyn Progress) -> Result<(), PortError> {
        let call = "Draft::verify";
        self.gate.call(call, || {
            let mut read_tar = |tar: &mut dyn Read| self.gate.within(call, || read_tar(tar));
            self.inner.verify(&mut read_tar, progress)
        })
    }

    fn open_catalog(&mut self) -> Option<Box<dyn SeekableBytes>> {
        self.gate.call("Draft::open_catalog", || self.inner.open_catalog())
    }

    fn publish(self: Box<Self>, grade: Grade) -> Result<BackupRecord, PortError> {
        let Self { inner, gate } = *self;
        gate.call("Draft::publish", || inner.publish(grade))
    }
}
