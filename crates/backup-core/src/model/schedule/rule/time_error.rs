//! Time error: why a text is not a rule.

use std::error::Error;
use std::fmt;

use crate::model::schedule::rule::fault::Fault;
use crate::text::printable;

/// Why a text is not a rule. Its message is one line and safe to print.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TimeError {
    /// The whole text.
    pub text: String,
    /// Where it stops being a rule, in characters from 1. It is one more than the length if something is missing at the end.
    pub column: usize,
    /// What was expected there, as a phrase behind "expected".
    pub expected: String,
    /// A rule that was probably meant. It is valid.
    pub suggestion: Option<String>,
}

impl TimeError {
    pub(super) fn new(text: &str, fault: Fault, suggestion: Option<String>) -> Self {
        let before = text.get(..fault.offset).unwrap_or(text);
        let column = before.chars().count() + 1;
        Self { text: text.to_owned(), column, expected: fault.expected, suggestion }
    }
}

impl fmt::Display for TimeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { text, column, expected, suggestion } = self;
        write!(f, "\"{}\": column {column}: expected {expected}", printable(text.as_bytes()))?;
        match suggestion {
            Some(suggestion) => write!(f, "; did you mean \"{suggestion}\"?"),
            None => Ok(()),
        }
    }
}

impl Error for TimeError {}
