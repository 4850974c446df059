//! Preconditions: reasons to refuse a run, so that no good backup is replaced.

use crate::model::archive::{BackupRecord, Grade, PackReport, display_path};
use crate::model::error::{Error, Failure};
use crate::model::job::RunJob;
use crate::operation::archive_names::archive_of;
use crate::operation::run::base::may_build_on_it;
use crate::policy::needed_space::{LARGE_BYTES, needed_bytes};
use crate::ports::Ports;

/// Refuses a run whose name belongs to backups of another source. They stay when their schedule is deleted.
pub(crate) fn refuse_another_s_archive(ports: &Ports<'_>, job: &RunJob) -> Result<(), Error> {
    match &job.replaces {
        Some(old) if !job.entry.is_of(&old.source, ports.home) && archive_stands(ports, job)? => {
            let (archive, other) = (display_path(&old.archive.to_string()), old.source.clone());
            Err(Error::ArchiveOfAnother { archive, other })
        }
        _ => Ok(()),
    }
}

/// Refuses a planned run if there is less free space than it probably needs. It would fill the disk for everybody, and fail in the
/// end. A run by hand is never refused for this.
pub(super) fn refuse_crowded(ports: &Ports<'_>, job: &RunJob) -> Result<(), Error> {
    let (Some(old), Some(_)) = (&job.replaces, job.key.planned) else { return Ok(()) };
    let stored_alike = archive_of(ports.backups, &job.entry, Grade::Complete).to_string();
    let last_bytes = old.run.archive_bytes;
    if old.archive != stored_alike || last_bytes < LARGE_BYTES {
        return Ok(());
    }
    let needed_bytes =
        needed_bytes(last_bytes, old.recent_new_bytes.filter(|_| may_build_on_it(job, old, &old.run)));
    match ports.backups.free_bytes() {
        Some(free_bytes) if free_bytes < needed_bytes => {
            let (source, name) = (job.entry.source().to_owned(), job.entry.name().to_string());
            Err(Error::NoRoom { source, name, last_bytes, needed_bytes, free_bytes })
        }
        _ => Ok(()),
    }
}

/// Refuses a run whose source is empty, unless the last backup was empty as well. Most likely the disk isn't mounted, or the
/// options leave out too much.
pub(super) fn refuse_emptied(ports: &Ports<'_>, job: &RunJob, report: &PackReport) -> Result<(), Error> {
    let Some(had) = job.replaces.as_ref().map(|old| old.run.entries) else { return Ok(()) };
    // The folder itself is an entry.
    if report.entries <= 1 && had != 1 && archive_stands(ports, job)? {
        return Err(Error::SourceEmpty { source: job.entry.source().to_owned(), last_entries: had });
    }
    Ok(())
}

/// Returns whether a complete archive would be replaced, in whatever format.
fn archive_stands(ports: &Ports<'_>, job: &RunJob) -> Result<bool, Error> {
    let is_replaced = |backup: &BackupRecord| backup.is_complete_of(job.entry.name());
    match ports.backups.list() {
        Ok(backups) => Ok(backups.iter().any(is_replaced)),
        Err(cause) if cause.failure == Failure::Missing => Ok(false),
        Err(cause) => Err(Error::BackupFailed { source: job.entry.source().to_owned(), cause }),
    }
}
