//! The end of a restore: the target gets its name, its mode and its times.

use std::os::fd::{AsFd, OwnedFd};

use backup_core::model::error::PortError;
use backup_core::model::restore::{RestoreJob, RestoreReport, RestoreTarget};
use rustix::fs::Mode;

use super::context::Context;
use super::empty_folders::remove_empty_folders;
use super::target::Target;
use super::unfinished_mark;
use crate::pattern::chosen::Chosen;
use crate::posix::metadata::Metadata;
use crate::posix::set_metadata::EntryHandle;

/// Finishes the target after everything below it was restored. If nothing was, it leaves nothing behind.
pub(super) fn finish(
    target: &mut Target,
    context: Context,
    request: &RestoreJob,
    source: Option<Metadata>,
    chosen: &Chosen,
) -> Result<RestoreReport, PortError> {
    if context.is_stopped() {
        if target.is_hidden && !target.is_continued && context.finished_entries() == 0 {
            remove_empty_folders(target.folder.as_fd());
        }
        target.abandon();
        return context.into_result();
    }
    let is_new = target.is_new;
    target.publish()?;
    let is_the_source = matches!(request.target, RestoreTarget::Source(_)) && chosen.is_everything();
    if is_new || is_the_source {
        finish_target_metadata(&target.folder, &context, source, is_new);
    }
    target.clean_up();
    let mut report = context.into_result()?;
    report.unmatched = chosen.unmatched();
    Ok(report)
}

/// Sets the mode and the times of the source on the target. Without an entry of the source, it gets those of any new
/// folder.
fn finish_target_metadata(folder: &OwnedFd, context: &Context, source: Option<Metadata>, is_new: bool) {
    unfinished_mark::remove(folder.as_fd());
    match source {
        Some(metadata) => {
            let troubles = EntryHandle::Open(folder.as_fd()).set_what_differs(&metadata, false);
            context.report_unset(b".", troubles);
            context.report().deprivileged_entries += u64::from(metadata.is_deprivileged);
        }
        None if is_new => {
            let mode: Mode = context.rights.plain_folder();
            let set = EntryHandle::Open(folder.as_fd()).set_mode(mode.as_raw_mode());
            context.report_unset(b".", set.err().map(|error| ("mode", error)).into_iter().collect());
        }
        None => {}
    }
}
