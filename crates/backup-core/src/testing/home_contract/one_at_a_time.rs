//! Sees that no port is called while another one runs what it was given.

use std::sync::Mutex;

use super::gate::Gate;
use crate::testing::locked::locked;

/// The calls that run something which they were given, the innermost last.
#[derive(Debug, Default)]
pub(super) struct OneAtATime(Mutex<Vec<&'static str>>);

/// What may be called within a walk through an archive: it reads the bytes that the walk was given, and keeps nothing.
const READS_A_WALK: &str = "Archiver::check";

const WALKS: [&str; 2] = ["BackupStore::inspect", "Draft::verify"];

impl Gate for OneAtATime {
    fn call<T>(&self, call: &'static str, act: impl FnOnce() -> T) -> T {
        let running = locked(&self.0).last().copied();
        if let Some(running) = running {
            let is_fine = call == READS_A_WALK && WALKS.contains(&running);
            assert!(is_fine, "broken promise: ports never nest\n  seen: {call} within what {running} runs");
        }
        act()
    }

    fn within<T>(&self, call: &'static str, act: impl FnOnce() -> T) -> T {
        locked(&self.0).push(call);
        let result = act();
        locked(&self.0).pop();
        result
    }
}
