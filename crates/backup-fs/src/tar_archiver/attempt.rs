//! The result of one attempt to store an entry.

use std::io;

use rustix::io::Errno;

use super::dir_stack::OpenDir;

/// The result of one attempt to store an entry.
pub(super) enum Attempt {
    /// The entry is done. If it is a folder, the walk enters it next.
    Done(Option<OpenDir>),
    /// The entry turned into something else between two calls.
    Changed,
}

/// Why an entry that exists could not be opened.
pub(super) enum Unopened {
    /// Something else has its name now.
    Changed,
    /// The system call failed.
    Failed(io::Error),
}

impl From<io::Error> for Unopened {
    fn from(error: io::Error) -> Self {
        match Errno::from_io_error(&error) {
            // It is a symbolic link now, or not a folder any more, or a socket or a device without a driver.
            Some(Errno::LOOP | Errno::NOTDIR | Errno::NXIO | Errno::NODEV) => Self::Changed,
            _ => Self::Failed(error),
        }
    }
}
