//! Opens a folder whose path a user gave.

use std::io;
use std::path::Path;

use backup_core::model::restore::Links;
use rustix::fs::Stat;
use rustix::io::Errno;

use super::dir::DirHandle;
use crate::posix::resolved_path::ResolvedPath;

/// Opens the folder for reading. It stays open, so that nothing in it is found by its path again.
///
/// Symbolic links are followed only if nobody else could have put them there. Also returns the metadata of the folders of
/// the path, from below the root down to the folder itself.
///
/// # Errors
/// `NOTDIR` if it is not a folder; any failure to resolve the path or to open the folder.
pub(crate) fn open_given(path: &Path) -> io::Result<(DirHandle, Vec<Stat>)> {
    let resolved = ResolvedPath::given(path, Links::Trusted)?;
    if !resolved.is_at_folder() {
        return Err(Errno::NOTDIR.into());
    }
    let folder = DirHandle::from_open(resolved.open()?, resolved.real_path());
    Ok((folder, resolved.passed().copied().collect()))
}
