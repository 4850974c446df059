//! Locks that belong to an open file and end with it, however its process ends.

use std::fs::{File, TryLockError};
use std::io;
use std::os::fd::AsFd;
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use crate::error::lock_held;

/// How often a lock is asked for that somebody has.
const TICK: Duration = Duration::from_millis(1);

/// Waits until nobody else has the lock, and takes it.
pub(crate) fn wait_for_lock(file: &File) -> io::Result<()> {
    loop {
        match file.lock() {
            // A signal that an embedder handles must not fail what only has to wait a little longer.
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

/// Takes the lock of a file that others may be able to read. They could keep it locked as long as they like.
///
/// # Errors
/// [Busy](lock_held) when somebody keeps it longer than that.
pub(crate) fn lock_within(file: &File, at_most: Duration) -> io::Result<()> {
    if try_lock_within(file, at_most)? { Ok(()) } else { Err(lock_held("another process keeps it locked")) }
}

/// Takes the lock as soon as nobody else has it, and returns whether it did. Gives up after that time.
pub(crate) fn try_lock_within(file: impl AsFd, at_most: Duration) -> io::Result<bool> {
    let give_up = Instant::now() + at_most;
    while !try_lock(&file)? {
        if Instant::now() >= give_up {
            return Ok(false);
        }
        sleep(TICK);
    }
    Ok(true)
}

/// Returns whether anybody else has the lock. Who waits for it waits no longer than this takes.
pub(crate) fn is_locked(file: &File) -> io::Result<bool> {
    match file.try_lock_shared() {
        Ok(()) => file.unlock().map(|()| false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Takes the lock of an open file or folder if nobody else has it, and returns whether it did.
pub(crate) fn try_lock(file: impl AsFd) -> io::Result<bool> {
    match flock(file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(true),
        Err(Errno::WOULDBLOCK) => Ok(false),
        Err(errno) => Err(errno.into()),
    }
}

#[cfg(test)]
mod tests {
    use backup_core::model::error::Failure;
    use tempfile::NamedTempFile;

    use super::*;
    use crate::error::failure_of;

    #[test]
    fn a_lock_that_somebody_keeps_is_not_waited_for_without_end() {
        let file = NamedTempFile::new().unwrap();
        let reader = File::open(file.path()).unwrap();
        reader.lock_shared().unwrap();
        let error = lock_within(file.as_file(), Duration::from_millis(5)).unwrap_err();
        assert_eq!(failure_of(&error), Failure::Busy);
        reader.unlock().unwrap();
        lock_within(file.as_file(), Duration::ZERO).unwrap();
    }
}
