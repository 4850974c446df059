//! Waiting for something to become true.

use std::thread::sleep;
use std::time::{Duration, Instant};

/// What only a program that hangs takes.
pub const PATIENCE: Duration = Duration::from_secs(60);

const TICK: Duration = Duration::from_millis(5);

/// Waits until `is_so`.
///
/// # Panics
/// When it isn't so within [`PATIENCE`].
pub fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    wait_for(what, || is_so().then_some(()));
}

/// Waits until `look` finds something.
///
/// # Panics
/// When it finds nothing within [`PATIENCE`].
pub fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let give_up = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < give_up, "waited in vain: {what}");
        sleep(TICK);
    }
}
