//! A viewer that looks into nothing, and shows what was scripted.

use std::io::Write;
use std::sync::{Arc, Mutex};

use super::Faults;
use super::faults::from_io_error;
use super::locked::locked;
use crate::error::{Failure, PortError};
use crate::ports::{ArchiveBytes, Progress, See, Viewer};
use crate::view::{ArchivedEntry, EntryKind};

/// Shows the same entries for every archive that it can read, and takes each line for a path. The contents of a file are
/// the bytes of the archive. Clones are handles of the same one.
///
/// Its operations are "list" and "copy".
#[derive(Debug, Clone, Default)]
pub struct MemoryViewer {
    entries: Arc<Mutex<Vec<ArchivedEntry>>>,
    faults: Faults,
}

impl MemoryViewer {
    /// Returns a viewer that fails as scripted.
    #[must_use]
    pub fn failing(faults: &Faults) -> Self {
        Self { faults: faults.clone(), ..Self::default() }
    }

    /// Scripts a file that every archive holds, last changed so many seconds after 1970.
    pub fn put(&self, path: &str, modified_seconds: i64) {
        locked(&self.entries).push(ArchivedEntry {
            path: path.as_bytes().to_vec(),
            kind: EntryKind::File,
            mode: 0o644,
            owner: b"ann".to_vec(),
            group: b"ann".to_vec(),
            size_bytes: 1,
            modified_seconds,
            link: Vec::new(),
            device: (0, 0),
        });
    }
}

impl Viewer for MemoryViewer {
    fn list(
        &self,
        archive: &mut dyn ArchiveBytes,
        chosen: &[String],
        see: See<'_>,
        _progress: &dyn Progress,
    ) -> Result<(), PortError> {
        self.faults.check("list", "the archive")?;
        let mut bytes = Vec::new();
        archive.read_to_end(&mut bytes).map_err(|error| from_io_error("read the archive", error))?;
        let entries = locked(&self.entries).clone();
        let is_chosen = |entry: &&ArchivedEntry| {
            chosen.is_empty() || chosen.iter().any(|line| line.as_bytes() == entry.path)
        };
        entries.iter().filter(is_chosen).all(see);
        Ok(())
    }

    fn copy(
        &self,
        archive: &mut dyn ArchiveBytes,
        path: &[u8],
        out: &mut dyn Write,
        _progress: &dyn Progress,
    ) -> Result<(), PortError> {
        self.faults.check("copy", "the archive")?;
        if !locked(&self.entries).iter().any(|entry| entry.path == path) {
            return Err(PortError::new(Failure::Missing, "show it"));
        }
        std::io::copy(archive, out).map(drop).map_err(|error| from_io_error("copy it", error))
    }
}
