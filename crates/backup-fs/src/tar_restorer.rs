//! The restorer that turns plain tar back into files.

mod chosen_finder;
mod chosen_members;
mod compare;
mod contents;
mod context;
mod copy;
mod create;
mod digest_reader;
mod dir_stack;
mod disk_limits;
mod enter_dir;
mod finish;
mod first_pass;
mod forward_archive;
mod healed_archive;
mod leftovers;
mod link_origins;
mod lost;
mod made_header;
mod obstacle;
mod open_dir;
mod path_digest;
mod prepare;
mod preview;
mod reserved_paths;
mod selected_archive;
mod spelling;
mod spool;
mod staging_dir;
mod target;
mod temp_entry;
mod temp_name;
mod trial;
mod unfinished_mark;
mod walk;
mod workers;

use std::io::Read;
use std::thread;

use backup_core::model::error::{Failure, PortError};
use backup_core::model::restore::{
    Links, LostEntry, RestoreFindingKind, RestoreJob, RestorePreview, RestoreReport,
};
use backup_core::ports::{ArchiveBytes, Extent, Progress, Restorer};

use self::context::{Access, Context};
use self::digest_reader::DigestingArchive;
use self::dir_stack::TargetDirStack;
use self::finish::finish;
use self::first_pass::FirstPass;
use self::forward_archive::ForwardArchive;
use self::healed_archive::HealedArchive;
use self::lost::{find_copies, find_lost};
use self::prepare::{find_source_root, run_first_pass};
use self::preview::Previewer;
use self::reserved_paths::ReservedPaths;
use self::selected_archive::SelectedArchive;
use self::target::{Target, real_target, resolve_target};
use self::walk::Walk;
use self::workers::Workers;
use crate::error::port_error;
use crate::pattern::chosen::Chosen;
use crate::posix::free_bytes::free_bytes;
use crate::posix::metadata::Metadata;
use crate::tar_reader::TarReader;
use crate::tar_reader::break_off::reason;
use crate::tar_reader::needed_space::refuse_crowded;
use crate::tar_reader::progress_reader::{Watch, open, unreadable};
use crate::tar_reader::source_root::SourceRoot;

/// Why nothing can be chosen from a stream.
const CHOICE: &str = "which entries a choice means is known only after all names were read, and a stream can be read only \
                      once; copy it into a file first";

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
        restore(archive, request, Access::Anywhere, progress)
    }

    fn preview(
        &self,
        archive: &mut dyn ArchiveBytes,
        request: &RestoreJob,
        progress: &dyn Progress,
    ) -> Result<RestorePreview, PortError> {
        Previewer::new(request)?.run(archive, progress)
    }

    fn find_lost(
        &self,
        archive: &mut dyn ArchiveBytes,
        request: &RestoreJob,
        extent: Extent,
        progress: &dyn Progress,
    ) -> Result<Option<Vec<LostEntry>>, PortError> {
        find_lost(archive, request, extent, progress)
    }

    fn find_copies(
        &self,
        other: &mut dyn ArchiveBytes,
        file_name: &str,
        lost: &mut [LostEntry],
        progress: &dyn Progress,
    ) -> Result<(), PortError> {
        find_copies(other, file_name, lost, progress)
    }

    fn healed<'b>(
        &self,
        archive: Box<dyn ArchiveBytes + 'b>,
        others: Vec<(String, Box<dyn ArchiveBytes + 'b>)>,
        lost: &[LostEntry],
    ) -> Result<Box<dyn ArchiveBytes + 'b>, PortError> {
        Ok(Box::new(HealedArchive::new(archive, others, lost)?))
    }
}

impl TarRestorer {
    /// Restores everything from an archive that is read once, from its start to its end: a pipe, a socket, an object in a
    /// store.
    ///
    /// Keeps every promise of [`Restorer::restore`], with three differences:
    /// - Everything is restored. Which entries a choice means is known only after all names were read, so a request that
    ///   chooses is refused. Copy the archive into a file first and use [`Restorer::restore`].
    /// - Whether there is enough space is not known in advance. A disk that fills up ends the restore with
    ///   [`Failure::Full`]; a call with more space finishes it.
    /// - Where an existing file is kept although it differs, and the archive has hard links to it, their contents have gone
    ///   by. Each of these links is a finding.
    ///
    /// An existing file with the size and the metadata of an entry is compared with its contents. If it is larger than
    /// 128 KiB, these are written to a file without a name in the target first.
    ///
    /// The stream is read to its end, so that a cut is found. If it breaks off, what came before is restored and the
    /// damage is a finding; calling again with a new stream finishes the work. Compressed archives come through a
    /// [`ZstdReader`](crate::ZstdReader).
    ///
    /// # Errors
    /// As [`Restorer::restore`]. [`Failure::Refused`] also for a request that chooses.
    pub fn restore_stream(
        &self,
        archive: &mut (dyn Read + Send),
        request: &RestoreJob,
        progress: &dyn Progress,
    ) -> Result<RestoreReport, PortError> {
        if !request.chosen.is_empty() {
            return Err(PortError::new(Failure::Refused, "restore some entries of a stream").because(CHOICE));
        }
        restore(&mut ForwardArchive::new(archive), request, Access::Forward, progress)
    }
}

fn restore(
    archive: &mut dyn ArchiveBytes,
    request: &RestoreJob,
    access: Access,
    progress: &dyn Progress,
) -> Result<RestoreReport, PortError> {
    let mut chosen = Chosen::new(&request.chosen);
    let archive = match SelectedArchive::find(archive, &mut chosen, progress)? {
        Ok(mut selected) => return restore_chosen(&mut selected, request, &mut chosen, access, progress),
        Err(archive) => archive,
    };
    if !request.digests || !chosen.is_everything() {
        return restore_chosen(archive, request, &mut chosen, access, progress);
    }
    let mut digesting = DigestingArchive::start(archive, progress)?;
    let mut report = restore_chosen(&mut digesting, request, &mut chosen, access, progress)?;
    report.archive = digesting.finish();
    Ok(report)
}

fn restore_chosen(
    archive: &mut dyn ArchiveBytes,
    request: &RestoreJob,
    chosen: &mut Chosen,
    access: Access,
    progress: &dyn Progress,
) -> Result<RestoreReport, PortError> {
    let archived_root = find_source_root(archive)?;
    let first_pass = run_first_pass(archive, chosen, progress)?;
    let reserved = ReservedPaths::find(&request.home);
    let (resolved, file_name) = resolve_target(request, Links::Trusted, reserved, archived_root.is_folder())?;
    let path = resolved.real_path();
    let real_target = real_target(&resolved, file_name.as_deref());
    let mut target = Target::open(request, resolved, reserved)?;
    let can_look_ahead = access == Access::Anywhere && chosen.is_everything();
    if can_look_ahead && target.is_hidden && !target.is_continued {
        refuse_crowded(archive, &path, (free_bytes(&target.folder), true), progress)
            .inspect_err(|_| target.abandon())?;
    }
    let context = Context::new(request, &target, reserved, access);
    let names = Names { folder: archived_root.folder_name(), file: file_name };
    let source = restore_below(archive, chosen, first_pass, &context, &target, names, progress);
    let mut report = finish(&mut target, context, request, source, chosen)?;
    report.real_target = Some(real_target);
    Ok(report)
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
        let mut reader = match context.access {
            Access::Anywhere => open(&mut *archive)?,
            Access::Forward => TarReader::new(&mut *archive as &mut dyn ArchiveBytes),
        };
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
