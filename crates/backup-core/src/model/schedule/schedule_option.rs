//! Schedule option: one `key=value` field behind the name of a schedule, and all keys.

pub(super) mod keys;
#[cfg(feature = "toml")]
pub(super) mod shape;

use std::borrow::Cow;
use std::fmt;

use crate::model::archive::Compression;
use crate::model::schedule::anomaly_limits::AnomalyLimits;
use crate::model::schedule::byte_rate::ByteRate;
use crate::model::schedule::cadence::Cadence;
use crate::model::schedule::keep_rules::KeepRules;
use crate::model::schedule::option_value::{or_no, yes_or_no};
use crate::model::schedule::priority::IoPriority;
use crate::model::schedule::rule::Jitter;

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
/// | `encrypt` | a name, or `no` | none | Stores the archive encrypted, as `NAME.tar.age`, for the keys of that table of the configuration; see [`EncryptionTable`](crate::model::encryption::EncryptionTable) |
/// | `catch-up` | `yes`, `no` | `yes` | `yes` makes up for missed runs with one run. `no` skips runs that are more than ten minutes late when the service comes back |
/// | `keep` | rules such as `last:7,daily:14` | none | Keeps older generations; see [`KeepRules`]. Without it, each good backup replaces the one before |
/// | `verify` | `yes`, `no` | `no` | Reads each backup back before it replaces the old one |
/// | `drill` | `daily`, `weekly`, `monthly`, `no` | `no` | Has the service restore a backup and compare it, that often; see [`Cadence`] |
/// | `reuse` | `auto`, `no` | `auto` | Takes over the unchanged parts of the archive before, where files can share blocks |
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
/// The options are independent of each other, but `keep`, `compress`, `encrypt` and `verify` should be the same in all schedules that
/// share a name; see [`Storage`](crate::model::schedule::Storage). [`OptionError`](crate::model::schedule::OptionError) lists what can be wrong with a field.
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
    /// `encrypt`: the name of the table that says for whom the archive is encrypted. `None` means that it isn't, even if there is a
    /// default.
    Encrypt(Option<String>),
    /// `catch-up`: whether missed runs are made up for.
    CatchUp(bool),
    /// `keep`: the rules that keep older generations.
    Keep(KeepRules),
    /// `verify`: whether each backup is read back before it replaces the old one.
    Verify(bool),
    /// `drill`: how often the service drills the backups. `None` means never.
    Drill(Option<Cadence>),
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
    Full(Option<Cadence>),
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
            Self::Encrypt(name) => ("encrypt", name.as_deref().unwrap_or("no").into()),
            Self::CatchUp(value) => ("catch-up", yes_or_no(*value).into()),
            Self::Keep(rules) => ("keep", rules.to_string().into()),
            Self::Verify(value) => ("verify", yes_or_no(*value).into()),
            Self::Drill(period) => ("drill", period.map_or("no", Cadence::word).into()),
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
            Self::Full(period) => ("full", period.map_or("never", Cadence::word).into()),
            Self::Paused(value) => ("paused", yes_or_no(*value).into()),
            Self::Extension { key, value } => (key, value.into()),
        }
    }
}

impl fmt::Display for ScheduleOption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (key, value) = self.field();
        write!(f, "{key}={value}")
    }
}

#[cfg(test)]
mod tests {
    use super::keys::{EXTENSION, KEYS};
    use super::*;

    /// One option of every kind. `number` fails to compile when a kind is added.
    fn every_option() -> [ScheduleOption; 21] {
        [
            ScheduleOption::Exclude("*.tmp".to_owned()),
            ScheduleOption::OneFileSystem(true),
            ScheduleOption::ExcludeCaches(false),
            ScheduleOption::Compress(Compression::Zstd),
            ScheduleOption::Encrypt(Some("main".to_owned())),
            ScheduleOption::CatchUp(false),
            ScheduleOption::Keep("last:7,within:30d".parse().unwrap()),
            ScheduleOption::Verify(true),
            ScheduleOption::Drill(Some(Cadence::Weekly)),
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
            ScheduleOption::Encrypt(_) => 4,
            ScheduleOption::CatchUp(_) => 5,
            ScheduleOption::Keep(_) => 6,
            ScheduleOption::Verify(_) => 7,
            ScheduleOption::Drill(_) => 8,
            ScheduleOption::Anomaly(_) => 9,
            ScheduleOption::Zone(_) => 10,
            ScheduleOption::Jitter(_) => 11,
            ScheduleOption::Nice(_) => 12,
            ScheduleOption::Ionice(_) => 13,
            ScheduleOption::MaxRate(_) => 14,
            ScheduleOption::Command(_) => 15,
            ScheduleOption::Hooks(_) => 16,
            ScheduleOption::Reuse(_) => 17,
            ScheduleOption::Full(_) => 18,
            ScheduleOption::Paused(_) => 19,
            ScheduleOption::Extension { .. } => 20,
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
