//! The open folders on the way to the entry at hand.

use std::ffi::{CString, OsString};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{AtFlags, Mode, OFlags, chmodat};

use crate::folder::names_in;
use crate::tar_restorer::Beneath;

/// The way from the top of what was restored to the folder at hand. Everything is opened a single name at a time, and
/// never through a link.
#[derive(Debug)]
pub(super) struct Way {
    top: OwnedFd,
    beneath: Beneath,
    open: Vec<(Vec<u8>, OwnedFd)>,
}

impl Way {
    pub(super) fn new(top: OwnedFd) -> Self {
        let beneath = Beneath::probe(top.as_fd());
        Self { top, beneath, open: Vec::new() }
    }

    /// Opens the folder that these names lead to.
    pub(super) fn enter(&mut self, names: &[&[u8]]) -> io::Result<BorrowedFd<'_>> {
        let same = self.open.iter().zip(names).take_while(|((open, _), name)| open == *name).count();
        self.open.truncate(same);
        for name in &names[same..] {
            let opened = self.open(self.at_hand(), &c_name(name)?, OFlags::RDONLY | OFlags::DIRECTORY)?;
            self.open.push((name.to_vec(), opened));
        }
        Ok(self.at_hand())
    }

    fn at_hand(&self) -> BorrowedFd<'_> {
        self.open.last().map_or(self.top.as_fd(), |(_, folder)| folder.as_fd())
    }

    /// Opens a file in the folder at hand.
    pub(super) fn open_file(&self, name: &[u8]) -> io::Result<OwnedFd> {
        self.open(self.at_hand(), &c_name(name)?, OFlags::RDONLY | OFlags::NONBLOCK)
    }

    /// Opens a name in the folder at hand, whatever it is, only to look at it.
    pub(super) fn locate(&self, name: &[u8]) -> io::Result<OwnedFd> {
        self.beneath.locate(self.at_hand(), &c_name(name)?)
    }

    /// What its owner may not read is made readable: its mode was looked at before, and it is going to be removed.
    fn open(&self, folder: BorrowedFd<'_>, name: &CString, flags: OFlags) -> io::Result<OwnedFd> {
        match self.beneath.open(folder, name, flags, Mode::empty()) {
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                chmodat(folder, name.as_c_str(), Mode::RWXU, AtFlags::empty())?;
                self.beneath.open(folder, name, flags, Mode::empty())
            }
            opened => opened,
        }
    }

    /// Returns the names in the folder at hand.
    pub(super) fn names(&self) -> io::Result<Vec<OsString>> {
        names_in(self.at_hand())
    }
}

/// Returns a name as system calls take it.
pub(super) fn c_name(name: &[u8]) -> io::Result<CString> {
    Ok(CString::new(name)?)
}
