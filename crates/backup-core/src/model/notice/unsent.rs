//! Unsent: why a notice didn't arrive.

use std::fmt;

use chrono::TimeDelta;

use crate::text::printable;

/// Why a notice didn't arrive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsent {
    /// What kind of failure it is.
    pub kind: UnsentKind,
    /// The host or program that should have taken it. It holds no secret.
    pub destination: String,
    /// The reason: `401 Unauthorized`. It holds no secret.
    pub reason: String,
    /// When the other side wants to be asked again at the earliest.
    pub retry_after: Option<TimeDelta>,
}

/// What kind of failure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnsentKind {
    /// The other side can't be reached, or can't take anything for now.
    Unreachable,
    /// The other side doesn't take this notice: its address, its secret or its form is wrong.
    Refused,
    /// Something on this machine is wrong, such as a secret file that can't be read.
    Local,
}

impl Unsent {
    /// Returns a failure.
    pub fn new(kind: UnsentKind, destination: impl Into<String>, reason: impl fmt::Display) -> Self {
        Self { kind, destination: destination.into(), reason: reason.to_string(), retry_after: None }
    }
}

impl fmt::Display for Unsent {
    /// One line, safe to print: "hooks.example.com: 401 Unauthorized".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |text: &str| printable(text.as_bytes()).to_string();
        write!(f, "{}: {}", shown(&self.destination), shown(&self.reason))
    }
}

impl std::error::Error for Unsent {}
