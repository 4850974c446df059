//! Stores one entry, whatever kind of thing it is.

use std::ffi::CStr;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use backup_core::backup::FindingKind;
use backup_core::error::{Failure, PortError};
use rustix::io::Errno;

use super::levels::OpenFolder;
use super::meta::{Kind, Meta};
use super::names::Names;
use super::packer::{Body, Packer};
use super::selection::CACHE_TAG;
use super::xattrs::Holder;

/// How an attempt to store an entry ended.
pub(super) enum Attempt {
    /// There is nothing left to do but to go into the folder, if it is one.
    Done(Option<OpenFolder>),
    /// It turned into something else between two looks.
    Changed,
}

/// How often an entry may turn into something else.
const ATTEMPTS: usize = 3;

impl Packer<'_> {
    /// Stores the entry at hand, or notes why not. Returns a folder that is to be gone into.
    pub(super) fn entry(
        &mut self,
        folder: BorrowedFd<'_>,
        name: &CStr,
    ) -> Result<Option<OpenFolder>, PortError> {
        for _ in 0..ATTEMPTS {
            self.check_cancelled()?;
            match self.attempt(folder, name)? {
                Attempt::Done(below) => return Ok(below),
                Attempt::Changed => {}
            }
        }
        self.miss(io::Error::other("it keeps turning into something else"))?;
        Ok(None)
    }

    fn attempt(&mut self, folder: BorrowedFd<'_>, name: &CStr) -> Result<Attempt, PortError> {
        let meta = match self.disk.stat(folder, name) {
            Ok(meta) => meta,
            Err(_) if self.selector.excludes(&self.path, None) => {
                return self.leave_out(FindingKind::Excluded);
            }
            Err(error) => return self.missed(error),
        };
        if self.own.contain(&meta) {
            return self.leave_out(FindingKind::Own);
        }
        if self.selector.excludes(&self.path, Some(meta.kind)) {
            return self.leave_out(FindingKind::Excluded);
        }
        if self.path.is_too_deep() {
            return self.missed(io::Error::other("it lies too deep to be restored"));
        }
        if let Some(first) = self.links.meet(&meta) {
            self.write_header(&meta, &[], Body::HardLink(&first))?;
            return Ok(Attempt::Done(None));
        }
        match meta.kind {
            Kind::File => self.file(folder, name, &meta),
            Kind::Folder => self.folder(folder, name, &meta),
            Kind::Symlink => self.symlink(folder, name, &meta),
            Kind::Fifo | Kind::CharDevice | Kind::BlockDevice => self.special(folder, name, &meta),
            Kind::Socket => self.leave_out(FindingKind::Socket),
            Kind::Unknown => self.missed(io::Error::other("it is of no known kind")),
        }
    }

    /// Opens the entry and makes sure that it is still what was seen. The error says how the attempt ends if not.
    pub(super) fn open_seen(
        &mut self,
        folder: BorrowedFd<'_>,
        name: &CStr,
        seen: &Meta,
    ) -> Result<(OwnedFd, Meta), Unopened> {
        let opened = self.disk.open(folder, name, seen.kind).map_err(Unopened::from)?;
        let meta = self.disk.stat_open(opened.as_fd()).map_err(Unopened::Failed)?;
        if meta.is_same_entry(seen) { Ok((opened, meta)) } else { Err(Unopened::Changed) }
    }

    fn folder(&mut self, folder: BorrowedFd<'_>, name: &CStr, seen: &Meta) -> Result<Attempt, PortError> {
        if self.selector.is_elsewhere(seen) {
            return self.mount_point(folder, name, seen);
        }
        let (opened, meta) = match self.open_seen(folder, name, seen) {
            Ok(opened) => opened,
            Err(Unopened::Changed) => return Ok(Attempt::Changed),
            Err(Unopened::Failed(error)) => return self.closed_folder(folder, name, seen, error),
        };
        let attributes = self.attributes(Holder::Open(opened.as_fd()));
        self.write_header(&meta, &attributes, Body::None)?;
        let mut names = Names::default();
        if self.selector.enter(self.disk, opened.as_fd(), &meta) {
            self.note(FindingKind::Cache);
            names.add(CACHE_TAG);
        } else if let Err(error) = self.disk.list(opened.as_fd(), &mut names) {
            // A folder that was removed just now lists nothing, and that is right.
            self.miss(error)?;
        }
        names.sort();
        Ok(Attempt::Done(Some(OpenFolder { folder: opened, meta, names })))
    }

    /// Stores the entry alone of a folder on another file system, which is not even opened.
    fn mount_point(
        &mut self,
        folder: BorrowedFd<'_>,
        name: &CStr,
        meta: &Meta,
    ) -> Result<Attempt, PortError> {
        self.note(FindingKind::OtherFileSystem);
        let attributes = self.attributes(Holder::Named(folder, name));
        self.write_header(meta, &attributes, Body::None)?;
        Ok(Attempt::Done(None))
    }

    /// Stores at least the entry of a folder that can't be opened.
    fn closed_folder(
        &mut self,
        folder: BorrowedFd<'_>,
        name: &CStr,
        meta: &Meta,
        error: io::Error,
    ) -> Result<Attempt, PortError> {
        let vanished = error.kind() == io::ErrorKind::NotFound;
        self.miss(error)?;
        if !vanished {
            let attributes = self.attributes(Holder::Named(folder, name));
            self.write_header(meta, &attributes, Body::None)?;
        }
        Ok(Attempt::Done(None))
    }

    fn symlink(&mut self, folder: BorrowedFd<'_>, name: &CStr, meta: &Meta) -> Result<Attempt, PortError> {
        let target = match self.disk.link_target(folder, name) {
            Ok(target) => target,
            // EINVAL: no longer a symbolic link.
            Err(error) if Errno::from_io_error(&error) == Some(Errno::INVAL) => return Ok(Attempt::Changed),
            Err(error) => return self.missed(error),
        };
        let attributes = self.attributes(Holder::Named(folder, name));
        self.write_header(meta, &attributes, Body::SymbolicLink(target.as_bytes()))?;
        self.links.remember(meta, self.path.member());
        Ok(Attempt::Done(None))
    }

    /// Stores a FIFO or a device, which is never opened: that alone could wait for ever, or rewind a tape.
    fn special(&mut self, folder: BorrowedFd<'_>, name: &CStr, meta: &Meta) -> Result<Attempt, PortError> {
        let attributes = self.attributes(Holder::Named(folder, name));
        self.write_header(meta, &attributes, Body::None)?;
        self.links.remember(meta, self.path.member());
        Ok(Attempt::Done(None))
    }

    pub(super) fn missed(&mut self, error: io::Error) -> Result<Attempt, PortError> {
        self.miss(error)?;
        Ok(Attempt::Done(None))
    }

    fn leave_out(&mut self, kind: FindingKind) -> Result<Attempt, PortError> {
        if self.path.is_source() {
            // An archive of nothing would count as a success.
            let reason = match kind {
                FindingKind::Own => "it belongs to Backup Manager",
                _ => "it is neither a folder nor a file",
            };
            return Err(PortError::new(Failure::Refused, format!("pack {}", self.shown)).because(reason));
        }
        self.note(kind);
        Ok(Attempt::Done(None))
    }
}

/// Why an entry that was seen isn't open.
pub(super) enum Unopened {
    /// Something else stands there now.
    Changed,
    /// The system said no.
    Failed(io::Error),
}

impl From<io::Error> for Unopened {
    fn from(error: io::Error) -> Self {
        match Errno::from_io_error(&error) {
            // Now a symbolic link; no folder any more; a socket or a device without a driver.
            Some(Errno::LOOP | Errno::NOTDIR | Errno::NXIO | Errno::NODEV) => Self::Changed,
            _ => Self::Failed(error),
        }
    }
}
