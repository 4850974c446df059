//! What is wrong with a rule that should keep older generations.

use std::error::Error as StdError;
use std::fmt;

use crate::text::printable;

/// Why a text is no rules; the rule that is wrong, as it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeepRulesError {
    /// There is nothing between two commas, or nothing at all.
    Empty,
    /// Nobody knows such a rule.
    Unknown {
        /// The rule.
        rule: String,
        /// The rule that is most like it; its word alone, where what follows makes no sense.
        nearest: String,
    },
    /// No number follows the word.
    NoNumber(String),
    /// What follows the word is no whole number.
    NotANumber(String),
    /// It keeps none.
    Zero(String),
    /// The number is larger than any that can be counted to.
    TooLarge(String),
    /// A length of time without its unit.
    NoUnit(String),
    /// The same word as in an earlier rule.
    Twice(&'static str),
}

impl fmt::Display for KeepRulesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let safe = |rule: &str| printable(rule.as_bytes());
        match self {
            Self::Empty => f.write_str(
                "keep has an empty rule; it takes rules as in last:7,daily:14,weekly:8,within:30d",
            ),
            Self::Unknown { rule, .. } if is_number(rule) => {
                write!(f, "keep knows no rule \"{rule}\"; write last:{rule} for that many")
            }
            Self::Unknown { rule, nearest } => {
                write!(f, "keep knows no rule \"{}\"; the nearest known is {}", safe(rule), safe(nearest))
            }
            Self::NoNumber(rule) => {
                write!(f, "the rule \"{}\" of keep lacks its number, as in last:7", safe(rule))
            }
            Self::NotANumber(rule) => {
                write!(f, "the rule \"{}\" of keep has no whole number behind its colon", safe(rule))
            }
            Self::Zero(rule) => write!(f, "the rule \"{}\" of keep would keep nothing", safe(rule)),
            Self::TooLarge(rule) => {
                write!(f, "the number in the rule \"{}\" of keep is too large", safe(rule))
            }
            Self::NoUnit(rule) => {
                write!(
                    f,
                    "the rule \"{}\" of keep lacks its unit: h, d, w or y, as in within:30d",
                    safe(rule)
                )
            }
            Self::Twice(word) => write!(f, "keep can't have the rule {word} twice"),
        }
    }
}

impl StdError for KeepRulesError {}
fn is_number(rule: &str) -> bool {
    !rule.is_empty() && rule.bytes().all(|byte| byte.is_ascii_digit())
}
