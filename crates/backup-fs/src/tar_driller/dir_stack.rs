//! The open folders on the way to the entry at hand.

use std::collections::HashMap;
use std::ffi::{CString, OsString};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{AtFlags, Mode, OFlags, Stat, chmodat, statat};
use rustix::io::Errno;

use crate::file::dir::names_in;
use crate::posix::dir_stack::DirStack;
use crate::posix::open_beneath::Beneath;
use crate::posix::stat::lstat_at;

/// The way from the top of what was restored to the folder at hand. Everything is opened a single name at a time, and
/// never through a link.
#[derive(Debug)]
pub(super) struct DrillDirStack {
    folders: DirStack,
    beneath: Beneath,
    opened_up: OpenedUp,
}

/// What its owner could not read, by device and inode, with the mode that it was restored with.
#[derive(Debug, Default)]
struct OpenedUp(HashMap<(u64, u64), u32>);

impl DrillDirStack {
    pub(super) fn new(top: OwnedFd) -> Self {
        let beneath = Beneath::probe(top.as_fd());
        Self { folders: DirStack::new(top, beneath), beneath, opened_up: OpenedUp::default() }
    }

    /// Opens the folder that these names lead to.
    pub(super) fn enter(&mut self, names: &[&[u8]]) -> io::Result<BorrowedFd<'_>> {
        let same = self.folders.common(names);
        self.folders.go_up(same);
        for name in &names[same..] {
            let opened = self.open(name, OFlags::RDONLY | OFlags::DIRECTORY)?;
            if statat(&opened, c".", AtFlags::empty()).is_err_and(|errno| errno == Errno::ACCESS) {
                self.opened_up.open_up(self.folders.at_hand()?, &c_name(name)?)?;
            }
            self.folders.push(name, opened);
        }
        self.folders.at_hand()
    }

    /// Opens a file in the folder at hand.
    pub(super) fn open_file(&mut self, name: &[u8]) -> io::Result<OwnedFd> {
        self.open(name, OFlags::RDONLY | OFlags::NONBLOCK)
    }

    /// Opens a name in the folder at hand, whatever it is, only to look at it.
    pub(super) fn locate(&self, name: &[u8]) -> io::Result<OwnedFd> {
        self.beneath.locate(self.folders.at_hand()?, &c_name(name)?)
    }

    /// What its owner may not read is made readable, for it is going to be removed.
    fn open(&mut self, name: &[u8], flags: OFlags) -> io::Result<OwnedFd> {
        let name = c_name(name)?;
        let folder = self.folders.at_hand()?;
        match self.beneath.open(folder, &name, flags, Mode::empty()) {
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                self.opened_up.open_up(folder, &name)?;
                self.beneath.open(folder, &name, flags, Mode::empty())
            }
            opened => opened,
        }
    }

    /// Returns the permissions with which something was restored, whatever it took to read it.
    pub(super) fn restored_mode(&self, stat: &Stat) -> u32 {
        let before = self.opened_up.0.get(&(stat.st_dev, stat.st_ino));
        before.map_or(stat.st_mode, |mode| *mode) & 0o7777
    }

    /// Returns the names in the folder at hand.
    pub(super) fn names(&self) -> io::Result<Vec<OsString>> {
        names_in(self.folders.at_hand()?)
    }
}

impl OpenedUp {
    fn open_up(&mut self, folder: BorrowedFd<'_>, name: &CString) -> io::Result<()> {
        if let Some(stat) = lstat_at(folder, name)? {
            self.0.entry((stat.st_dev, stat.st_ino)).or_insert(stat.st_mode);
        }
        Ok(chmodat(folder, name.as_c_str(), Mode::RWXU, AtFlags::empty())?)
    }
}

/// Returns a name as system calls take it.
pub(super) fn c_name(name: &[u8]) -> io::Result<CString> {
    Ok(CString::new(name)?)
}
