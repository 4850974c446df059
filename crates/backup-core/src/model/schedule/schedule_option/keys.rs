//! The keys of options, and how their values are read.

use std::str::FromStr;

use super::ScheduleOption;
use crate::model::schedule::byte_rate::ByteRate;
use crate::model::schedule::cadence::Cadence;
use crate::model::schedule::misplaced::{part_of_time, rule_of_keep, without_key};
use crate::model::schedule::option_error::OptionError;
use crate::model::schedule::option_value::{
    parse_compression, parse_name_or_no, parse_pattern, parse_table_name, parse_yes_no, parse_zone,
};
use crate::model::schedule::priority::{IoPriority, parse_niceness};
use crate::model::schedule::rule::Jitter;
use crate::text::{has_control, near};

pub(super) const YES_NO: &str = "yes or no";
pub(super) const A_NICENESS: &str = "a number from 0 to 19";

type Parse = fn(&str) -> Result<ScheduleOption, Option<OptionError>>;

/// A key, and how its value is parsed.
///
/// A new option needs a variant, a line in its documentation, an item in `KEYS`, and a line in `field`.
pub(super) struct Key {
    pub(super) name: &'static str,
    /// The values that are allowed, in words.
    pub(super) allowed: &'static str,
    pub(super) may_repeat: bool,
    /// Parses a value. The error is `None` if `allowed` already says what is wrong.
    pub(super) parse: Parse,
}

/// Returns a key that may occur once.
const fn once(name: &'static str, allowed: &'static str, parse: Parse) -> Key {
    Key { name, allowed, may_repeat: false, parse }
}

pub(super) const KEYS: &[Key] = &[
    Key {
        name: "exclude",
        allowed: A_PATTERN,
        may_repeat: true,
        parse: |value| parse_pattern(value).map(ScheduleOption::Exclude).ok_or(None),
    },
    once("one-file-system", YES_NO, |value| {
        parse_yes_no(value).map(ScheduleOption::OneFileSystem).ok_or(None)
    }),
    once("exclude-caches", YES_NO, |value| {
        parse_yes_no(value).map(ScheduleOption::ExcludeCaches).ok_or(None)
    }),
    once("compress", "zstd or no", |value| {
        parse_compression(value).map(ScheduleOption::Compress).ok_or(None)
    }),
    once("encrypt", "the name of an encryption, or no", |value| {
        parse_name_or_no(value).map(ScheduleOption::Encrypt).ok_or(None)
    }),
    once("catch-up", YES_NO, |value| parse_yes_no(value).map(ScheduleOption::CatchUp).ok_or(None)),
    once("keep", "rules", |value| {
        value.parse().map(ScheduleOption::Keep).map_err(|error| Some(OptionError::Keep(error)))
    }),
    once("verify", YES_NO, |value| parse_yes_no(value).map(ScheduleOption::Verify).ok_or(None)),
    once("drill", "daily, weekly, monthly or no", |value| {
        Cadence::parse(value, "no").map(ScheduleOption::Drill).ok_or(None)
    }),
    once("anomaly", "yes, no, or limits such as lost:50%,changed:80%", |value| match value {
        "no" => Ok(ScheduleOption::Anomaly(None)),
        _ => value
            .parse()
            .map(|limits| ScheduleOption::Anomaly(Some(limits)))
            .map_err(|error| Some(OptionError::Anomaly(error))),
    }),
    once("tz", "the name of a time zone, such as Europe/Paris", |value| {
        parse_zone(value).map(ScheduleOption::Zone).ok_or(None)
    }),
    once("jitter", "a period such as 10m or 1h, at most 24h", |value| {
        Jitter::parse(value).map(ScheduleOption::Jitter).ok_or(None)
    }),
    once("nice", A_NICENESS, |value| parse_niceness(value).map(ScheduleOption::Nice).ok_or(None)),
    once("ionice", "idle, best-effort:0 to best-effort:7, or no", |value| {
        IoPriority::parse_option(value).map(ScheduleOption::Ionice).ok_or(None)
    }),
    once("max-rate", "a rate a second such as 800K, 50M or 1G, or no", |value| {
        ByteRate::parse_option(value).map(ScheduleOption::MaxRate).ok_or(None)
    }),
    once("command", "the name of a command: letters a to z, digits, - and _", |value| {
        parse_table_name(value).map(ScheduleOption::Command).ok_or(None)
    }),
    once("hooks", "the name of a hook, or no", |value| {
        parse_name_or_no(value).map(ScheduleOption::Hooks).ok_or(None)
    }),
    once("reuse", "auto or no", |value| match value {
        "auto" => Ok(ScheduleOption::Reuse(true)),
        "no" => Ok(ScheduleOption::Reuse(false)),
        _ => Err(None),
    }),
    once("full", "daily, weekly, monthly or never", |value| {
        Cadence::parse(value, "never").map(ScheduleOption::Full).ok_or(None)
    }),
    once("paused", YES_NO, |value| parse_yes_no(value).map(ScheduleOption::Paused).ok_or(None)),
];

pub(in crate::model::schedule) const A_PATTERN: &str =
    "a pattern, which is not empty and holds neither a ; nor a control character";

/// What the key of an extension begins with.
pub(super) const EXTENSION: &str = "x-";

impl ScheduleOption {
    /// Returns an error unless the key is one that an option can have.
    pub(in crate::model::schedule) fn check_key(key: &str) -> Result<(), OptionError> {
        if KEYS.iter().any(|known| known.name == key) {
            return Ok(());
        }
        if key.starts_with(EXTENSION) { check_extension(key) } else { Err(unknown_key(key, key)) }
    }

    /// Returns whether the key may occur more than once.
    pub(in crate::model::schedule) fn may_repeat(&self) -> bool {
        KEYS.iter().any(|key| key.name == self.key() && key.may_repeat)
    }
}

impl FromStr for ScheduleOption {
    type Err = OptionError;

    fn from_str(field: &str) -> Result<Self, OptionError> {
        let (name, value) = field.split_once('=').ok_or_else(|| without_key(field))?;
        if name.starts_with(EXTENSION) {
            return parse_extension(name, value);
        }
        let Some(key) = KEYS.iter().find(|key| key.name == name) else {
            return Err(unknown_key(name, field));
        };
        let not_allowed =
            || OptionError::Value { key: key.name, value: value.to_owned(), allowed: key.allowed };
        (key.parse)(value).map_err(|error| error.unwrap_or_else(not_allowed))
    }
}

fn parse_extension(key: &str, value: &str) -> Result<ScheduleOption, OptionError> {
    check_extension(key)?;
    if value.contains(';') || has_control(value) {
        return Err(OptionError::ExtensionValue(key.to_owned()));
    }
    Ok(ScheduleOption::Extension { key: key.to_owned(), value: value.to_owned() })
}

fn check_extension(key: &str) -> Result<(), OptionError> {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.".contains(&byte);
    let is_valid = key.len() > EXTENSION.len() && key.bytes().all(is_plain);
    if is_valid { Ok(()) } else { Err(OptionError::ExtensionKey(key.to_owned())) }
}

fn unknown_key(name: &str, field: &str) -> OptionError {
    let names = || KEYS.iter().map(|key| key.name);
    let missing_key = if near(name, names()).is_none() { rule_of_keep(field) } else { None };
    let unknown = || OptionError::UnknownKey {
        key: name.to_owned(),
        near: near(name, names()),
        known: names().collect(),
    };
    missing_key.or_else(|| part_of_time(name, field)).unwrap_or_else(unknown)
}
