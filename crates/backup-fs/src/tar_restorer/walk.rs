//! Goes through the archive once, and restores what is chosen.
//!
//! Links are made in their turn and not at the end: nothing is ever opened through one, whoever made it, so that one
//! that stands early leads nobody astray, and memory doesn't grow with how many there are.

use std::io::Read;

use backup_core::model::error::PortError;
use backup_core::model::restore::{IfExists, Refusal, components};
use backup_core::ports::ArchiveBytes;

use super::announced::Announced;
use super::compare::ComparedEntry;
use super::contents::Stream;
use super::context::{Access, Job};
use super::create::{File, Node, make_link};
use super::dir_stack::TargetDirStack;
use super::first_pass::FirstPass;
use super::obstacle::Obstacle;
use super::open_dir::OpenDir;
use super::skipped::Origin;
use super::workers::{MOST_FILE_BYTES, Workers};
use crate::pattern::chosen::Chosen;
use crate::posix::metadata::Metadata;
use crate::tar_reader::progress_reader::Watch;
use crate::tar_reader::source_root::SourceRoot;
use crate::tar_reader::{Member, MemberKind, TarReader};

type Reader<'r> = TarReader<&'r mut dyn ArchiveBytes>;

/// A way through an archive.
pub(super) struct Walk<'w, 'scope, 'a> {
    pub(super) job: &'a Job,
    pub(super) crew: &'w mut Workers<'scope, 'a>,
    pub(super) folders: TargetDirStack<'a>,
    pub(super) chosen: &'w Chosen,
    pub(super) survey: FirstPass,
    pub(super) top: SourceRoot,
    /// What a source that is a single file is called in the target.
    pub(super) file_name: Option<Vec<u8>>,
    /// What the archive says of the source's own folder.
    pub(super) source: Option<Metadata>,
    pub(super) watch: Watch<'w>,
}

impl<'scope, 'a: 'scope> Walk<'_, 'scope, 'a> {
    /// Goes on to the end of the archive, or until the job is stopped.
    pub(super) fn run(&mut self, reader: &mut Reader<'_>) -> Result<(), PortError> {
        while let Some(mut member) = self.watch.next(reader)? {
            if self.job.is_stopped() {
                break;
            }
            if let Err(obstacle) = self.entry(&mut member, reader) {
                self.missing(&member, obstacle);
            }
            self.watch.tell(&member.path, reader.offset());
        }
        Ok(())
    }

    fn missing(&self, member: &Member, obstacle: Obstacle) {
        let may_have_links = !matches!(member.kind, MemberKind::Folder | MemberKind::HardLink);
        if let (true, Ok(names)) = (may_have_links, self.top.below_path(&member.path)) {
            let path = self.folders.path_of(&names.join(&b'/'));
            self.job.note_unmade(&path, &obstacle, member.offset);
        }
        self.job.missing(&member.path, obstacle);
    }

    fn entry(&mut self, member: &mut Member, reader: &mut Reader<'_>) -> Result<(), Obstacle> {
        self.top.see(member)?;
        let path = member.path.clone();
        let names = self.top.below_path(&path)?;
        let is_folder = member.kind == MemberKind::Folder;
        let below = names.join(&b'/');
        let is_taken = self.chosen.is_everything() || self.chosen.takes(&below, is_folder);
        if is_folder {
            return self.folder(&names, is_taken, member);
        }
        if is_taken {
            return self.leaf(&names, member, reader);
        }
        match self.survey.stand_in(&below).filter(|_| member.kind != MemberKind::HardLink) {
            Some(stand_in) => self.leaf(&components(&stand_in)?, member, reader),
            None => Ok(()),
        }
    }

    fn folder(&mut self, names: &[&[u8]], is_taken: bool, member: &mut Member) -> Result<(), Obstacle> {
        let wanted = self.job.rights.wanted(member);
        if names.is_empty() {
            self.source = Some(wanted);
            return Ok(());
        }
        self.folders.go_to(names);
        if self.folders.was_unknown() {
            // Whoever works in it still sets what is set where nothing is known.
            self.crew.wait();
        }
        self.folders.announce(Announced { wanted, is_taken });
        if is_taken {
            self.enter()?;
            self.folders.count();
        }
        Ok(())
    }

    /// Returns the folder at hand. Files that were on their way to it or to one above come before it.
    fn enter(&mut self) -> Result<OpenDir<'a>, Obstacle> {
        self.folders.unneeded().for_each(|digest| self.crew.wait_for(digest));
        self.folders.enter()
    }

    /// Restores what is no folder.
    fn leaf(
        &mut self,
        names: &[&[u8]],
        member: &mut Member,
        reader: &mut Reader<'_>,
    ) -> Result<(), Obstacle> {
        let (own_name, above) = names.split_last().ok_or(Refusal::Nameless)?;
        let file_name = self.file_name.clone().filter(|_| !self.top.is_folder());
        let name = file_name.as_deref().unwrap_or(own_name);
        let is_device = matches!(member.kind, MemberKind::CharDevice | MemberKind::BlockDevice);
        match member.kind {
            MemberKind::Other(flag) => return Err(Refusal::Unknown(flag).into()),
            _ if is_device && !self.job.rights.is_root => return Err(Refusal::Device.into()),
            _ => {}
        }
        self.folders.go_to(above);
        let folder = self.enter()?;
        folder.refuse_own(name)?;
        let digest = self.folders.digest_of(own_name);
        self.crew.wait_for(digest);
        if member.kind == MemberKind::HardLink {
            return self.link(&folder, name, &names.join(&b'/'), member, reader);
        }
        self.come_again(&folder, name);
        if member.kind == MemberKind::File {
            self.file(&folder, name, digest, member, reader);
            return Ok(());
        }
        self.node(&folder, name, member)
    }

    /// What was left under that name is decided anew.
    fn come_again(&self, folder: &OpenDir<'a>, name: &[u8]) {
        if self.job.existing == IfExists::Keep {
            self.job.skipped_files.forget(&folder.path_of(name));
        }
    }

    fn node(&self, folder: &OpenDir<'a>, name: &[u8], member: &mut Member) -> Result<(), Obstacle> {
        let (wanted, offset) = (self.job.rights.wanted(member), member.offset);
        Node { name, wanted: &wanted, likeness: ComparedEntry::of(member), offset }.make(self.job, folder)
    }

    fn file(
        &mut self,
        folder: &OpenDir<'a>,
        name: &[u8],
        digest: u64,
        member: &mut Member,
        reader: &mut Reader<'_>,
    ) {
        if member.size_bytes > MOST_FILE_BYTES || member.sparse.is_some() {
            self.crew.send();
            return self.file_at_once(folder, name, member, reader);
        }
        let file = self.file_of(name, member);
        let read = |room: &mut [u8]| reader.contents().read_exact(room);
        if let Err(error) = self.crew.make(folder, digest, file, read) {
            // The next look at the archive says what is the matter with it.
            self.job.missing(&member.path, error.into());
        }
    }

    fn file_of(&self, name: &[u8], member: &mut Member) -> File {
        let (wanted, name) = (self.job.rights.wanted(member), name.to_owned());
        File { name, wanted, size_bytes: member.size_bytes, offset: member.offset }
    }

    fn file_at_once(&self, folder: &OpenDir<'a>, name: &[u8], member: &mut Member, reader: &mut Reader<'_>) {
        let (watch, job) = (&self.watch, self.job);
        let mut goes_on = |bytes| watch.passed(bytes) && !job.is_stopped();
        let (file, stream) = (self.file_of(name, member), Stream::new(reader, &mut goes_on));
        match job.access {
            Access::Anywhere => file.make(job, folder, stream),
            Access::Forward => file.make_once(job, folder, stream),
        }
    }

    fn link(
        &mut self,
        folder: &OpenDir<'a>,
        name: &[u8],
        below: &[u8],
        member: &Member,
        reader: &mut Reader<'_>,
    ) -> Result<(), Obstacle> {
        let target = self.top.below_path(&member.link)?.join(&b'/');
        let Some(target) = self.survey.target(below, &target)? else { return Ok(()) };
        self.come_again(folder, name);
        self.crew.wait();
        match self.job.skipped_files.origin(self.folders.path_of(&target))? {
            Origin::InPlace(path) => self.link_to(folder, name, &path),
            Origin::Archived(offset, path) => self.make_again(folder, name, (offset, &path), reader),
        }
    }

    /// Makes another name of what stands in the target, under a path as the archive has it.
    fn link_to(&self, folder: &OpenDir<'a>, name: &[u8], path: &[u8]) -> Result<(), Obstacle> {
        let names = self.top.below_path(path).map_err(|_| Refusal::LinkOutside)?;
        let (from_name, above) = names.split_last().ok_or(Refusal::LinkOutside)?;
        let from = self.folders.find(above).map_err(|obstacle| match obstacle {
            Obstacle::Failed(error) if error.kind() == std::io::ErrorKind::NotFound => {
                Obstacle::Refused(Refusal::LinkOutside)
            }
            obstacle => obstacle,
        })?;
        from.refuse_own(from_name)?;
        if !make_link(self.job, (&from, from_name), (folder, name))? {
            self.job.skipped_files.add_under(&folder.path_of(name), path);
        }
        Ok(())
    }

    /// Makes under another name what has come by, for something else stands in its place. Further names are made of this.
    fn make_again(
        &self,
        folder: &OpenDir<'a>,
        name: &[u8],
        (offset, left): (u64, &[u8]),
        reader: &mut Reader<'_>,
    ) -> Result<(), Obstacle> {
        let before = self.job.standing_entries();
        let (mut member, bookmark) = reader.again(offset).map_err(std::io::Error::from)?;
        let made = match member.kind {
            MemberKind::File => {
                self.file_at_once(folder, name, &mut member, reader);
                Ok(())
            }
            _ => self.node(folder, name, &mut member),
        };
        reader.go_on(bookmark).map_err(std::io::Error::from)?;
        if self.job.standing_entries() > before {
            self.job.skipped_files.add_under(left, &folder.path_of(name));
        }
        made
    }
}
