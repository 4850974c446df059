//! The preview: what a restore would do, without any change.

mod dir_stack;
mod exclusions;
mod level;
mod links;

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::PathBuf;

use backup_core::model::error::PortError;
use backup_core::model::restore::{
    IfExists, InPlace, Refusal, RestoreFinding, RestoreFindingKind, RestoreJob, RestorePreview, Step, step,
};
use backup_core::ports::{ArchiveBytes, Progress};

use self::exclusions::Exclusions;
use self::level::Level;
use super::compare::{ComparedEntry, Location};
use super::contents::Stream;
use super::disk_limits::DiskLimits;
use super::first_pass::{FirstPass, link_targets};
use super::link_origins::LinkOrigins;
use super::obstacle::{Obstacle, c_name};
use super::prepare::{find_source_root, run_first_pass};
use super::reserved_paths::ReservedPaths;
use super::selected_archive::SelectedArchive;
use super::target::{open_for_preview, real_target, resolve_target};
use crate::pattern::chosen::Chosen;
use crate::posix::dir_stack::DirStack;
use crate::posix::open_beneath::Beneath;
use crate::posix::restore_rights::RestoreRights;
use crate::posix::stat::{is_folder, lstat_at};
use crate::tar_reader::break_off::reason;
use crate::tar_reader::path::path_of;
use crate::tar_reader::progress_reader::{Watch, open, unreadable};
use crate::tar_reader::source_root::SourceRoot;
use crate::tar_reader::{Member, MemberKind, TarReader};

type Reader<'r> = TarReader<&'r mut dyn ArchiveBytes>;

/// Compares the target with the archive.
pub(super) struct Previewer<'r> {
    request: &'r RestoreJob,
    rights: RestoreRights,
    chosen: Chosen,
    source_root: SourceRoot,
    file_name: Option<Vec<u8>>,
    beneath: Beneath,
    disk_limits: DiskLimits,
    /// The existing folders from the target to the current entry, if the target exists.
    folders: Option<DirStack>,
    reserved: ReservedPaths,
    exclusions: Exclusions,
    first_pass: FirstPass,
    /// Names and paths are stored as digests, and only those that exist.
    hasher: RandomState,
    /// Paths of files with several names that would be replaced. Their other names would be replaced, too.
    replaced_files: HashSet<u64>,
    /// Paths are below the target.
    link_origins: LinkOrigins,
    /// Paths of entries that would be removed for a folder and were counted.
    counted_replaced: HashSet<u64>,
    levels: Vec<Level>,
    preview: RestorePreview,
}

impl<'r> Previewer<'r> {
    pub(super) fn new(request: &'r RestoreJob) -> Result<Self, PortError> {
        Ok(Self {
            request,
            rights: RestoreRights::of_process(request.keep_setuid),
            chosen: Chosen::new(&request.chosen),
            source_root: SourceRoot::default(),
            file_name: None,
            beneath: Beneath::Resolved,
            disk_limits: DiskLimits::new(false),
            folders: None,
            reserved: ReservedPaths::find(&request.home),
            exclusions: Exclusions::new(&request.selection)?,
            first_pass: FirstPass::default(),
            hasher: RandomState::new(),
            replaced_files: HashSet::new(),
            link_origins: LinkOrigins::default(),
            counted_replaced: HashSet::new(),
            levels: Vec::new(),
            preview: RestorePreview::default(),
        })
    }

    pub(super) fn run(
        mut self,
        archive: &mut dyn ArchiveBytes,
        progress: &dyn Progress,
    ) -> Result<RestorePreview, PortError> {
        match SelectedArchive::find(archive, &mut self.chosen, progress)? {
            Ok(mut selected) => self.compare(&mut selected, progress),
            Err(archive) => self.compare(archive, progress),
        }
    }

    fn compare(
        mut self,
        archive: &mut dyn ArchiveBytes,
        progress: &dyn Progress,
    ) -> Result<RestorePreview, PortError> {
        let archived_root = find_source_root(archive)?;
        self.first_pass = run_first_pass(archive, &mut self.chosen, progress)?;
        self.open_target(archived_root.is_folder())?;
        if self.request.existing == IfExists::Keep && self.folders.is_some() && self.chosen.is_everything() {
            self.link_origins = link_targets(archive, progress)?;
        }
        let (mut reader, watch) = (open(&mut *archive)?, Watch::new(progress));
        loop {
            let mut member = match watch.next(&mut reader) {
                Ok(Some(member)) => member,
                Ok(None) => break,
                Err(error) => {
                    self.break_off(archive, error)?;
                    break;
                }
            };
            if let Err(obstacle) = self.entry(&mut member, &mut reader, &watch) {
                let kind = match obstacle {
                    Obstacle::Refused(refusal) => RestoreFindingKind::Refused(refusal),
                    Obstacle::Failed(error) => RestoreFindingKind::Failed(error.to_string()),
                };
                self.preview.refuse(RestoreFinding { path: path_of(&member.path), kind });
            }
            watch.tell(&member.path, reader.offset());
        }
        self.leave(0);
        self.preview.unmatched = self.chosen.unmatched();
        Ok(self.preview)
    }

    fn entry(
        &mut self,
        member: &mut Member,
        reader: &mut Reader<'_>,
        watch: &Watch<'_>,
    ) -> Result<(), Obstacle> {
        self.source_root.see(&member.path, member.kind)?;
        let path = member.path.clone();
        let names = self.source_root.below_path(&path)?;
        let is_member_folder = member.kind == MemberKind::Folder;
        let below = names.join(&b'/');
        let is_selected = self.chosen.is_everything() || self.chosen.takes(&below, is_member_folder);
        let (name, above) = match names.split_last() {
            Some((name, above)) => (self.file_name.clone().unwrap_or_else(|| name.to_vec()), above),
            None => return Ok(()),
        };
        self.go_to(above)?;
        if let Some(level) = self.levels.last_mut().filter(|level| level.exists) {
            level.names.push(self.hasher.hash_one(&name[..]));
        }
        let previewed = match self.promoted_link(&below, is_selected, member) {
            _ if is_selected => self.preview_entry(&name, &below, member, reader, watch),
            Some(promoted_link) => self.preview_entry_as(&promoted_link, member, reader, watch),
            None => Ok(()),
        };
        if is_member_folder {
            self.go_to(&names)?;
            if let Some(level) = self.levels.last_mut() {
                level.is_selected = is_selected;
            }
            if is_selected && previewed.is_ok() {
                self.count_replaced();
                self.count_different_folder(member);
            }
        }
        previewed
    }

    /// Handles an archive that can't be read to its end. What could be read would be restored.
    fn break_off(&mut self, archive: &mut dyn ArchiveBytes, error: PortError) -> Result<(), PortError> {
        let RestorePreview { new_entries, changed_entries, same_entries, .. } = self.preview;
        let is_something = new_entries + changed_entries + same_entries > 0;
        let Some(cause) = unreadable(&error).filter(|_| is_something) else { return Err(error) };
        let kind = RestoreFindingKind::BrokenOff(reason(archive, cause));
        self.preview.refuse(RestoreFinding { path: PathBuf::new(), kind });
        Ok(())
    }

    /// Decides what would happen to a selected entry, with the same rules as the restore.
    fn preview_entry(
        &mut self,
        name: &[u8],
        below: &[u8],
        member: &mut Member,
        reader: &mut Reader<'_>,
        watch: &Watch<'_>,
    ) -> Result<(), Obstacle> {
        let is_device = matches!(member.kind, MemberKind::CharDevice | MemberKind::BlockDevice);
        if is_device && !self.rights.is_root {
            return Err(Refusal::Device.into());
        }
        let level = self.levels.last();
        if let Some(refusal) = level.and_then(|level| level.refused.or(level.refused_name(name))) {
            return Err(refusal.into());
        }
        self.count_replaced();
        let is_folder = member.kind == MemberKind::Folder;
        let found = match member.kind {
            MemberKind::HardLink => self.link(name, below, member, reader, watch)?,
            _ => {
                self.link_origins.forget(below);
                Some((self.existing_entry(name, member, reader, watch)?, None))
            }
        };
        let Some((existing, origin)) = found else { return Ok(()) };
        let step = step(is_folder, existing, self.request.existing, false);
        if step == Step::Replace && self.has_other_names(name)? {
            self.replaced_files.insert(self.hasher.hash_one(below));
        }
        self.link_origins.learn(step, below, member.offset, origin.as_ref());
        self.count(step, below, is_folder, name)
    }

    fn open_target(&mut self, is_folder: bool) -> Result<(), PortError> {
        let (resolved, file_name) =
            resolve_target(self.request, self.request.links, self.reserved, is_folder)?;
        self.preview.real_target = Some(real_target(&resolved, file_name.as_deref()));
        self.file_name = file_name;
        let target = open_for_preview(self.request, &resolved)?;
        let is_selected = self.chosen.is_everything() && is_folder;
        let is_home = target.as_ref().is_some_and(|folder| self.reserved.is_home_itself(folder));
        let exists = target.is_some();
        self.levels.push(Level { exists, is_home, is_selected, ..Level::default() });
        if let Some(target) = target {
            self.beneath = Beneath::probe(target.as_fd());
            self.exclusions.set_target(target.as_fd());
            self.folders = Some(DirStack::new(target, self.beneath));
        }
        Ok(())
    }

    /// Returns the current folder, if it exists.
    fn folder(&self) -> io::Result<Option<BorrowedFd<'_>>> {
        let folders = self.folders.as_ref().filter(|_| self.levels.last().is_some_and(|level| level.exists));
        folders.map(DirStack::at_hand).transpose()
    }

    /// Returns whether the entry of that name in the current folder has other names.
    fn has_other_names(&self, name: &[u8]) -> Result<bool, Obstacle> {
        let Some(folder) = self.folder()? else { return Ok(false) };
        Ok(lstat_at(folder, &c_name(name)?)?.is_some_and(|stat| stat.st_nlink > 1 && !is_folder(&stat)))
    }

    fn existing_entry(
        &self,
        name: &[u8],
        member: &mut Member,
        reader: &mut Reader<'_>,
        watch: &Watch<'_>,
    ) -> Result<InPlace, Obstacle> {
        if let MemberKind::Other(flag) = member.kind {
            return Err(Refusal::Unknown(flag).into());
        }
        let name = c_name(name)?;
        Ok(match self.folder()? {
            None => InPlace::Nothing,
            Some(folder) if member.kind == MemberKind::Folder => self.existing_folder(folder, &name)?,
            Some(folder) => {
                let mut keep_going = |bytes| watch.passed(bytes);
                let mut body = Stream::new(reader, &mut keep_going);
                let metadata = self.rights.wanted(member);
                let (disk_limits, beneath) = (&self.disk_limits, self.beneath);
                let location = Location { disk_limits, beneath, folder, name: &name };
                ComparedEntry::of(member).compare(location, &metadata, &mut body)?.unwrap_or(InPlace::Other)
            }
        })
    }

    fn count(&mut self, step: Step, below: &[u8], is_folder: bool, name: &[u8]) -> Result<(), Obstacle> {
        let preview = &mut self.preview;
        match step {
            Step::Make => count(&mut preview.new_entries, &mut preview.new, below),
            Step::Pass => preview.same_entries += 1,
            Step::Leave | Step::Replace => {
                count(&mut preview.changed_entries, &mut preview.changed, below);
            }
            Step::Refuse(refusal) if is_folder => {
                return Err(self.refusal_at(name).unwrap_or(refusal).into());
            }
            Step::Refuse(refusal) => return Err(refusal.into()),
        }
        Ok(())
    }
}

fn count(entries: &mut u64, named: &mut Vec<PathBuf>, below: &[u8]) {
    *entries += 1;
    if named.len() < RestorePreview::MAX_NAMES {
        named.push(path_of(below));
    }
}
