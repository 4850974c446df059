//! Schedule option: one `key=value` field behind the name of a schedule, and all keys.

#[cfg(feature = "toml")]
pub(super) mod shape;

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use crate::model::archive::Compression;
use crate::model::schedule::anomaly_limits::AnomalyLimits;
use crate::model::schedule::byte_rate::ByteRate;
use crate::model::schedule::drill_period::DrillPeriod;
use crate::model::schedule::full_period::FullPeriod;
use crate::model::schedule::keep_rules::KeepRules;
use crate::model::schedule::misplaced::{part_of_time, rule_of_keep, without_key};
use crate::model::schedule::option_error::OptionError;
use crate::model::schedule::option_value::{
    or_no, parse_compression, parse_hooks, parse_pattern, parse_table_name, parse_yes_no, parse_zone,
    yes_or_no,
};
use crate::model::schedule::priority::{IoPriority, parse_niceness};
use crate::model::schedule::rule::Jitter;
use crate::text::{has_control, near};

/// One option of a schedule. Its text form is `key=value`.
///
/// These are all keys. In a schedule, each key may occur once, except `exclude`:
///
/// | key | values | default | meaning |
/// |---|---|---|---|
/// | `exclude` | a pattern | none | Leaves out what matches. It may occur several times; see [`Selection::exclude`] |
/// | `one-file-system` | `yes`, `no` | `no` | Leaves out mounts; see [`Selection::one_file_system`] |
/// | `exclude-caches` | `yes`, `no` | `no` | Leaves out the contents of caches; see [`Selection::exclude_caches`] |
/// | `compress` | `zstd`, `no` | `no` | Stores the archive as `NAME.tar.zst` instead of `NAME.tar`; see [`Compression`] |
/// | `catch-up` | `yes`, `no` | `yes` | `yes` makes up for missed runs with one run. `no` skips runs that are more than ten minutes late when the service comes back |
/// | `keep` | rules such as `last:7,daily:14` | none | Keeps older generations; see [`KeepRules`]. Without it, each good backup replaces the one before |
/// | `verify` | `yes`, `no` | `no` | Reads each backup back before it replaces the old one |
/// | `drill` | `daily`, `weekly`, `monthly`, `no` | `no` | Has the service restore a backup and compare it, that often; see [`DrillPeriod`] |
/// | `reuse` | `auto`, `no` | `no` | Takes over the unchanged parts of the archive before, where files can share blocks |
/// | `full` | `daily`, `weekly`, `monthly`, `never` | `monthly` | How often everything is read anew all the same |
/// | `anomaly` | `yes`, `no`, limits such as `lost:50%,changed:80%` | `yes` | Holds a backup whose source became suspicious; see [`AnomalyLimits`] |
/// | `tz` | a name such as `Europe/Paris` | the machine's zone | The zone of the time field |
/// | `jitter` | a period such as `10m`, at most `24h` | none | Moves each run to a later moment, at most by that period; see [`Jitter`] |
/// | `nice` | 0 to 19 | 0 | The niceness of planned runs; see [`Priority`] |
/// | `ionice` | `idle`, `best-effort:0` to `best-effort:7`, `no` | `no` | How much their disk work yields; see [`Priority`] |
/// | `max-rate` | a rate such as `50M`, `no` | `no` | How fast the source is read at most; see [`ByteRate`] |
/// | `command` | the name of a command in the configuration | none | Backs up what the command prints, instead of the folder. The folder is where it runs |
/// | `hooks` | a name, or `no` | none | Runs the commands of this hook before and after each backup; see [`Hook`](crate::model::hook::Hook) |
/// | `paused` | `yes`, `no` | `no` | `yes` plans no runs. Runs by hand still work |
/// | `x-...` | any text | none | For the program that embeds this one. It is kept and written back, and has no other effect |
///
/// [`Selection::exclude`]: crate::model::archive::Selection::exclude
/// [`Priority`]: crate::model::schedule::Priority
/// [`Selection::one_file_system`]: crate::model::archive::Selection::one_file_system
/// [`Selection::exclude_caches`]: crate::model::archive::Selection::exclude_caches
///
/// Keys and values are case-sensitive, and spaces around them aren't removed. The first `=` ends the key. A pattern isn't
/// empty and contains neither a `;` nor a control character. Behind `x-` come lowercase letters, digits, `-`, `_` and `.`.
///
/// The options are independent of each other, but `keep`, `compress` and `verify` should be the same in all schedules that
/// share a name; see [`Storage`](crate::model::schedule::Storage). [`OptionError`] lists what can be wrong with a field.
///
/// ```
/// use backup_core::model::schedule::ScheduleOption;
///
/// let option: ScheduleOption = "exclude=*.tmp".parse()?;
/// assert_eq!(option, ScheduleOption::Exclude("*.tmp".to_owned()));
/// assert_eq!(option.to_string(), "exclude=*.tmp");
/// # Ok::<(), backup_core::model::schedule::OptionError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ScheduleOption {
    /// `exclude`: leaves out what this pattern matches.
    Exclude(String),
    /// `one-file-system`: whether mounts are left out.
    OneFileSystem(bool),
    /// `exclude-caches`: whether the contents of caches are left out.
    ExcludeCaches(bool),
    /// `tz`: the zone of the time field. Whether it exists is checked when a schedule is created.
    Zone(String),
    /// `jitter`: by how much a run may be moved to a later moment.
    Jitter(Jitter),
    /// `compress`: how the archive is stored.
    Compress(Compression),
    /// `catch-up`: whether missed runs are made up for.
    CatchUp(bool),
    /// `keep`: the rules that keep older generations.
    Keep(KeepRules),
    /// `verify`: whether each backup is read back before it replaces the old one.
    Verify(bool),
    /// `drill`: how often the service drills the backups. `None` means never.
    Drill(Option<DrillPeriod>),
    /// `anomaly`: from when on a source is suspicious. `None` means never.
    Anomaly(Option<AnomalyLimits>),
    /// `nice`: the niceness of planned runs.
    Nice(u8),
    /// `ionice`: how much the disk work of planned runs yields. `None` means not at all.
    Ionice(Option<IoPriority>),
    /// `max-rate`: how fast the source is read at most. `None` means as fast as it can.
    MaxRate(Option<ByteRate>),
    /// `command`: the name of the command whose output is backed up. Whether it exists is checked when the schedule is admitted.
    Command(String),
    /// `hooks`: the name of the hook. `None` means none, even if there is a default.
    Hooks(Option<String>),
    /// `reuse`: whether unchanged parts of the archive before are taken over.
    Reuse(bool),
    /// `full`: how often everything is read anew. `None` means never.
    Full(Option<FullPeriod>),
    /// `paused`: whether no runs are planned.
    Paused(bool),
    /// `x-...`: an option of the program that embeds this one.
    Extension {
        /// The key, with its `x-`.
        key: String,
        /// The value.
        value: String,
    },
}

type Parse = fn(&str) -> Result<ScheduleOption, Option<OptionError>>;

/// A key, and how its value is parsed.
///
/// A new option needs a variant, a line in its documentation, an item in `KEYS`, and a line in `field`.
struct Key {
    name: &'static str,
    /// The values that are allowed, in words.
    allowed: &'static str,
    may_repeat: bool,
    /// Parses a value. The error is `None` if `allowed` already says what is wrong.
    parse: Parse,
}

/// Returns a key that may occur once.
const fn once(name: &'static str, allowed: &'static str, parse: Parse) -> Key {
    Key { name, allowed, may_repeat: false, parse }
}

const KEYS: &[Key] = &[
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
    once("catch-up", YES_NO, |value| parse_yes_no(value).map(ScheduleOption::CatchUp).ok_or(None)),
    once("keep", "rules", |value| {
        value.parse().map(ScheduleOption::Keep).map_err(|error| Some(OptionError::Keep(error)))
    }),
    once("verify", YES_NO, |value| parse_yes_no(value).map(ScheduleOption::Verify).ok_or(None)),
    once("drill", "daily, weekly, monthly or no", |value| {
        DrillPeriod::parse(value).map(ScheduleOption::Drill).ok_or(None)
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
        parse_hooks(value).map(ScheduleOption::Hooks).ok_or(None)
    }),
    once("reuse", "auto or no", |value| match value {
        "auto" => Ok(ScheduleOption::Reuse(true)),
        "no" => Ok(ScheduleOption::Reuse(false)),
        _ => Err(None),
    }),
    once("full", "daily, weekly, monthly or never", |value| {
        FullPeriod::parse(value).map(ScheduleOption::Full).ok_or(None)
    }),
    once("paused", YES_NO, |value| parse_yes_no(value).map(ScheduleOption::Paused).ok_or(None)),
];

/// What the key of an extension begins with.
const EXTENSION: &str = "x-";

impl ScheduleOption {
    /// Returns the value, as it is written.
    #[must_use]
    pub fn value(&self) -> String {
        self.field().1.into_owned()
    }

    /// Returns the key.
    #[must_use]
    pub fn key(&self) -> &str {
        self.field().0
    }

    /// Returns an error unless the key is one that an option can have.
    pub(super) fn check_key(key: &str) -> Result<(), OptionError> {
        if KEYS.iter().any(|known| known.name == key) {
            return Ok(());
        }
        if key.starts_with(EXTENSION) { check_extension(key) } else { Err(unknown_key(key, key)) }
    }

    /// Returns whether the key may occur more than once.
    pub(super) fn may_repeat(&self) -> bool {
        KEYS.iter().any(|key| key.name == self.key() && key.may_repeat)
    }

    /// Returns whether the option leaves something out of a backup.
    #[must_use]
    pub fn leaves_out(&self) -> bool {
        matches!(self, Self::Exclude(_) | Self::OneFileSystem(true) | Self::ExcludeCaches(true))
    }

    /// Returns the key and the value, as they are written.
    fn field(&self) -> (&str, Cow<'_, str>) {
        match self {
            Self::Exclude(pattern) => ("exclude", pattern.into()),
            Self::OneFileSystem(value) => ("one-file-system", yes_or_no(*value).into()),
            Self::ExcludeCaches(value) => ("exclude-caches", yes_or_no(*value).into()),
            Self::Compress(Compression::None) => ("compress", "no".into()),
            Self::Compress(Compression::Zstd) => ("compress", "zstd".into()),
            Self::CatchUp(value) => ("catch-up", yes_or_no(*value).into()),
            Self::Keep(rules) => ("keep", rules.to_string().into()),
            Self::Verify(value) => ("verify", yes_or_no(*value).into()),
            Self::Drill(period) => ("drill", period.map_or("no", DrillPeriod::word).into()),
            Self::Anomaly(None) => ("anomaly", "no".into()),
            Self::Anomaly(Some(limits)) => ("anomaly", limits.to_string().into()),
            Self::Zone(zone) => ("tz", zone.into()),
            Self::Jitter(jitter) => ("jitter", jitter.to_string().into()),
            Self::Nice(niceness) => ("nice", niceness.to_string().into()),
            Self::Ionice(priority) => ("ionice", or_no(priority.as_ref()).into()),
            Self::MaxRate(rate) => ("max-rate", or_no(rate.as_ref()).into()),
            Self::Command(name) => ("command", name.into()),
            Self::Hooks(name) => ("hooks", name.as_deref().unwrap_or("no").into()),
            Self::Reuse(value) => ("reuse", if *value { "auto" } else { "no" }.into()),
            Self::Full(period) => ("full", period.map_or("never", FullPeriod::word).into()),
            Self::Paused(value) => ("paused", yes_or_no(*value).into()),
            Self::Extension { key, value } => (key, value.into()),
        }
    }
}

const YES_NO: &str = "yes or no";
const A_NICENESS: &str = "a number from 0 to 19";
pub(super) const A_PATTERN: &str =
    "a pattern, which is not empty and holds neither a ; nor a control character";

impl fmt::Display for ScheduleOption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (key, value) = self.field();
        write!(f, "{key}={value}")
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

#[cfg(test)]
mod tests {
    use super::*;

    /// One option of every kind. `number` fails to compile when a kind is added.
    fn every_option() -> [ScheduleOption; 20] {
        [
            ScheduleOption::Exclude("*.tmp".to_owned()),
            ScheduleOption::OneFileSystem(true),
            ScheduleOption::ExcludeCaches(false),
            ScheduleOption::Compress(Compression::Zstd),
            ScheduleOption::CatchUp(false),
            ScheduleOption::Keep("last:7,within:30d".parse().unwrap()),
            ScheduleOption::Verify(true),
            ScheduleOption::Drill(Some(DrillPeriod::Weekly)),
            ScheduleOption::Anomaly(Some("lost:80%".parse().unwrap())),
            ScheduleOption::Zone("Europe/Paris".to_owned()),
            ScheduleOption::Jitter(Jitter::parse("1h30m").unwrap()),
            ScheduleOption::Nice(19),
            ScheduleOption::Ionice(Some(IoPriority::BestEffort(7))),
            ScheduleOption::MaxRate(ByteRate::parse("50M")),
            ScheduleOption::Command("app-db".to_owned()),
            ScheduleOption::Hooks(Some("db".to_owned())),
            ScheduleOption::Reuse(true),
            ScheduleOption::Full(None),
            ScheduleOption::Paused(true),
            ScheduleOption::Extension { key: "x-owner".to_owned(), value: "ann=may".to_owned() },
        ]
    }

    fn number(option: &ScheduleOption) -> usize {
        match option {
            ScheduleOption::Exclude(_) => 0,
            ScheduleOption::OneFileSystem(_) => 1,
            ScheduleOption::ExcludeCaches(_) => 2,
            ScheduleOption::Compress(_) => 3,
            ScheduleOption::CatchUp(_) => 4,
            ScheduleOption::Keep(_) => 5,
            ScheduleOption::Verify(_) => 6,
            ScheduleOption::Drill(_) => 7,
            ScheduleOption::Anomaly(_) => 8,
            ScheduleOption::Zone(_) => 9,
            ScheduleOption::Jitter(_) => 10,
            ScheduleOption::Nice(_) => 11,
            ScheduleOption::Ionice(_) => 12,
            ScheduleOption::MaxRate(_) => 13,
            ScheduleOption::Command(_) => 14,
            ScheduleOption::Hooks(_) => 15,
            ScheduleOption::Reuse(_) => 16,
            ScheduleOption::Full(_) => 17,
            ScheduleOption::Paused(_) => 18,
            ScheduleOption::Extension { .. } => 19,
        }
    }

    #[test]
    fn every_option_is_read_as_it_is_written() {
        assert!(every_option().iter().map(number).eq(0..=KEYS.len()), "each key has an option");
        let names = KEYS.iter().map(|key| key.name).chain([EXTENSION]);
        for (option, name) in every_option().iter().zip(names) {
            let field = option.to_string();
            assert!(field.starts_with(name), "{field}");
            assert_eq!(field.parse().as_ref(), Ok(option), "{field}");
        }
    }
}
