//! A mutex that outlives the panic of a test.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks, whether or not another holder panicked: a fake stays usable while a failing test unwinds.
pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
