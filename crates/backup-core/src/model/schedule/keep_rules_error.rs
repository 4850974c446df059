//! Keep rules error: why the value of `keep=` isn't valid.

use std::error::Error as StdError;
use std::fmt;

use crate::text::printable;

/// Why a text isn't a valid value of `keep=`.
///
/// The text in a variant is the wrong rule, as it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeepRulesError {
    /// A rule is empty: there is nothing between two commas, or nothing at all.
    Empty,
    /// The rule doesn't begin with a known word.
    Unknown {
        /// The rule.
        rule: String,
        /// The rule that was most likely meant, or only its word if the value isn't valid for it.
        near: Option<String>,
    },
    /// The word has no value.
    NoNumber(String),
    /// The value isn't a whole number.
    NotANumber(String),
    /// The number is 0, so the rule would keep nothing.
    Zero(String),
    /// The number is too large.
    TooLarge(String),
    /// The value of `within` has no unit, or an unknown one.
    NoUnit(String),
    /// An earlier rule has the same word.
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
            Self::Unknown { rule, near: Some(near) } => {
                write!(f, "keep knows no rule \"{}\"; did you mean {}?", safe(rule), safe(near))
            }
            Self::Unknown { rule, near: None } => write!(
                f,
                "keep knows no rule \"{}\"; it takes rules as in last:7,daily:14,weekly:8,within:30d",
                safe(rule)
            ),
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
