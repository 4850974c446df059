//! What an adapter met: the kind of failure, what it was doing, and why it failed.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use crate::text::printable;

/// What kind of failure an adapter met. The core matches on it, never on text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Failure {
    /// It isn't there.
    Missing,
    /// Not allowed.
    Denied,
    /// No room: disk, quota, file-size limit.
    Full,
    /// Somebody else is at it: the lock of what is asked for says so, and nothing else does.
    Busy,
    /// Too few resources for the moment: threads, memory, open files.
    Scarce,
    /// Refused because it is not what it should be (a symbolic link where a folder of ours should stand, say).
    Refused,
    /// It is there and can be read, but it is not what was once written: bytes are wrong or missing.
    Damaged,
    /// It was done, and can be seen; but whether it outlives a power cut nobody knows.
    NotDurable,
    /// Ended because somebody asked for it.
    Interrupted,
    /// Anything else.
    Other,
}

/// An adapter's failure: its kind, what it was doing, and why it failed.
#[derive(Debug, Clone)]
pub struct PortError {
    /// The kind, for the core.
    pub failure: Failure,
    /// What was being done, with the path: "write backups/docs.tar".
    pub action: String,
    /// Why it failed.
    pub source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl PortError {
    /// Returns a failure without a deeper cause.
    pub fn new(failure: Failure, action: impl Into<String>) -> Self {
        Self { failure, action: action.into(), source: None }
    }

    /// Returns the same failure with its cause.
    #[must_use]
    pub fn because(mut self, cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(Arc::from(cause.into()));
        self
    }
}

/// Two failures are the same when they are of one kind and say the same.
impl PartialEq for PortError {
    fn eq(&self, other: &Self) -> bool {
        self.failure == other.failure && self.to_string() == other.to_string()
    }
}

impl Eq for PortError {}

impl fmt::Display for PortError {
    /// One line, safe to print: "can't write backups/docs.tar: No space left on device".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "can't {}", printable(self.action.as_bytes()))?;
        match &self.source {
            Some(source) => write!(f, ": {}", printable(source.to_string().as_bytes())),
            None => Ok(()),
        }
    }
}

impl StdError for PortError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_ref().map(|source| &**source as &(dyn StdError + 'static))
    }
}
