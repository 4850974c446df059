//! Paths that people give for something else than a restore's target, gone in the same way.

use std::ffi::CString;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use backup_core::model::restore::Links;
use rustix::io::Errno;

use super::{Approach, Walk, root};

impl Approach {
    /// Goes to something that has to be there. Links are followed only where nobody else could have put them.
    pub(crate) fn given(path: &Path) -> io::Result<Self> {
        let approach = Walk::begin(&std::path::absolute(path)?, None, Links::Trusted)?.run()?;
        if approach.exists() { Ok(approach) } else { Err(Errno::NOENT.into()) }
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
        let approach = Approach::given(path)?;
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
