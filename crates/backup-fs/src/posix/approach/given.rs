//! Paths that people give for something else than a restore's target, gone in the same way.

use std::ffi::CString;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use backup_core::restore::Links;
use rustix::fs::Stat;
use rustix::io::Errno;

use super::{Approach, Walk, root};
use crate::file::dir::Folder;

/// A folder that somebody named, held open, so that nothing in it is found by its path again.
#[derive(Debug)]
pub(crate) struct GivenFolder {
    pub(crate) folder: Folder,
    /// The folder and those above it, but for the root, as they were passed.
    pub(crate) way: Vec<Stat>,
}

impl GivenFolder {
    /// Opens the folder for reading. Links are followed only where nobody else could have put them.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let approach = approach(path)?;
        if approach.other.is_some() {
            return Err(Errno::NOTDIR.into());
        }
        let folder = Folder::held(approach.open()?, approach.real_path());
        Ok(Self { folder, way: approach.steps.iter().map(|step| step.stat).collect() })
    }
}

/// A folder or something else that somebody named: the folder that it is in, held open, and its name there.
#[derive(Debug)]
pub(crate) struct GivenEntry {
    pub(crate) parent: OwnedFd,
    /// `.` for the root, which is in itself.
    pub(crate) name: CString,
    /// Its path without links.
    pub(crate) real: PathBuf,
}

impl GivenEntry {
    /// Finds the entry. Links are followed only where nobody else could have put them, at the end as well.
    pub(crate) fn find(path: &Path) -> io::Result<Self> {
        let approach = approach(path)?;
        if approach.other.is_some() && path.as_os_str().as_bytes().ends_with(b"/") {
            return Err(Errno::NOTDIR.into());
        }
        let (parent, name) = match approach.place()? {
            Some(place) => place,
            None => (root()?, c".".to_owned()),
        };
        Ok(Self { parent, name, real: approach.real_path() })
    }
}

/// Goes to something that has to be there.
fn approach(path: &Path) -> io::Result<Approach> {
    let approach = Walk::begin(&std::path::absolute(path)?, None, Links::Trusted)?.run()?;
    if approach.exists() { Ok(approach) } else { Err(Errno::NOENT.into()) }
}
