//! Restore: the use cases that preview and carry out a restore.

use std::io::SeekFrom;
use std::path::PathBuf;

use super::Manager;
use super::restore_plan::RestorePlan;
use crate::manager::heal::{Search, report_healing, report_lost, search};
use crate::manager::stored_digest::{Quiet, digest_stored, is_proven};
use crate::manager::typed_path::{Reading, SourcePrefixes};
use crate::model::archive::{ArchiveName, BackupRecord, CheckReport, display_path};
use crate::model::error::{Error, Failure, PortError};
use crate::model::history::{Flaw, Ledger, RunRecord, Verdict};
use crate::model::restore::{LostEntry, RestoreFindingKind, RestoreJob, RestorePreview, RestoreReport};
use crate::operation::recovery::made;
use crate::policy::archive_choice::choosing;
use crate::policy::integrity::newest_sound_older;
use crate::policy::verdict::verdict_of;
use crate::ports::{ArchiveBytes, Extent, Ports, Progress, Restorer};
use crate::text::printable;

/// An archive that can be restored, and what it had lost. `None`: nothing could be compared.
type Healed<'a> = (Box<dyn ArchiveBytes + 'a>, Option<Vec<LostEntry>>);

/// Restores files from backups.
#[derive(Clone, Copy)]
pub struct Restore<'a> {
    pub(super) ports: Ports<'a>,
    restorer: &'a dyn Restorer,
    /// Whether what is damaged is taken from other archives.
    heals: bool,
}

impl<'a> Restore<'a> {
    /// Returns the use cases over these ports.
    #[must_use]
    pub fn new(ports: Ports<'a>, restorer: &'a dyn Restorer) -> Self {
        Self { ports, restorer, heals: false }
    }

    /// Returns the same use cases, which take from other archives what is damaged in the planned one.
    ///
    /// Promises: nothing is restored whose contents aren't what was stored. What no archive has whole is a finding.
    #[must_use]
    pub fn healing(self, heals: bool) -> Self {
        Self { heals, ..self }
    }

    /// Returns the runs that may have made an archive.
    ///
    /// If the history can't be read, there are none: files are restored anyway.
    pub(super) fn runs_behind(&self, archive: &BackupRecord) -> Vec<RunRecord> {
        made(&self.ports, &archive.file_name).unwrap_or_default()
    }

    /// Adds a finding to the report if the archive has changed since it was made.
    ///
    /// `runs_before` are the runs known before the archive was opened. Another archive may have taken its place just then,
    /// so the runs known now count as well.
    fn with_changes(
        &self,
        mut report: RestoreReport,
        plan: &RestorePlan,
        runs_before: Vec<RunRecord>,
    ) -> RestoreReport {
        let Some(digest) = report.archive else { return report };
        let runs: Vec<_> = self.runs_behind(&plan.archive).into_iter().chain(runs_before).collect();
        let checked = Ok(CheckReport::default());
        if let Verdict::Flawed(Flaw::Changed(how)) =
            verdict_of(&digest, checked, None, &runs.iter().collect::<Vec<_>>())
        {
            report.add(PathBuf::new(), RestoreFindingKind::NotAsMade(how));
        }
        report
    }

    /// Returns what a restore would change.
    ///
    /// # Errors
    /// [`Error::RestoreFailed`].
    pub fn preview(&self, plan: &RestorePlan, progress: &dyn Progress) -> Result<RestorePreview, Error> {
        let open = self.ports.backups.open(&plan.archive.file_name);
        let preview = open.and_then(|mut archive| {
            let job = self.job(plan, progress);
            self.restorer.preview(&mut *archive, &job, progress)
        });
        let preview = preview.map(|mut preview| {
            plan.incompleteness(&self.runs_behind(&plan.archive))
                .into_iter()
                .for_each(|finding| preview.refuse(finding));
            preview
        });
        Manager::new(self.ports).log_error(preview.map_err(|cause| self.failed(plan, cause)))
    }

    /// Carries out a plan.
    ///
    /// # Errors
    /// [`Error::RestoreFailed`]. [`Error::ReplacedMeanwhile`] if the archive isn't the planned one any more; then nothing is
    /// restored.
    pub fn restore(&self, plan: &RestorePlan, progress: &dyn Progress) -> Result<RestoreReport, Error> {
        let event = |report: &RestoreReport| plan.event(report);
        Manager::new(self.ports).log_result(self.carry_out(plan, progress), event)
    }

    fn carry_out(&self, plan: &RestorePlan, progress: &dyn Progress) -> Result<RestoreReport, Error> {
        let failed = |cause| self.failed(plan, cause);
        let runs = self.runs_behind(&plan.archive);
        let archive = self.ports.backups.open(&plan.archive.file_name).map_err(failed)?;
        self.refuse_replaced(plan)?;
        let mut report = self.restored(plan, archive, &runs, progress).map_err(failed)?;
        plan.incompleteness(&runs).into_iter().for_each(|finding| report.add(finding.path, finding.kind));
        Ok(self.with_changes(report, plan, runs))
    }

    /// Restores an open archive. If it is damaged, the report says where what is lost is whole, or that it was taken from there.
    fn restored(
        &self,
        plan: &RestorePlan,
        mut archive: Box<dyn ArchiveBytes + 'a>,
        runs: &[RunRecord],
        progress: &dyn Progress,
    ) -> Result<RestoreReport, PortError> {
        let mut job = self.job(plan, progress);
        if self.heals {
            let (mut healed, lost) = self.healed((plan, &job), archive, progress)?;
            // Each of its entries was compared.
            job.digests &= lost.as_ref().is_none_or(Vec::is_empty);
            let mut report = self.restorer.restore(&mut *healed, &job, progress)?;
            if lost.as_ref().is_none_or(Vec::is_empty) {
                digest_stored(self.ports.backups, &mut report, (plan, runs), progress);
            }
            if lost.is_none() && !is_proven(&report, runs) {
                report.add(PathBuf::new(), RestoreFindingKind::Uncompared);
            }
            report_healing(&mut report, lost.unwrap_or_default());
            return Ok(report);
        }
        let mut report = self.restorer.restore(&mut *archive, &job, progress)?;
        digest_stored(self.ports.backups, &mut report, (plan, runs), progress);
        let extent = if self.is_damaged(&report, runs) { Extent::All } else { Extent::Chosen };
        // Whoever restores everything and asks for no digest doesn't want to wait for one.
        let wants_no_proof = job.chosen.is_empty() && !job.digests;
        if extent == Extent::Chosen && (wants_no_proof || is_proven(&report, runs)) {
            return Ok(report);
        }
        let ports = (&self.ports, self.restorer);
        let found = search(ports, (plan, &job), (&mut *archive, extent), &Quiet(progress))?;
        report_lost(&mut report, found.map(|found| found.lost).unwrap_or_default());
        Ok(report)
    }

    /// Returns the archive with what other archives have of what it has lost, and all that it has lost. That is `None` if nothing could be
    /// compared.
    fn healed(
        &self,
        planned: (&RestorePlan, &RestoreJob),
        mut archive: Box<dyn ArchiveBytes + 'a>,
        progress: &dyn Progress,
    ) -> Result<Healed<'a>, PortError> {
        let ports = (&self.ports, self.restorer);
        let found = search(ports, planned, (&mut *archive, Extent::All), progress)?;
        archive.rewind().map_err(|error| PortError::io("read the archive", error))?;
        match found {
            Some(Search { lost, others }) if !lost.is_empty() => {
                Ok((self.restorer.healed(archive, others, &lost)?, Some(lost)))
            }
            found => Ok((archive, found.map(|found| found.lost))),
        }
    }

    /// Returns whether anything shows that the archive is damaged: this restore, or the last verify of it.
    fn is_damaged(&self, report: &RestoreReport, runs: &[RunRecord]) -> bool {
        let is_sign =
            |kind: &RestoreFindingKind| kind.is_damage() || matches!(kind, RestoreFindingKind::Failed(_));
        let has_other_digest = report.archive.is_some_and(|digest| {
            let known: Vec<_> = runs.iter().filter_map(|run| run.sha256).collect();
            !known.is_empty() && !known.contains(&digest.sha256)
        });
        let is_flawed = || {
            let ledger = Ledger::new(&self.ports.history.load().unwrap_or_default());
            runs.iter().any(|run| ledger.flaw_of(run).is_some())
        };
        has_other_digest || report.findings.iter().any(|finding| is_sign(&finding.kind)) || is_flawed()
    }

    /// Checks that the archive is still the planned one.
    ///
    /// It is called after the archive was opened. So if the name still belongs to the planned archive, that is what was
    /// opened.
    fn refuse_replaced(&self, plan: &RestorePlan) -> Result<(), Error> {
        let records = Manager::new(self.ports).list_backups()?;
        let planned = &plan.archive;
        let is_planned = |record: &&BackupRecord| {
            (record.archive_bytes, record.finished) == (planned.archive_bytes, planned.finished)
        };
        let name = |record: &BackupRecord| ArchiveName::parse(&record.file_name).map(|name| name.backup);
        let mut same = records.iter().filter(is_planned).filter(|record| name(record) == name(planned));
        if same.clone().any(|record| record.file_name == planned.file_name) {
            return Ok(());
        }
        let before = same.next().map(|record| record.file_name.clone());
        Err(Error::ReplacedMeanwhile { archive: display_path(&planned.file_name), before })
    }

    fn failed(&self, plan: &RestorePlan, cause: PortError) -> Error {
        let older = (cause.failure == Failure::Damaged).then(|| self.older_archive(plan)).flatten();
        Error::RestoreFailed { archive: display_path(&plan.archive.file_name), cause, older }
    }

    /// Returns what to restore, with paths that match nothing as they may be meant: without what stands in front, or with
    /// tar's escapes. What matches nothing in any way stays as it was typed.
    ///
    /// The archive is read for this only if a line may be meant so.
    fn job(&self, plan: &RestorePlan, progress: &dyn Progress) -> RestoreJob {
        let job = &plan.request;
        if job.chosen.is_empty() {
            return job.clone();
        }
        let prefixes = SourcePrefixes::of(&self.ports, &plan.archive);
        let mut chosen = job.chosen.clone();
        for reading in Reading::ALL {
            let lines: Vec<_> = job.chosen.iter().map(Vec::as_slice).zip(chosen.clone()).collect();
            if prefixes.reread(reading, &lines, |_| true).is_none() {
                continue;
            }
            let unmatched = self.unmatched(plan, &chosen, progress);
            let reread = prefixes.reread(reading, &lines, |line| unmatched.contains(&printable(line)));
            chosen = reread.unwrap_or(chosen);
        }
        if chosen.iter().zip(&job.chosen).any(|(read, typed)| read != typed) {
            let unmatched = self.unmatched(plan, &chosen, progress);
            for (read, typed) in chosen.iter_mut().zip(&job.chosen) {
                if unmatched.contains(&printable(read)) {
                    read.clone_from(typed);
                }
            }
        }
        RestoreJob { chosen: choosing(&chosen).to_vec(), ..job.clone() }
    }

    /// Returns those of the lines that match nothing in the archive, safe to print.
    fn unmatched(&self, plan: &RestorePlan, chosen: &[Vec<u8>], progress: &dyn Progress) -> Vec<String> {
        let open = self.ports.backups.open(&plan.archive.file_name);
        let job = RestoreJob { chosen: choosing(chosen).to_vec(), ..plan.request.clone() };
        let preview =
            open.and_then(|mut archive| self.restorer.preview(&mut *archive, &job, &Quiet(progress)));
        match preview {
            Ok(preview) => preview.unmatched,
            Err(error) if matches!(error.failure, Failure::Missing | Failure::Refused) => {
                chosen.iter().map(|line| printable(line)).collect()
            }
            // The restore reports it.
            Err(_) => Vec::new(),
        }
    }

    /// Returns the size of the plain tar in bytes.
    ///
    /// Returns `None` if the archive doesn't tell it. This is so if another tool has compressed it.
    #[must_use]
    pub fn plain_bytes(&self, plan: &RestorePlan) -> Option<u64> {
        self.ports.backups.open(&plan.archive.file_name).ok()?.seek(SeekFrom::End(0)).ok()
    }

    /// Returns the file name of the newest older generation that isn't known to be damaged, if the plan restores the newest archive.
    #[must_use]
    pub fn older_archive(&self, plan: &RestorePlan) -> Option<String> {
        let newest = ArchiveName::parse(&plan.archive.file_name).filter(|archive| archive.stamp.is_none())?;
        let ledger = Ledger::new(&self.ports.history.load().unwrap_or_default());
        newest_sound_older(&ledger, &self.ports.backups.list().ok()?, &newest.backup)
    }
}
