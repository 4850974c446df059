//! The restorer that turns plain tar back into files.

mod archived_dir;
mod compare;
mod contents;
mod context;
mod copy;
mod create;
mod digest_reader;
mod dir_stack;
mod disks;
mod empty_folders;
mod enter_dir;
mod first_pass;
mod obstacle;
mod open_dir;
mod path_digest;
mod prepare;
mod preview;
mod reserved_paths;
mod skipped;
mod spelling;
mod staging_dir;
mod sweep;
mod target;
mod target_lock;
mod temp_entry;
mod temp_name;
mod trial;
mod unfinished_mark;
mod walk;
mod workers;

use std::os::fd::{AsFd, OwnedFd};
use std::thread;

use backup_core::model::error::PortError;
use backup_core::model::restore::{
    IfExists, Links, RestoreFindingKind, RestoreJob, RestorePreview, RestoreReport, RestoreTarget,
};
use backup_core::ports::{ArchiveBytes, Progress, Restorer};
use rustix::fs::Mode;

use self::context::Context;
use self::digest_reader::DigestingArchive;
use self::dir_stack::TargetDirStack;
use self::empty_folders::remove_empty_folders;
use self::first_pass::FirstPass;
use self::prepare::{find_source_root, run_first_pass};
use self::preview::Previewer;
use self::reserved_paths::ReservedPaths;
use self::target::{Target, approach, real_target};
use self::walk::Walk;
use self::workers::Workers;
use crate::error::port_error;
use crate::pattern::chosen::Chosen;
use crate::posix::free_bytes::free_bytes;
use crate::posix::metadata::Metadata;
use crate::posix::open_beneath::Beneath;
use crate::posix::rights::Rights;
use crate::posix::set_metadata::EntryHandle;
use crate::tar_reader::break_off::reason;
use crate::tar_reader::needed_space::refuse_crowded;
use crate::tar_reader::progress_reader::{Watch, open, unreadable};
use crate::tar_reader::source_root::SourceRoot;

/// Restores archives of [`TarArchiver`](crate::TarArchiver) and of other tar tools.
///
/// One thread reads the archive and makes folders and links. Two threads make the small files. Memory doesn't grow
/// with the archive, apart from hard links of which only some names are restored, and existing files that are kept.
///
/// Restored are contents with their holes, modes, times to the nanosecond, hard and symbolic links, extended
/// attributes including ACLs, and FIFOs. Root also restores devices and owners, by name or else by number.
#[derive(Debug, Clone, Copy, Default)]
pub struct TarRestorer;

impl Restorer for TarRestorer {
    fn restore(
        &self,
        archive: &mut dyn ArchiveBytes,
        request: &RestoreJob,
        progress: &dyn Progress,
    ) -> Result<RestoreReport, PortError> {
        let mut chosen = Chosen::new(&request.chosen);
        if !request.digests || !chosen.is_everything() {
            return restore(archive, request, &mut chosen, progress);
        }
        let mut digesting = DigestingArchive::start(archive, progress)?;
        let mut report = restore(&mut digesting, request, &mut chosen, progress)?;
        report.archive = digesting.finish();
        Ok(report)
    }

    fn preview(
        &self,
        archive: &mut dyn ArchiveBytes,
        request: &RestoreJob,
        progress: &dyn Progress,
    ) -> Result<RestorePreview, PortError> {
        Previewer::new(request)?.run(archive, progress)
    }
}

fn restore(
    archive: &mut dyn ArchiveBytes,
    request: &RestoreJob,
    chosen: &mut Chosen,
    progress: &dyn Progress,
) -> Result<RestoreReport, PortError> {
    let archived_root = find_source_root(archive)?;
    let first_pass = run_first_pass(archive, chosen, progress)?;
    let reserved = ReservedPaths::find(&request.home);
    let (approach, file_name) = approach(request, Links::Trusted, reserved, archived_root.is_folder())?;
    let path = approach.real_path();
    let real_target = real_target(&approach, file_name.as_deref());
    let mut target = Target::open(request, approach, reserved)?;
    if target.is_hidden && !target.is_continued && chosen.is_everything() {
        refuse_crowded(archive, &path, (free_bytes(&path), true), progress)
            .inspect_err(|_| target.abandon())?;
    }
    let context = context(request, &target, reserved);
    let names = Names { folder: archived_root.folder_name(), file: file_name };
    let source = restore_below(archive, chosen, first_pass, &context, &target, names, progress);
    let mut report = finish(&mut target, context, request, source, chosen)?;
    report.real_target = Some(real_target);
    Ok(report)
}

fn context(request: &RestoreJob, target: &Target, reserved: ReservedPaths) -> Context {
    let rights = Rights::of_process(request.keep_setuid);
    let beneath = Beneath::probe(target.folder.as_fd());
    let existing = match request.existing {
        // Nobody else sees a hidden target, so it contains nothing of theirs.
        _ if target.is_hidden => IfExists::Refuse,
        // The target is visible by now, and people may work in it.
        IfExists::Refuse => IfExists::Keep,
        existing => existing,
    };
    Context::new(rights, beneath, existing, target.is_hidden, target.is_continued, reserved)
}

/// The names of the source.
struct Names {
    /// The name of a source folder in the archive.
    folder: Vec<u8>,
    /// The name of a source file in the target.
    file: Option<Vec<u8>>,
}

/// Restores everything below the source. Returns the metadata of the source's own entry.
fn restore_below(
    archive: &mut dyn ArchiveBytes,
    chosen: &Chosen,
    first_pass: FirstPass,
    context: &Context,
    target: &Target,
    names: Names,
    progress: &dyn Progress,
) -> Option<Metadata> {
    let walked = thread::scope(|scope| {
        let folder = target.folder.try_clone().map_err(|error| port_error("restore", error))?;
        let mut reader = open(&mut *archive)?;
        let mut workers = Workers::start(scope, context)?;
        let folders = TargetDirStack::new(context, folder, names.folder);
        let file_name = names.file;
        let (source_root, source, watch) = (SourceRoot::default(), None, Watch::new(progress));
        let mut walk = Walk {
            context,
            workers: &mut workers,
            folders,
            chosen,
            first_pass,
            source_root,
            file_name,
            source,
            watch,
        };
        if let Err(error) = walk.run(&mut reader) {
            walk.workers.wait();
            break_off(archive, context, error);
        }
        let source = walk.source.take();
        drop(walk);
        workers.end();
        Ok(source)
    });
    walked.unwrap_or_else(|error| {
        context.stop(error);
        None
    })
}

/// Handles an archive that can't be read to its end.
///
/// What could be read stays restored. The finding must come before the folders are left, because that finishes them.
fn break_off(archive: &mut dyn ArchiveBytes, context: &Context, error: PortError) {
    match unreadable(&error).filter(|_| context.finished_entries() > 0) {
        Some(cause) => {
            let kind = RestoreFindingKind::BrokenOff(reason(archive, cause));
            context.report().add("".into(), kind);
        }
        None => context.stop(error),
    }
}

fn finish(
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
            context.report().tamed_entries += u64::from(metadata.is_tamed);
        }
        None if is_new => {
            let mode: Mode = context.rights.plain_folder();
            let set = EntryHandle::Open(folder.as_fd()).set_mode(mode.as_raw_mode());
            context.report_unset(b".", set.err().map(|error| ("mode", error)).into_iter().collect());
        }
        None => {}
    }
}
