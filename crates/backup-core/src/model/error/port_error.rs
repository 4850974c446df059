//! Port error: the failure of an adapter, with its kind, the failed action and the cause.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::sync::Arc;

use crate::model::error::remedy::Remedy;
use crate::text::printable;
use crate::time::UnknownZone;

/// What kind of failure an adapter met. The core matches on it, never on text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Failure {
    /// It doesn't exist.
    Missing,
    /// Permission is denied.
    Denied,
    /// There is too little space: on the disk, in the quota, or below the limit of file sizes.
    Full,
    /// Another process is using it. Only its lock tells so, never an error code.
    Busy,
    /// There are too few resources for now: threads, memory, open files.
    Scarce,
    /// It is not what it should be, for example a symbolic link in place of a folder.
    Refused,
    /// It can be read, but bytes are wrong or missing.
    Damaged,
    /// It is encrypted, and no key that opens it was given.
    Locked,
    /// It was done and can be seen. But it may not survive a power cut.
    NotDurable,
    /// Somebody asked to end it.
    Interrupted,
    /// Anything else.
    Other,
}

impl Failure {
    /// Every kind of failure.
    pub const ALL: [Self; 11] = [
        Self::Missing,
        Self::Denied,
        Self::Full,
        Self::Busy,
        Self::Scarce,
        Self::Refused,
        Self::Interrupted,
        Self::Damaged,
        Self::Locked,
        Self::NotDurable,
        Self::Other,
    ];

    /// Returns the kind of failure that `kind` stands for.
    #[must_use]
    pub fn of(kind: io::ErrorKind) -> Self {
        match kind {
            io::ErrorKind::NotFound => Self::Missing,
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Self::Denied,
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                Self::Full
            }
            io::ErrorKind::WouldBlock | io::ErrorKind::OutOfMemory => Self::Scarce,
            _ => Self::Other,
        }
    }
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
    /// What a person can do about it, if the adapter knows that.
    pub remedy: Option<Box<Remedy>>,
}

impl PortError {
    /// Returns a failure without a deeper cause.
    pub fn new(failure: Failure, action: impl Into<String>) -> Self {
        Self { failure, action: action.into(), source: None, remedy: None }
    }

    /// Returns the failure of an input or output operation: its kind is derived from `error`, which becomes the cause.
    pub fn io(action: impl Into<String>, error: io::Error) -> Self {
        Self::new(Failure::of(error.kind()), action).because(error)
    }

    /// Returns the same failure with its cause.
    #[must_use]
    pub fn because(mut self, cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(Arc::from(cause.into()));
        self
    }

    /// Returns the same failure with what a person can do about it.
    #[must_use]
    pub fn with_remedy(mut self, remedy: impl Into<Option<Remedy>>) -> Self {
        self.remedy = remedy.into().map(Box::new);
        self
    }
}

impl From<UnknownZone> for PortError {
    fn from(zone: UnknownZone) -> Self {
        Self::new(Failure::Missing, zone.action)
    }
}

/// Two failures are the same if they have the same kind, message and remedy.
impl PartialEq for PortError {
    fn eq(&self, other: &Self) -> bool {
        self.failure == other.failure && self.to_string() == other.to_string() && self.remedy == other.remedy
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A new kind doesn't compile here, so that it is added to [`Failure::ALL`].
    fn place(failure: Failure) -> usize {
        match failure {
            Failure::Missing => 0,
            Failure::Denied => 1,
            Failure::Full => 2,
            Failure::Busy => 3,
            Failure::Scarce => 4,
            Failure::Refused => 5,
            Failure::Interrupted => 6,
            Failure::Damaged => 7,
            Failure::Locked => 8,
            Failure::NotDurable => 9,
            Failure::Other => 10,
        }
    }

    #[test]
    fn all_has_every_kind_once() {
        assert!(Failure::ALL.map(place).into_iter().eq(0..Failure::ALL.len()));
    }
}
