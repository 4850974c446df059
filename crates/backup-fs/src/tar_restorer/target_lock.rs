//! The lock of a folder that entries are restored to.

use std::io;
use std::os::fd::OwnedFd;
use std::time::Duration;

use crate::error::lock_held;
use crate::file::lock::try_lock_within;

/// How long a process that was just started may keep a lock that isn't its own: until it runs another program.
const LOCK_PATIENCE: Duration = Duration::from_secs(1);

/// Locks a folder as long as it is open. Where folders can't be locked, nobody else ever has.
pub(super) fn lock(folder: &OwnedFd) -> io::Result<()> {
    match try_lock_within(folder, LOCK_PATIENCE) {
        Ok(false) => Err(busy()),
        Ok(true) | Err(_) => Ok(()),
    }
}

/// Returns the error of a folder that somebody else has locked.
pub(super) fn busy() -> io::Error {
    lock_held("another restore is at work there, or a service has its home there")
}
