//! Anomaly limits error: why the value of `anomaly=` isn't valid.

use std::error::Error as StdError;
use std::fmt;

use crate::text::printable;

/// Why a text isn't a valid value of `anomaly=`.
///
/// The text in a variant is the wrong limit, as it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnomalyLimitsError {
    /// A limit is empty: there is nothing between two commas, or nothing at all.
    Empty,
    /// The limit doesn't begin with a known word.
    Unknown {
        /// The limit.
        limit: String,
        /// The limit or the word that was most likely meant.
        near: Option<String>,
    },
    /// The word has no share, or one that isn't a whole percentage from 1 to 99 or `no`.
    NoShare(String),
    /// An earlier limit has the same word.
    Twice(String),
}

/// What the option takes.
const TAKES: &str = "it takes yes, no, or limits as in lost:50%,changed:80%,incompressible:no";

impl fmt::Display for AnomalyLimitsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let safe = |text: &str| printable(text.as_bytes());
        match self {
            Self::Empty => write!(f, "anomaly has an empty limit; {TAKES}"),
            Self::Unknown { limit, near: Some(near) } => {
                write!(f, "anomaly knows no limit \"{}\"; did you mean {}?", safe(limit), safe(near))
            }
            Self::Unknown { limit, near: None } => {
                write!(f, "anomaly knows no limit \"{}\"; {TAKES}", safe(limit))
            }
            Self::NoShare(limit) => write!(
                f,
                "the limit \"{}\" of anomaly has no share from 1% to 99% behind its colon, nor no",
                safe(limit)
            ),
            Self::Twice(word) => write!(f, "anomaly can't have the limit {} twice", safe(word)),
        }
    }
}

impl StdError for AnomalyLimitsError {}
