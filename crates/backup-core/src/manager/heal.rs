//! Heal: what a damaged archive has lost, and where that is whole yet.

use crate::manager::restore_plan::RestorePlan;
use crate::model::error::{Failure, PortError};
use crate::model::restore::{Holder, LostEntry, RestoreFindingKind, RestoreJob, RestoreReport};
use crate::policy::heal_sources::heal_sources;
use crate::ports::{ArchiveBytes, Extent, Ports, Progress, Restorer};

/// What a damaged archive has lost, and the archives that have it.
pub(super) struct Search<'a> {
    pub(super) lost: Vec<LostEntry>,
    /// Those in which something was found, by their file names. They stay open, so what was compared is what is taken.
    pub(super) others: Vec<(String, Box<dyn ArchiveBytes + 'a>)>,
}

/// The maximum number of archives that stay open.
const MAX_OTHERS: usize = 100;

/// Reads an archive to that extent, and looks for what it has lost in all others. `None` if it has no catalog that can be read.
///
/// # Errors
/// [`Failure::Interrupted`] if `progress` cancels.
pub(super) fn search<'a>(
    (ports, restorer): (&Ports<'a>, &dyn Restorer),
    (plan, request): (&RestorePlan, &RestoreJob),
    (archive, extent): (&mut dyn ArchiveBytes, Extent),
    progress: &dyn Progress,
) -> Result<Option<Search<'a>>, PortError> {
    let Some(lost) = restorer.find_lost(archive, request, extent, progress)? else { return Ok(None) };
    let mut search = Search { lost, others: Vec::new() };
    let backups = ports.backups.list().unwrap_or_default();
    for other in heal_sources(&backups, &plan.archive) {
        if search.others.len() == MAX_OTHERS || !search.lost.iter().any(LostEntry::wants_copy) {
            break;
        }
        let Ok(opened) = ports.backups.open(&other.file_name) else { continue };
        search.look_in(restorer, &other.file_name, opened, progress)?;
    }
    Ok(Some(search))
}

impl<'a> Search<'a> {
    /// Looks in one archive. One that can't be read has nothing.
    fn look_in(
        &mut self,
        restorer: &dyn Restorer,
        file_name: &str,
        mut other: Box<dyn ArchiveBytes + 'a>,
        progress: &dyn Progress,
    ) -> Result<(), PortError> {
        let found = restorer.find_copies(&mut *other, file_name, &mut self.lost, progress);
        if let Err(error) = found {
            return if error.failure == Failure::Interrupted { Err(error) } else { Ok(()) };
        }
        let mut copies = self.lost.iter().filter_map(|lost| lost.copy.as_ref());
        if copies.any(|copy| copy.archive == file_name) {
            self.others.push((file_name.to_owned(), other));
        }
        Ok(())
    }
}

/// Notes in the report what was healed, and what stays lost.
pub(super) fn report_healing(report: &mut RestoreReport, lost: Vec<LostEntry>) {
    for entry in lost.into_iter().filter(|entry| entry.is_chosen) {
        if !entry.is_healable() {
            report.add(entry.path, RestoreFindingKind::Lost(Holder::Nobody));
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
            Some(copy) => Holder::Archive(copy.archive.clone()),
            None if entry.is_healable() => Holder::Itself,
            None => Holder::Nobody,
        };
        report.add(entry.path, RestoreFindingKind::Lost(holder));
    }
}
