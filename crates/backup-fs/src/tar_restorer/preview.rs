//! What a restore would do, found out without doing anything.

mod dir_stack;
mod left_out;
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

use self::left_out::LeftOut;
use self::level::Level;
use super::compare::{ComparedEntry, Under};
use super::contents::Stream;
use super::disks::Disks;
use super::first_pass::{FirstPass, link_targets};
use super::obstacle::{Obstacle, c_name};
use super::prepare::{first, survey};
use super::reserved_paths::ReservedPaths;
use super::skipped::SkippedFiles;
use super::target::{approach, open_to_look, real_target};
use crate::pattern::chosen::Chosen;
use crate::posix::dir_stack::DirStack;
use crate::posix::open_beneath::Beneath;
use crate::posix::rights::Rights;
use crate::posix::stat::{is_folder, lstat_at};
use crate::tar_reader::break_off::reason;
use crate::tar_reader::path::path_of;
use crate::tar_reader::progress_reader::{Watch, open, unreadable};
use crate::tar_reader::source_root::SourceRoot;
use crate::tar_reader::{Member, MemberKind, TarReader};

type Reader<'r> = TarReader<&'r mut dyn ArchiveBytes>;

/// Looks at the target beside the archive.
pub(super) struct Previewer<'r> {
    request: &'r RestoreJob,
    rights: Rights,
    chosen: Chosen,
    top: SourceRoot,
    file_name: Option<Vec<u8>>,
    beneath: Beneath,
    disks: Disks,
    /// Those of the folders on the way that exist, where the target does.
    folders: Option<DirStack>,
    own: ReservedPaths,
    left_out: LeftOut,
    survey: FirstPass,
    /// Names and paths are remembered by their digests alone, and only of what exists.
    hasher: RandomState,
    /// Paths of files with several names that would be replaced: these names would be, too.
    anew: HashSet<u64>,
    /// Below the target.
    skipped_files: SkippedFiles,
    /// Paths of what would be removed for a folder.
    given_way: HashSet<u64>,
    way: Vec<Level>,
    preview: RestorePreview,
}

impl<'r> Previewer<'r> {
    pub(super) fn new(request: &'r RestoreJob) -> Result<Self, PortError> {
        Ok(Self {
            request,
            rights: Rights::of_process(request.keep_setuid),
            chosen: Chosen::new(&request.chosen),
            top: SourceRoot::default(),
            file_name: None,
            beneath: Beneath::Resolved,
            disks: Disks::new(false),
            folders: None,
            own: ReservedPaths::find(&request.home),
            left_out: LeftOut::new(&request.selection)?,
            survey: FirstPass::default(),
            hasher: RandomState::new(),
            anew: HashSet::new(),
            skipped_files: SkippedFiles::default(),
            given_way: HashSet::new(),
            way: Vec::new(),
            preview: RestorePreview::default(),
        })
    }

    pub(super) fn run(
        mut self,
        archive: &mut dyn ArchiveBytes,
        progress: &dyn Progress,
    ) -> Result<RestorePreview, PortError> {
        let first = first(archive)?;
        self.survey = survey(archive, &mut self.chosen, progress)?;
        self.open_target(first.is_folder())?;
        if self.request.existing == IfExists::Keep && self.folders.is_some() && self.chosen.is_everything() {
            self.skipped_files = SkippedFiles::of(link_targets(archive, progress)?);
        }
        let mut reader = open(&mut *archive)?;
        let watch = Watch::new(progress);
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
        self.top.see(member)?;
        let path = member.path.clone();
        let names = self.top.below_path(&path)?;
        let is_member_folder = member.kind == MemberKind::Folder;
        let below = names.join(&b'/');
        let is_taken = self.chosen.is_everything() || self.chosen.takes(&below, is_member_folder);
        let (name, above) = match names.split_last() {
            Some((name, above)) => (self.file_name.clone().unwrap_or_else(|| name.to_vec()), above),
            None => return Ok(()),
        };
        self.go_to(above)?;
        if let Some(level) = self.way.last_mut().filter(|level| level.exists) {
            level.names.push(self.hasher.hash_one(&name[..]));
        }
        let taken = match self.stand_in(&below, is_taken, member) {
            _ if is_taken => self.take(&name, &below, member, reader, watch),
            Some(stand_in) => self.take_as(&stand_in, member, reader, watch),
            None => Ok(()),
        };
        if is_member_folder {
            self.go_to(&names)?;
            if let Some(level) = self.way.last_mut() {
                level.is_taken = is_taken;
            }
            if is_taken && taken.is_ok() {
                self.give_way();
                self.count_unlike(member);
            }
        }
        taken
    }

    /// What can be read of a damaged archive would be restored.
    fn break_off(&mut self, archive: &mut dyn ArchiveBytes, error: PortError) -> Result<(), PortError> {
        let RestorePreview { new_entries, changed_entries, same_entries, .. } = self.preview;
        let is_something = new_entries + changed_entries + same_entries > 0;
        let Some(cause) = unreadable(&error).filter(|_| is_something) else { return Err(error) };
        let kind = RestoreFindingKind::BrokenOff(reason(archive, cause));
        self.preview.refuse(RestoreFinding { path: PathBuf::new(), kind });
        Ok(())
    }

    /// Decides what would become of a chosen entry, as the restore does.
    fn take(
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
        let level = self.way.last();
        if let Some(refusal) = level.and_then(|level| level.refused.or(level.refused_name(name))) {
            return Err(refusal.into());
        }
        self.give_way();
        let is_folder = member.kind == MemberKind::Folder;
        let found = match member.kind {
            MemberKind::HardLink => self.link(name, below, member, reader, watch)?,
            _ => {
                self.skipped_files.forget(below);
                Some((self.standing(name, member, reader, watch)?, None))
            }
        };
        let Some((standing, origin)) = found else { return Ok(()) };
        let step = step(is_folder, standing, self.request.existing, false);
        if step == Step::Replace && self.has_other_names(name)? {
            self.anew.insert(self.hasher.hash_one(below));
        }
        self.skipped_files.learn(step, below, member.offset, origin.as_ref());
        self.count(step, below, is_folder, name)
    }

    fn open_target(&mut self, is_folder: bool) -> Result<(), PortError> {
        let (approach, file_name) = approach(self.request, self.request.links, self.own, is_folder)?;
        self.preview.real_target = Some(real_target(&approach, file_name.as_deref()));
        self.file_name = file_name;
        let target = open_to_look(self.request, &approach)?;
        let is_taken = self.chosen.is_everything() && is_folder;
        let is_home = target.as_ref().is_some_and(|folder| self.own.is_home_itself(folder));
        let exists = target.is_some();
        self.way.push(Level { exists, is_home, is_taken, ..Level::default() });
        if let Some(target) = target {
            self.beneath = Beneath::probe(target.as_fd());
            self.left_out.begin(target.as_fd());
            self.folders = Some(DirStack::new(target, self.beneath));
        }
        Ok(())
    }

    /// Returns the folder at hand, where it exists.
    fn folder(&self) -> io::Result<Option<BorrowedFd<'_>>> {
        let folders = self.folders.as_ref().filter(|_| self.way.last().is_some_and(|level| level.exists));
        folders.map(DirStack::at_hand).transpose()
    }

    /// Returns whether what has that name in the folder at hand has others, too.
    fn has_other_names(&self, name: &[u8]) -> Result<bool, Obstacle> {
        let Some(folder) = self.folder()? else { return Ok(false) };
        Ok(lstat_at(folder, &c_name(name)?)?.is_some_and(|stat| stat.st_nlink > 1 && !is_folder(&stat)))
    }

    fn standing(
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
            Some(folder) if member.kind == MemberKind::Folder => self.folder_standing(folder, &name)?,
            Some(folder) => {
                let mut goes_on = |bytes| watch.passed(bytes);
                let mut body = Stream::new(reader, &mut goes_on);
                let wanted = self.rights.wanted(member);
                let (disks, beneath) = (&self.disks, self.beneath);
                let under = Under { disks, beneath, folder, name: &name };
                ComparedEntry::of(member).compare(under, &wanted, &mut body)?.unwrap_or(InPlace::Other)
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
                return Err(self.way_refusal(name).unwrap_or(refusal).into());
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
