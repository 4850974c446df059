//! The walk over the archive that restores the selected entries.
//!
//! Links are created in their turn and not at the end. Nothing is ever opened through a link, whoever made it, so an
//! early link can't redirect later entries, and memory doesn't grow with the number of links.

use backup_core::model::error::PortError;
use backup_core::model::restore::{IfExists, Refusal, components};
use backup_core::ports::ArchiveBytes;

use super::compare::ComparedEntry;
use super::contents::Stream;
use super::context::{Access, Context};
use super::create::{File, Node, make_link};
use super::dir_stack::TargetDirStack;
use super::enter_dir::ArchivedDir;
use super::first_pass::FirstPass;
use super::link_origins::Origin;
use super::obstacle::Obstacle;
use super::open_dir::OpenDir;
use super::workers::{MAX_FILE_BYTES, Workers};
use crate::pattern::chosen::Chosen;
use crate::posix::metadata::Metadata;
use crate::tar_reader::progress_reader::Watch;
use crate::tar_reader::source_root::SourceRoot;
use crate::tar_reader::{Member, MemberKind, TarReader};

type Reader<'r> = TarReader<&'r mut dyn ArchiveBytes>;

/// A walk over an archive.
pub(super) struct Walk<'w, 'scope, 'a> {
    pub(super) context: &'a Context,
    pub(super) workers: &'w mut Workers<'scope, 'a>,
    pub(super) folders: TargetDirStack<'a>,
    pub(super) chosen: &'w Chosen,
    pub(super) first_pass: FirstPass,
    pub(super) source_root: SourceRoot,
    /// The name in the target of a source that is a single file.
    pub(super) file_name: Option<Vec<u8>>,
    /// The archive's metadata of the source's own folder.
    pub(super) source: Option<Metadata>,
    pub(super) watch: Watch<'w>,
}

impl<'scope, 'a: 'scope> Walk<'_, 'scope, 'a> {
    /// Walks to the end of the archive, or until the restore is stopped.
    pub(super) fn run(&mut self, reader: &mut Reader<'_>) -> Result<(), PortError> {
        while let Some(mut member) = self.watch.next(reader)? {
            if self.context.is_stopped() {
                break;
            }
            if let Err(obstacle) = self.entry(&mut member, reader) {
                self.report_missing(&member, obstacle);
            }
            self.watch.tell(&member.path, reader.offset());
        }
        Ok(())
    }

    fn report_missing(&self, member: &Member, obstacle: Obstacle) {
        let may_have_links = !matches!(member.kind, MemberKind::Folder | MemberKind::HardLink);
        if let (true, Ok(names)) = (may_have_links, self.source_root.below_path(&member.path)) {
            let path = self.folders.path_of(&names.join(&b'/'));
            self.context.remember_uncreated(&path, &obstacle, member.offset);
        }
        self.context.report_missing(&member.path, obstacle);
    }

    fn entry(&mut self, member: &mut Member, reader: &mut Reader<'_>) -> Result<(), Obstacle> {
        self.source_root.see(&member.path, member.kind)?;
        let path = member.path.clone();
        let names = self.source_root.below_path(&path)?;
        let is_folder = member.kind == MemberKind::Folder;
        let below = names.join(&b'/');
        let is_selected = self.chosen.is_everything() || self.chosen.takes(&below, is_folder);
        if is_folder {
            return self.restore_folder(&names, is_selected, member);
        }
        if is_selected {
            return self.restore_non_folder(&names, member, reader);
        }
        match self.first_pass.promoted_link(&below).filter(|_| member.kind != MemberKind::HardLink) {
            Some(promoted_link) => self.restore_non_folder(&components(&promoted_link)?, member, reader),
            None => Ok(()),
        }
    }

    fn restore_folder(
        &mut self,
        names: &[&[u8]],
        is_selected: bool,
        member: &mut Member,
    ) -> Result<(), Obstacle> {
        let metadata = self.context.rights.wanted(member);
        if names.is_empty() {
            self.source = Some(metadata);
            return Ok(());
        }
        self.folders.go_to(names);
        if self.folders.was_implicit() {
            // Files in it must be finished first, because finishing sets the default metadata.
            self.workers.wait();
        }
        self.folders.announce(ArchivedDir { metadata, is_selected });
        if is_selected {
            self.enter()?;
            self.folders.count();
        }
        Ok(())
    }

    /// Returns the current folder. Waits for queued files that have the place of it or of a parent.
    fn enter(&mut self) -> Result<OpenDir<'a>, Obstacle> {
        self.folders.not_entered().for_each(|digest| self.workers.wait_for(digest));
        self.folders.enter()
    }

    /// Restores an entry that isn't a folder.
    fn restore_non_folder(
        &mut self,
        names: &[&[u8]],
        member: &mut Member,
        reader: &mut Reader<'_>,
    ) -> Result<(), Obstacle> {
        let (archived_name, above) = names.split_last().ok_or(Refusal::Nameless)?;
        let file_name = self.file_name.clone().filter(|_| !self.source_root.is_folder());
        let name = file_name.as_deref().unwrap_or(archived_name);
        let is_device = matches!(member.kind, MemberKind::CharDevice | MemberKind::BlockDevice);
        match member.kind {
            MemberKind::Other(flag) => return Err(Refusal::Unknown(flag).into()),
            _ if is_device && !self.context.rights.is_root => return Err(Refusal::Device.into()),
            _ => {}
        }
        self.folders.go_to(above);
        let folder = self.enter()?;
        folder.refuse_reserved(name)?;
        let digest = self.folders.digest_of(archived_name);
        self.workers.wait_for(digest);
        if member.kind == MemberKind::HardLink {
            return self.link(&folder, name, &names.join(&b'/'), member, reader);
        }
        self.forget_skipped(&folder, name);
        if member.kind == MemberKind::File {
            self.file(&folder, name, digest, member, reader);
            return Ok(());
        }
        self.node(&folder, name, member)
    }

    /// Forgets that the entry of that name was skipped, because it is decided again.
    fn forget_skipped(&self, folder: &OpenDir<'a>, name: &[u8]) {
        if self.context.existing == IfExists::Keep {
            self.context.link_origins.forget(&folder.path_of(name));
        }
    }

    fn node(&self, folder: &OpenDir<'a>, name: &[u8], member: &mut Member) -> Result<(), Obstacle> {
        let (metadata, offset) = (self.context.rights.wanted(member), member.offset);
        Node { name, metadata: &metadata, expected: ComparedEntry::of(member), offset }
            .make(self.context, folder)
    }

    fn file(
        &mut self,
        folder: &OpenDir<'a>,
        name: &[u8],
        digest: u64,
        member: &mut Member,
        reader: &mut Reader<'_>,
    ) {
        if member.size_bytes > MAX_FILE_BYTES || member.sparse.is_some() {
            self.workers.send();
            return self.file_at_once(folder, name, member, reader);
        }
        match reader.contents().whole() {
            Ok(contents) => self.workers.queue(folder, digest, self.file_of(name, member), contents),
            // The next read of the archive reports the damage.
            Err(error) => self.context.report_missing(&member.path, std::io::Error::from(error).into()),
        }
    }

    fn file_of(&self, name: &[u8], member: &mut Member) -> File {
        let (metadata, name) = (self.context.rights.wanted(member), name.to_owned());
        File { name, metadata, size_bytes: member.size_bytes, offset: member.offset }
    }

    fn file_at_once(&self, folder: &OpenDir<'a>, name: &[u8], member: &mut Member, reader: &mut Reader<'_>) {
        let (watch, context) = (&self.watch, self.context);
        let mut keep_going = |bytes| watch.passed(bytes) && !context.is_stopped();
        let (file, stream) = (self.file_of(name, member), Stream::new(reader, &mut keep_going));
        match context.access {
            Access::Anywhere => file.make(context, folder, stream),
            Access::Forward => file.make_once(context, folder, stream),
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
        let target = self.source_root.below_path(&member.link)?.join(&b'/');
        let Some(target) = self.first_pass.target(below, &target)? else { return Ok(()) };
        self.forget_skipped(folder, name);
        self.workers.wait();
        match self.context.link_origins.origin(self.folders.path_of(&target))? {
            Origin::InPlace(path) => self.link_to_existing(folder, name, &path),
            Origin::Archived(offset, path) => self.create_from_archive(folder, name, (offset, &path), reader),
        }
    }

    /// Adds a hard link to an existing entry of the target, by its path in the archive.
    fn link_to_existing(&self, folder: &OpenDir<'a>, name: &[u8], path: &[u8]) -> Result<(), Obstacle> {
        let names = self.source_root.below_path(path).map_err(|_| Refusal::LinkOutside)?;
        let (from_name, above) = names.split_last().ok_or(Refusal::LinkOutside)?;
        let from = self.folders.find(above).map_err(|obstacle| match obstacle {
            Obstacle::Failed(error) if error.kind() == std::io::ErrorKind::NotFound => {
                Obstacle::Refused(Refusal::LinkOutside)
            }
            obstacle => obstacle,
        })?;
        from.refuse_reserved(from_name)?;
        if !make_link(self.context, (&from, from_name), (folder, name))? {
            self.context.link_origins.add_alias(&folder.path_of(name), path);
        }
        Ok(())
    }

    /// Creates an earlier member again under the name of its hard link, because something else is kept in its place.
    /// Further hard links are made from this one.
    fn create_from_archive(
        &self,
        folder: &OpenDir<'a>,
        name: &[u8],
        (offset, skipped_path): (u64, &[u8]),
        reader: &mut Reader<'_>,
    ) -> Result<(), Obstacle> {
        let before = self.context.finished_entries();
        let (mut member, bookmark) = reader.go_back(offset).map_err(std::io::Error::from)?;
        let made = match member.kind {
            MemberKind::File => {
                self.file_at_once(folder, name, &mut member, reader);
                Ok(())
            }
            _ => self.node(folder, name, &mut member),
        };
        reader.go_on(bookmark).map_err(std::io::Error::from)?;
        if self.context.finished_entries() > before {
            self.context.link_origins.add_alias(skipped_path, &folder.path_of(name));
        }
        made
    }
}
