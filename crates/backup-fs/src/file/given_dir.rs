//! An open folder whose path a user gave.

use std::io;
use std::path::Path;

use rustix::fs::Stat;
use rustix::io::Errno;

use super::dir::DirHandle;
use crate::posix::resolved_path::ResolvedPath;

/// An open folder whose path a user gave. It stays open, so that nothing in it is found by its path again.
#[derive(Debug)]
pub(crate) struct GivenDir {
    pub(crate) folder: DirHandle,
    /// The metadata of the folders of the path, from below the root down to the folder itself.
    pub(crate) ancestry: Vec<Stat>,
}

impl GivenDir {
    /// Opens the folder for reading.
    ///
    /// Symbolic links are followed only if nobody else could have put them there.
    ///
    /// # Errors
    /// `NOTDIR` if it is not a folder; any failure to resolve the path or to open the folder.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let resolved = ResolvedPath::given(path)?;
        if !resolved.is_at_folder() {
            return Err(Errno::NOTDIR.into());
        }
        let folder = DirHandle::from_open(resolved.open()?, resolved.real_path());
        Ok(Self { folder, ancestry: resolved.passed().copied().collect() })
    }
}
