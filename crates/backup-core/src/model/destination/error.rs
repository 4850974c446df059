//! Destination error: what went wrong at which destination.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use crate::text::printable;

/// What kind of failure a destination met. The core matches on it, never on text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DestinationFault {
    /// The object doesn't exist.
    NotFound,
    /// The object exists, and is never replaced.
    AlreadyExists,
    /// The bucket or folder of the destination doesn't exist. A disk may not be mounted.
    NoPlace,
    /// The credentials may not do this.
    Denied,
    /// The credentials are wrong, expired or missing.
    BadCredentials,
    /// The store keeps the object for now, whoever asks to delete it.
    DeleteRefused,
    /// There is too little space, or a quota is used up.
    Full,
    /// There is no connection, or it was cut, or the answer takes too long.
    Unreachable,
    /// The name of the host has no address.
    NameResolution,
    /// The identity of the host isn't the one that is known.
    WrongHost,
    /// This machine's clock and the store's differ too much for a signature.
    ClockSkew,
    /// The store asks for fewer requests, or has a failure of its own for now.
    Busy,
    /// The store has other bytes than it should.
    Damaged,
    /// The store can't do this at all.
    Unsupported,
    /// The settings of the destination are wrong.
    BadSettings,
    /// What was to be sent can't be read, or what came back can't be written, on this machine.
    Local,
    /// Somebody asked to end it.
    Cancelled,
    /// Anything else.
    Other,
}

/// A failure at a destination: which destination, its kind, what it was doing, and why it failed.
///
/// No secret is in it.
#[derive(Debug, Clone)]
pub struct DestinationError {
    /// The name of the destination.
    pub destination: String,
    /// The kind, for the core.
    pub fault: DestinationFault,
    /// What was being done, with the key: "write docs/a.tar".
    pub action: String,
    /// Why it failed.
    pub source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl DestinationError {
    /// Returns a failure without a deeper cause.
    pub fn new(destination: impl Into<String>, fault: DestinationFault, action: impl Into<String>) -> Self {
        Self { destination: destination.into(), fault, action: action.into(), source: None }
    }

    /// Returns the same failure with its cause.
    #[must_use]
    pub fn because(mut self, cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(Arc::from(cause.into()));
        self
    }
}

/// Two failures are the same if they have the same destination, kind and message.
impl PartialEq for DestinationError {
    fn eq(&self, other: &Self) -> bool {
        self.fault == other.fault && self.to_string() == other.to_string()
    }
}

impl Eq for DestinationError {}

impl fmt::Display for DestinationError {
    /// One line, safe to print: "destination offsite: can't write docs/a.tar: connection refused".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (destination, action) =
            (printable(self.destination.as_bytes()), printable(self.action.as_bytes()));
        write!(f, "destination {destination}: can't {action}")?;
        match &self.source {
            Some(source) => write!(f, ": {}", printable(source.to_string().as_bytes())),
            None => Ok(()),
        }
    }
}

impl StdError for DestinationError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_ref().map(|source| &**source as &(dyn StdError + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_the_destination_and_the_cause_in_one_line() {
        let error = DestinationError::new("off\nsite", DestinationFault::Unreachable, "write docs/a.tar");
        assert_eq!(error.to_string(), "destination off\\nsite: can't write docs/a.tar");
        let error = error.because("connection\nrefused");
        assert_eq!(error.to_string(), "destination off\\nsite: can't write docs/a.tar: connection\\nrefused");
    }
}
