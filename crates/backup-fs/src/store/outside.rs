//! Finds the place of a file that a user wants somewhere outside of Backup Manager's own folders.

use std::io;
use std::path::Path;

use rustix::fs::{AtFlags, Stat, statat};

use crate::error::refused;
use crate::file::dir::DirHandle;
use crate::file::given_dir::open_given;
use crate::home::layout::Home;
use crate::home::names::is_own_name;
use crate::posix::stat::is_same_file;

/// Opens the folder of a file and checks its name. Creates nothing. The folder stays open, so that nobody can redirect the
/// file by changing its path.
///
/// # Errors
/// There is no such folder; the path is that of a folder; Backup Manager keeps its own files there; or another user's link
/// is in the path.
pub(super) fn find_outside(home: &Home, file: &Path) -> io::Result<(DirHandle, String)> {
    let name = file.file_name().filter(|_| !file.as_os_str().as_encoded_bytes().ends_with(b"/"));
    let name = name.ok_or_else(|| refused("it is a folder, but a file is needed"))?;
    let name = name.to_str().ok_or_else(|| refused("its name is not valid UTF-8"))?.to_owned();
    let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let (folder, ancestry) = open_given(parent).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => {
            io::Error::new(error.kind(), format!("there is no folder {}", parent.display()))
        }
        _ => error,
    })?;
    refuse_home_files(home, (&folder, &ancestry), &name)?;
    Ok((folder, name))
}

/// Refuses a file among Backup Manager's own files: `backups/` holds only archives that the history knows.
///
/// Folders are compared by device and inode, not by path.
fn refuse_home_files(home: &Home, (folder, ancestry): (&DirHandle, &[Stat]), name: &str) -> io::Result<()> {
    let in_home = |name| statat(home.held(), name, AtFlags::empty()).ok();
    let reserved = [Home::BACKUPS, Home::LOGS].into_iter().filter_map(in_home).collect::<Vec<_>>();
    let is_below = ancestry.iter().any(|above| reserved.iter().any(|own| is_same_file(own, above)));
    let is_home = is_same_file(&folder.own_stat()?, &home.held().own_stat()?);
    if is_below || is_home && is_own_name(name.as_bytes()) {
        return Err(refused("Backup Manager keeps its own files there; choose another folder"));
    }
    Ok(())
}
