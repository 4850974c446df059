//! What can be set on a schedule: the `key=value` fields behind its name.

use std::fmt;
use std::str::FromStr;

use super::nearest::nearest;
use crate::selection::{PatternFault, Selection};
use crate::text::{has_control, printable};

/// One thing that is set on a schedule. Its text form is `key=value`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ScheduleOption {
    /// Leaves out what this pattern matches: see [`Selection::exclude`]. It can't hold a `;`.
    Exclude(String),
    /// Stays on the source's file system, or doesn't.
    OneFileSystem(bool),
    /// Leaves out what is in caches, or doesn't.
    ExcludeCaches(bool),
}

/// A key, and how its value is read. What it takes to add one: its variant, its line here, and its line in `field`.
struct Key {
    name: &'static str,
    /// What a value may be, for people.
    allowed: &'static str,
    may_repeat: bool,
    read: fn(&str) -> Option<ScheduleOption>,
}

const KEYS: &[Key] = &[
    Key { name: "exclude", allowed: A_PATTERN, may_repeat: true, read: |value| pattern(value) },
    Key {
        name: "one-file-system",
        allowed: YES_NO,
        may_repeat: false,
        read: |value| yes_no(value).map(ScheduleOption::OneFileSystem),
    },
    Key {
        name: "exclude-caches",
        allowed: YES_NO,
        may_repeat: false,
        read: |value| yes_no(value).map(ScheduleOption::ExcludeCaches),
    },
];

impl ScheduleOption {
    /// Returns the key and the value, as they are written.
    fn field(&self) -> (&'static str, &str) {
        match self {
            Self::Exclude(pattern) => ("exclude", pattern),
            Self::OneFileSystem(value) => ("one-file-system", said(*value)),
            Self::ExcludeCaches(value) => ("exclude-caches", said(*value)),
        }
    }
}

const YES_NO: &str = "yes or no";
const A_PATTERN: &str = "a pattern, which is not empty and holds neither a ; nor a control character";

fn yes_no(value: &str) -> Option<bool> {
    match value {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    }
}

fn said(value: bool) -> &'static str {
    if value { "yes" } else { "no" }
}

fn pattern(value: &str) -> Option<ScheduleOption> {
    let is_field = !value.is_empty() && !value.contains(';') && !has_control(value);
    is_field.then(|| ScheduleOption::Exclude(value.to_owned()))
}

impl fmt::Display for ScheduleOption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (key, value) = self.field();
        write!(f, "{key}={value}")
    }
}

impl FromStr for ScheduleOption {
    type Err = OptionFault;

    fn from_str(field: &str) -> Result<Self, OptionFault> {
        let (name, value) = field.split_once('=').ok_or_else(|| OptionFault::NoKey(field.to_owned()))?;
        let Some(key) = KEYS.iter().find(|key| key.name == name) else {
            let nearest = nearest(name, KEYS.iter().map(|key| key.name)).unwrap_or_default();
            return Err(OptionFault::UnknownKey { key: name.to_owned(), nearest });
        };
        let not_allowed =
            || OptionFault::Value { key: key.name, value: value.to_owned(), allowed: key.allowed };
        (key.read)(value).ok_or_else(not_allowed)
    }
}

/// All that is set on a schedule, in the order in which it was written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Options(Vec<ScheduleOption>);

impl Options {
    /// Reads the fields behind the name.
    ///
    /// # Errors
    /// The first field that is no option, or that sets again what may be set only once.
    pub fn parse<'a>(fields: impl IntoIterator<Item = &'a str>) -> Result<Self, OptionFault> {
        let mut options = Self::default();
        for field in fields {
            let option: ScheduleOption = field.parse()?;
            let (name, _) = option.field();
            let is_set = options.0.iter().any(|other| other.field().0 == name);
            if is_set && !KEYS.iter().any(|key| key.name == name && key.may_repeat) {
                return Err(OptionFault::Twice(name));
            }
            options.0.push(option);
        }
        Ok(options)
    }

    /// Adds more, which count where they contradict.
    pub fn extend(&mut self, more: &[ScheduleOption]) {
        self.0.extend_from_slice(more);
    }

    /// Returns what they leave out of a backup.
    #[must_use]
    pub fn selection(&self) -> Selection {
        let mut selection = Selection::default();
        for option in &self.0 {
            match option {
                ScheduleOption::Exclude(pattern) => selection.exclude.push(pattern.clone()),
                ScheduleOption::OneFileSystem(value) => selection.one_file_system = *value,
                ScheduleOption::ExcludeCaches(value) => selection.exclude_caches = *value,
            }
        }
        selection
    }
}

impl fmt::Display for Options {
    /// Writes them as fields, each behind a `;`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|option| write!(f, ";{option}"))
    }
}

/// Why a field is no option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OptionFault {
    /// No `key=value` at all; the field.
    NoKey(String),
    /// A key that nobody knows.
    UnknownKey {
        /// As it was given.
        key: String,
        /// The known one that is most like it.
        nearest: &'static str,
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
    /// A pattern that the archiver can't make sense of.
    Pattern(PatternFault),
}

impl fmt::Display for OptionFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let safe = |text: &str| printable(text.as_bytes());
        match self {
            Self::NoKey(field) => {
                write!(f, "\"{}\" is no key=value (and no pattern can hold a ;)", safe(field))
            }
            Self::UnknownKey { key, nearest } => {
                write!(f, "{} is no option; the nearest known is {nearest}", safe(key))
            }
            Self::Value { key, value, allowed } => {
                write!(f, "{key}={}: it takes {allowed}", safe(value))
            }
            Self::Twice(key) => write!(f, "{key} can't be there twice"),
            Self::Pattern(fault) => fault.fmt(f),
        }
    }
}

impl std::error::Error for OptionFault {}
