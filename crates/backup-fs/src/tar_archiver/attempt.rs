//! What came of an attempt to store an entry.

use std::io;

use rustix::io::Errno;

use super::dir_stack::OpenDir;

/// How an attempt to store an entry ended.
pub(super) enum Attempt {
    /// There is nothing left to do but to go into the folder, if it is one.
    Done(Option<OpenDir>),
    /// It turned into something else between two looks.
    Changed,
}

/// Why an entry that was seen isn't open.
pub(super) enum Unopened {
    /// Something else stands there now.
    Changed,
    /// The system said no.
    Failed(io::Error),
}

impl From<io::Error> for Unopened {
    fn from(error: io::Error) -> Self {
        match Errno::from_io_error(&error) {
            // Now a symbolic link; no folder any more; a socket or a device without a driver.
            Some(Errno::LOOP | Errno::NOTDIR | Errno::NXIO | Errno::NODEV) => Self::Changed,
            _ => Self::Failed(error),
        }
    }
}
