//! Heal: what a damaged archive has lost, and where that is whole yet.

use crate::manager::restore::Restore;
use crate::manager::restore_plan::RestorePlan;
use crate::model::error::{Failure, PortError};
use crate::model::restore::{LostEntry, RestoreFindingKind, RestoreReport};
use crate::policy::heal_sources::heal_sources;
use crate::ports::{ArchiveBytes, Progress};

/// What a damaged archive has lost, and the archives that have it.
pub(super) struct Search<'a> {
    pub(super) lost: Vec<LostEntry>,
    /// Those in which something was found, by their file names. They stay open, so what was compared is what is taken.
    pub(super) others: Vec<(String, Box<dyn ArchiveBytes + 'a>)>,
}

/// The maximum number of archives that stay open.
const MAX_OTHERS: usize = 100;

impl<'a> Restore<'a> {
    /// Reads an archive, and looks for what it has lost in all others. `None` if it has no catalog that can be read.
    ///
    /// # Errors
    /// [`Failure::Interrupted`] if `progress` cancels; a malformed choice.
    pub(super) fn search(
        &self,
        plan: &RestorePlan,
        archive: &mut dyn ArchiveBytes,
        progress: &dyn Progress,
    ) -> Result<Option<Search<'a>>, PortError> {
        let lost = self.restorer.find_lost(archive, &plan.request, progress)?;
        let Some(lost) = lost else { return Ok(None) };
        let mut search = Search { lost, others: Vec::new() };
        let backups = self.ports.backups.list().unwrap_or_default();
        for other in heal_sources(&backups, &plan.archive) {
            if search.others.len() == MAX_OTHERS || !search.lost.iter().any(LostEntry::wants_copy) {
                break;
            }
            let Ok(mut opened) = self.ports.backups.open(&other.file_name) else { continue };
            let found = self.restorer.find_copies(&mut *opened, &other.file_name, &mut search.lost, progress);
            match found {
                Err(error) if error.failure == Failure::Interrupted => return Err(error),
                // Another one may have it.
                Err(_) => {}
                Ok(()) => {
                    let is_used = search.lost.iter().filter_map(|lost| lost.copy.as_ref());
                    if is_used.clone().any(|copy| copy.archive == other.file_name) {
                        search.others.push((other.file_name.clone(), opened));
                    }
                }
            }
        }
        Ok(Some(search))
    }
}

/// Notes in the report what was healed, and what stays lost.
pub(super) fn report_healing(report: &mut RestoreReport, lost: Vec<LostEntry>) {
    for entry in lost.into_iter().filter(|entry| entry.is_chosen) {
        if !entry.is_healable() {
            report.add(entry.path, RestoreFindingKind::Lost(None));
            continue;
        }
        if entry.loses_attributes() {
            let reason = "its header in the archive is damaged".to_owned();
            report.add(entry.path.clone(), RestoreFindingKind::Bare("attributes and access lists", reason));
        }
        report.add_healed(entry);
    }
}

/// Notes in the report what is lost, and which archive has it.
pub(super) fn report_lost(report: &mut RestoreReport, lost: Vec<LostEntry>) {
    for entry in lost.into_iter().filter(|entry| entry.is_chosen) {
        report.healable_entries += u64::from(entry.is_healable());
        report.misread_entries += u64::from(entry.description.is_none());
        let holder = match &entry.copy {
            Some(copy) => Some(Some(copy.archive.clone())),
            None => entry.is_healable().then_some(None),
        };
        report.add(entry.path, RestoreFindingKind::Lost(holder));
    }
}
