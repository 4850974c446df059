//! A notifier that keeps what it is given.

use std::sync::{Arc, Mutex};

use super::locked::locked;
use crate::model::notice::{Notice, NotifyTarget, Unsent};
use crate::ports::Notifier;

/// Keeps the notices that it is given, unless it is told to fail. Clones are handles of the same one.
#[derive(Debug, Clone, Default)]
pub struct MemoryNotifier {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    received: Vec<(String, Notice)>,
    attempts: usize,
    failure: Option<Unsent>,
}

impl MemoryNotifier {
    /// Returns a notifier that has received nothing and never fails.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes each further notice fail for this reason, or arrive again.
    pub fn fail(&self, failure: impl Into<Option<Unsent>>) {
        locked(&self.state).failure = failure.into();
    }

    /// Returns the notices that have arrived, with the names of their targets.
    #[must_use]
    pub fn received(&self) -> Vec<(String, Notice)> {
        locked(&self.state).received.clone()
    }

    /// Returns how often something was sent, whether it arrived or not.
    #[must_use]
    pub fn attempts(&self) -> usize {
        locked(&self.state).attempts
    }
}

impl Notifier for MemoryNotifier {
    fn send(&self, target: &NotifyTarget, notice: &Notice) -> Result<(), Unsent> {
        let mut state = locked(&self.state);
        state.attempts += 1;
        match &state.failure {
            Some(failure) => Err(failure.clone()),
            None => {
                state.received.push((target.name.clone(), notice.clone()));
                Ok(())
            }
        }
    }
}
