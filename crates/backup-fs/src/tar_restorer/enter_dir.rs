//! A folder on its way to be opened, and made where it is missing.

use std::ffi::CStr;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use backup_core::model::restore::{InPlace, Refusal, Step, step};
use rustix::fs::{AtFlags, FileType, Mode, OFlags, Stat, Timespec, fstat, mkdirat, unlinkat};
use rustix::io::Errno;

use super::announced::Announced;
use super::context::Job;
use super::disks::is_ours_alone;
use super::obstacle::{Obstacle, c_name};
use super::open_dir::{Node, OpenDir};
use super::temp_entry::Place;
use super::unfinished_mark::{self, UNFINISHED, is_marked_by_file, is_unfinished};
use crate::posix::metadata::{Metadata, modified};
use crate::posix::set_metadata::EntryHandle;

/// A folder on its way to be opened.
pub(super) struct Opening<'a, 'n> {
    pub(super) job: &'a Job,
    pub(super) parent: OpenDir<'a>,
    pub(super) name: &'n [u8],
    /// This job made it before the archive said anything of it.
    pub(super) was_unknown: bool,
}

impl<'a> Opening<'a, '_> {
    /// Opens it. What the archive says of it is set in the end where it is made, or was by a restore of ours that didn't
    /// finish it, and where it is chosen itself and what differs is replaced.
    pub(super) fn open(self, announced: Option<&Announced>) -> Result<OpenDir<'a>, Obstacle> {
        self.parent.refuse_own(self.name)?;
        let name = &c_name(self.name)?;
        let wanted = announced.map(|announced| &announced.wanted);
        if self.make(name)? {
            let handle = open_folder(self.job, self.parent.as_fd(), name, OFlags::RDONLY)?;
            let is_neutral = self.job.is_hidden && self.parent.is_neutral || self.make_sure(&handle)?;
            Place::new(self.job, &self.parent, name).tell_shortened();
            let finish = wanted.cloned().unwrap_or_else(|| plain(self.job));
            let mut node = self.node(&handle);
            (node.is_new, node.is_ours, node.is_neutral) = (true, true, is_neutral);
            node.finish_with(finish);
            return Ok(node.opened(handle));
        }
        let located = open_folder(self.job, self.parent.as_fd(), name, OFlags::PATH)?;
        let stat = fstat(&located)?;
        if self.job.own.is_folder(&stat) {
            return Err(Refusal::Own.into());
        }
        self.open_standing(name, &located, &stat, announced)
    }

    fn open_standing(
        self,
        name: &CStr,
        located: &OwnedFd,
        stat: &Stat,
        announced: Option<&Announced>,
    ) -> Result<OpenDir<'a>, Obstacle> {
        let wanted = announced.map(|announced| &announced.wanted);
        let was_closed = self.make_open(located, stat)?;
        let handle = open_folder(self.job, self.parent.as_fd(), name, OFlags::RDONLY)?;
        // Of what was opened and nothing else, where others can rename folders.
        let now = fstat(&handle)?;
        let is_unfinished = is_unfinished(&now, wanted) || is_marked_by_file(handle.as_fd());
        let (is_new, is_ours) = (self.was_unknown, self.job.is_hidden || is_unfinished || self.was_unknown);
        let found = match () {
            () if is_unfinished => Some(plain(self.job)),
            () if was_closed || self.job.is_hidden => Some(as_found(stat)),
            () => None,
        };
        let mut node = self.node(&handle);
        (node.is_new, node.is_ours) = (is_new, is_ours);
        node.is_neutral = self.job.rights.owns(&now);
        let finish = announced.filter(|announced| announced.goes_to(&node));
        if let Some(finish) = finish.map(|announced| announced.wanted.clone()).or(found) {
            node.finish_with(finish);
        }
        let opened = node.opened(handle);
        opened.sweep();
        Ok(opened)
    }

    /// Where others can rename folders, what was opened may be one of theirs, or one that they may not change. Returns
    /// whether what is made in it has the group of whoever restores.
    fn make_sure(&self, handle: &OwnedFd) -> Result<bool, Obstacle> {
        let stat = fstat(handle)?;
        if !self.job.is_hidden {
            if !is_ours_alone(self.parent.as_fd(), handle)? {
                return Err(Refusal::Taken.into());
            }
            unfinished_mark::put(handle.as_fd());
        }
        Ok(self.job.rights.owns(&stat))
    }

    /// Returns whether it was made; otherwise it is there.
    fn make(&self, name: &CStr) -> Result<bool, Obstacle> {
        match mkdirat(self.parent.as_fd(), name, UNFINISHED) {
            Ok(()) => return Ok(true),
            Err(Errno::EXIST) => {}
            Err(errno) => return Err(errno.into()),
        }
        let found = self.job.disks.look(self.parent.as_fd(), name)?;
        let Some(stat) = found else { return Err(Errno::NOENT.into()) };
        let standing = match FileType::from_raw_mode(stat.st_mode) {
            FileType::Directory => InPlace::Folder,
            _ => InPlace::Other,
        };
        match step(true, standing, self.job.existing, self.job.is_continued) {
            Step::Replace => {
                unlinkat(self.parent.as_fd(), name, AtFlags::empty())?;
                mkdirat(self.parent.as_fd(), name, UNFINISHED)?;
                self.job.gave_way(&self.parent.path_of(self.name));
                Ok(true)
            }
            Step::Refuse(_) if FileType::from_raw_mode(stat.st_mode) == FileType::Symlink => {
                Err(Refusal::ThroughLink.into())
            }
            Step::Refuse(refusal) => Err(refusal.into()),
            Step::Make | Step::Pass | Step::Leave => Ok(false),
        }
    }

    /// Makes a folder that was there one that can be worked in, and returns whether it wasn't.
    fn make_open(&self, located: &OwnedFd, stat: &Stat) -> Result<bool, Obstacle> {
        let is_own = stat.st_uid == rustix::process::geteuid().as_raw();
        let was_closed = is_own && !self.job.rights.is_root && stat.st_mode & 0o700 != 0o700;
        if was_closed {
            EntryHandle::Located(located.as_fd()).set_mode(stat.st_mode & 0o7777 | 0o700)?;
        }
        Ok(was_closed)
    }

    fn node(&self, handle: &OwnedFd) -> Node<'a> {
        Node::new(self.job, handle, self.name.to_owned(), Some(self.parent.node()))
    }
}

/// Opens a folder, and says which of the two ways of being none it has.
pub(super) fn open_folder(
    job: &Job,
    parent: BorrowedFd<'_>,
    name: &CStr,
    flags: OFlags,
) -> Result<OwnedFd, Obstacle> {
    let opened = job.beneath.open(parent, name, flags | OFlags::DIRECTORY, Mode::empty());
    opened.map_err(|error: io::Error| match Errno::from_io_error(&error) {
        Some(Errno::LOOP) => Obstacle::Refused(Refusal::ThroughLink),
        Some(Errno::NOTDIR) => Obstacle::Refused(Refusal::ThroughFile),
        _ => Obstacle::Failed(error),
    })
}

fn plain(job: &Job) -> Metadata {
    let now = Timespec { tv_sec: 0, tv_nsec: rustix::fs::UTIME_NOW };
    Metadata::bare(job.rights.plain_folder().as_raw_mode(), now)
}

fn as_found(stat: &Stat) -> Metadata {
    Metadata::bare(stat.st_mode & 0o7777, modified(stat))
}
