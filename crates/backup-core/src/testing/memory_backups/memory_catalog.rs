//! A catalog in memory that a finished archive gets afterwards.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use super::place::{Catalog, DraftState, Place, hidden, is_hidden};
use crate::model::archive::{ArchiveName, BackupName, BackupRecord};
use crate::model::error::{Failure, PortError};
use crate::model::history::RunRecord;
use crate::ports::CatalogDraft;
use crate::testing::faults::Faults;
use crate::testing::locked::locked;

pub(super) struct MemoryCatalog<'a> {
    place: &'a Mutex<Place>,
    faults: &'a Faults,
    name: BackupName,
    backup: BackupRecord,
    body: Vec<u8>,
}

impl<'a> MemoryCatalog<'a> {
    pub(super) fn begin(
        place: &'a Mutex<Place>,
        faults: &'a Faults,
        backup: &BackupRecord,
    ) -> Result<Self, PortError> {
        faults.check("draft catalog", &backup.file_name)?;
        let mut begun = locked(place);
        let name = ArchiveName::parse(&backup.file_name).map(|archive| archive.backup);
        let name = name.ok_or_else(|| failed(Failure::Missing, backup))?;
        let is_open = matches!(begun.drafts.get(&name), Some(DraftState::Open(_)));
        if is_open || !begun.catalogs.insert(name.clone()) {
            return Err(failed(Failure::Busy, backup));
        }
        drop(begun);
        let this = Self { place, faults, name, backup: backup.clone(), body: Vec::new() };
        if this.is_there() { Ok(this) } else { Err(failed(Failure::Missing, backup)) }
    }

    fn is_there(&self) -> bool {
        let BackupRecord { file_name, .. } = &self.backup;
        let place = locked(self.place);
        let archive = place.archives.get(&place.name_on_disk(file_name));
        let expected = BackupRecord { sha256: None, ..self.backup.clone() };
        archive.is_some_and(|archive| archive.record(file_name) == expected)
    }
}

fn failed(failure: Failure, backup: &BackupRecord) -> PortError {
    PortError::new(failure, format!("make the catalog of {}", backup.file_name))
}

impl Write for MemoryCatalog<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.body.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl CatalogDraft for MemoryCatalog<'_> {
    fn publish(mut self: Box<Self>, run: Option<&RunRecord>) -> Result<(), PortError> {
        self.faults.check("publish catalog", &self.backup.file_name)?;
        if !self.is_there() {
            return Err(failed(Failure::Missing, &self.backup));
        }
        let mut place = locked(self.place);
        let name = place.name_on_disk(&self.backup.file_name);
        let body = std::mem::take(&mut self.body);
        let catalog = Arc::new(match is_hidden(&name) {
            true => Catalog { body: hidden(&body), run: run.map(RunRecord::without_names) },
            false => Catalog { body, run: run.cloned() },
        });
        let bytes = place.archives.get(&name).map(|archive| archive.bytes.clone());
        for archive in place.archives.values_mut() {
            if bytes.as_ref().is_some_and(|bytes| Arc::ptr_eq(bytes, &archive.bytes)) {
                archive.catalog = Some(catalog.clone());
            }
        }
        Ok(())
    }
}

impl Drop for MemoryCatalog<'_> {
    fn drop(&mut self) {
        locked(self.place).catalogs.remove(&self.name);
    }
}
