//! A restorer that restores the archives of the archiver in memory into folders in memory.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use super::Faults;
use super::locked::locked;
use super::memory_backups::digest_of;
use super::memory_tar::{MemoryLines, MemoryTar, look};
use crate::model::error::{Failure, PortError};
use crate::model::restore::{
    IfExists, InPlace, RestoreFindingKind, RestoreJob, RestorePreview, RestoreReport, Step, step,
};
use crate::ports::{ArchiveBytes, Progress, Restorer};

/// Restores what [`MemoryArchiver`](super::MemoryArchiver) packed into folders that only it knows, and notes each request
/// with the bytes of the archive that it was given. Each chosen line is taken for a path. Clones are handles of the same
/// one.
///
/// Once an answer is scripted, it restores nothing and gives that. Its operations are "restore" and "preview".
#[derive(Debug, Clone, Default)]
pub struct MemoryRestorer {
    asked: Arc<Mutex<Vec<ScheduleQuery>>>,
    report: Arc<Mutex<Option<RestoreReport>>>,
    targets: Arc<Mutex<HashMap<PathBuf, Folder>>>,
    faults: Faults,
}

/// A request, and the archive's bytes.
type ScheduleQuery = (RestoreJob, Vec<u8>);

/// Files by their paths.
type Folder = BTreeMap<PathBuf, Vec<u8>>;

impl MemoryRestorer {
    /// Returns a restorer that fails as scripted.
    #[must_use]
    pub fn failing(faults: &Faults) -> Self {
        Self { faults: faults.clone(), ..Self::default() }
    }

    /// Scripts what comes of the next restores.
    pub fn answer(&self, report: RestoreReport) {
        *locked(&self.report) = Some(report);
    }

    /// Returns what it was asked for, oldest first.
    #[must_use]
    pub fn asked(&self) -> Vec<ScheduleQuery> {
        locked(&self.asked).clone()
    }

    /// Puts a file into a target, which is made when it is missing.
    pub fn put(&self, target: &Path, path: impl Into<PathBuf>, contents: impl Into<Vec<u8>>) {
        locked(&self.targets).entry(target.to_owned()).or_default().insert(path.into(), contents.into());
    }

    /// Returns the files of a target, by path; `None` where there is no such target.
    #[must_use]
    pub fn target(&self, target: &Path) -> Option<BTreeMap<PathBuf, Vec<u8>>> {
        locked(&self.targets).get(target).cloned()
    }

    fn note(&self, archive: &mut dyn ArchiveBytes, request: &RestoreJob) -> Result<MemoryTar, PortError> {
        let tar = MemoryTar::read(archive)?;
        locked(&self.asked).push((request.clone(), tar.bytes.clone()));
        Ok(tar)
    }

    fn carry_out(
        &self,
        tar: &MemoryTar,
        request: &RestoreJob,
        progress: &dyn Progress,
    ) -> Result<RestoreReport, PortError> {
        let path = request.target.path();
        let (mut lines, before) = (MemoryLines::new(&request.chosen, tar)?, self.target(path));
        let taken: Vec<_> = tar.files.iter().filter(|(path, _)| lines.takes(path)).collect();
        lines.require_any()?;
        if before.is_some() && request.existing == IfExists::Refuse {
            return Err(PortError::new(Failure::Refused, format!("make {}", path.display())));
        }
        let (mut folder, mut report) = (before.unwrap_or_default(), RestoreReport::default());
        for (path, contents) in taken {
            look(progress)?;
            restore(&mut folder, path, contents, request.existing, &mut report);
            progress.advanced(path, contents.len() as u64);
        }
        if let Some(damage) = &tar.damage {
            report.add(PathBuf::new(), RestoreFindingKind::BrokenOff(damage.to_string()));
        }
        locked(&self.targets).insert(path.to_owned(), folder);
        report.unmatched = lines.unmatched();
        report.archive = (request.digests && lines.is_everything()).then(|| digest_of(&tar.bytes));
        Ok(report)
    }
}

fn standing(folder: &Folder, path: &Path, contents: &[u8]) -> InPlace {
    match folder.get(path) {
        None => InPlace::Nothing,
        Some(stands) if stands == contents => InPlace::Same,
        Some(_) => InPlace::Other,
    }
}

fn restore(
    folder: &mut Folder,
    path: &Path,
    contents: &[u8],
    existing: IfExists,
    report: &mut RestoreReport,
) {
    match step(false, standing(folder, path, contents), existing, false) {
        Step::Make | Step::Replace => {
            folder.insert(path.to_owned(), contents.to_vec());
            report.entries += 1;
            report.content_bytes += contents.len() as u64;
        }
        Step::Pass => report.present_entries += 1,
        Step::Leave => {
            report.left_entries += 1;
            report.add(path.to_owned(), RestoreFindingKind::Left);
        }
        Step::Refuse(refusal) => report.add(path.to_owned(), RestoreFindingKind::Refused(refusal)),
    }
}

impl Restorer for MemoryRestorer {
    fn restore(
        &self,
        archive: &mut dyn ArchiveBytes,
        request: &RestoreJob,
        progress: &dyn Progress,
    ) -> Result<RestoreReport, PortError> {
        self.faults.check("restore", "the archive")?;
        let tar = self.note(archive, request)?;
        let scripted = locked(&self.report).clone();
        scripted.map_or_else(|| self.carry_out(&tar, request, progress), Ok)
    }

    fn preview(
        &self,
        archive: &mut dyn ArchiveBytes,
        request: &RestoreJob,
        progress: &dyn Progress,
    ) -> Result<RestorePreview, PortError> {
        self.faults.check("preview", "the archive")?;
        let tar = self.note(archive, request)?;
        if let Some(report) = &*locked(&self.report) {
            return Ok(RestorePreview { new_entries: report.entries, ..RestorePreview::default() });
        }
        let folder = self.target(request.target.path()).unwrap_or_default();
        let (mut lines, mut preview) = (MemoryLines::new(&request.chosen, &tar)?, RestorePreview::default());
        for (path, contents) in &tar.files {
            look(progress)?;
            match standing(&folder, path, contents) {
                _ if !lines.takes(path) => {}
                InPlace::Nothing => preview.new.push(path.clone()),
                InPlace::Same => preview.same_entries += 1,
                _ => preview.changed.push(path.clone()),
            }
        }
        let is_extra = |path: &&PathBuf| !tar.files.iter().any(|(known, _)| known == *path);
        preview.extra = folder.keys().filter(is_extra).cloned().collect();
        let counts = [&preview.new, &preview.changed, &preview.extra].map(|named| named.len() as u64);
        [preview.new_entries, preview.changed_entries, preview.extra_entries] = counts;
        preview.unmatched = lines.unmatched();
        Ok(preview)
    }
}
