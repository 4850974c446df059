//! Patience: how long a destination is tried, and with what.

use std::path::PathBuf;
use std::time::Duration;

/// How often something is tried again, and with which program.
#[derive(Debug, Clone)]
pub struct Patience {
    /// How often what fails in passing is tried again.
    pub retries: usize,
    /// How long the first try waits for the second. Each further wait is twice as long.
    pub first_wait: Duration,
    /// The program that connects to another machine.
    pub ssh: PathBuf,
}

impl Default for Patience {
    /// Four tries within about eight seconds, with `ssh`.
    fn default() -> Self {
        Self { retries: 4, first_wait: Duration::from_millis(500), ssh: "ssh".into() }
    }
}
