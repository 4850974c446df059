//! One schedule as the user writes it: `folder;hh:mm;name`, and behind that its options.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::{Daily, OptionFault, Options, ScheduleOption, TimeOfDay};
use crate::backup::{BackupName, NameFault};
use crate::text::has_control;

/// What the store keeps: which source, when, under which name, and with which options.
///
/// Its text form is exactly `folder;hh:mm;name`, with the hour in two digits, and behind it a `;key=value` for each
/// option. No field can hold a `;`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ScheduleEntry {
    source: String,
    rule: Daily,
    name: BackupName,
    options: Options,
}

impl ScheduleEntry {
    /// Returns what the history knows it by: `folder;hh:mm;name`. The options don't belong to it, so changing one
    /// makes no new schedule that owes runs or doubles them.
    #[must_use]
    pub fn identity(&self) -> String {
        format!("{};{};{}", self.source, self.rule.at, self.name)
    }

    /// Returns the source as written: relative to home unless absolute.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Returns the source as an absolute path, given an absolute `home`.
    #[must_use]
    pub fn source_under(&self, home: &Path) -> PathBuf {
        home.join(&self.source).components().collect()
    }

    /// Returns when the entry is due.
    #[must_use]
    pub fn rule(&self) -> Daily {
        self.rule
    }

    /// Returns the name of its backups.
    #[must_use]
    pub fn name(&self) -> &BackupName {
        &self.name
    }

    /// Returns what is set on it.
    #[must_use]
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// Returns the same entry with more options, which count where they contradict.
    #[must_use]
    pub fn with_options(mut self, more: &[ScheduleOption]) -> Self {
        self.options.extend(more);
        self
    }

    /// Returns whether both mean the same source, as far as the text tells (`docs`, `./docs` and `docs/` do).
    #[must_use]
    pub fn same_source(&self, other: &Self, home: &Path) -> bool {
        self.source_under(home) == other.source_under(home)
    }
}

impl fmt::Display for ScheduleEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.identity(), self.options)
    }
}

impl FromStr for ScheduleEntry {
    type Err = EntryFault;

    fn from_str(text: &str) -> Result<Self, EntryFault> {
        let fields: Vec<&str> = text.split(';').collect();
        let [source, time, name, options @ ..] = &fields[..] else {
            return Err(EntryFault::Fields(fields.len()));
        };
        if source.trim().is_empty() {
            return Err(EntryFault::EmptySource);
        }
        if source.trim_start().starts_with('#') {
            return Err(EntryFault::LooksLikeComment);
        }
        if has_control(source) {
            return Err(EntryFault::ControlCharacter);
        }
        let at = TimeOfDay::from_str(time)?;
        let name = BackupName::from_str(name).map_err(EntryFault::Name)?;
        let options = Options::parse(options.iter().copied()).map_err(EntryFault::Option)?;
        Ok(Self { source: (*source).to_owned(), rule: Daily { at }, name, options })
    }
}

/// Why a line is no schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntryFault {
    /// Not three fields or more, but this many.
    Fields(usize),
    /// No folder.
    EmptySource,
    /// A folder that the file would take for a comment.
    LooksLikeComment,
    /// A newline, an escape or the like in the folder.
    ControlCharacter,
    /// No `hh:mm` on the 24-hour clock.
    Time,
    /// A name that can't name a backup.
    Name(NameFault),
    /// Something behind the name that can't be set.
    Option(OptionFault),
    /// Bytes that aren't UTF-8.
    NotUtf8,
}

impl fmt::Display for EntryFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fields(count) => {
                write!(f, "it has {count} field{}, not the three of folder;hh:mm;name", plural(*count))
            }
            Self::EmptySource => f.write_str("the folder is empty"),
            Self::LooksLikeComment => {
                f.write_str("a line that begins with # is a comment; write ./# for such a folder")
            }
            Self::ControlCharacter => f.write_str("the folder holds a control character"),
            Self::Time => f.write_str("the time is not hh:mm between 00:00 and 23:59"),
            Self::Name(fault) => write!(f, "the name {fault}"),
            Self::Option(fault) => fault.fmt(f),
            Self::NotUtf8 => f.write_str("it is not valid UTF-8"),
        }
    }
}

fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}
