//! A folder of Backup Manager's own in a home, which need not exist yet.

use std::io;
use std::path::PathBuf;

use super::layout::Home;
use crate::file::dir::Folder;

/// One of the folders in a home. It is looked up anew each time, for people remove such folders.
#[derive(Debug, Clone)]
pub(crate) struct OwnFolder {
    home: Home,
    name: &'static str,
}

impl Home {
    /// Returns the folder of that name in it.
    pub(crate) fn own(&self, name: &'static str) -> OwnFolder {
        OwnFolder { home: self.clone(), name }
    }
}

impl OwnFolder {
    /// Returns its path, for messages.
    pub(crate) fn path(&self) -> PathBuf {
        self.home.held().path_of(self.name)
    }

    /// Opens it.
    pub(crate) fn open(&self) -> io::Result<Folder> {
        self.home.held().open_own(self.name)
    }

    /// Opens it, and makes it where it is missing.
    pub(crate) fn make(&self) -> io::Result<Folder> {
        self.home.held().make_own(self.name)
    }
}
