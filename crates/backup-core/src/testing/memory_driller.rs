//! A driller that restores the archives of the archiver in memory with a tool in memory, and compares.

use std::collections::{BTreeMap, HashSet};
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use super::locked::locked;
use super::memory_backups::digest_of;
use super::memory_tar::{MemoryTar, look};
use super::{Faults, MemoryBackups};
use crate::model::error::{Failure, PortError};
use crate::model::history::{DifferenceKind, DrillReport};
use crate::model::job::DrillRequest;
use crate::ports::{Driller, Progress};

/// Restores what stands in a [`MemoryBackups`] into a scratch in memory, with a tool that a test can spoil, and compares
/// that with what is in the archive. Clones are handles of the same one.
///
/// Its operation is "drill".
#[derive(Clone)]
pub struct MemoryDriller {
    backups: MemoryBackups,
    drilled: Arc<Mutex<Vec<String>>>,
    spoiled: Arc<Mutex<Folder>>,
    scratches: Arc<Mutex<HashSet<String>>>,
    faults: Faults,
}

/// What a tool brings back of files, by their paths; `None` where it brings back nothing.
type Folder = BTreeMap<PathBuf, Option<Vec<u8>>>;

impl MemoryDriller {
    /// Returns a driller of these backups.
    #[must_use]
    pub fn new(backups: &MemoryBackups) -> Self {
        Self::failing(backups, &Faults::none())
    }

    /// Returns a driller of these backups that fails as scripted.
    #[must_use]
    pub fn failing(backups: &MemoryBackups, faults: &Faults) -> Self {
        let (drilled, spoiled, scratches) = (Arc::default(), Arc::default(), Arc::default());
        Self { backups: backups.clone(), drilled, spoiled, scratches, faults: faults.clone() }
    }

    /// Has the tool bring that file back otherwise from now on, whatever the archive says: with these contents, or not at
    /// all.
    pub fn spoil(&self, path: impl Into<PathBuf>, contents: Option<&[u8]>) {
        locked(&self.spoiled).insert(path.into(), contents.map(<[u8]>::to_vec));
    }

    /// Has the tool bring back from now on what is in the archive.
    pub fn mend(&self) {
        locked(&self.spoiled).clear();
    }

    /// Returns the archives that were drilled to the end, oldest first.
    #[must_use]
    pub fn drilled(&self) -> Vec<String> {
        locked(&self.drilled).clone()
    }

    /// Returns whether there is a scratch: while a drill is under way, and never else.
    #[must_use]
    pub fn has_scratch(&self) -> bool {
        !locked(&self.scratches).is_empty()
    }

    #[cfg(test)]
    pub(super) fn not_seeing_others(&self) -> Self {
        Self { scratches: Arc::default(), ..self.clone() }
    }

    #[cfg(test)]
    pub(super) fn leave_scratch(&self) {
        locked(&self.scratches).insert("left".to_owned());
    }

    /// Restores the archive, and compares all that came back.
    fn compare(
        &self,
        stored: &[u8],
        request: &DrillRequest<'_>,
        progress: &dyn Progress,
    ) -> Result<DrillReport, PortError> {
        let mut report = DrillReport::new(digest_of(stored));
        let archive_bytes = report.digest.archive_bytes;
        look(progress)?;
        let tar = unpacked(stored, request.archive);
        let mut restored: Folder =
            tar.files.iter().map(|(path, contents)| (path.clone(), Some(contents.clone()))).collect();
        restored.extend(locked(&self.spoiled).clone());
        progress.advanced(Path::new(request.archive), archive_bytes);
        // The folder itself.
        report.entries = 1;
        for (path, contents) in &tar.files {
            look(progress)?;
            report.entries += 1;
            match restored.remove(path).flatten() {
                None => report.add(path, DifferenceKind::Missing),
                Some(found) => compare_file(path, contents, &found, &mut report),
            }
        }
        let extra = restored.into_iter().filter(|(_, contents)| contents.is_some());
        extra.for_each(|(path, _)| report.add(path, DifferenceKind::Extra));
        if let Some(damage) = tar.damage {
            report.add("", DifferenceKind::Damaged(damage.to_string()));
        }
        progress.advanced(Path::new(request.archive), archive_bytes);
        Ok(report)
    }
}

/// Returns what is in an archive, as far as it can be read.
fn unpacked(stored: &[u8], file_name: &str) -> MemoryTar {
    let plain = MemoryBackups::unpacked_as(stored, file_name).unwrap_or_default();
    let read = MemoryTar::read(&mut Cursor::new(plain));
    read.unwrap_or_else(|damage| MemoryTar { damage: Some(damage), ..MemoryTar::default() })
}

fn compare_file(path: &Path, archived: &[u8], restored: &[u8], report: &mut DrillReport) {
    let (size, found) = (archived.len() as u64, restored.len() as u64);
    report.content_bytes += size.min(found);
    if size != found {
        report.add(path, DifferenceKind::Size(size, found));
    } else if let Some(at) = archived.iter().zip(restored).position(|(one, other)| one != other) {
        report.add(path, DifferenceKind::Contents(at as u64));
    }
}

impl Driller for MemoryDriller {
    fn drill(&self, request: &DrillRequest<'_>, progress: &dyn Progress) -> Result<DrillReport, PortError> {
        self.faults.check("drill", request.archive)?;
        let failed = |failure| PortError::new(failure, format!("drill {}", request.archive));
        let stored = self.backups.stored(request.archive).ok_or_else(|| failed(Failure::Missing))?;
        if !locked(&self.scratches).insert(request.archive.to_owned()) {
            return Err(failed(Failure::Busy));
        }
        let compared = self.compare(&stored, request, progress);
        locked(&self.scratches).remove(request.archive);
        let report = compared?;
        locked(&self.drilled).push(request.archive.to_owned());
        Ok(report)
    }
}
