//! What a run is refused for, so that nothing good is replaced.

use crate::model::archive::{BackupRecord, Grade, PackReport, place_of};
use crate::model::error::{Error, Failure};
use crate::model::job::Job;
use crate::ports::Ports;

/// The name may have been another schedule's, whose backups stayed when it was deleted.
pub(crate) fn refuse_another_s_archive(ports: &Ports<'_>, job: &Job) -> Result<(), Error> {
    match &job.replaces {
        Some(old) if !job.entry.is_of(&old.source, ports.home) && archive_stands(ports, job)? => {
            let (archive, other) = (place_of(&old.archive.to_string()), old.source.clone());
            Err(Error::ArchiveOfAnother { archive, other })
        }
        _ => Ok(()),
    }
}

/// A planned run doesn't begin what the disk has no room for, going by the last archive: it would fill the disk for
/// everybody else, to fail in the end. Who runs it by hand knows better.
pub(super) fn refuse_crowded(ports: &Ports<'_>, job: &Job) -> Result<(), Error> {
    let (Some(old), Some(_)) = (&job.replaces, job.key.planned) else { return Ok(()) };
    let name = job.entry.name();
    let stored_alike = name.archive(Grade::Complete, job.entry.options().compression()).to_string();
    if old.archive != stored_alike || old.archive_bytes < LARGE_BYTES {
        return Ok(());
    }
    match ports.backups.free_bytes() {
        Some(free_bytes) if free_bytes < old.archive_bytes => {
            let (source, name) = (job.entry.source().to_owned(), name.to_string());
            Err(Error::NoRoom { source, name, last_bytes: old.archive_bytes, free_bytes })
        }
        _ => Ok(()),
    }
}

/// What is smaller than this is tried at once: a look at the room is not worth a refusal.
const LARGE_BYTES: u64 = 64 * 1024 * 1024;

/// A source with nothing below it where the last backup had entries, or nobody knows what it had: most likely nothing is
/// mounted there, or more is left out than was meant.
pub(super) fn refuse_emptied(ports: &Ports<'_>, job: &Job, report: &PackReport) -> Result<(), Error> {
    let Some(had) = job.replaces.as_ref().map(|old| old.entries) else { return Ok(()) };
    // The folder itself is one.
    if report.entries <= 1 && had != 1 && archive_stands(ports, job)? {
        return Err(Error::SourceEmpty { source: job.entry.source().to_owned(), last_entries: had });
    }
    Ok(())
}

/// Whether a complete archive would be replaced, however it is stored. Where that can't be told, none is.
fn archive_stands(ports: &Ports<'_>, job: &Job) -> Result<bool, Error> {
    let is_replaced = |backup: &BackupRecord| backup.is_complete_of(job.entry.name());
    match ports.backups.list() {
        Ok(backups) => Ok(backups.iter().any(is_replaced)),
        Err(cause) if cause.failure == Failure::Missing => Ok(false),
        Err(cause) => Err(Error::BackupFailed { source: job.entry.source().to_owned(), cause }),
    }
}
