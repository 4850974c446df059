//! The end of a restore: the target gets its name, its mode and its times.

use std::os::fd::{AsFd, OwnedFd};

use backup_core::model::error::PortError;
use backup_core::model::restore::{RestoreJob, RestoreReport, RestoreTarget};
use rustix::fs::Mode;

use super::broken::remove_empty_folders;
use super::context::Job;
use super::target::Target;
use super::unfinished_mark;
use crate::pattern::chosen::Chosen;
use crate::posix::metadata::Metadata;
use crate::posix::set_metadata::EntryHandle;

/// Finishes the target once everything below it was made, or leaves nothing behind where nothing was.
pub(super) fn finish(
    target: &mut Target,
    job: Job,
    request: &RestoreJob,
    source: Option<Metadata>,
    chosen: &Chosen,
) -> Result<RestoreReport, PortError> {
    if job.is_stopped() {
        if target.is_hidden && !target.is_continued && job.standing_entries() == 0 {
            remove_empty_folders(target.folder.as_fd());
        }
        target.abandon();
        return job.into_result();
    }
    let was_made = target.is_new;
    target.reveal()?;
    let is_the_source = matches!(request.target, RestoreTarget::Source(_)) && chosen.is_everything();
    if was_made || is_the_source {
        dress(&target.folder, &job, source, was_made);
    }
    target.tidy();
    let mut report = job.into_result()?;
    report.unmatched = chosen.unmatched();
    Ok(report)
}

/// Gives the target the source's own mode and times; one of which nothing is known is made as any new folder.
fn dress(folder: &OwnedFd, job: &Job, source: Option<Metadata>, was_made: bool) {
    unfinished_mark::remove(folder.as_fd());
    match source {
        Some(wanted) => {
            let troubles = EntryHandle::Open(folder.as_fd()).set_what_differs(&wanted, false);
            job.bare(b".", troubles);
            job.report().tamed_entries += u64::from(wanted.is_tamed);
        }
        None if was_made => {
            let mode: Mode = job.rights.plain_folder();
            let set = EntryHandle::Open(folder.as_fd()).set_mode(mode.as_raw_mode());
            job.bare(b".", set.err().map(|error| ("mode", error)).into_iter().collect());
        }
        None => {}
    }
}
