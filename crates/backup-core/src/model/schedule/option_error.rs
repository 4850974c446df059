//! Why a field behind a name is no option.

use std::fmt;

use crate::model::archive::PatternError;
use crate::model::schedule::keep_rules::KeepRule;
use crate::model::schedule::keep_rules_error::KeepRulesError;
use crate::text::printable;

/// Why a field is no option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OptionError {
    /// No `key=value` at all; the field.
    NoKey(String),
    /// A key that nobody knows.
    UnknownKey {
        /// As it was given.
        key: String,
        /// The known one that is most like it.
        nearest: &'static str,
    },
    /// A rule that keeps older generations, without its key.
    RuleOfKeep {
        /// As it was given.
        field: String,
        /// The rule that was meant.
        meant: KeepRule,
    },
    /// A value that the key doesn't take.
    Value {
        /// The key.
        key: &'static str,
        /// As it was given.
        value: String,
        /// What it takes.
        allowed: &'static str,
    },
    /// A key that may stand only once.
    Twice(&'static str),
    /// Rules that keep no generations.
    Keep(KeepRulesError),
    /// A pattern that the archiver doesn't understand.
    Pattern(PatternError),
    /// An option that the archiver or the store of this program can't carry out.
    Unsupported {
        /// The option, as it is written.
        option: &'static str,
        /// What can't be done.
        reason: &'static str,
    },
}

impl fmt::Display for OptionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let safe = |text: &str| printable(text.as_bytes());
        match self {
            Self::NoKey(field) if field.is_empty() => f.write_str("a field behind its name is empty"),
            Self::NoKey(field) => {
                write!(f, "\"{}\" is no key=value (and no pattern can hold a ;)", safe(field))
            }
            Self::UnknownKey { key, nearest } => {
                write!(f, "\"{}\" is no option; the nearest known is {nearest}", safe(key))
            }
            Self::RuleOfKeep { field, meant } => {
                write!(
                    f,
                    "\"{}\" is no option, but as a rule of keep it is written keep={meant}",
                    safe(field)
                )
            }
            Self::Value { key, value, allowed } => {
                write!(f, "{key}={}: it takes {allowed}", safe(value))
            }
            Self::Twice(key) => write!(f, "{key} can't be there twice"),
            Self::Keep(fault) => fault.fmt(f),
            Self::Pattern(fault) => fault.fmt(f),
            Self::Unsupported { option, reason } => write!(f, "{option} can't be used here: {reason}"),
        }
    }
}

impl std::error::Error for OptionError {}
