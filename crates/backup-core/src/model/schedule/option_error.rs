//! Option error: why a field behind the name isn't a valid option.

use std::fmt;

use crate::model::archive::PatternError;
use crate::model::schedule::anomaly_limits_error::AnomalyLimitsError;
use crate::model::schedule::keep_rules::KeepRule;
use crate::model::schedule::keep_rules_error::KeepRulesError;
use crate::text::printable;

/// Why a field isn't a valid option.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum OptionError {
    /// The field isn't `key=value`. The text is the field.
    NoKey(String),
    /// The key isn't known.
    UnknownKey {
        /// The key, as it was given.
        key: String,
        /// The known key that was most likely meant.
        near: Option<&'static str>,
        /// All known keys.
        known: Vec<&'static str>,
    },
    /// The field is a rule of `keep=`, but the key is missing.
    RuleOfKeep {
        /// The field, as it was given.
        field: String,
        /// The rule, without spelling mistakes.
        rule: KeepRule,
    },
    /// The field says when the schedule runs, which is what the time field is for.
    PartOfTime {
        /// The field, as it was given.
        field: String,
        /// A time that was probably meant.
        time: String,
    },
    /// The value isn't valid for this key.
    Value {
        /// The key.
        key: &'static str,
        /// The value, as it was given.
        value: String,
        /// The values that are allowed, in words.
        allowed: &'static str,
    },
    /// The key occurs twice, but is allowed only once.
    Twice(String),
    /// The key begins with `x-`, and something else than lowercase letters, digits, `-`, `_` and `.` follows, or nothing.
    ExtensionKey(String),
    /// The value of the option with this key, which begins with `x-`, holds a `;` or a control character.
    ExtensionValue(String),
    /// The value of `keep=` isn't valid.
    Keep(KeepRulesError),
    /// The value of `anomaly=` isn't valid.
    Anomaly(AnomalyLimitsError),
    /// The archiver can't interpret the pattern of `exclude=`.
    Pattern(PatternError),
    /// No time zone of this machine has this name.
    UnknownZone(String),
    /// The value names a table of the configuration, and there is none of that name.
    NoSuchTable {
        /// The key.
        key: &'static str,
        /// The kind of table, such as `commands`.
        kind: &'static str,
        /// The value, as it was given.
        name: String,
        /// The name that was most likely meant.
        near: Option<String>,
    },
    /// Nothing can be encrypted for what the table of that name says.
    Encryption {
        /// The name of the table.
        name: String,
        /// Why, with the value that is wrong and what to do.
        reason: String,
    },
    /// Two options can't be there together.
    NotTogether {
        /// The one.
        option: &'static str,
        /// The other one.
        other: &'static str,
        /// Why.
        reason: &'static str,
    },
    /// The archiver or the store of this program can't do what the option asks for.
    Unsupported {
        /// The option, as `key=value`.
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
            Self::UnknownKey { key, near: Some(near), .. } => {
                write!(f, "\"{}\" is no option; did you mean {near}?", safe(key))
            }
            Self::UnknownKey { key, near: None, known } => {
                write!(f, "\"{}\" is no option; the options are {}", safe(key), known.join(", "))
            }
            Self::RuleOfKeep { field, rule } => {
                write!(f, "\"{}\" is no option, but as a rule of keep it is written keep={rule}", safe(field))
            }
            Self::PartOfTime { field, time } => {
                write!(
                    f,
                    "\"{}\" is no option: the second field says when it runs, as in {time}",
                    safe(field)
                )
            }
            Self::Value { key, value, allowed } => write!(f, "{key}={}: it takes {allowed}", safe(value)),
            Self::Twice(key) => write!(f, "{key} can't be there twice"),
            Self::ExtensionKey(key) => write!(
                f,
                "\"{}\" is no option: behind x- come lowercase letters, digits, -, _ and .",
                safe(key)
            ),
            Self::ExtensionValue(key) => write!(f, "the value of {key} holds a ; or a control character"),
            Self::Keep(error) => error.fmt(f),
            Self::Anomaly(error) => error.fmt(f),
            Self::Pattern(error) => error.fmt(f),
            Self::UnknownZone(zone) => {
                write!(
                    f,
                    "tz={}: this machine knows no such time zone; names are like Europe/Paris",
                    safe(zone)
                )
            }
            Self::NoSuchTable { key, kind, name, near } => {
                write!(f, "{key}={name}: the configuration has no [{kind}.{name}]")?;
                near.as_ref().map_or(Ok(()), |near| write!(f, "; did you mean {key}={near}?"))
            }
            Self::Encryption { name, reason } => write!(f, "encrypt={}: {}", safe(name), safe(reason)),
            Self::NotTogether { option, other, reason } => {
                write!(f, "{option} can't be used together with {other}: {reason}")
            }
            Self::Unsupported { option, reason } => write!(f, "{option} can't be used here: {reason}"),
        }
    }
}

impl std::error::Error for OptionError {}
