//! Reads a draft back from the disk.

use std::io;
use std::sync::Arc;

use backup_core::model::archive::ArchiveDigest;
use backup_core::ports::{Progress, ReadTar};

use super::DraftFile;
use crate::store::digest::digest;
use crate::store::inspect::inspect;

impl DraftFile {
    /// Reads the written bytes back from the disk. If they are encrypted, they are only compared.
    pub(super) fn read_back(
        &self,
        read_tar: ReadTar<'_>,
        progress: &dyn Progress,
    ) -> io::Result<ArchiveDigest> {
        let (archive, path) = (self.file.open_back()?, self.file.path());
        if self.is_encrypted {
            return digest(&archive, &path, progress);
        }
        inspect(&archive, self.format, &Arc::default(), &path, read_tar, progress)
    }

    /// Takes over the digest of what was read back. Returns whether it is what was written.
    pub(super) fn learn(&mut self, read: &ArchiveDigest) -> bool {
        let Some(sealed) = &mut self.sealed else { return false };
        sealed.archive_bytes == read.archive_bytes && *sealed.sha256.get_or_insert(read.sha256) == read.sha256
    }
}
