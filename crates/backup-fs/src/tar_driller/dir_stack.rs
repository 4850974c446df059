//! The stack of open folders from the restored tree to the current entry.

use std::collections::HashMap;
use std::ffi::{CString, OsString};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{AtFlags, Mode, OFlags, Stat, chmodat, statat};
use rustix::io::Errno;

use crate::file::dir::names_in;
use crate::posix::dir_stack::DirStack;
use crate::posix::open_beneath::Beneath;
use crate::posix::stat::{FileId, file_id, lstat_at};

/// The stack of open folders from the restored tree to the current folder.
///
/// Everything is opened one name at a time, and never through a link.
#[derive(Debug)]
pub(super) struct DrillDirStack {
    folders: DirStack,
    beneath: Beneath,
    made_readable: MadeReadable,
}

/// The entries that their owner could not read, with the mode that tar restored.
#[derive(Debug, Default)]
struct MadeReadable(HashMap<FileId, u32>);

impl DrillDirStack {
    pub(super) fn new(root: OwnedFd) -> Self {
        let beneath = Beneath::probe(root.as_fd());
        Self { folders: DirStack::new(root, beneath), beneath, made_readable: MadeReadable::default() }
    }

    /// Opens the folder with this path.
    pub(super) fn enter(&mut self, names: &[&[u8]]) -> io::Result<BorrowedFd<'_>> {
        let same = self.folders.common(names);
        self.folders.go_up(same);
        for name in &names[same..] {
            let opened = self.open(name, OFlags::RDONLY | OFlags::DIRECTORY)?;
            if statat(&opened, c".", AtFlags::empty()).is_err_and(|errno| errno == Errno::ACCESS) {
                self.made_readable.make_readable(self.folders.at_hand()?, &c_name(name)?)?;
            }
            self.folders.push(name, opened);
        }
        self.folders.at_hand()
    }

    /// Opens a file in the current folder.
    pub(super) fn open_file(&mut self, name: &[u8]) -> io::Result<OwnedFd> {
        self.open(name, OFlags::RDONLY | OFlags::NONBLOCK)
    }

    /// Opens an entry.
    ///
    /// An entry that its owner may not read is made readable. The restored tree is removed later anyway.
    fn open(&mut self, name: &[u8], flags: OFlags) -> io::Result<OwnedFd> {
        let name = c_name(name)?;
        let folder = self.folders.at_hand()?;
        match self.beneath.open(folder, &name, flags, Mode::empty()) {
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                self.made_readable.make_readable(folder, &name)?;
                self.beneath.open(folder, &name, flags, Mode::empty())
            }
            opened => opened,
        }
    }

    /// Returns the mode that tar restored, even if it was changed to read the entry.
    pub(super) fn restored_mode(&self, stat: &Stat) -> u32 {
        let before = self.made_readable.0.get(&file_id(stat));
        before.map_or(stat.st_mode, |mode| *mode) & 0o7777
    }

    /// Returns the names in the current folder.
    pub(super) fn names(&self) -> io::Result<Vec<OsString>> {
        names_in(self.folders.at_hand()?)
    }
}

impl MadeReadable {
    fn make_readable(&mut self, folder: BorrowedFd<'_>, name: &CString) -> io::Result<()> {
        if let Some(stat) = lstat_at(folder, name)? {
            self.0.entry(file_id(&stat)).or_insert(stat.st_mode);
        }
        Ok(chmodat(folder, name.as_c_str(), Mode::RWXU, AtFlags::empty())?)
    }
}

/// Returns a name in the form for system calls.
pub(super) fn c_name(name: &[u8]) -> io::Result<CString> {
    Ok(CString::new(name)?)
}
