//! A driller that drills nothing, and answers with what was scripted.

use std::sync::{Arc, Mutex};

use super::locked::locked;
use super::{Faults, MemoryBackups};
use crate::backup::Seal;
use crate::drill::{DifferenceKind, DrillReport, DrillRequest};
use crate::error::{Failure, PortError};
use crate::ports::{BackupStore, Driller, Progress};

/// Digests the archive in a [`MemoryBackups`], and finds the differences that were scripted. Clones are handles of the
/// same one.
///
/// Its operation is "drill". Stricter than reality, it ends at once when `progress` cancels.
#[derive(Clone)]
pub struct MemoryDriller {
    backups: MemoryBackups,
    drilled: Arc<Mutex<Vec<String>>>,
    differences: Arc<Mutex<Vec<(String, DifferenceKind)>>>,
    faults: Faults,
}

impl MemoryDriller {
    /// Returns a driller of these backups.
    #[must_use]
    pub fn new(backups: &MemoryBackups) -> Self {
        Self::failing(backups, &Faults::none())
    }

    /// Returns a driller of these backups that fails as scripted.
    #[must_use]
    pub fn failing(backups: &MemoryBackups, faults: &Faults) -> Self {
        let (drilled, differences) = (Arc::default(), Arc::default());
        Self { backups: backups.clone(), drilled, differences, faults: faults.clone() }
    }

    /// Scripts what differs in all drills from now on: paths, and in what way.
    pub fn find(&self, differences: &[(&str, DifferenceKind)]) {
        *locked(&self.differences) =
            differences.iter().map(|(path, kind)| ((*path).to_owned(), kind.clone())).collect();
    }

    /// Returns the archives that were drilled to the end, oldest first.
    #[must_use]
    pub fn drilled(&self) -> Vec<String> {
        locked(&self.drilled).clone()
    }
}

impl Driller for MemoryDriller {
    fn drill(&self, request: &DrillRequest<'_>, progress: &dyn Progress) -> Result<DrillReport, PortError> {
        self.faults.check("drill", request.archive)?;
        if progress.is_cancelled() {
            return Err(PortError::new(Failure::Interrupted, format!("drill {}", request.archive)));
        }
        let Seal { archive_bytes, sha256 } = self.backups.digest(request.archive, progress)?;
        let mut report = DrillReport::new(Seal { archive_bytes, sha256 });
        (report.entries, report.content_bytes) = (2, archive_bytes);
        let differences = locked(&self.differences).clone();
        differences.into_iter().for_each(|(path, kind)| report.add(path, kind));
        locked(&self.drilled).push(request.archive.to_owned());
        Ok(report)
    }
}
