//! Where a pack begins, and what it must leave alone.

use std::ffi::{CString, OsStr};
use std::io::{self, ErrorKind};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use backup_core::error::{Failure, PortError};
use rustix::fs::{CWD, Mode, OFlags};

use super::disk::stat_followed;
use super::meta::{Identity, Kind, Meta};
use crate::failure::port_error;

/// The source, found and still to be opened.
#[derive(Debug)]
pub(super) struct Source {
    /// The folder that it lies in.
    pub(super) parent: OwnedFd,
    /// Its name there.
    pub(super) name: CString,
    /// What it is called in the archive.
    pub(super) member: Vec<u8>,
    /// Its path without symbolic links.
    pub(super) real: PathBuf,
    /// What to call it in a failure.
    pub(super) shown: String,
}

impl Source {
    /// Finds the source, through a symbolic link when it is one itself. One that is in a folder of our own, or is one, is
    /// refused.
    pub(super) fn find(path: &Path, own: &OwnFolders) -> Result<Self, PortError> {
        let shown = path.display().to_string();
        let failed = |cause| match io::Error::kind(&cause) {
            // A file where a folder should be on the way: the source isn't there.
            ErrorKind::NotADirectory => {
                PortError::new(Failure::Missing, format!("find {shown}")).because(cause)
            }
            _ => port_error(format!("find {shown}"), cause),
        };
        let real = path.canonicalize().map_err(failed)?;
        if !matches!(stat_followed(&real).map_err(failed)?.kind, Kind::File | Kind::Folder) {
            let reason = "it is neither a folder nor a file";
            return Err(PortError::new(Failure::Refused, format!("pack {shown}")).because(reason));
        }
        if own.hold(&real) {
            let reason = "it lies where Backup Manager keeps its own files";
            return Err(PortError::new(Failure::Refused, format!("pack {shown}")).because(reason));
        }
        let (parent, name) = part(&real);
        let member = path.file_name().unwrap_or(name).as_bytes().to_vec();
        // Only a place to start from: to search it is enough, it need not be readable.
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let parent =
            rustix::fs::openat(CWD, parent, flags, Mode::empty()).map_err(|errno| failed(errno.into()))?;
        let name = CString::new(name.as_bytes()).map_err(|error| failed(error.into()))?;
        Ok(Self { parent, name, member, real, shown })
    }
}

/// Parts a path into folder and name. The root has no name; it is `.` within itself.
fn part(path: &Path) -> (&Path, &OsStr) {
    match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) => (parent, name),
        _ => (path, OsStr::new(".")),
    }
}

/// The folders of Backup Manager's own.
#[derive(Debug)]
pub(super) struct OwnFolders {
    identities: Vec<Identity>,
}

impl OwnFolders {
    /// Finds those that are there.
    pub(super) fn look_up(paths: &[PathBuf]) -> Self {
        let found = paths.iter().filter_map(|path| stat_followed(path).ok());
        Self { identities: found.map(|meta| meta.identity).collect() }
    }

    /// Returns whether a path without links leads into one of them, or to one.
    fn hold(&self, real: &Path) -> bool {
        real.ancestors().any(|folder| stat_followed(folder).is_ok_and(|meta| self.contain(&meta)))
    }

    pub(super) fn contain(&self, meta: &Meta) -> bool {
        meta.kind == Kind::Folder && self.identities.contains(&meta.identity)
    }
}
