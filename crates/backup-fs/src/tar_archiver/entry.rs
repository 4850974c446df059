//! Stores one entry of any kind.

use std::ffi::CStr;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use backup_core::model::archive::FindingKind;
use backup_core::model::error::{Failure, PortError};
use rustix::fs::FileType;
use rustix::io::Errno;

use super::body::Body;
use super::dir_stack::{Next, OpenDir};
use super::packer::Packer;
use crate::pattern::cache_tag::CACHE_TAG;
use crate::posix::names::Names;
use crate::posix::stat::Meta;
use crate::posix::xattrs::XattrSource;

/// The result of one attempt to store an entry.
pub(super) enum Attempt {
    /// The entry is done. If it is a folder, the walk enters it next.
    Done(Option<OpenDir>),
    /// The entry turned into something else between two calls.
    Changed,
}

/// Why an entry that exists could not be opened.
pub(super) enum Unopened {
    /// Something else has its name now.
    Changed,
    /// The system call failed.
    Failed(io::Error),
}

impl From<io::Error> for Unopened {
    fn from(error: io::Error) -> Self {
        match Errno::from_io_error(&error) {
            // It is a symbolic link now, or not a folder any more, or a socket or a device without a driver.
            Some(Errno::LOOP | Errno::NOTDIR | Errno::NXIO | Errno::NODEV) => Self::Changed,
            _ => Self::Failed(error),
        }
    }
}

/// How often an entry may turn into something else before it is skipped.
const MAX_ATTEMPTS: usize = 3;

impl Packer<'_> {
    /// Stores the current entry, or reports why not. Returns a folder that the walk enters next.
    pub(super) fn entry(
        &mut self,
        Next { folder, named, found }: Next<'_>,
    ) -> Result<Option<OpenDir>, PortError> {
        self.catalog.close_member();
        self.is_certain = true;
        if let Some(Attempt::Done(below)) = self.at_once(folder, named, found)? {
            return Ok(below);
        }
        let name = named.name;
        for _ in 0..MAX_ATTEMPTS {
            self.check_cancelled()?;
            match self.try_entry(folder, name)? {
                Attempt::Done(below) => return Ok(below),
                Attempt::Changed => {}
            }
        }
        self.skip(io::Error::other("it keeps turning into something else"))?;
        Ok(None)
    }

    fn try_entry(&mut self, folder: BorrowedFd<'_>, name: &CStr) -> Result<Attempt, PortError> {
        let meta = match self.stat_entry(folder, name) {
            Ok(meta) => meta,
            Err(_) if self.selector.excludes(&self.path, None) => {
                return self.exclude(FindingKind::Excluded);
            }
            Err(error)
                if error.kind() != io::ErrorKind::NotFound && self.is_unreachable_mount(folder, name) =>
            {
                return self.unreachable_mount(folder);
            }
            Err(error) => return self.skipped(error),
        };
        let kind = Some(meta.kind).filter(|kind| *kind != FileType::Unknown);
        if let Some(decided) = self.decide(folder, &meta, |packer| packer.excludes(kind))? {
            return Ok(decided);
        }
        match meta.kind {
            FileType::RegularFile => self.file(folder, name, &meta),
            FileType::Directory => self.folder(folder, name, &meta),
            FileType::Symlink => self.symlink(folder, name, &meta),
            FileType::Fifo | FileType::CharacterDevice | FileType::BlockDevice => {
                self.store_unopened(folder, name, &meta, Body::None)
            }
            FileType::Socket => self.exclude(FindingKind::Socket),
            FileType::Unknown => self.skipped(io::Error::other("it is of no known kind")),
        }
    }

    /// Stores an entry that needs no look at its contents: one that is left out, taken over, or a hard link. Returns `None`
    /// for any other.
    pub(super) fn decide(
        &mut self,
        folder: BorrowedFd<'_>,
        meta: &Meta,
        is_excluded: impl FnOnce(&Self) -> bool,
    ) -> Result<Option<Attempt>, PortError> {
        if self.reserved.contains(meta, || self.real.join(self.path.below_source())) {
            return self.exclude(FindingKind::Own).map(Some);
        }
        if is_excluded(self) {
            return self.exclude(FindingKind::Excluded).map(Some);
        }
        if self.selector.crosses_mount(meta) {
            return self.mount_point(folder, meta).map(Some);
        }
        if self.path.is_too_deep() {
            return self.skipped(io::Error::other("it lies too deep to be restored")).map(Some);
        }
        let first = if self.is_exact(meta) { self.links.take_first(meta, None) } else { None };
        if meta.kind != FileType::Directory && self.take_over(meta, first.as_deref())? {
            return Ok(Some(Attempt::Done(None)));
        }
        first.map(|first| self.hard_link(meta, &first)).transpose()
    }

    /// Returns whether a pattern excludes the current entry.
    pub(super) fn excludes(&self, kind: Option<FileType>) -> bool {
        self.selector.excludes(&self.path, kind)
    }

    pub(super) fn hard_link(&mut self, meta: &Meta, first: &[u8]) -> Result<Attempt, PortError> {
        self.write_header(meta, &[], Body::HardLink(first))?;
        Ok(Attempt::Done(None))
    }

    /// Opens the entry, and verifies that it is still what was seen.
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

    /// Opens the entry. Waits a while if another program holds a lease on it.
    fn open(&mut self, folder: BorrowedFd<'_>, name: &CStr, kind: FileType) -> io::Result<OwnedFd> {
        let mut opened = self.disk.open(folder, name, kind);
        let mut waited = Duration::ZERO;
        for pause in self.lease_budget.pauses() {
            if !is_leased(&opened) || self.progress.is_cancelled() {
                return opened;
            }
            self.disk.wait(pause);
            waited += pause;
            opened = self.disk.open(folder, name, kind);
        }
        if is_leased(&opened) {
            self.lease_budget.spend(waited);
            return Err(io::Error::other("another program holds it under a lease and does not give it back"));
        }
        opened
    }

    fn folder(&mut self, folder: BorrowedFd<'_>, name: &CStr, seen: &Meta) -> Result<Attempt, PortError> {
        let (opened, meta) = match self.open_seen(folder, name, seen) {
            Ok(opened) => opened,
            Err(Unopened::Changed) => return Ok(Attempt::Changed),
            Err(Unopened::Failed(error)) => return self.unreadable_folder(folder, name, seen, error),
        };
        self.store_folder(opened, meta)
    }

    /// Stores a folder that is open.
    pub(super) fn store_folder(&mut self, opened: OwnedFd, meta: Meta) -> Result<Attempt, PortError> {
        if !self.take_over(&meta, None)? {
            let attributes = self.attributes(XattrSource::Open(opened.as_fd()));
            self.write_header(&meta, &attributes, Body::None)?;
        }
        let mut names = Names::default();
        if self.is_cache(opened.as_fd(), &meta) {
            names = Names::of(CACHE_TAG);
        } else if let Err(error) = self.disk.list(opened.as_fd(), &mut names) {
            // A folder that was removed just now has an empty list, which is correct.
            self.skip(error)?;
        }
        names.sort();
        if self.reuse.is_some() || !self.is_exact(&meta) {
            names.forget_kinds();
        }
        Ok(Attempt::Done(Some(OpenDir { folder: opened, meta, names, inside: Vec::new() })))
    }

    /// Enters a folder. Returns whether only its tag is stored.
    pub(super) fn is_cache(&mut self, folder: BorrowedFd<'_>, meta: &Meta) -> bool {
        let is_cache = self.selector.enter_folder(self.disk, folder, meta);
        if is_cache {
            self.note(FindingKind::Cache);
        }
        is_cache
    }

    /// Stores the entry of a folder that can't be opened.
    fn unreadable_folder(
        &mut self,
        folder: BorrowedFd<'_>,
        name: &CStr,
        meta: &Meta,
        error: io::Error,
    ) -> Result<Attempt, PortError> {
        let vanished = error.kind() == io::ErrorKind::NotFound;
        self.skip(error)?;
        if !vanished {
            let attributes = self.attributes(XattrSource::Named(folder, name));
            self.write_header(meta, &attributes, Body::None)?;
        }
        Ok(Attempt::Done(None))
    }

    fn symlink(&mut self, folder: BorrowedFd<'_>, name: &CStr, meta: &Meta) -> Result<Attempt, PortError> {
        let target = match self.disk.link_target(folder, name) {
            Ok(target) => target,
            // EINVAL: it isn't a symbolic link any more.
            Err(error) if Errno::from_io_error(&error) == Some(Errno::INVAL) => return Ok(Attempt::Changed),
            Err(error) => return self.skipped(error),
        };
        self.store_unopened(folder, name, meta, Body::SymbolicLink(target.as_bytes()))
    }

    /// Stores a symbolic link, a FIFO or a device without opening it. Opening could block forever or rewind a tape.
    ///
    /// It is remembered for hard links if inode numbers are reliable. Otherwise it is stored again, which costs nothing.
    fn store_unopened(
        &mut self,
        folder: BorrowedFd<'_>,
        name: &CStr,
        meta: &Meta,
        body: Body<'_>,
    ) -> Result<Attempt, PortError> {
        let attributes = self.attributes(XattrSource::Named(folder, name));
        self.write_header(meta, &attributes, body)?;
        if self.is_exact(meta) {
            self.links.remember(meta, None, self.path.member());
        }
        Ok(Attempt::Done(None))
    }

    pub(super) fn skipped(&mut self, error: io::Error) -> Result<Attempt, PortError> {
        self.skip(error)?;
        Ok(Attempt::Done(None))
    }

    pub(super) fn exclude(&mut self, kind: FindingKind) -> Result<Attempt, PortError> {
        if self.path.is_source() {
            // An empty archive would count as a success.
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

/// Returns whether another program was asked to give up its lease and hasn't done so yet.
fn is_leased(opened: &io::Result<OwnedFd>) -> bool {
    opened.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
}
