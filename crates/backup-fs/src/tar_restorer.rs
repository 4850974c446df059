//! Turns plain tar back into files.

mod announced;
mod broken;
mod compare;
mod contents;
mod context;
mod copy;
mod create;
mod digest_reader;
mod dir_stack;
mod disks;
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

use self::broken::remove_empty_folders;
use self::context::Job;
use self::digest_reader::DigestingArchive;
use self::dir_stack::TargetDirStack;
use self::first_pass::FirstPass;
use self::prepare::{first, survey};
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

/// Restores what [`TarArchiver`](crate::TarArchiver) packed, and what other tools put into tar archives.
///
/// One thread reads the archive and makes folders and links; two make the small files. Memory doesn't grow with the
/// archive, but for the hard links of which only some names are restored, and for what stands differently and stays.
///
/// Restored are contents with their holes, modes, times to the nanosecond, hard and symbolic links, extended attributes
/// with the ACLs among them, FIFOs; and by root owners (by name, else by number) and devices.
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
        let mut digesting = DigestingArchive::begin(archive, progress)?;
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
    let first = first(archive)?;
    let survey = survey(archive, chosen, progress)?;
    let own = ReservedPaths::find(&request.home);
    let (approach, file_name) = approach(request, Links::Trusted, own, first.is_folder())?;
    let path = approach.real_path();
    let real_target = real_target(&approach, file_name.as_deref());
    let mut target = Target::open(request, approach, own)?;
    if target.is_hidden && !target.is_continued && chosen.is_everything() {
        refuse_crowded(archive, &path, (free_bytes(&path), true), progress)
            .inspect_err(|_| target.abandon())?;
    }
    let job = job(request, &target, own);
    let place = Names { top: first.folder_name(), file: file_name };
    let source = restore_below(archive, chosen, survey, &job, &target, place, progress);
    let mut report = finish(&mut target, job, request, source, chosen)?;
    report.real_target = Some(real_target);
    Ok(report)
}

fn job(request: &RestoreJob, target: &Target, own: ReservedPaths) -> Job {
    let rights = Rights::of_process(request.keep_setuid);
    let beneath = Beneath::probe(target.folder.as_fd());
    let existing = match request.existing {
        // What nobody else sees holds nothing that somebody else put there.
        _ if target.is_hidden => IfExists::Refuse,
        // It has its name by now, and people may be at work in it.
        IfExists::Refuse => IfExists::Keep,
        existing => existing,
    };
    Job::new(rights, beneath, existing, target.is_hidden, target.is_continued, own)
}

/// What the source is called.
struct Names {
    /// In the archive, where it is a folder.
    top: Vec<u8>,
    /// In the target, where it is a file that goes back to its place.
    file: Option<Vec<u8>>,
}

/// Restores everything but the source's own entry, which is returned.
fn restore_below(
    archive: &mut dyn ArchiveBytes,
    chosen: &Chosen,
    survey: FirstPass,
    job: &Job,
    target: &Target,
    names: Names,
    progress: &dyn Progress,
) -> Option<Metadata> {
    let walked = thread::scope(|scope| {
        let folder = target.folder.try_clone().map_err(|error| port_error("restore", error))?;
        let mut reader = open(&mut *archive)?;
        let mut crew = Workers::begin(scope, job)?;
        let folders = TargetDirStack::new(job, folder, names.top);
        let file_name = names.file;
        let (top, source, watch) = (SourceRoot::default(), None, Watch::new(progress));
        let mut walk = Walk { job, crew: &mut crew, folders, chosen, survey, top, file_name, source, watch };
        if let Err(error) = walk.run(&mut reader) {
            walk.crew.wait();
            break_off(archive, job, error);
        }
        let source = walk.source.take();
        drop(walk);
        crew.end();
        Ok(source)
    });
    walked.unwrap_or_else(|error| {
        job.stop(error);
        None
    })
}

/// What can be read of a damaged archive is restored. Said before the folders are left, for they are finished by that.
fn break_off(archive: &mut dyn ArchiveBytes, job: &Job, error: PortError) {
    match unreadable(&error).filter(|_| job.standing_entries() > 0) {
        Some(cause) => {
            let kind = RestoreFindingKind::BrokenOff(reason(archive, cause));
            job.report().add("".into(), kind);
        }
        None => job.stop(error),
    }
}

fn finish(
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
