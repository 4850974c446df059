//! Why an entry isn't made.

use std::ffi::CString;
use std::io;

use backup_core::model::restore::Refusal;
use rustix::io::Errno;

/// Why an entry isn't made.
#[derive(Debug)]
pub(super) enum Obstacle {
    Refused(Refusal),
    Failed(io::Error),
}

impl Obstacle {
    /// Returns whether the disk can't have an entry with that name.
    pub(super) fn is_of_the_name(&self) -> bool {
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

/// Returns a name as system calls take it; members' names hold no NUL.
pub(super) fn c_name(name: &[u8]) -> Result<CString, Obstacle> {
    CString::new(name).map_err(|_| Obstacle::Refused(Refusal::Nameless))
}
