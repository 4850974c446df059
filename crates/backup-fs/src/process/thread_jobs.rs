//! What the threads of the service's runner carry out. A panic becomes a failure.

use std::panic::{AssertUnwindSafe, catch_unwind};

use backup_core::model::archive::display_path;
use backup_core::model::error::{Error, Failure, PortError};
use backup_core::model::job::{
    DrillJob, DrillResult, RefreshJob, RefreshResult, RunJob, RunResult, VerifyJob,
};
use backup_core::model::notice::{Notice, NotifyTarget, Unsent, UnsentKind};
use backup_core::ports::{Notifier, Progress};

use super::cancel::CancelFlag;

/// The function that performs one job.
pub type Perform<'a> = &'a (dyn Fn(&RunJob, &dyn Progress) -> RunResult + Sync);

/// The function that performs one drill.
pub type PerformDrill<'a> = &'a (dyn Fn(&DrillJob, &dyn Progress) -> DrillResult + Sync);

/// The function that verifies one archive.
pub type PerformVerify<'a> = &'a (dyn Fn(&VerifyJob, &dyn Progress) + Sync);

/// The function that writes the files that show how the backups are.
pub type PerformRefresh<'a> = &'a (dyn Fn(&RefreshJob) -> RefreshResult + Sync);

/// Performs a job. A panic becomes a failed backup, so that it doesn't stop the others.
pub(super) fn perform_job(job: &RunJob, perform: Perform<'_>, cancel: &CancelFlag) -> RunResult {
    let work = AssertUnwindSafe(|| perform(job, cancel));
    catch_unwind(work).unwrap_or_else(|_| {
        let cause = PortError::new(Failure::Other, "finish").because(DEFECT);
        RunResult::NotMade(Error::BackupFailed { source: job.entry.source().to_owned(), cause })
    })
}

/// Performs a drill. A panic becomes a failed drill.
pub(super) fn perform_drill(
    drill: &DrillJob,
    perform: Option<PerformDrill<'_>>,
    cancel: &CancelFlag,
) -> DrillResult {
    let Some(perform) = perform else { return DrillResult::Interrupted };
    let work = AssertUnwindSafe(|| perform(drill, cancel));
    catch_unwind(work)
        .unwrap_or_else(|_| drill_failed(drill, PortError::new(Failure::Other, "finish").because(DEFECT)))
}

/// Verifies an archive. A panic ends no more than that.
pub(super) fn perform_verify(job: &VerifyJob, perform: PerformVerify<'_>, cancel: &CancelFlag) {
    let _ = catch_unwind(AssertUnwindSafe(|| perform(job, cancel)));
}

/// Writes files. A panic becomes a failure.
pub(super) fn perform_refresh(job: &RefreshJob, refresh: PerformRefresh<'_>) -> RefreshResult {
    let failed = || not_refreshed(job, &PortError::new(Failure::Other, "finish").because(DEFECT));
    catch_unwind(AssertUnwindSafe(|| refresh(job))).unwrap_or_else(|_| failed())
}

/// Returns the result of a job that wrote nothing, for this reason.
pub(super) fn not_refreshed(job: &RefreshJob, cause: &PortError) -> RefreshResult {
    let (metrics, report) = (&job.metrics_file, &job.report_file);
    let failed = |is_wanted: bool| is_wanted.then(|| cause.clone());
    RefreshResult { metrics: failed(metrics.is_some()), report: failed(report.is_some()) }
}

/// Sends a notice. A panic becomes a failure.
pub(super) fn send(notifier: &dyn Notifier, target: &NotifyTarget, notice: &Notice) -> Result<(), Unsent> {
    let work = AssertUnwindSafe(|| notifier.send(target, notice));
    let failed = |_| Err(Unsent::new(UnsentKind::Local, target.channel.word(), DEFECT));
    catch_unwind(work).unwrap_or_else(failed)
}

/// Returns the result of a drill that failed with `cause`.
pub(super) fn drill_failed(drill: &DrillJob, cause: PortError) -> DrillResult {
    DrillResult::NotMade(Error::DrillFailed { archive: display_path(&drill.archive), cause })
}

/// The message about a panic.
const DEFECT: &str = "a defect in Backup Manager; please report it";
