//! A service that was stopped in the middle of a backup, so that a test can do things meanwhile.

use rustix::process::Signal;

use crate::eventually::eventually;
use crate::process::Process;

/// A service that stands still until this is dropped.
#[derive(Debug)]
pub struct Paused {
    /// The service.
    pub service: Process,
}

impl Paused {
    /// Makes the service stand still.
    #[must_use]
    pub fn new(service: Process) -> Self {
        service.send(Signal::STOP);
        eventually("the service stands still", || matches!(service.state(), Some('T') | None));
        Self { service }
    }

    /// Lets it go on.
    pub fn go_on(self) {
        drop(self);
    }
}

impl Drop for Paused {
    fn drop(&mut self) {
        if !self.service.is_gone() {
            self.service.send(Signal::CONT);
        }
    }
}
