//! The reason why an entry isn't created.

use std::ffi::CString;
use std::io;

use backup_core::model::restore::Refusal;
use rustix::io::Errno;

/// The reason why an entry isn't created.
#[derive(Debug)]
pub(super) enum Obstacle {
    Refused(Refusal),
    Failed(io::Error),
}

impl Obstacle {
    /// Returns whether the disk can't store an entry with that name.
    pub(super) fn is_about_name(&self) -> bool {
        match self {
            Self::Refused(refusal) => *refusal == Refusal::SameName,
            Self::Failed(error) => {
                let errno = Errno::from_io_error(error);
                // exFAT by FUSE reports ENOENT for a name that it doesn't allow.
                matches!(errno, Some(Errno::INVAL | Errno::NAMETOOLONG | Errno::ILSEQ | Errno::NOENT))
            }
        }
    }
}

impl From<io::Error> for Obstacle {
    fn from(error: io::Error) -> Self {
        Self::Failed(error)
    }
}

impl From<Errno> for Obstacle {
    fn from(errno: Errno) -> Self {
        Self::Failed(errno.into())
    }
}

impl From<Refusal> for Obstacle {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// Returns a name in the form for system calls. Names of members contain no NUL.
pub(super) fn c_name(name: &[u8]) -> Result<CString, Obstacle> {
    CString::new(name).map_err(|_| Obstacle::Refused(Refusal::Nameless))
}
