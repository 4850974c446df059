//! A restorer that restores nothing, and remembers what it was asked for.

use std::sync::{Arc, Mutex};

use super::Faults;
use super::faults::from_io_error;
use super::locked::locked;
use crate::error::PortError;
use crate::ports::{ArchiveBytes, Progress, Restorer};
use crate::restore::{RestorePreview, RestoreReport, RestoreRequest};

/// Notes each request with the bytes of the archive that it was given, and answers with what was scripted. Clones are
/// handles of the same one.
///
/// Its operations are "restore" and "preview".
#[derive(Debug, Clone, Default)]
pub struct MemoryRestorer {
    asked: Arc<Mutex<Vec<Asked>>>,
    report: Arc<Mutex<RestoreReport>>,
    faults: Faults,
}

/// A request, and the archive's bytes.
type Asked = (RestoreRequest, Vec<u8>);

impl MemoryRestorer {
    /// Returns a restorer that fails as scripted.
    #[must_use]
    pub fn failing(faults: &Faults) -> Self {
        Self { faults: faults.clone(), ..Self::default() }
    }

    /// Scripts what comes of the next restores.
    pub fn answer(&self, report: RestoreReport) {
        *locked(&self.report) = report;
    }

    /// Returns what it was asked for, oldest first.
    #[must_use]
    pub fn asked(&self) -> Vec<Asked> {
        locked(&self.asked).clone()
    }

    fn note(&self, archive: &mut dyn ArchiveBytes, request: &RestoreRequest) -> Result<(), PortError> {
        let mut bytes = Vec::new();
        archive.read_to_end(&mut bytes).map_err(|error| from_io_error("read the archive", error))?;
        locked(&self.asked).push((request.clone(), bytes));
        Ok(())
    }
}

impl Restorer for MemoryRestorer {
    fn restore(
        &self,
        archive: &mut dyn ArchiveBytes,
        request: &RestoreRequest,
        _progress: &dyn Progress,
    ) -> Result<RestoreReport, PortError> {
        self.faults.check("restore", "the archive")?;
        self.note(archive, request)?;
        Ok(locked(&self.report).clone())
    }

    fn preview(
        &self,
        archive: &mut dyn ArchiveBytes,
        request: &RestoreRequest,
        _progress: &dyn Progress,
    ) -> Result<RestorePreview, PortError> {
        self.faults.check("preview", "the archive")?;
        self.note(archive, request)?;
        Ok(RestorePreview { new_entries: locked(&self.report).entries, ..RestorePreview::default() })
    }
}
