//! The lock of a folder that entries are restored to.

use std::io;
use std::os::fd::OwnedFd;
use std::time::Duration;

use crate::error::lock_held;
use crate::file::lock::try_lock_within;

/// The time that a process which was just started may keep an inherited lock, until it runs another program.
const LOCK_PATIENCE: Duration = Duration::from_secs(1);

/// Locks a folder as long as it is open. Succeeds on disks without locks, because nobody else can have one there.
pub(super) fn lock(folder: &OwnedFd) -> io::Result<()> {
    match try_lock_within(folder, LOCK_PATIENCE) {
        Ok(false) => Err(busy()),
        Ok(true) | Err(_) => Ok(()),
    }
}

/// Returns the error of a folder that another process has locked.
pub(super) fn busy() -> io::Error {
    lock_held("another restore is running there, or a service has its home there")
}
