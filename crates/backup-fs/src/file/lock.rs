//! File locks that the kernel holds: they belong to an open file and end with it, however the process ends.

use std::fs::{File, TryLockError};
use std::io;
use std::os::fd::AsFd;
use std::thread::sleep;
use std::time::{Duration, Instant};

use backup_core::model::error::Failure;
use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use crate::error::{failure_of, lock_held};

/// The pause between two attempts to take a lock that somebody else holds.
const TICK: Duration = Duration::from_millis(1);

/// Waits until nobody else holds the lock, and takes it.
pub(crate) fn wait_for_lock(file: &File) -> io::Result<()> {
    loop {
        match file.lock() {
            // An embedder may handle signals. They must not make this fail.
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

/// Takes the lock of a file. Waits at most that long, because everybody who can read the file can keep it locked.
///
/// # Errors
/// [Busy](lock_held) if somebody else still holds the lock then.
pub(crate) fn lock_within(file: &File, at_most: Duration) -> io::Result<()> {
    if try_lock_within(file, at_most)? { Ok(()) } else { Err(lock_held("another process keeps it locked")) }
}

/// Takes the lock, and waits for it at most that long. Returns whether it was taken.
pub(crate) fn try_lock_within(file: impl AsFd, at_most: Duration) -> io::Result<bool> {
    let deadline = Instant::now() + at_most;
    while !try_lock(&file)? {
        if Instant::now() >= deadline {
            return Ok(false);
        }
        sleep(TICK);
    }
    Ok(true)
}

/// Calls `work` again while somebody else holds the lock that it needs, at most that long.
///
/// # Errors
/// Those of `work`.
pub(crate) fn when_free<T>(at_most: Duration, mut work: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    let deadline = Instant::now() + at_most;
    loop {
        match work() {
            Err(error) if failure_of(&error) == Failure::Busy && Instant::now() < deadline => sleep(TICK),
            result => return result,
        }
    }
}

/// Returns whether anybody else holds the lock. Takes it for a moment to find out.
pub(crate) fn is_locked(file: &File) -> io::Result<bool> {
    match file.try_lock_shared() {
        Ok(()) => file.unlock().map(|()| false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Takes the lock of an open file or folder without waiting. Returns whether it was taken.
pub(crate) fn try_lock(file: impl AsFd) -> io::Result<bool> {
    match flock(file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(true),
        Err(Errno::WOULDBLOCK) => Ok(false),
        Err(errno) => Err(errno.into()),
    }
}

#[cfg(test)]
mod tests {
    use tempfile::NamedTempFile;

    use super::*;

    #[test]
    fn gives_up_on_a_lock_that_somebody_keeps() {
        let file = NamedTempFile::new().unwrap();
        let reader = File::open(file.path()).unwrap();
        reader.lock_shared().unwrap();
        let error = lock_within(file.as_file(), Duration::from_millis(5)).unwrap_err();
        assert_eq!(failure_of(&error), Failure::Busy);
        reader.unlock().unwrap();
        lock_within(file.as_file(), Duration::ZERO).unwrap();
    }
}
