//! Run: makes one backup, from the schedule to the published archive.

mod base;
mod begin;
mod preconditions;
mod read_back;
mod rotate;
mod source;
mod to_file;

pub(crate) use begin::keys_of;
pub(crate) use preconditions::refuse_another_s_archive;
pub(crate) use source::survey;
pub(crate) use to_file::perform_to_file;

use crate::model::archive::{ArchiveName, BackupRecord, Grade, PackReport, SealedArchive};
use crate::model::error::{Error, Failure, PortError};
use crate::model::event::Event;
use crate::model::history::{Anomaly, HistoryNote, RunRecord};
use crate::model::job::{RunJob, RunResult};
use crate::model::schedule::ScheduleEntry;
use crate::operation::archive_names::{archive_of, complete_archives};
use crate::operation::hooks::{Hooks, catch_up, settle};
use crate::operation::run::base::{Base, condemn, offer, suspect};
use crate::operation::run::begin::begin_draft;
use crate::operation::run::preconditions::{refuse_crowded, refuse_emptied};
use crate::operation::run::read_back::read_back;
use crate::operation::run::rotate::set_aside;
use crate::operation::run::source::PackContext;
use crate::policy::anomaly::{Seen, anomalies};
use crate::ports::{Draft, Ports, Progress};

/// Makes the backup.
///
/// Promises:
/// - The old backup is whole at every instant. Only a complete one replaces it.
/// - A run begins only when nobody else can make the same backup. Its beginning is noted then. A run that finds the backup
///   [busy](RunResult::Busy) leaves no trace.
/// - The history gets the size and digest of the archive before the archive is published. So after a crash, it can be told
///   whether it was published.
/// - If the schedule says so, the archive is read back before it is published.
/// - If the source is suspicious, or an earlier run was and nobody has accepted that, the old backup gets a dated name
///   instead of being replaced.
/// - The commands of its hook run before and after the source is read, and after the run. The last one of the source runs
///   whatever happens, and what an earlier run owes runs first.
///
/// A job that [settles only](RunJob::settles_only) makes no backup.
pub fn perform(ports: &Ports<'_>, job: &RunJob, progress: &dyn Progress) -> RunResult {
    if job.settles_only {
        return settle(ports, job);
    }
    let mut hooks = match Hooks::of(ports, job) {
        Ok(hooks) => hooks,
        Err(error) => return RunResult::NotMade(error),
    };
    let result = made(ports, job, hooks.as_mut(), progress);
    match hooks {
        Some(hooks) => hooks.after(result, progress),
        None => result,
    }
}

fn made(
    ports: &Ports<'_>,
    job: &RunJob,
    hooks: Option<&mut Hooks<'_>>,
    progress: &dyn Progress,
) -> RunResult {
    match make(ports, job, hooks, progress) {
        Ok(made) => made,
        Err(error) if is_interrupted(&error) => RunResult::Interrupted,
        Err(error) => RunResult::NotMade(error),
    }
}

fn make(
    ports: &Ports<'_>,
    job: &RunJob,
    hooks: Option<&mut Hooks<'_>>,
    progress: &dyn Progress,
) -> Result<RunResult, Error> {
    let source = job.entry.source();
    let failed = |cause: PortError| Error::BackupFailed { source: source.to_owned(), cause };
    refuse_another_s_archive(ports, job)?;
    refuse_crowded(ports, job)?;
    let Some(mut draft) = begin_draft(ports, job)? else { return Ok(RunResult::Busy) };
    begin(ports, job);
    catch_up(ports, job);
    unknown_archives(ports, job).for_each(|archive| draft.protect(archive));
    let mut read = || read(ports, job, &mut *draft, progress);
    let mut report = match hooks {
        Some(hooks) => hooks.around(progress, read)?,
        None => read()?,
    };
    if report.grade() == Grade::Complete {
        refuse_emptied(ports, job, &report)?;
    }
    let sealed = seal(ports, &job.entry, &mut *draft, progress)
        .inspect_err(|error| suspect(ports, job, error, progress))?;
    report.shared_bytes = sealed.shared_bytes;
    let anomalies = suspicions(job, &report);
    let is_held = job.is_held() || !anomalies.is_empty();
    let set_aside = set_aside(ports, job, report.grade(), is_held).map_err(failed)?;
    let backup = sealed_record(ports, job, report.grade(), sealed);
    let made = RunResult::Made { backup, report, set_aside, anomalies };
    // When the archive is finished is known once it has its name.
    let record = made.record(job, ports.clock.now()).map(|record| RunRecord { finished: None, ..record });
    if let Some(record) = record {
        draft.describe(&record);
        note(ports, &HistoryNote::Sealed(record));
    }
    let RunResult::Made { backup, report, set_aside, anomalies } = made else { return Ok(made) };
    match draft.publish(report.grade()) {
        Ok(backup) => Ok(RunResult::Made { backup, report, set_aside, anomalies }),
        Err(cause) if cause.failure == Failure::NotDurable => {
            Ok(RunResult::NotDurable { backup, report, set_aside, anomalies, error: failed(cause) })
        }
        Err(cause) => Err(failed(cause)),
    }
}

/// Packs the source into the draft. If an earlier archive turns out to be unreadable where parts of it are taken over, everything
/// is read instead.
fn read(
    ports: &Ports<'_>,
    job: &RunJob,
    draft: &mut dyn Draft,
    progress: &dyn Progress,
) -> Result<PackReport, Error> {
    let since = job.baseline.as_ref().and_then(|baseline| Some(baseline.latest()?.began));
    let pack = |draft: &mut dyn Draft, base: Option<Base>| {
        let base_began = base.map(|base| base.began);
        let context = PackContext { planned: job.key.planned, config: &job.config, since, base_began };
        let mut report = source::pack(ports, &job.entry, &context, draft, progress)?;
        report.last_full = base.filter(|_| report.taken_over_entries > 0).map(|base| base.last_full);
        Ok(report)
    };
    let base = offer(ports, job, draft);
    match pack(draft, base) {
        Err(error) if base.is_some() && !is_interrupted(&error) && draft.restart().is_ok() => {
            ports.journal.record(ports.clock.now(), &Event::Failed(error));
            condemn(ports, job, progress);
            pack(draft, None)
        }
        packed => packed,
    }
}

fn is_interrupted(error: &Error) -> bool {
    matches!(error, Error::BackupFailed { cause, .. } if cause.failure == Failure::Interrupted)
}

/// Returns what is suspicious about the source of a complete backup, compared with earlier runs.
fn suspicions(job: &RunJob, report: &PackReport) -> Vec<Anomaly> {
    let seen = Seen { entries: report.entries, profile: report.profile };
    match (&job.baseline, job.entry.options().anomaly()) {
        (Some(baseline), Some(limits)) if report.grade() == Grade::Complete => {
            anomalies(&seen, baseline, &limits)
        }
        _ => Vec::new(),
    }
}

/// Ends a draft, and reads it back if the schedule says so. If parts of it were taken over and nothing is read back, its SHA-256
/// isn't known yet.
fn seal(
    ports: &Ports<'_>,
    entry: &ScheduleEntry,
    draft: &mut dyn Draft,
    progress: &dyn Progress,
) -> Result<SealedArchive, Error> {
    let failed = |cause| Error::BackupFailed { source: entry.source().to_owned(), cause };
    if progress.is_cancelled() {
        return Err(failed(PortError::new(Failure::Interrupted, "finish the backup")));
    }
    let sealed = draft.seal().map_err(failed)?;
    if !entry.options().verifies() {
        return Ok(sealed);
    }
    read_back(ports.archiver, draft, progress).map_err(failed)?;
    draft.seal().map_err(failed)
}

/// Notes that a run begins, and logs what it makes up for.
fn begin(ports: &Ports<'_>, job: &RunJob) {
    if job.missed_runs > 0 {
        let (source, missed_runs) = (job.entry.source().to_owned(), job.missed_runs);
        ports.journal.record(ports.clock.now(), &Event::MakingUp { source, missed_runs });
    }
    note(ports, &HistoryNote::Began { key: job.key.clone(), at: job.began });
}

/// Adds a note to the history, and logs a failure. The backup goes on: at worst, a crash makes the run happen once more.
fn note(ports: &Ports<'_>, note: &HistoryNote) {
    if let Err(error) = ports.history.append(note) {
        ports.journal.record(ports.clock.now(), &Event::Failed(error.into()));
    }
}

/// Returns the record that the archive will have once it is published.
fn sealed_record(ports: &Ports<'_>, job: &RunJob, grade: Grade, sealed: SealedArchive) -> BackupRecord {
    let SealedArchive { archive_bytes, sha256, .. } = sealed;
    let file_name = archive_of(ports.backups, &job.entry, grade).to_string();
    let finished = ports.clock.now();
    BackupRecord { file_name, archive_bytes, finished, sha256 }
}

/// Returns the names of complete archives that the history doesn't know. Most likely they are the user's own copies, and
/// must not be removed.
fn unknown_archives(ports: &Ports<'_>, job: &RunJob) -> impl Iterator<Item = ArchiveName> {
    let ours: Vec<_> = ports.backups.list().unwrap_or_default();
    let ours: Vec<_> =
        ours.into_iter().filter(|backup| job.knows(backup)).map(|ours| ours.file_name).collect();
    let all = complete_archives(ports.backups, &job.entry);
    all.into_iter().filter(move |archive| !ours.contains(&archive.to_string()))
}
