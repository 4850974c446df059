//! What happens to the archives and drafts in memory.

use super::{Archive, DraftState, Place, digest_of};
use crate::model::archive::{ArchiveName, BackupName, BackupRecord, Compression, FileEnding};
use crate::model::error::{Failure, PortError};

impl Place {
    pub(super) fn ending(&self, compression: Compression) -> FileEnding {
        let other = self.ending.clone().filter(|_| compression == Compression::None);
        other.unwrap_or_else(|| compression.into())
    }

    pub(super) fn begin(&mut self, name: &BackupName) -> Result<u64, PortError> {
        if let Some(DraftState::Open(_)) = self.drafts.get(name) {
            return Err(PortError::new(Failure::Busy, format!("draft {name}")));
        }
        self.exists = true;
        self.drafts_begun += 1;
        self.drafts.insert(name.clone(), DraftState::Open(self.drafts_begun));
        Ok(self.drafts_begun)
    }

    pub(super) fn publish(
        &mut self,
        name: &ArchiveName,
        archive: Archive,
        kept: &[ArchiveName],
    ) -> BackupRecord {
        let record = self.add(name, archive);
        let endings = Compression::ALL.map(|compression| self.ending(compression));
        for superseded in name.superseded(&endings).into_iter().filter(|archive| !kept.contains(archive)) {
            self.archives.remove(&superseded.to_string());
        }
        record
    }

    /// Puts an archive in its place.
    pub(super) fn add(&mut self, name: &ArchiveName, archive: Archive) -> BackupRecord {
        let file_name = name.to_string();
        let on_disk = self.name_on_disk(&file_name);
        let sha256 = Some(digest_of(&archive.bytes).sha256);
        let record = BackupRecord { sha256, ..archive.record(&file_name) };
        self.archives.insert(on_disk, archive);
        record
    }
}
