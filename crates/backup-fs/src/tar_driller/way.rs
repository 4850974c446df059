//! The open folders on the way to the entry at hand.

use std::collections::HashMap;
use std::ffi::{CString, OsString};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{AtFlags, Mode, OFlags, Stat, chmodat, statat};
use rustix::io::Errno;

use crate::folder::names_in;
use crate::tar_restorer::{Beneath, look};

/// The way from the top of what was restored to the folder at hand. Everything is opened a single name at a time, and
/// never through a link.
#[derive(Debug)]
pub(super) struct Way {
    top: OwnedFd,
    beneath: Beneath,
    /// The last ones are open.
    levels: Vec<Level>,
    opened_up: OpenedUp,
}

#[derive(Debug)]
struct Level {
    name: Vec<u8>,
    folder: Option<OwnedFd>,
}

/// How many levels are open at once: not every process may have many files open.
const MOST_OPEN: usize = 128;

/// What its owner could not read, by device and inode, with the mode that it was restored with.
#[derive(Debug, Default)]
struct OpenedUp(HashMap<(u64, u64), u32>);

impl Way {
    pub(super) fn new(top: OwnedFd) -> Self {
        let beneath = Beneath::probe(top.as_fd());
        Self { top, beneath, levels: Vec::new(), opened_up: OpenedUp::default() }
    }

    /// Opens the folder that these names lead to.
    pub(super) fn enter(&mut self, names: &[&[u8]]) -> io::Result<BorrowedFd<'_>> {
        let same = self.levels.iter().zip(names).take_while(|(level, name)| level.name == **name).count();
        self.levels.truncate(same);
        if self.levels.last().is_some_and(|level| level.folder.is_none()) {
            self.levels.clear();
        }
        for name in &names[self.levels.len()..] {
            self.go_down(name)?;
        }
        Ok(self.at_hand())
    }

    fn go_down(&mut self, name: &[u8]) -> io::Result<()> {
        let opened = self.open(name, OFlags::RDONLY | OFlags::DIRECTORY)?;
        if statat(&opened, c".", AtFlags::empty()).is_err_and(|errno| errno == Errno::ACCESS) {
            let folder = at_hand(&self.levels, &self.top);
            self.opened_up.open_up(folder, &c_name(name)?)?;
        }
        self.levels.push(Level { name: name.to_vec(), folder: Some(opened) });
        if let Some(far) = self.levels.len().checked_sub(MOST_OPEN + 1) {
            self.levels[far].folder = None;
        }
        Ok(())
    }

    fn at_hand(&self) -> BorrowedFd<'_> {
        at_hand(&self.levels, &self.top)
    }

    /// Opens a file in the folder at hand.
    pub(super) fn open_file(&mut self, name: &[u8]) -> io::Result<OwnedFd> {
        self.open(name, OFlags::RDONLY | OFlags::NONBLOCK)
    }

    /// Opens a name in the folder at hand, whatever it is, only to look at it.
    pub(super) fn locate(&self, name: &[u8]) -> io::Result<OwnedFd> {
        self.beneath.locate(self.at_hand(), &c_name(name)?)
    }

    /// What its owner may not read is made readable, for it is going to be removed.
    fn open(&mut self, name: &[u8], flags: OFlags) -> io::Result<OwnedFd> {
        let name = c_name(name)?;
        let folder = at_hand(&self.levels, &self.top);
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
        names_in(self.at_hand())
    }
}

impl OpenedUp {
    fn open_up(&mut self, folder: BorrowedFd<'_>, name: &CString) -> io::Result<()> {
        if let Some(stat) = look(folder, name)? {
            self.0.entry((stat.st_dev, stat.st_ino)).or_insert(stat.st_mode);
        }
        Ok(chmodat(folder, name.as_c_str(), Mode::RWXU, AtFlags::empty())?)
    }
}

fn at_hand<'w>(levels: &'w [Level], top: &'w OwnedFd) -> BorrowedFd<'w> {
    levels.last().and_then(|level| level.folder.as_ref()).unwrap_or(top).as_fd()
}

/// Returns a name as system calls take it.
pub(super) fn c_name(name: &[u8]) -> io::Result<CString> {
    Ok(CString::new(name)?)
}
