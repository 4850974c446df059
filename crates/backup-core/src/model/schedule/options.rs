//! What can be set on a schedule: the `key=value` fields behind its name.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use crate::model::archive::{Compression, Selection};
use crate::model::schedule::drill_period::DrillPeriod;
use crate::model::schedule::keep_rules::{KeepRule, KeepRules};
use crate::model::schedule::option_error::OptionError;
use crate::text::{has_control, near, nearest};

/// One thing that is set on a schedule. Its text form is `key=value`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ScheduleOption {
    /// Leaves out what this pattern matches: see [`Selection::exclude`]. It can't hold a `;`.
    Exclude(String),
    /// Stays on the source's file system, or doesn't.
    OneFileSystem(bool),
    /// Leaves out what is in caches, or doesn't.
    ExcludeCaches(bool),
    /// Stores the archive compressed, or doesn't.
    Compress(Compression),
    /// Makes up for runs that were missed, or skips them.
    CatchUp(bool),
    /// Keeps older generations, as these rules want it.
    Keep(KeepRules),
    /// Reads each backup back before it takes the old one's place, or doesn't.
    Verify(bool),
    /// Has the service drill the backups, that often.
    Drill(DrillPeriod),
}

/// A key, and how its value is read. What it takes to add one: its variant, its line here, and its line in `field`.
struct Key {
    name: &'static str,
    /// What a value may be, for people.
    allowed: &'static str,
    may_repeat: bool,
    /// Where the value is not allowed, there may be more to say of it.
    read: fn(&str) -> Result<ScheduleOption, Option<OptionError>>,
}

const KEYS: &[Key] = &[
    Key { name: "exclude", allowed: A_PATTERN, may_repeat: true, read: |value| pattern(value).ok_or(None) },
    Key {
        name: "one-file-system",
        allowed: YES_NO,
        may_repeat: false,
        read: |value| yes_no(value).map(ScheduleOption::OneFileSystem).ok_or(None),
    },
    Key {
        name: "exclude-caches",
        allowed: YES_NO,
        may_repeat: false,
        read: |value| yes_no(value).map(ScheduleOption::ExcludeCaches).ok_or(None),
    },
    Key {
        name: "compress",
        allowed: "zstd or no",
        may_repeat: false,
        read: |value| compression(value).map(ScheduleOption::Compress).ok_or(None),
    },
    Key {
        name: "catch-up",
        allowed: YES_NO,
        may_repeat: false,
        read: |value| yes_no(value).map(ScheduleOption::CatchUp).ok_or(None),
    },
    Key {
        name: "keep",
        allowed: "rules",
        may_repeat: false,
        read: |value| value.parse().map(ScheduleOption::Keep).map_err(|fault| Some(OptionError::Keep(fault))),
    },
    Key {
        name: "verify",
        allowed: YES_NO,
        may_repeat: false,
        read: |value| yes_no(value).map(ScheduleOption::Verify).ok_or(None),
    },
    Key {
        name: "drill",
        allowed: "daily, weekly or monthly",
        may_repeat: false,
        read: |value| period(value).map(ScheduleOption::Drill).ok_or(None),
    },
];

impl ScheduleOption {
    /// Returns whether it is there to leave something out.
    #[must_use]
    pub fn leaves_out(&self) -> bool {
        matches!(self, Self::Exclude(_) | Self::OneFileSystem(true) | Self::ExcludeCaches(true))
    }

    /// Returns the key and the value, as they are written.
    fn field(&self) -> (&'static str, Cow<'_, str>) {
        match self {
            Self::Exclude(pattern) => ("exclude", pattern.into()),
            Self::OneFileSystem(value) => ("one-file-system", said(*value).into()),
            Self::ExcludeCaches(value) => ("exclude-caches", said(*value).into()),
            Self::Compress(Compression::None) => ("compress", "no".into()),
            Self::Compress(Compression::Zstd) => ("compress", "zstd".into()),
            Self::CatchUp(value) => ("catch-up", said(*value).into()),
            Self::Keep(rules) => ("keep", rules.to_string().into()),
            Self::Verify(value) => ("verify", said(*value).into()),
            Self::Drill(period) => ("drill", period.word().into()),
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

fn compression(value: &str) -> Option<Compression> {
    match value {
        "zstd" => Some(Compression::Zstd),
        "no" => Some(Compression::None),
        _ => None,
    }
}

fn period(value: &str) -> Option<DrillPeriod> {
    DrillPeriod::ALL.into_iter().find(|period| period.word() == value)
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
    type Err = OptionError;

    fn from_str(field: &str) -> Result<Self, OptionError> {
        let (name, value) = field.split_once('=').ok_or_else(|| without_key(field))?;
        let Some(key) = KEYS.iter().find(|key| key.name == name) else { return Err(unknown(name, field)) };
        let not_allowed =
            || OptionError::Value { key: key.name, value: value.to_owned(), allowed: key.allowed };
        (key.read)(value).map_err(|fault| fault.unwrap_or_else(not_allowed))
    }
}

fn without_key(field: &str) -> OptionError {
    rule_of_keep(field).unwrap_or_else(|| OptionError::NoKey(field.to_owned()))
}

fn unknown(name: &str, field: &str) -> OptionError {
    let names = || KEYS.iter().map(|key| key.name);
    let rule = if near(name, names()).is_none() { rule_of_keep(field) } else { None };
    let nearest = nearest(name, names()).unwrap_or_default();
    rule.unwrap_or_else(|| OptionError::UnknownKey { key: name.to_owned(), nearest })
}

fn rule_of_keep(field: &str) -> Option<OptionError> {
    let meant = KeepRule::meant_by(field)?;
    Some(OptionError::RuleOfKeep { field: field.to_owned(), meant })
}

/// All that is set on a schedule, in the order in which it was written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Options(Vec<ScheduleOption>);

impl Options {
    /// Reads the fields behind the name.
    ///
    /// # Errors
    /// The first field that is no option, or that sets again what may be set only once.
    pub fn parse<'a>(fields: impl IntoIterator<Item = &'a str>) -> Result<Self, OptionError> {
        let mut options = Self::default();
        for field in fields {
            let option: ScheduleOption = field.parse()?;
            let (name, _) = option.field();
            let is_set = options.0.iter().any(|other| other.field().0 == name);
            if is_set && !KEYS.iter().any(|key| key.name == name && key.may_repeat) {
                return Err(OptionError::Twice(name));
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
                ScheduleOption::Compress(_)
                | ScheduleOption::CatchUp(_)
                | ScheduleOption::Keep(_)
                | ScheduleOption::Verify(_)
                | ScheduleOption::Drill(_) => {}
            }
        }
        selection
    }

    /// Returns how the archive is to be stored.
    #[must_use]
    pub fn compression(&self) -> Compression {
        let set = self.0.iter().rev().find_map(|option| match option {
            ScheduleOption::Compress(compression) => Some(*compression),
            _ => None,
        });
        set.unwrap_or_default()
    }

    /// Returns whether runs that were missed are made up for: they are unless somebody decided otherwise.
    #[must_use]
    pub fn catches_up(&self) -> bool {
        let set = self.0.iter().rev().find_map(|option| match option {
            ScheduleOption::CatchUp(value) => Some(*value),
            _ => None,
        });
        set.unwrap_or(true)
    }
}

impl Options {
    /// Returns what keeps older generations; without it, only the newest backup stands.
    #[must_use]
    pub fn keep(&self) -> Option<&KeepRules> {
        self.0.iter().rev().find_map(|option| match option {
            ScheduleOption::Keep(rules) => Some(rules),
            _ => None,
        })
    }

    /// Returns whether each backup is read back before it takes the old one's place.
    #[must_use]
    pub fn verifies(&self) -> bool {
        let set = self.0.iter().rev().find_map(|option| match option {
            ScheduleOption::Verify(value) => Some(*value),
            _ => None,
        });
        set.unwrap_or_default()
    }

    /// Returns how often the service drills the backups; without it, never.
    #[must_use]
    pub fn drills(&self) -> Option<DrillPeriod> {
        self.0.iter().rev().find_map(|option| match option {
            ScheduleOption::Drill(period) => Some(*period),
            _ => None,
        })
    }
}

impl fmt::Display for Options {
    /// Writes them as fields, each behind a `;`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|option| write!(f, ";{option}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::archive::PatternError;
    use crate::model::schedule::keep_rules_error::KeepRulesError;
    use crate::model::schedule::{EntryError, ScheduleEntry};

    /// One of each. A new option doesn't compile in `number`, so that it is put among these.
    fn every_option() -> [ScheduleOption; 8] {
        [
            ScheduleOption::Exclude("*.tmp".to_owned()),
            ScheduleOption::OneFileSystem(true),
            ScheduleOption::ExcludeCaches(false),
            ScheduleOption::Compress(Compression::Zstd),
            ScheduleOption::CatchUp(false),
            ScheduleOption::Keep("last:7,within:30d".parse().unwrap()),
            ScheduleOption::Verify(true),
            ScheduleOption::Drill(DrillPeriod::Weekly),
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
        }
    }

    #[test]
    fn every_option_is_read_as_it_is_written() {
        assert!(every_option().iter().map(number).eq(0..KEYS.len()), "each key has an option");
        for (option, key) in every_option().iter().zip(KEYS) {
            let field = option.to_string();
            assert!(field.starts_with(&format!("{}=", key.name)), "{field}");
            assert_eq!(field.parse().as_ref(), Ok(option), "{field}");
        }
    }

    #[test]
    fn a_schedule_with_options_is_written_as_it_was_read() {
        let cases = [
            "docs;16:08;docs",
            "docs;16:08;docs;exclude=*.tmp",
            "docs;16:08;docs;exclude=*.tmp;exclude=/cache/;one-file-system=yes;exclude-caches=yes",
            // In the order of the user, who may also say what is so anyway.
            "docs;16:08;docs;exclude-caches=no;exclude=*;exclude=!/keep;one-file-system=no",
            // The first = ends the key.
            "docs;16:08;docs;exclude=a=b",
            "docs;16:08;docs;exclude==",
            "docs;16:08;docs;exclude= spaced ",
            "docs;16:08;docs;exclude=Größe",
            "docs;16:08;docs;exclude=x;exclude=x",
            "docs;16:08;docs;compress=zstd",
            "docs;16:08;docs;compress=no;exclude=x",
            "docs;16:08;docs;drill=monthly;exclude=x",
        ];
        for text in cases {
            let entry: ScheduleEntry = text.parse().unwrap();
            assert_eq!(entry.to_string(), text);
            assert_eq!(entry.identity(), "docs;16:08;docs", "{text}");
        }
        let entry: ScheduleEntry = "docs;9:08;docs;one-file-system=yes".parse().unwrap();
        assert_eq!(entry.to_string(), "docs;09:08;docs;one-file-system=yes");
    }

    #[track_caller]
    fn check_fault(fields: &str, expected: &OptionError) {
        let parsed: Result<ScheduleEntry, _> = format!("docs;16:08;docs;{fields}").parse();
        assert_eq!(parsed.err(), Some(EntryError::Option(expected.clone())), "{fields}");
    }

    /// Fields behind a name, and what is wrong with them.
    fn no_options() -> [(&'static str, OptionError); 28] {
        let no_key = |field: &str| OptionError::NoKey(field.to_owned());
        let unknown = |key: &str, nearest| OptionError::UnknownKey { key: key.to_owned(), nearest };
        let yes_no =
            |key, value: &str| OptionError::Value { key, value: value.to_owned(), allowed: "yes or no" };
        let pattern =
            |value: &str| OptionError::Value { key: "exclude", value: value.to_owned(), allowed: A_PATTERN };
        let often = |value: &str| OptionError::Value {
            key: "drill",
            value: value.to_owned(),
            allowed: "daily, weekly or monthly",
        };
        let method = |value: &str| OptionError::Value {
            key: "compress",
            value: value.to_owned(),
            allowed: "zstd or no",
        };
        [
            ("", no_key("")),
            ("x", no_key("x")),
            ("exclude=a;b", no_key("b")),
            ("exclude=a;", no_key("")),
            ("exclude", no_key("exclude")),
            ("exlude=*.tmp", unknown("exlude", "exclude")),
            ("Exclude=*.tmp", unknown("Exclude", "exclude")),
            (" exclude=*.tmp", unknown(" exclude", "exclude")),
            ("exclude-cache=yes", unknown("exclude-cache", "exclude-caches")),
            ("one_file_system=yes", unknown("one_file_system", "one-file-system")),
            ("=yes", unknown("", "keep")),
            ("one-file-system=", yes_no("one-file-system", "")),
            ("one-file-system=Yes", yes_no("one-file-system", "Yes")),
            ("exclude-caches=yes ", yes_no("exclude-caches", "yes ")),
            ("exclude=", pattern("")),
            ("exclude=a\nb", pattern("a\nb")),
            ("one-file-system=yes;one-file-system=yes", OptionError::Twice("one-file-system")),
            ("exclude-caches=yes;exclude=a;exclude-caches=no", OptionError::Twice("exclude-caches")),
            ("compres=zstd", unknown("compres", "compress")),
            ("compress=", method("")),
            ("compress=yes", method("yes")),
            ("compress=Zstd", method("Zstd")),
            ("compress=gzip", method("gzip")),
            ("compress=zstd;compress=no", OptionError::Twice("compress")),
            ("dril=weekly", unknown("dril", "drill")),
            ("drill=yearly", often("yearly")),
            ("drill=weekly;drill=weekly", OptionError::Twice("drill")),
            ("keep=last:7,daily:0", OptionError::Keep(KeepRulesError::Zero("daily:0".to_owned()))),
        ]
    }

    #[test]
    fn a_rule_of_keep_without_its_key_is_named_as_it_is_written() {
        let rule = |field: &str, meant| OptionError::RuleOfKeep { field: field.to_owned(), meant };
        check_fault("last=3", &rule("last=3", KeepRule::Last(3)));
        check_fault("weekly:3", &rule("weekly:3", KeepRule::Weekly(3)));
        check_fault("weeky=3", &rule("weeky=3", KeepRule::Weekly(3)));
        let unknown = OptionError::UnknownKey { key: "weekly".to_owned(), nearest: "keep" };
        check_fault("weekly=x", &unknown);
        let said = rule("weeky=3\u{1b}", KeepRule::Weekly(3)).to_string();
        assert_eq!(
            said,
            r#""weeky=3\u{1b}" is no option, but as a rule of keep it is written keep=weekly:3"#
        );
    }

    #[test]
    fn what_is_no_option_says_why() {
        let cases = no_options();
        for (fields, fault) in &cases {
            check_fault(fields, fault);
        }
        let bad = PatternError { pattern: "[\u{1b}".to_owned(), reason: "unclosed".to_owned() };
        let said: Vec<_> = cases.iter().map(|(_, fault)| fault.to_string()).collect();
        insta::assert_snapshot!(said.join("\n"), @r#"
        a field behind its name is empty
        "x" is no key=value (and no pattern can hold a ;)
        "b" is no key=value (and no pattern can hold a ;)
        a field behind its name is empty
        "exclude" is no key=value (and no pattern can hold a ;)
        "exlude" is no option; the nearest known is exclude
        "Exclude" is no option; the nearest known is exclude
        " exclude" is no option; the nearest known is exclude
        "exclude-cache" is no option; the nearest known is exclude-caches
        "one_file_system" is no option; the nearest known is one-file-system
        "" is no option; the nearest known is keep
        one-file-system=: it takes yes or no
        one-file-system=Yes: it takes yes or no
        exclude-caches=yes : it takes yes or no
        exclude=: it takes a pattern, which is not empty and holds neither a ; nor a control character
        exclude=a\nb: it takes a pattern, which is not empty and holds neither a ; nor a control character
        one-file-system can't be there twice
        exclude-caches can't be there twice
        "compres" is no option; the nearest known is compress
        compress=: it takes zstd or no
        compress=yes: it takes zstd or no
        compress=Zstd: it takes zstd or no
        compress=gzip: it takes zstd or no
        compress can't be there twice
        "dril" is no option; the nearest known is drill
        drill=yearly: it takes daily, weekly or monthly
        drill can't be there twice
        the rule "daily:0" of keep would keep nothing
        "#);
        insta::assert_snapshot!(OptionError::Pattern(bad), @r"the pattern [\u{1b}: unclosed");
    }

    #[test]
    fn options_make_a_selection() {
        let options = |text: &str| Options::parse(text.split(';').filter(|field| !field.is_empty())).unwrap();
        assert!(options("").selection().is_everything());
        assert!(options("one-file-system=no;exclude-caches=no;compress=zstd").selection().is_everything());
        let all = options("exclude=b;one-file-system=yes;exclude=!a;exclude-caches=yes").selection();
        let exclude = vec!["b".to_owned(), "!a".to_owned()];
        assert_eq!(all, Selection { exclude, one_file_system: true, exclude_caches: true });
        let mut more = options("one-file-system=no;exclude=a");
        more.extend(&[ScheduleOption::OneFileSystem(true), ScheduleOption::Exclude("b".to_owned())]);
        let exclude = vec!["a".to_owned(), "b".to_owned()];
        assert_eq!(more.selection(), Selection { exclude, one_file_system: true, exclude_caches: false });
    }

    #[test]
    fn the_last_word_says_how_an_archive_is_stored() {
        let cases = [
            ("exclude=a", Compression::None),
            ("compress=no", Compression::None),
            ("compress=zstd", Compression::Zstd),
            ("compress=zstd;exclude=a", Compression::Zstd),
        ];
        for (text, expected) in cases {
            let options = Options::parse(text.split(';')).unwrap();
            assert_eq!(options.compression(), expected, "{text}");
            for more in Compression::ALL {
                let mut options = options.clone();
                options.extend(&[ScheduleOption::Compress(more)]);
                assert_eq!(options.compression(), more, "{text}");
            }
        }
    }
}
