//! A folder of Backup Manager's own in a home, which need not exist yet.

use std::io;
use std::path::PathBuf;

use super::layout::Home;
use crate::file::dir::DirHandle;

/// One of the folders in a home. It is looked up anew each time, for people remove such folders.
#[derive(Debug, Clone)]
pub(crate) struct OwnDir {
    home: Home,
    name: &'static str,
}

impl Home {
    /// Returns the folder of that name in it.
    pub(crate) fn own(&self, name: &'static str) -> OwnDir {
        OwnDir { home: self.clone(), name }
    }
}

impl OwnDir {
    /// Returns its path, for messages.
    pub(crate) fn path(&self) -> PathBuf {
        self.home.held().path_of(self.name)
    }

    /// Opens it.
    pub(crate) fn open(&self) -> io::Result<DirHandle> {
        self.home.held().open_own(self.name)
    }

    /// Opens it, and makes it where it is missing.
    pub(crate) fn make(&self) -> io::Result<DirHandle> {
        self.home.held().make_own(self.name)
    }
}
