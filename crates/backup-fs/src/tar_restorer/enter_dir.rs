//! Opens a folder of the target, and creates it if it is missing.

use std::ffi::CStr;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use backup_core::model::restore::{IfExists, InPlace, Refusal, Step, step};
use rustix::fs::{AtFlags, FileType, Mode, OFlags, Stat, Timespec, fstat, mkdirat, unlinkat};
use rustix::io::Errno;

use super::context::Context;
use super::disk_limits::{is_owned_by_us, is_private_to_us};
use super::obstacle::{Obstacle, c_name};
use super::open_dir::{Node, OpenDir};
use super::temp_entry::Place;
use super::unfinished_mark::{self, UNFINISHED, is_marked_by_file, is_unfinished};
use crate::posix::metadata::{Metadata, modified};
use crate::posix::set_metadata::EntryHandle;
use crate::posix::stat::is_folder;

/// The archive's entry of a folder.
#[derive(Debug)]
pub(super) struct ArchivedDir {
    pub(super) metadata: Metadata,
    /// Whether the folder itself was selected, and isn't only the parent of a selected entry.
    pub(super) is_selected: bool,
}

impl ArchivedDir {
    /// Returns whether this metadata is set on a folder.
    ///
    /// An existing folder that wasn't selected itself stays as it is. New entries in it change only its time.
    pub(super) fn applies_to(&self, folder: &Node<'_>) -> bool {
        folder.is_ours || self.is_selected && folder.context.existing == IfExists::Replace
    }
}

/// A folder that is about to be opened.
pub(super) struct Opening<'a, 'n> {
    pub(super) context: &'a Context,
    pub(super) parent: OpenDir<'a>,
    pub(super) name: &'n [u8],
    /// Whether this restore created it before its entry in the archive.
    pub(super) was_implicit: bool,
}

impl<'a> Opening<'a, '_> {
    /// Opens the folder, and schedules the metadata that is set at its end.
    ///
    /// The archive's metadata is used for a new folder, for one that an earlier restore left unfinished, and for a
    /// selected one if existing entries are replaced.
    pub(super) fn open(self, archived: Option<&ArchivedDir>) -> Result<OpenDir<'a>, Obstacle> {
        self.parent.refuse_reserved(self.name)?;
        let name = &c_name(self.name)?;
        let metadata = archived.map(|archived| &archived.metadata);
        if self.make(name)? {
            let handle = open_folder(self.context, self.parent.as_fd(), name, OFlags::RDONLY)?;
            let gives_our_group =
                self.context.is_hidden && self.parent.gives_our_group || self.verify_new(&handle)?;
            Place::new(self.context, &self.parent, name).report_shortened();
            let final_metadata = metadata.cloned().unwrap_or_else(|| default_metadata(self.context));
            // What is new in a hidden target can't be the home.
            let is_home = !self.context.is_hidden && self.context.reserved.is_home_itself(&handle);
            let mut node = self.node(is_home);
            (node.is_new, node.is_ours, node.gives_our_group) = (true, true, gives_our_group);
            node.set_final_metadata(final_metadata);
            return Ok(node.opened(handle));
        }
        let located = open_folder(self.context, self.parent.as_fd(), name, OFlags::PATH)?;
        let stat = fstat(&located)?;
        if self.context.reserved.is_folder(&stat) {
            return Err(Refusal::Own.into());
        }
        self.open_existing(name, &located, &stat, archived)
    }

    fn open_existing(
        self,
        name: &CStr,
        located: &OwnedFd,
        stat: &Stat,
        archived: Option<&ArchivedDir>,
    ) -> Result<OpenDir<'a>, Obstacle> {
        let metadata = archived.map(|archived| &archived.metadata);
        let was_inaccessible = self.make_accessible(located, stat)?;
        let handle = open_folder(self.context, self.parent.as_fd(), name, OFlags::RDONLY)?;
        // The metadata must be that of the open folder, because others may rename folders.
        let now = fstat(&handle)?;
        let is_unfinished = is_unfinished(&now, metadata) || is_marked_by_file(handle.as_fd());
        let (is_new, is_ours) =
            (self.was_implicit, self.context.is_hidden || is_unfinished || self.was_implicit);
        let found = match () {
            () if is_unfinished => Some(default_metadata(self.context)),
            () if was_inaccessible || self.context.is_hidden => Some(existing_metadata(stat)),
            () => None,
        };
        let mut node = self.node(self.context.reserved.is_home_itself(&handle));
        (node.is_new, node.is_ours) = (is_new, is_ours);
        node.gives_our_group = self.context.rights.owns(&now);
        let final_metadata = archived.filter(|archived| archived.applies_to(&node));
        if let Some(final_metadata) = final_metadata.map(|archived| archived.metadata.clone()).or(found) {
            node.set_final_metadata(final_metadata);
        }
        let opened = node.opened(handle);
        opened.remove_leftovers();
        Ok(opened)
    }

    /// Verifies a new folder, and marks it as unfinished.
    ///
    /// If others can rename folders, the open folder may be one of theirs, or one that they must not change. Returns
    /// whether new entries in it get the group of this user.
    fn verify_new(&self, handle: &OwnedFd) -> Result<bool, Obstacle> {
        let stat = fstat(handle)?;
        if !self.context.is_hidden {
            if !is_private_to_us(self.parent.as_fd(), handle)? {
                return Err(Refusal::Taken.into());
            }
            unfinished_mark::add(handle.as_fd());
        }
        Ok(self.context.rights.owns(&stat))
    }

    /// Creates the folder. Returns false if it exists.
    fn make(&self, name: &CStr) -> Result<bool, Obstacle> {
        match mkdirat(self.parent.as_fd(), name, UNFINISHED) {
            Ok(()) => return Ok(true),
            Err(Errno::EXIST) => {}
            Err(errno) => return Err(errno.into()),
        }
        let found = self.context.disk_limits.probe(self.parent.as_fd(), name)?;
        let Some(stat) = found else { return Err(Errno::NOENT.into()) };
        match folder_step(&stat, self.context.existing, self.context.is_continued) {
            Step::Replace => {
                unlinkat(self.parent.as_fd(), name, AtFlags::empty())?;
                mkdirat(self.parent.as_fd(), name, UNFINISHED)?;
                self.context.report_removed(&self.parent.path_of(self.name));
                Ok(true)
            }
            Step::Refuse(refusal) => Err(refusal.into()),
            Step::Make | Step::Pass | Step::Leave => Ok(false),
        }
    }

    /// Makes an existing folder accessible for its owner. Returns whether it wasn't.
    fn make_accessible(&self, located: &OwnedFd, stat: &Stat) -> Result<bool, Obstacle> {
        let was_inaccessible =
            is_owned_by_us(stat) && !self.context.rights.is_root && stat.st_mode & 0o700 != 0o700;
        if was_inaccessible {
            EntryHandle::Located(located.as_fd()).set_mode(stat.st_mode & 0o7777 | 0o700)?;
        }
        Ok(was_inaccessible)
    }

    fn node(&self, is_home: bool) -> Node<'a> {
        Node::new(self.context, self.name.to_owned(), is_home, Some(self.parent.node()))
    }
}

/// Decides what happens to an existing entry in the place of a folder.
pub(super) fn folder_step(stat: &Stat, existing: IfExists, is_continued: bool) -> Step {
    let in_place = if is_folder(stat) { InPlace::Folder } else { InPlace::Other };
    match step(true, in_place, existing, is_continued) {
        Step::Refuse(_) if FileType::from_raw_mode(stat.st_mode) == FileType::Symlink => {
            Step::Refuse(Refusal::ThroughLink)
        }
        step => step,
    }
}

/// Opens a folder. Refuses a link and a file with different errors.
pub(super) fn open_folder(
    context: &Context,
    parent: BorrowedFd<'_>,
    name: &CStr,
    flags: OFlags,
) -> Result<OwnedFd, Obstacle> {
    let opened = context.beneath.open(parent, name, flags | OFlags::DIRECTORY, Mode::empty());
    opened.map_err(|error: io::Error| match Errno::from_io_error(&error) {
        Some(Errno::LOOP) => Obstacle::Refused(Refusal::ThroughLink),
        Some(Errno::NOTDIR) => Obstacle::Refused(Refusal::ThroughFile),
        _ => Obstacle::Failed(error),
    })
}

fn default_metadata(context: &Context) -> Metadata {
    let now = Timespec { tv_sec: 0, tv_nsec: rustix::fs::UTIME_NOW };
    Metadata::bare(context.rights.plain_folder().as_raw_mode(), now)
}

fn existing_metadata(stat: &Stat) -> Metadata {
    Metadata::bare(stat.st_mode & 0o7777, modified(stat))
}
