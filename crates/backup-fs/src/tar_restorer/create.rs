//! Creates single entries: files, links, FIFOs, devices.

use std::ffi::{CStr, CString};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use backup_core::model::restore::{InPlace, Refusal};
use rustix::fs::{FileType, Mode, fstat, makedev, mknodat, symlinkat};
use rustix::io::Errno;

use super::compare::ComparedEntry;
use super::contents::Body;
use super::context::Context;
use super::copy::Original;
use super::obstacle::{Obstacle, c_name};
use super::open_dir::OpenDir;
use super::temp_entry::{Place, Plan, Replace};
use crate::posix::metadata::Metadata;
use crate::posix::set_metadata::{AlreadySet, EntryHandle, Trouble};
use crate::posix::stat::{is_folder, is_same_file};
use crate::tar_reader::MemberKind;

/// A regular file without its contents.
#[derive(Debug)]
pub(super) struct File {
    pub(super) name: Vec<u8>,
    pub(super) metadata: Metadata,
    pub(super) size_bytes: u64,
    /// Its offset in the archive.
    pub(super) offset: u64,
}

impl File {
    pub(super) fn expected(&self) -> ComparedEntry<'_> {
        ComparedEntry { kind: MemberKind::File, size_bytes: self.size_bytes, link: b"", device: (0, 0) }
    }

    /// Creates the file with these contents.
    pub(super) fn make(&self, context: &Context, folder: &OpenDir<'_>, mut body: impl Body) {
        if let Err(obstacle) = self.try_make(context, folder, &mut body) {
            self.not_made(context, folder, obstacle);
        }
    }

    /// Reports why the file is missing.
    pub(super) fn not_made(&self, context: &Context, folder: &OpenDir<'_>, obstacle: Obstacle) {
        let path = folder.path_of(&self.name);
        context.remember_uncreated(&path, &obstacle, self.offset);
        context.report_missing(&path, obstacle);
    }

    fn try_make(&self, context: &Context, folder: &OpenDir<'_>, body: &mut dyn Body) -> Result<(), Obstacle> {
        let name = c_name(&self.name)?;
        let place = Place::new(context, folder, &name);
        let Some((file, working_name, replace)) = self.create(place, body)? else { return Ok(()) };
        match body.fill(&file, self.size_bytes) {
            Ok(true) => {}
            unfinished => {
                let _ = place.remove(&working_name);
                return unfinished.map(drop).map_err(Obstacle::Failed);
            }
        }
        let troubles = EntryHandle::Open(file.as_fd()).set(&self.metadata, self.already_set(context, folder));
        place.publish(&working_name, replace)?;
        if !troubles.is_empty() {
            context.report_unset(&folder.path_of(&self.name), troubles);
        }
        context.count_created(&self.metadata, self.size_bytes);
        Ok(())
    }

    /// Creates the file for writing, unless it isn't needed. Returns it with its name, and whether it replaces another.
    ///
    /// In a hidden target nothing should be in the way, so it checks for an existing entry only if that fails.
    fn create(
        &self,
        place: Place<'_>,
        body: &mut dyn Body,
    ) -> Result<Option<(std::fs::File, CString, Replace)>, Obstacle> {
        if place.context.is_hidden {
            match place.create(place.name, self.initial_mode(place.context)) {
                Ok(file) => return Ok(Some((file, place.name.to_owned(), Replace::No))),
                Err(Obstacle::Failed(error)) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(obstacle) => return Err(obstacle),
            }
        }
        let existing = self.expected().compare(place.location(), &self.metadata, body)?;
        let Some(existing) = existing else { return Ok(None) };
        let plan = place.plan_for(existing)?;
        let Plan::Create(working_name, replace) = plan else {
            place.report_member_not_created(&plan, &self.metadata, self.offset);
            return Ok(None);
        };
        Ok(Some((place.create(&working_name, self.initial_mode(place.context))?, working_name, replace)))
    }

    /// Returns the mode of the file until its metadata is set.
    ///
    /// Only its owner may read it until then. A file with attributes must be writable for its owner, or they couldn't
    /// be set.
    fn initial_mode(&self, context: &Context) -> Mode {
        let is_final = context.is_hidden && self.metadata.attributes.is_empty();
        Mode::from_raw_mode(if is_final { self.metadata.mode & 0o777 } else { 0o600 })
    }

    /// Returns the metadata that a new file has already.
    ///
    /// In another user's folder, a file may inherit its group and more.
    fn already_set(&self, context: &Context, folder: &OpenDir<'_>) -> AlreadySet {
        let is_new = context.is_untouched();
        AlreadySet {
            owner: folder.gives_our_group && !context.rights.is_foreign(&self.metadata),
            mode: is_new && context.rights.gives(self.metadata.mode),
            lists: is_new,
            ..AlreadySet::default()
        }
    }
}

/// An entry that is neither a file nor a folder.
#[derive(Debug)]
pub(super) struct Node<'a> {
    pub(super) name: &'a [u8],
    pub(super) metadata: &'a Metadata,
    pub(super) expected: ComparedEntry<'a>,
    /// Its offset in the archive.
    pub(super) offset: u64,
}

impl Node<'_> {
    /// Creates the entry.
    pub(super) fn make(&self, context: &Context, folder: &OpenDir<'_>) -> Result<(), Obstacle> {
        let name = c_name(self.name)?;
        let place = Place::new(context, folder, &name);
        let plan = place.plan(self.expected, self.metadata)?;
        let Plan::Create(working_name, replace) = plan else {
            place.report_member_not_created(&plan, self.metadata, self.offset);
            return Ok(());
        };
        let troubles = self.create_with_metadata(context, place, &working_name)?;
        place.publish(&working_name, replace)?;
        context.report_unset(&folder.path_of(self.name), troubles);
        context.count_created(self.metadata, 0);
        Ok(())
    }

    /// Creates the entry and sets its metadata. If a disk fails at one of these, the entry is removed, because the
    /// disk may have made something else.
    fn create_with_metadata(
        &self,
        context: &Context,
        place: Place<'_>,
        name: &CStr,
    ) -> Result<Vec<Trouble>, Obstacle> {
        let created = self.create(place.folder, name).and_then(|()| self.set_metadata(context, place, name));
        let is_already_there = |obstacle: &Obstacle| matches!(obstacle, Obstacle::Failed(error) if error.kind() == io::ErrorKind::AlreadyExists);
        if created.as_ref().is_err_and(|obstacle| !is_already_there(obstacle)) {
            let _ = place.remove(name);
        }
        created
    }

    fn create(&self, folder: BorrowedFd<'_>, name: &CStr) -> Result<(), Obstacle> {
        let node = |kind, device| mknodat(folder, name, kind, Mode::from_raw_mode(0o600), device);
        let device = makedev(self.expected.device.0, self.expected.device.1);
        let made = match self.expected.kind {
            MemberKind::Symlink => symlinkat(self.expected.link, folder, name),
            MemberKind::Fifo => node(FileType::Fifo, 0),
            MemberKind::CharDevice => node(FileType::CharacterDevice, device),
            MemberKind::BlockDevice => node(FileType::BlockDevice, device),
            _ => Err(Errno::INVAL),
        };
        Ok(made?)
    }

    /// Sets the metadata. First verifies that the entry has the expected kind and only one name, so that it is the
    /// one just created.
    fn set_metadata(
        &self,
        context: &Context,
        place: Place<'_>,
        name: &CStr,
    ) -> Result<Vec<Trouble>, Obstacle> {
        let located = context.beneath.locate(place.folder, name)?;
        let stat = fstat(&located)?;
        let kind = FileType::from_raw_mode(stat.st_mode);
        if self.expected.kind.file_type() != Some(kind) || stat.st_nlink > 1 {
            return Err(Refusal::Taken.into());
        }
        let handle = match kind {
            FileType::Symlink => EntryHandle::Symlink(located.as_fd()),
            _ => EntryHandle::Located(located.as_fd()),
        };
        Ok(handle.set(self.metadata, AlreadySet { lists: context.is_untouched(), ..AlreadySet::default() }))
    }
}

/// Adds another name to a restored file, or makes a copy if that isn't possible.
///
/// Returns false if something else has that name and is kept.
pub(super) fn make_link(
    context: &Context,
    (from, from_name): (&OpenDir<'_>, &[u8]),
    (folder, name): (&OpenDir<'_>, &[u8]),
) -> Result<bool, Obstacle> {
    let (from_name, c_name) = (c_name(from_name)?, c_name(name)?);
    let found = context.disk_limits.probe(from.as_fd(), &from_name).map_err(|obstacle| match obstacle {
        Obstacle::Refused(_) => Refusal::LinkOutside.into(),
        failed => failed,
    })?;
    let file = found.ok_or(Refusal::LinkOutside)?;
    if is_folder(&file) {
        return Err(Refusal::LinkOutside.into());
    }
    let original = Original { context, folder: from.as_fd(), name: &from_name, stat: &file };
    let place = Place::new(context, folder, &c_name);
    let existing = match context.disk_limits.probe(folder.as_fd(), &c_name)? {
        None => InPlace::Nothing,
        Some(stat) if is_same_file(&stat, &file) => InPlace::Same,
        Some(stat) if is_folder(&stat) => InPlace::Folder,
        Some(stat) => match original.why_copied(place, &stat)? {
            None => InPlace::Other,
            Some(errno) => {
                context.report_copied(&place.path(), errno);
                InPlace::Same
            }
        },
    };
    let plan = place.plan_for(existing)?;
    let Plan::Create(working_name, replace) = plan else {
        place.report_not_created(&plan);
        return Ok(plan != Plan::Skip);
    };
    let copied = original.link_or_copy(place, &working_name)?;
    place.publish(&working_name, replace)?;
    if let Some((errno, troubles)) = copied {
        context.report_copied(&place.path(), errno);
        context.report_unset(&place.path(), troubles);
    }
    context.report().entries += 1;
    Ok(true)
}
