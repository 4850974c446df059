//! Fault: where a text stops being a rule, and what should be there.

/// Where a text stops being a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// The position in bytes.
    pub(super) offset: usize,
    /// What was expected there, as a phrase behind "expected".
    pub(super) expected: String,
}
