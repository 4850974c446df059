//! Fault: what is wrong with one line of a configuration.

use std::fmt;

use crate::model::schedule::OptionError;
use crate::text::printable;

/// What is wrong with a setting. Its text is one line, safe to print, and begins with the number of the line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigFault {
    /// The line, from 1. 0 if the store has no lines.
    pub line: usize,
    /// The table and the key, as in `defaults.keep`, or the table alone.
    pub key: Option<String>,
    /// What is wrong.
    pub kind: ConfigFaultKind,
}

/// The kinds of faults.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigFaultKind {
    /// There is nothing in it, as a power cut or a full disk leaves it.
    Empty,
    /// It contains NUL bytes, as a power cut leaves them.
    Nuls,
    /// It isn't valid UTF-8.
    NotUtf8,
    /// It doesn't follow the rules of its format. The text says why.
    Syntax(String),
    /// There is no such table.
    UnknownTable {
        /// The known table that was most likely meant.
        near: Option<&'static str>,
        /// All known tables.
        known: Vec<&'static str>,
    },
    /// The setting is outside of all tables, and belongs to this one.
    OutsideOfTable(&'static str),
    /// There is a value where a table with this head belongs.
    NotATable(&'static str),
    /// People can't give a table this name.
    WrongName,
    /// The table must have this key.
    MissingKey(&'static str),
    /// The table can't have it beside this key.
    NotBeside(&'static str),
    /// The table has no such key.
    UnknownKey {
        /// The known key that was most likely meant.
        near: Option<&'static str>,
        /// All known keys.
        known: Vec<&'static str>,
    },
    /// It is an option of single schedules, and never a default.
    NotADefault,
    /// The value is of the wrong type, or out of bounds. The text says what is allowed.
    Value(String),
    /// The value isn't valid for this option.
    Option(OptionError),
    /// There are files of Backup Manager at the path, or may be.
    ReservedPath,
    /// It is a secret key, which is never shown, and not what belongs there. The text says what does.
    SecretKey(&'static str),
    /// It isn't quoted.
    Withheld,
}

impl fmt::Display for ConfigFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line > 0 {
            write!(f, "line {}: ", self.line)?;
        }
        match &self.key {
            Some(key) => write!(f, "{}: {}", printable(key.as_bytes()), self.kind),
            None => self.kind.fmt(f),
        }
    }
}

impl fmt::Display for ConfigFaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = |known: &[&str]| known.join(", ");
        match self {
            Self::Empty => f.write_str("it is empty, as a power cut or a full disk leaves a file"),
            Self::Nuls => f.write_str("NUL bytes, as a power cut leaves them"),
            Self::NotUtf8 => f.write_str("not valid UTF-8"),
            Self::Syntax(reason) => f.write_str(&printable(reason.replace('\n', ", ").as_bytes())),
            Self::UnknownTable { near: Some(near), .. } => write!(f, "no such table; did you mean [{near}]?"),
            Self::UnknownTable { near: None, known } => {
                write!(f, "no such table; the tables are [{}]", known.join("], ["))
            }
            Self::OutsideOfTable(table) => write!(f, "it belongs below [{table}]"),
            Self::NotATable(head) => write!(f, "it is a table, written as [{head}] with its keys below"),
            Self::WrongName => {
                f.write_str("a name has letters a to z, digits, - and _, and it is not \"no\"")
            }
            Self::MissingKey(key) => write!(f, "the key {key} is missing"),
            Self::NotBeside(other) => {
                write!(f, "it can't be there together with {other}; choose one of them")
            }
            Self::UnknownKey { near: Some(near), .. } => write!(f, "no such key; did you mean {near}?"),
            Self::UnknownKey { near: None, known } => write!(f, "no such key; the keys are {}", of(known)),
            Self::NotADefault => f.write_str("single schedules have it, and it is no default"),
            Self::Value(allowed) => write!(f, "it takes {allowed}"),
            Self::Option(error) => error.fmt(f),
            Self::ReservedPath => {
                f.write_str("Backup Manager keeps its own files there; choose another place")
            }
            Self::SecretKey(allowed) => {
                write!(f, "this is a secret key, not {allowed}; take it out of the configuration")
            }
            Self::Withheld => f.write_str("wrong, and not quoted: it may be the secret of somebody else"),
        }
    }
}
