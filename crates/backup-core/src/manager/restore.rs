//! The use case that gets files back.

use std::io::SeekFrom;
use std::path::PathBuf;

use super::Manager;
use super::restore_plan::RestorePlan;
use crate::manager::path_hint::{below_the_folder, explained};
use crate::model::archive::{ArchiveName, BackupRecord, CheckReport, newest_older, place_of};
use crate::model::error::{Error, Failure, PortError};
use crate::model::history::{Flaw, RunRecord};
use crate::model::restore::{RestoreFindingKind, RestorePreview, RestoreReport};
use crate::operation::recovery::made;
use crate::policy::verdict::{Verdict, judge};
use crate::ports::{Ports, Progress, Restorer};

/// Gets files back out of backups.
#[derive(Clone, Copy)]
pub struct Restore<'a> {
    pub(super) ports: Ports<'a>,
    restorer: &'a dyn Restorer,
}

impl<'a> Restore<'a> {
    /// Returns the use cases over these ports.
    #[must_use]
    pub fn new(ports: Ports<'a>, restorer: &'a dyn Restorer) -> Self {
        Self { ports, restorer }
    }

    /// Without a history files come back all the same.
    pub(super) fn made(&self, archive: &BackupRecord) -> Vec<RunRecord> {
        made(&self.ports, &archive.file_name).unwrap_or_default()
    }

    /// Adds to a report whether the archive was what was made: what was known before it was opened, or what took its place
    /// just then.
    fn judged(&self, mut report: RestoreReport, plan: &RestorePlan, before: Vec<RunRecord>) -> RestoreReport {
        let Some(seal) = report.archive else { return report };
        let made: Vec<_> = self.made(&plan.archive).into_iter().chain(before).collect();
        let walked = Ok(CheckReport::default());
        if let Verdict::Flawed(Flaw::Changed(how)) = judge(&seal, walked, &made.iter().collect::<Vec<_>>()) {
            report.add(PathBuf::new(), RestoreFindingKind::NotAsMade(how));
        }
        report
    }

    /// Tells what a restore would change.
    ///
    /// # Errors
    /// [`Error::RestoreFailed`].
    pub fn preview(&self, plan: &RestorePlan, progress: &dyn Progress) -> Result<RestorePreview, Error> {
        let open = self.ports.backups.open(&plan.archive.file_name);
        let previewed =
            open.and_then(|mut archive| self.restorer.preview(&mut *archive, &plan.request, progress));
        let previewed = previewed.map(|mut preview| {
            plan.incompleteness(&self.made(&plan.archive)).into_iter().for_each(|it| preview.refuse(it));
            preview
        });
        Manager::new(self.ports).logged_error(previewed.map_err(|cause| self.failed(plan, cause)))
    }

    /// Carries a plan out.
    ///
    /// # Errors
    /// [`Error::RestoreFailed`], and [`Error::ReplacedMeanwhile`] where the archive isn't any more what was planned with,
    /// and may have been shown: then nothing is done.
    pub fn restore(&self, plan: &RestorePlan, progress: &dyn Progress) -> Result<RestoreReport, Error> {
        let said = |report: &RestoreReport| plan.event(report);
        Manager::new(self.ports).logged(self.carry_out(plan, progress), said)
    }

    fn carry_out(&self, plan: &RestorePlan, progress: &dyn Progress) -> Result<RestoreReport, Error> {
        let failed = |cause| self.failed(plan, cause);
        let made = self.made(&plan.archive);
        let mut archive = self.ports.backups.open(&plan.archive.file_name).map_err(failed)?;
        self.refuse_replaced(plan)?;
        let mut restored = self.restorer.restore(&mut *archive, &plan.request, progress).map_err(failed)?;
        plan.incompleteness(&made).into_iter().for_each(|it| restored.add(it.path, it.kind));
        Ok(self.judged(restored, plan, made))
    }

    /// Asked behind the opening: what has the name then, unless it has another again, is what was opened.
    fn refuse_replaced(&self, plan: &RestorePlan) -> Result<(), Error> {
        let records = Manager::new(self.ports).load_backups()?;
        let planned = &plan.archive;
        let is_it = |record: &&BackupRecord| {
            (record.archive_bytes, record.finished) == (planned.archive_bytes, planned.finished)
        };
        let name = |record: &BackupRecord| ArchiveName::parse(&record.file_name).map(|name| name.backup);
        let mut same = records.iter().filter(is_it).filter(|record| name(record) == name(planned));
        if same.clone().any(|record| record.file_name == planned.file_name) {
            return Ok(());
        }
        let before = same.next().map(|record| record.file_name.clone());
        Err(Error::ReplacedMeanwhile { archive: place_of(&planned.file_name), before })
    }

    /// Returns how the first of the lines that matched nothing is to be written, where it has the folder's own name in
    /// front.
    #[must_use]
    pub fn below_the_folder(&self, plan: &RestorePlan, unmatched: &[String]) -> Option<String> {
        let lines: Vec<_> = unmatched.iter().map(|line| line.as_bytes().to_vec()).collect();
        below_the_folder(&self.ports, &plan.archive, &lines).map(|(_, below)| below)
    }

    fn failed(&self, plan: &RestorePlan, cause: PortError) -> Error {
        explained(cause, &self.ports, &plan.archive, &plan.request.chosen).unwrap_or_else(|cause| {
            let older = (cause.failure == Failure::Damaged).then(|| self.older(plan)).flatten();
            Error::RestoreFailed { archive: place_of(&plan.archive.file_name), cause, older }
        })
    }

    /// Returns how many bytes of plain tar there are, where the archive tells: one that another tool has compressed
    /// doesn't.
    #[must_use]
    pub fn plain_bytes(&self, plan: &RestorePlan) -> Option<u64> {
        self.ports.backups.open(&plan.archive.file_name).ok()?.seek(SeekFrom::End(0)).ok()
    }

    /// Returns the file name of the newest older generation, where the archive of a plan is the newest one.
    #[must_use]
    pub fn older(&self, plan: &RestorePlan) -> Option<String> {
        let newest = ArchiveName::parse(&plan.archive.file_name).filter(|archive| archive.stamp.is_none())?;
        newest_older(&self.ports.backups.list().ok()?, &newest.backup)
    }
}
