//! Path resolution for other paths that people give, by the same rules as for the target of a restore.

use std::ffi::CString;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use backup_core::model::restore::Links;
use rustix::io::Errno;

use super::{ResolvedPath, Resolver};
use crate::posix::path_steps::root;

impl ResolvedPath {
    /// Resolves the path of something that must exist.
    ///
    /// Symbolic links are followed only if nobody else could have put them there.
    ///
    /// # Errors
    /// `NOENT` if it doesn't exist; any failure to resolve the path.
    pub(crate) fn given(path: &Path) -> io::Result<Self> {
        let resolved = Resolver::begin(&std::path::absolute(path)?, None, Links::Trusted)?.run()?;
        if resolved.exists() { Ok(resolved) } else { Err(Errno::NOENT.into()) }
    }
}

/// An entry that somebody gave the path of: its open folder, and its name there.
#[derive(Debug)]
pub(crate) struct GivenEntry {
    pub(crate) parent: OwnedFd,
    /// The name of the entry. It is `.` for the root, whose parent is the root itself.
    pub(crate) name: CString,
    /// The path of the entry, without symbolic links.
    pub(crate) real: PathBuf,
}

impl GivenEntry {
    /// Finds the entry.
    ///
    /// Symbolic links are followed only if nobody else could have put them there. That includes the last name.
    pub(crate) fn find(path: &Path) -> io::Result<Self> {
        let resolved = ResolvedPath::given(path)?;
        if resolved.other.is_some() && path.as_os_str().as_bytes().ends_with(b"/") {
            return Err(Errno::NOTDIR.into());
        }
        let (parent, name) = match resolved.place()? {
            Some(place) => place,
            None => (root()?, c".".to_owned()),
        };
        Ok(Self { parent, name, real: resolved.real_path() })
    }
}
