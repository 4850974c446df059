//! A folder that somebody named, held open.

use std::io;
use std::path::Path;

use rustix::fs::Stat;
use rustix::io::Errno;

use super::dir::DirHandle;
use crate::posix::approach::Approach;

/// A folder that somebody named, held open, so that nothing in it is found by its path again.
#[derive(Debug)]
pub(crate) struct GivenDir {
    pub(crate) folder: DirHandle,
    /// The folder and those above it, but for the root, as they were passed.
    pub(crate) way: Vec<Stat>,
}

impl GivenDir {
    /// Opens the folder for reading. Links are followed only where nobody else could have put them.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let approach = Approach::given(path)?;
        if !approach.is_at_folder() {
            return Err(Errno::NOTDIR.into());
        }
        let folder = DirHandle::held(approach.open()?, approach.real_path());
        Ok(Self { folder, way: approach.passed().copied().collect() })
    }
}
