//! Locks that belong to an open file and end with it, however its process ends.

use std::fs::{File, TryLockError};
use std::io;

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

/// Returns whether anybody else has the lock. Who waits for it waits no longer than this takes.
pub(crate) fn is_locked(file: &File) -> io::Result<bool> {
    match file.try_lock_shared() {
        Ok(()) => file.unlock().map(|()| false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Takes the lock if nobody else has it, and returns whether it did.
pub(crate) fn try_lock(file: &File) -> io::Result<bool> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}
