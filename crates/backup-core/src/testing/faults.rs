//! Failing on demand.

use std::io;
use std::sync::{Arc, Mutex};

use super::locked::locked;
use crate::model::error::{Failure, PortError};

/// Says which operations of a memory adapter fail.
///
/// Promises: operations are counted from 1, one after another across threads; those that fail change nothing. Clones
/// are handles of the same script, so that a test can keep one and break a store that is in use.
///
/// ```
/// use backup_core::model::error::Failure;
/// use backup_core::testing::{Faults, MemoryHistory};
///
/// // The second operation fails for want of room, and everything from the tenth on.
/// let faults = Faults::none();
/// faults.fail_nth(2, Failure::Full);
/// faults.fail_from(10, Failure::Other);
/// let history = MemoryHistory::failing(&faults);
/// ```
#[derive(Debug, Clone, Default)]
pub struct Faults {
    script: Arc<Mutex<Script>>,
}

#[derive(Debug, Default)]
struct Script {
    only: Option<&'static str>,
    operations: usize,
    once: Vec<(usize, Failure)>,
    for_good: Option<(usize, Failure)>,
    cause: Option<&'static str>,
    hiccup: Option<(usize, Hiccup, bool)>,
    writes: usize,
}

/// What a write can meet that is no failure: whoever writes must carry on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hiccup {
    /// It takes one byte of those it was given.
    Short,
    /// A signal came before it took any.
    Interrupted,
}

impl Faults {
    /// Returns a script in which nothing fails.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Returns a script that counts, and can fail, only the operations of that name ("publish", say). Each adapter's
    /// doc names its operations.
    #[must_use]
    pub fn only(operation: &'static str) -> Self {
        let faults = Self::none();
        locked(&faults.script).only = Some(operation);
        faults
    }

    /// Lets the `n`th operation fail, once; the count begins with 1 and with the script.
    pub fn fail_nth(&self, n: usize, failure: Failure) -> &Self {
        locked(&self.script).once.push((n, failure));
        self
    }

    /// Lets the `n`th operation and all that follow fail.
    pub fn fail_from(&self, n: usize, failure: Failure) -> &Self {
        locked(&self.script).for_good = Some((n, failure));
        self
    }

    /// Lets the next operation fail, once.
    pub fn fail_next(&self, failure: Failure) -> &Self {
        let next = self.operations() + 1;
        self.fail_nth(next, failure)
    }

    /// Says why operations fail, as an operating system would: "No space left on device".
    pub fn because(&self, cause: &'static str) -> &Self {
        locked(&self.script).cause = Some(cause);
        self
    }

    /// Lets the `n`th call to write from here on meet a hiccup, and all that follow where it is `for_good`.
    pub fn hiccup_at(&self, n: usize, hiccup: Hiccup, for_good: bool) -> &Self {
        let mut script = locked(&self.script);
        script.hiccup = Some((script.writes + n, hiccup, for_good));
        drop(script);
        self
    }

    /// Counts a call to write, and returns the hiccup it meets. For adapters of your own too.
    pub fn hiccup(&self) -> Option<Hiccup> {
        let mut script = locked(&self.script);
        script.writes += 1;
        let (writes, hiccup) = (script.writes, script.hiccup);
        let is_hit = |n: usize, for_good: bool| n == writes || for_good && n < writes;
        hiccup.filter(|(n, _, for_good)| is_hit(*n, *for_good)).map(|(_, hiccup, _)| hiccup)
    }

    /// Lets nothing fail any more. The count goes on.
    pub fn clear(&self) {
        let mut script = locked(&self.script);
        script.once.clear();
        script.for_good = None;
        script.hiccup = None;
    }

    /// Returns how many operations were counted.
    #[must_use]
    pub fn operations(&self) -> usize {
        locked(&self.script).operations
    }

    /// Counts an operation, and fails when it is its turn. For adapters of your own too.
    ///
    /// # Errors
    /// The scripted failure, naming the operation and its object: "can't publish docs: scripted fault".
    pub fn check(&self, operation: &str, object: &str) -> Result<(), PortError> {
        let mut script = locked(&self.script);
        script.count(operation).map_or(Ok(()), |failure| {
            let action = format!("{operation} {object}");
            Err(PortError::new(failure, action.trim_end()).because(script.cause.unwrap_or("scripted fault")))
        })
    }
}

impl Script {
    fn count(&mut self, operation: &str) -> Option<Failure> {
        if self.only.is_some_and(|only| only != operation) {
            return None;
        }
        self.operations += 1;
        let once = self.once.iter().find(|(n, _)| *n == self.operations).map(|(_, failure)| *failure);
        once.or(self.for_good.filter(|(n, _)| *n <= self.operations).map(|(_, failure)| failure))
    }
}

/// Returns a port's failure as the I/O error that a `Write` can give.
pub(super) fn as_io_error(error: PortError) -> io::Error {
    let kind = match error.failure {
        Failure::Missing => io::ErrorKind::NotFound,
        Failure::Denied => io::ErrorKind::PermissionDenied,
        Failure::Full => io::ErrorKind::StorageFull,
        Failure::Busy => io::ErrorKind::ResourceBusy,
        Failure::Scarce => io::ErrorKind::WouldBlock,
        Failure::Damaged => io::ErrorKind::InvalidData,
        Failure::Refused | Failure::Locked | Failure::NotDurable | Failure::Interrupted | Failure::Other => {
            io::ErrorKind::Other
        }
    };
    io::Error::new(kind, error)
}

/// Returns the port's failure that a `Write` met.
pub(super) fn from_io_error(action: &str, error: io::Error) -> PortError {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<PortError>());
    let failure = match (inner, error.kind()) {
        (Some(inner), _) => inner.failure,
        (None, io::ErrorKind::NotFound) => Failure::Missing,
        (None, io::ErrorKind::PermissionDenied) => Failure::Denied,
        (None, io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge) => {
            Failure::Full
        }
        (None, _) => Failure::Other,
    };
    PortError::new(failure, action).because(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts six operations and returns those that failed, and how.
    fn failed(faults: &Faults) -> Vec<(usize, Failure)> {
        let check = |n| faults.check("write", "docs").err().map(|error| (n, error.failure));
        (1..=6).filter_map(check).collect()
    }

    #[test]
    fn operations_fail_when_it_is_their_turn() {
        assert_eq!(failed(&Faults::none()), []);
        assert_eq!(failed(Faults::none().fail_nth(2, Failure::Full)), [(2, Failure::Full)]);
        let both = Faults::none();
        both.fail_nth(1, Failure::Busy).fail_from(5, Failure::Denied);
        assert_eq!(failed(&both), [(1, Failure::Busy), (5, Failure::Denied), (6, Failure::Denied)]);
        assert_eq!(both.operations(), 6);
    }

    #[test]
    fn a_script_can_count_one_operation_only() {
        let faults = Faults::only("publish");
        faults.fail_nth(2, Failure::Full);
        assert_eq!(failed(&faults), []);
        assert!(faults.check("publish", "docs").is_ok());
        assert_eq!(
            faults.check("publish", "docs").unwrap_err().to_string(),
            "can't publish docs: scripted fault"
        );
    }

    #[test]
    fn handles_share_the_script_and_what_is_cleared_fails_no_more() {
        let faults = Faults::none();
        let handle = faults.clone();
        assert!(faults.check("write", "docs").is_ok());
        handle.fail_next(Failure::Full);
        assert!(faults.check("write", "docs").is_err());
        assert!(faults.check("write", "docs").is_ok());
        handle.fail_from(1, Failure::Full);
        assert!(faults.check("write", "docs").is_err());
        handle.clear();
        assert_eq!(failed(&faults), []);
    }

    #[test]
    fn a_failure_outlives_the_way_through_a_write() {
        for failure in Failure::ALL {
            let error = as_io_error(PortError::new(failure, "write docs"));
            // A write that failed with `Interrupted` would be tried again.
            assert_ne!(error.kind(), io::ErrorKind::Interrupted);
            assert_eq!(from_io_error("pack docs", error).failure, failure);
        }
        let plain = |kind: io::ErrorKind| from_io_error("pack docs", kind.into()).failure;
        assert_eq!(plain(io::ErrorKind::QuotaExceeded), Failure::Full);
        assert_eq!(plain(io::ErrorKind::BrokenPipe), Failure::Other);
    }
}
