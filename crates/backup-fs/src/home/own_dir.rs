//! One of Backup Manager's own folders in a home, which need not exist yet.

use std::io;
use std::path::PathBuf;

use super::layout::Home;
use crate::file::dir::DirHandle;

/// One of the folders in a home. It is opened anew each time, because people remove such folders.
#[derive(Debug, Clone)]
pub(crate) struct OwnDir {
    home: Home,
    name: &'static str,
}

impl Home {
    /// Returns one of Backup Manager's own folders in this home, by its name.
    pub(crate) fn own(&self, name: &'static str) -> OwnDir {
        OwnDir { home: self.clone(), name }
    }
}

impl OwnDir {
    /// Returns the path, for messages.
    pub(crate) fn path(&self) -> PathBuf {
        self.home.held().path_of(self.name)
    }

    /// Opens the folder.
    pub(crate) fn open(&self) -> io::Result<DirHandle> {
        self.home.held().open_own(self.name)
    }

    /// Opens the folder, and creates it if it is missing.
    pub(crate) fn make(&self) -> io::Result<DirHandle> {
        self.home.held().make_own(self.name)
    }
}
