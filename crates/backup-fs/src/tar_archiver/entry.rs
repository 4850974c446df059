//! Stores one entry, whatever kind of thing it is.

use std::ffi::CStr;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use backup_core::model::archive::FindingKind;
use backup_core::model::error::{Failure, PortError};
use rustix::fs::FileType;
use rustix::io::Errno;

use super::attempt::{Attempt, Unopened};
use super::body::Body;
use super::dir_stack::OpenDir;
use super::packer::Packer;
use crate::pattern::cache_tag::CACHE_TAG;
use crate::posix::names::Names;
use crate::posix::stat::Meta;
use crate::posix::xattrs::XattrSource;

/// How often an entry may turn into something else.
const ATTEMPTS: usize = 3;

impl Packer<'_> {
    /// Stores the entry at hand, or notes why not. Returns a folder that is to be gone into.
    pub(super) fn entry(
        &mut self,
        folder: BorrowedFd<'_>,
        name: &CStr,
    ) -> Result<Option<OpenDir>, PortError> {
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
        let meta = match self.look(folder, name) {
            Ok(meta) => meta,
            Err(_) if self.selector.excludes(&self.path, None) => {
                return self.leave_out(FindingKind::Excluded);
            }
            Err(error) if error.kind() != io::ErrorKind::NotFound && self.is_closed_mount(folder, name) => {
                return self.closed_mount(folder);
            }
            Err(error) => return self.missed(error),
        };
        if self.own.contain(&meta, || self.real.join(self.path.below_source())) {
            return self.leave_out(FindingKind::Own);
        }
        if self.selector.excludes(&self.path, Some(meta.kind).filter(|kind| *kind != FileType::Unknown)) {
            return self.leave_out(FindingKind::Excluded);
        }
        if self.selector.is_elsewhere(&meta) {
            return self.mount_point(folder, &meta);
        }
        if self.path.is_too_deep() {
            return self.missed(io::Error::other("it lies too deep to be restored"));
        }
        if self.is_exact(&meta)
            && let Some(first) = self.links.meet(&meta, None)
        {
            return self.hard_link(&meta, &first);
        }
        match meta.kind {
            FileType::RegularFile => self.file(folder, name, &meta),
            FileType::Directory => self.folder(folder, name, &meta),
            FileType::Symlink => self.symlink(folder, name, &meta),
            FileType::Fifo | FileType::CharacterDevice | FileType::BlockDevice => {
                self.special(folder, name, &meta)
            }
            FileType::Socket => self.leave_out(FindingKind::Socket),
            FileType::Unknown => self.missed(io::Error::other("it is of no known kind")),
        }
    }

    /// Looks at an entry. At a mount point that is to be left out, only what is known of it already is looked at: to ask
    /// a network disk whose server is gone could take for ever.
    fn look(&self, folder: BorrowedFd<'_>, name: &CStr) -> io::Result<Meta> {
        if self.selector.is_mount_point(&self.path) {
            return self.disk.glimpse(folder, name);
        }
        self.disk.stat(folder, name)
    }

    /// Returns true when an entry that can't be looked at is a mount point whose contents are to be left out.
    fn is_closed_mount(&self, folder: BorrowedFd<'_>, name: &CStr) -> bool {
        let is_elsewhere = |meta| self.selector.is_elsewhere(&meta);
        self.selector.is_mount_point(&self.path) || self.disk.glimpse(folder, name).is_ok_and(is_elsewhere)
    }

    pub(super) fn hard_link(&mut self, meta: &Meta, first: &[u8]) -> Result<Attempt, PortError> {
        self.write_header(meta, &[], Body::HardLink(first))?;
        Ok(Attempt::Done(None))
    }

    /// Opens the entry and makes sure that it is still what was seen. The error says how the attempt ends if not.
    pub(super) fn open_seen(
        &mut self,
        folder: BorrowedFd<'_>,
        name: &CStr,
        seen: &Meta,
    ) -> Result<(OwnedFd, Meta), Unopened> {
        let opened = self.open(folder, name, seen.kind).map_err(Unopened::from)?;
        let meta = self.disk.stat_open(opened.as_fd()).map_err(Unopened::Failed)?;
        if !meta.is_same_entry(seen) {
            return Err(Unopened::Changed);
        }
        self.learn_exact(opened.as_fd(), &meta);
        Ok((opened, meta))
    }

    /// Opens the entry, and waits a while for one that another program holds under a lease.
    fn open(&mut self, folder: BorrowedFd<'_>, name: &CStr, kind: FileType) -> io::Result<OwnedFd> {
        let mut opened = self.disk.open(folder, name, kind);
        let mut waited = Duration::ZERO;
        for pause in self.patience.pauses() {
            if !is_held(&opened) || self.progress.is_cancelled() {
                return opened;
            }
            self.disk.wait(pause);
            waited += pause;
            opened = self.disk.open(folder, name, kind);
        }
        if is_held(&opened) {
            self.patience.lose(waited);
            return Err(io::Error::other("another program holds it under a lease and does not give it back"));
        }
        opened
    }

    fn folder(&mut self, folder: BorrowedFd<'_>, name: &CStr, seen: &Meta) -> Result<Attempt, PortError> {
        let (opened, meta) = match self.open_seen(folder, name, seen) {
            Ok(opened) => opened,
            Err(Unopened::Changed) => return Ok(Attempt::Changed),
            Err(Unopened::Failed(error)) => return self.closed_folder(folder, name, seen, error),
        };
        let attributes = self.attributes(XattrSource::Open(opened.as_fd()));
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
        Ok(Attempt::Done(Some(OpenDir { folder: opened, meta, names })))
    }

    /// Stores the entry alone of a folder that lies elsewhere, and leaves out anything else that does: an empty file would
    /// be a wrong one. Its disk is asked for nothing more.
    fn mount_point(&mut self, folder: BorrowedFd<'_>, meta: &Meta) -> Result<Attempt, PortError> {
        match meta.kind {
            FileType::Directory => {
                self.note(FindingKind::OtherFileSystem);
                self.write_header(meta, &[], Body::None)?;
                Ok(Attempt::Done(None))
            }
            FileType::Unknown => self.closed_mount(folder),
            _ => self.leave_out(FindingKind::OtherFileSystem),
        }
    }

    /// Stores an empty folder for a mount point that can't be looked at. It is the owner's of the folder around it, alone.
    fn closed_mount(&mut self, folder: BorrowedFd<'_>) -> Result<Attempt, PortError> {
        match self.disk.stat_open(folder) {
            Ok(around) => self.mount_point(folder, &Meta { mode: 0o700, ..around }),
            Err(error) => self.missed(error),
        }
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
            let attributes = self.attributes(XattrSource::Named(folder, name));
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
        let attributes = self.attributes(XattrSource::Named(folder, name));
        self.write_header(meta, &attributes, Body::SymbolicLink(target.as_bytes()))?;
        self.remember_exact(meta);
        Ok(Attempt::Done(None))
    }

    /// Stores a FIFO or a device, which is never opened: that alone could wait for ever, or rewind a tape.
    fn special(&mut self, folder: BorrowedFd<'_>, name: &CStr, meta: &Meta) -> Result<Attempt, PortError> {
        let attributes = self.attributes(XattrSource::Named(folder, name));
        self.write_header(meta, &attributes, Body::None)?;
        self.remember_exact(meta);
        Ok(Attempt::Done(None))
    }

    /// Remembers what was stored as it is named, where inode numbers can be relied on. Otherwise it costs nothing to
    /// store it again.
    fn remember_exact(&mut self, meta: &Meta) {
        if self.is_exact(meta) {
            self.links.remember(meta, None, self.path.member());
        }
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

/// Returns true when another program was asked to give back its lease, and hasn't done so yet.
fn is_held(opened: &io::Result<OwnedFd>) -> bool {
    opened.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
}
