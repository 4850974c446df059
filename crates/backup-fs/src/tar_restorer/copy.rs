//! Copies a file if a hard link can't be made: the disk has none, or the names are on different disks.

use std::ffi::CStr;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use rustix::fs::{AtFlags, FileType, Mode, Stat, fstat, linkat, readlinkat, symlinkat};
use rustix::io::Errno;

use super::contents::{has_contents_of, open_existing};
use super::context::Context;
use super::obstacle::Obstacle;
use super::temp_entry::Place;
use super::temp_name::temporary_name;
use crate::posix::metadata::Metadata;
use crate::posix::rename_new::is_unknown;
use crate::posix::set_metadata::{AlreadySet, EntryHandle, Trouble};
use crate::posix::xattrs::{AttributeReader, XattrSource};

/// The file that should get another name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Original<'a> {
    pub(super) context: &'a Context,
    pub(super) folder: BorrowedFd<'a>,
    pub(super) name: &'a CStr,
    pub(super) stat: &'a Stat,
}

impl Original<'_> {
    /// Makes a hard link, or a copy if no link can be made. For a copy, returns the reason and what couldn't be set.
    pub(super) fn link_or_copy(
        self,
        place: Place<'_>,
        working_name: &CStr,
    ) -> Result<Option<(Errno, Vec<Trouble>)>, Obstacle> {
        match self.link(place, working_name) {
            Ok(()) => Ok(None),
            Err(errno) if is_no_link(errno) => match self.copy(place, working_name) {
                // Neither a file nor a symbolic link.
                Ok(None) => Err(errno.into()),
                Ok(Some(troubles)) => Ok(Some((errno, troubles))),
                Err(obstacle) => {
                    let _ = place.remove(working_name);
                    Err(obstacle)
                }
            },
            Err(errno) => Err(errno.into()),
        }
    }

    /// Returns why no link can be made, if the place already holds a copy of the file.
    pub(super) fn why_copied(self, place: Place<'_>, stat: &Stat) -> Result<Option<Errno>, Obstacle> {
        let is_file = |stat: &Stat| FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile;
        if !is_file(self.stat) || !is_file(stat) || self.stat.st_size != stat.st_size {
            return Ok(None);
        }
        let other = open_existing(self.context.beneath, place.folder, place.name);
        let Some((file, other)) = self.open().zip(other) else { return Ok(None) };
        if !has_contents_of(&file, &other)? {
            return Ok(None);
        }
        let temporary = temporary_name(place.name);
        place.remove(&temporary)?;
        match self.link(place, &temporary) {
            Ok(()) => place.remove(&temporary).map(|()| None).map_err(Obstacle::from),
            Err(errno) => Ok(is_no_link(errno).then_some(errno)),
        }
    }

    /// Without `AT_SYMLINK_FOLLOW`, this links a symbolic link itself.
    fn link(self, place: Place<'_>, name: &CStr) -> Result<(), Errno> {
        linkat(self.folder, self.name, place.folder, name, AtFlags::empty())
    }

    fn open(self) -> Option<File> {
        open_existing(self.context.beneath, self.folder, self.name)
    }

    /// Returns what couldn't be set, or `None` if it is neither a file nor a symbolic link.
    fn copy(self, place: Place<'_>, name: &CStr) -> Result<Option<Vec<Trouble>>, Obstacle> {
        match FileType::from_raw_mode(self.stat.st_mode) {
            FileType::RegularFile => self.copy_file(place, name).map(Some),
            FileType::Symlink => self.copy_symlink(place, name).map(Some),
            _ => Ok(None),
        }
    }

    fn copy_file(self, place: Place<'_>, name: &CStr) -> Result<Vec<Trouble>, Obstacle> {
        let mut original = self.open().ok_or(io::ErrorKind::NotFound).map_err(io::Error::from)?;
        let stat = fstat(&original)?;
        let mut copy = place.create(name, Mode::RUSR | Mode::WUSR)?;
        io::copy(&mut original, &mut copy)?;
        let mut unread = None;
        let attributes = AttributeReader::new().read(XattrSource::Open(original.as_fd()));
        let attributes = attributes.map_err(|error| unread = Some(("extended attributes", error)));
        let metadata = self.context.rights.copy_of(&stat, attributes.unwrap_or_default());
        let troubles = EntryHandle::Open(copy.as_fd()).set(&metadata, AlreadySet::default());
        Ok(unread.into_iter().chain(troubles).collect())
    }

    fn copy_symlink(self, place: Place<'_>, name: &CStr) -> Result<Vec<Trouble>, Obstacle> {
        symlinkat(readlinkat(self.folder, self.name, Vec::new())?, place.folder, name)?;
        let located = self.context.beneath.locate(place.folder, name)?;
        let metadata: Metadata = self.context.rights.copy_of(self.stat, Vec::new());
        Ok(EntryHandle::Symlink(located.as_fd()).set(&metadata, AlreadySet::default()))
    }
}

/// Returns whether a copy may work although the link failed.
fn is_no_link(errno: Errno) -> bool {
    is_unknown(errno) || errno == Errno::XDEV
}
