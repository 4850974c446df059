//! Options: all `key=value` fields behind the name of a schedule.

use std::fmt;

use crate::model::archive::{Compression, Selection};
use crate::model::schedule::anomaly_limits::AnomalyLimits;
use crate::model::schedule::cadence::Cadence;
use crate::model::schedule::keep_rules::KeepRules;
use crate::model::schedule::option_error::OptionError;
use crate::model::schedule::rule::Jitter;
use crate::model::schedule::schedule_option::ScheduleOption;

/// All options of a schedule, in the order in which they are written.
///
/// [`ScheduleOption`] lists the keys. The methods return the default of an option that isn't set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Options(Vec<ScheduleOption>);

impl Options {
    /// Parses the fields behind the name.
    ///
    /// # Errors
    /// The first field that isn't a valid option, or whose key occurs twice though it is allowed only once.
    pub fn parse<'a>(fields: impl IntoIterator<Item = &'a str>) -> Result<Self, OptionError> {
        let mut options = Self::default();
        for field in fields {
            let option: ScheduleOption = field.parse()?;
            let is_set = options.0.iter().any(|other| other.key() == option.key());
            if is_set && !option.may_repeat() {
                return Err(OptionError::Twice(option.key().to_owned()));
            }
            if options.0.is_empty() {
                // There may be very many schedules, and most have no more than this one.
                options.0.reserve_exact(1);
            }
            options.0.push(option);
        }
        Ok(options)
    }

    /// Adds options. Where options contradict each other, the added ones count.
    pub fn extend(&mut self, more: &[ScheduleOption]) {
        self.0.extend_from_slice(more);
    }

    /// Sets an option in the place of the one that has its key. An option that may repeat is added, unless it is there.
    pub fn set(&mut self, option: ScheduleOption) {
        if option.may_repeat() {
            if !self.0.contains(&option) {
                self.0.push(option);
            }
            return;
        }
        match self.0.iter_mut().find(|other| other.key() == option.key()) {
            Some(other) => *other = option,
            None => self.0.push(option),
        }
    }

    /// Returns these options and the defaults of those that they don't set.
    ///
    /// Of an option that may repeat, the defaults come first: so a pattern `!x` can take back a default.
    #[must_use]
    pub fn with_defaults(&self, defaults: &Self) -> Self {
        let inherited = defaults.inherited_by(self).cloned();
        Self(inherited.chain(self.0.iter().cloned()).collect())
    }

    /// Returns those of these defaults that count for a schedule with these options of its own.
    pub fn inherited_by(&self, own: &Self) -> impl Iterator<Item = &ScheduleOption> {
        let is_set = |option: &ScheduleOption| own.0.iter().any(|other| other.key() == option.key());
        self.0.iter().filter(move |option| option.may_repeat() || !is_set(option))
    }

    /// Returns each option, in the order in which they are written.
    pub fn each(&self) -> impl Iterator<Item = &ScheduleOption> {
        self.0.iter()
    }

    /// Returns whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Removes all options with this key; of a field `key=value`, only those with this value.
    ///
    /// # Errors
    /// The key isn't one that an option can have, or the value isn't valid.
    pub fn unset(&mut self, field: &str) -> Result<(), OptionError> {
        if field.contains('=') {
            let unwanted: ScheduleOption = field.parse()?;
            self.0.retain(|option| *option != unwanted);
        } else {
            ScheduleOption::check_key(field)?;
            self.remove_key(field);
        }
        Ok(())
    }

    /// Removes all options with this key.
    pub(crate) fn remove_key(&mut self, key: &str) {
        self.0.retain(|option| option.key() != key);
    }

    /// Returns what the options leave out of a backup.
    #[must_use]
    pub fn selection(&self) -> Selection {
        let mut selection = Selection::default();
        for option in &self.0 {
            match option {
                ScheduleOption::Exclude(pattern) => selection.exclude.push(pattern.clone()),
                ScheduleOption::OneFileSystem(value) => selection.one_file_system = *value,
                ScheduleOption::ExcludeCaches(value) => selection.exclude_caches = *value,
                ScheduleOption::Compress(_)
                | ScheduleOption::Encrypt(_)
                | ScheduleOption::CatchUp(_)
                | ScheduleOption::Keep(_)
                | ScheduleOption::Verify(_)
                | ScheduleOption::Drill(_)
                | ScheduleOption::Anomaly(_)
                | ScheduleOption::Hooks(_)
                | ScheduleOption::Nice(_)
                | ScheduleOption::Ionice(_)
                | ScheduleOption::MaxRate(_)
                | ScheduleOption::Reuse(_)
                | ScheduleOption::Full(_)
                | ScheduleOption::Paused(_)
                | ScheduleOption::Extension { .. }
                | ScheduleOption::Zone(_)
                | ScheduleOption::Jitter(_)
                | ScheduleOption::Command(_) => {}
            }
        }
        selection
    }

    /// Returns how the archive is stored. The default is not compressed.
    #[must_use]
    pub fn compression(&self) -> Compression {
        let set = self.0.iter().rev().find_map(|option| match option {
            ScheduleOption::Compress(compression) => Some(*compression),
            _ => None,
        });
        set.unwrap_or_default()
    }

    /// Returns whether missed runs are made up for. The default is yes.
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
    /// Returns the rules that keep older generations. Without any, only the newest backup is kept.
    #[must_use]
    pub fn keep(&self) -> Option<&KeepRules> {
        self.0.iter().rev().find_map(|option| match option {
            ScheduleOption::Keep(rules) => Some(rules),
            _ => None,
        })
    }

    /// Returns whether unchanged parts of the archive before are taken over. The default is yes. An encrypted archive has nothing
    /// that could be in another one: each has a key of its own.
    #[must_use]
    pub fn reuses(&self) -> bool {
        let set = self.0.iter().rev().find_map(|option| match option {
            ScheduleOption::Reuse(value) => Some(*value),
            _ => None,
        });
        set.unwrap_or(true) && self.encrypts_for().is_none()
    }

    /// Returns how often everything is read anew. `None` means never. The default is every month.
    #[must_use]
    pub fn full(&self) -> Option<Cadence> {
        let set = self.0.iter().rev().find_map(|option| match option {
            ScheduleOption::Full(period) => Some(*period),
            _ => None,
        });
        set.unwrap_or(Some(Cadence::Monthly))
    }

    /// Returns whether each backup is read back before it replaces the old one. The default is no.
    #[must_use]
    pub fn verifies(&self) -> bool {
        let set = self.0.iter().rev().find_map(|option| match option {
            ScheduleOption::Verify(value) => Some(*value),
            _ => None,
        });
        set.unwrap_or_default()
    }

    /// Returns from when on a source is suspicious. `None` means never. The default is half of it.
    #[must_use]
    pub fn anomaly(&self) -> Option<AnomalyLimits> {
        let set = self.0.iter().rev().find_map(|option| match option {
            ScheduleOption::Anomaly(limits) => Some(*limits),
            _ => None,
        });
        set.unwrap_or_else(|| Some(AnomalyLimits::default()))
    }

    /// Returns the zone of the time field. `None` means the machine's.
    #[must_use]
    pub fn zone(&self) -> Option<&str> {
        self.0.iter().rev().find_map(|option| match option {
            ScheduleOption::Zone(zone) => Some(zone.as_str()),
            _ => None,
        })
    }

    /// Returns by how much a run may be moved to a later moment.
    #[must_use]
    pub fn jitter(&self) -> Option<&Jitter> {
        self.0.iter().rev().find_map(|option| match option {
            ScheduleOption::Jitter(jitter) => Some(jitter),
            _ => None,
        })
    }

    /// Returns how often the service drills the backups. `None` means never.
    #[must_use]
    pub fn drills(&self) -> Option<Cadence> {
        let set = self.0.iter().rev().find_map(|option| match option {
            ScheduleOption::Drill(period) => Some(*period),
            _ => None,
        });
        set.flatten()
    }

    /// Returns the name of the hook whose commands run before and after each backup.
    #[must_use]
    pub fn hooks(&self) -> Option<&str> {
        let set = self.0.iter().rev().find_map(|option| match option {
            ScheduleOption::Hooks(name) => Some(name.as_deref()),
            _ => None,
        });
        set.flatten()
    }

    /// Returns the name of the command whose output is backed up. `None` means that the folder is.
    #[must_use]
    pub fn command(&self) -> Option<&str> {
        self.0.iter().rev().find_map(|option| match option {
            ScheduleOption::Command(name) => Some(name.as_str()),
            _ => None,
        })
    }

    /// Returns whether no runs are planned. The default is no.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        let set = self.0.iter().rev().find_map(|option| match option {
            ScheduleOption::Paused(value) => Some(*value),
            _ => None,
        });
        set.unwrap_or_default()
    }

    /// Returns the value of an option of the program that embeds this one. The key begins with `x-`.
    #[must_use]
    pub fn extension(&self, key: &str) -> Option<&str> {
        self.extensions().find_map(|(other, value)| (other == key).then_some(value))
    }

    /// Returns the keys and values of all options that begin with `x-`, as they are written.
    pub fn extensions(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().filter_map(|option| match option {
            ScheduleOption::Extension { key, value } => Some((key.as_str(), value.as_str())),
            _ => None,
        })
    }
}

impl fmt::Display for Options {
    /// Writes each option as a field, with a `;` before it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|option| write!(f, ";{option}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::archive::PatternError;
    use crate::model::schedule::keep_rules::KeepRule;
    use crate::model::schedule::keep_rules_error::KeepRulesError;
    use crate::model::schedule::schedule_option::keys::A_PATTERN;
    use crate::model::schedule::{EntryError, ScheduleEntry};

    #[test]
    fn a_schedule_with_options_is_written_as_it_was_read() {
        let cases = [
            "docs;16:08;docs",
            "docs;16:08;docs;exclude=*.tmp",
            "docs;16:08;docs;exclude=*.tmp;exclude=/cache/;one-file-system=yes;exclude-caches=yes",
            // The order is kept, and so are options that are the default anyway.
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
            "docs;16:08;docs;drill=no",
            "docs;16:08;docs;paused=yes;x-owner=ann;x-tags=a, b=c;x-note_2.b=",
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
    fn check_error(fields: &str, expected: &OptionError) {
        let parsed: Result<ScheduleEntry, _> = format!("docs;16:08;docs;{fields}").parse();
        assert_eq!(parsed.err(), Some(EntryError::Option(expected.clone())), "{fields}");
    }

    fn unknown_key(key: &str, near: Option<&'static str>) -> OptionError {
        let known = "exclude,one-file-system,exclude-caches,compress,encrypt,catch-up,keep,verify,drill,anomaly,tz,jitter,nice,ionice,max-rate,command,hooks,reuse,full,paused";
        OptionError::UnknownKey { key: key.to_owned(), near, known: known.split(',').collect() }
    }

    /// Invalid fields, and their errors.
    #[expect(clippy::too_many_lines, reason = "one of each, in one list")]
    fn invalid_options() -> [(&'static str, OptionError); 38] {
        let no_key = |field: &str| OptionError::NoKey(field.to_owned());
        let unknown = |key: &str, meant| unknown_key(key, Some(meant));
        let yes_no =
            |key, value: &str| OptionError::Value { key, value: value.to_owned(), allowed: "yes or no" };
        let pattern =
            |value: &str| OptionError::Value { key: "exclude", value: value.to_owned(), allowed: A_PATTERN };
        let often = |value: &str| OptionError::Value {
            key: "drill",
            value: value.to_owned(),
            allowed: "daily, weekly, monthly or no",
        };
        let hook = |value: &str| OptionError::Value {
            key: "hooks",
            value: value.to_owned(),
            allowed: "the name of a hook, or no",
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
            ("=yes", unknown_key("", None)),
            ("colour=red", unknown_key("colour", None)),
            ("one-file-system=", yes_no("one-file-system", "")),
            ("one-file-system=Yes", yes_no("one-file-system", "Yes")),
            ("exclude-caches=yes ", yes_no("exclude-caches", "yes ")),
            ("exclude=", pattern("")),
            ("exclude=a\nb", pattern("a\nb")),
            ("one-file-system=yes;one-file-system=yes", OptionError::Twice("one-file-system".to_owned())),
            (
                "exclude-caches=yes;exclude=a;exclude-caches=no",
                OptionError::Twice("exclude-caches".to_owned()),
            ),
            ("compres=zstd", unknown("compres", "compress")),
            ("compress=", method("")),
            ("compress=yes", method("yes")),
            ("compress=Zstd", method("Zstd")),
            ("compress=gzip", method("gzip")),
            ("compress=zstd;compress=no", OptionError::Twice("compress".to_owned())),
            ("dril=weekly", unknown("dril", "drill")),
            ("drill=yearly", often("yearly")),
            ("drill=weekly;drill=weekly", OptionError::Twice("drill".to_owned())),
            ("hooks=a b", hook("a b")),
            ("hooks=", hook("")),
            ("hook=db", unknown("hook", "hooks")),
            ("paused=maybe", yes_no("paused", "maybe")),
            ("pause=yes", unknown("pause", "paused")),
            ("x-owner=ann;x-owner=may", OptionError::Twice("x-owner".to_owned())),
            ("x-=a", OptionError::ExtensionKey("x-".to_owned())),
            ("x-My key=a", OptionError::ExtensionKey("x-My key".to_owned())),
            ("x-owner=a\u{1b}", OptionError::ExtensionValue("x-owner".to_owned())),
            ("keep=last:7,daily:0", OptionError::Keep(KeepRulesError::Zero("daily:0".to_owned()))),
        ]
    }

    #[test]
    fn a_rule_of_keep_without_its_key_is_suggested() {
        let error = |field: &str, rule| OptionError::RuleOfKeep { field: field.to_owned(), rule };
        check_error("last=3", &error("last=3", KeepRule::Last(3)));
        check_error("weekly:3", &error("weekly:3", KeepRule::Weekly(3)));
        check_error("weeky=3", &error("weeky=3", KeepRule::Weekly(3)));
        check_error("weekly=x", &unknown_key("weekly", None));
        let message = error("weeky=3\u{1b}", KeepRule::Weekly(3)).to_string();
        assert_eq!(
            message,
            r#""weeky=3\u{1b}" is no option, but as a rule of keep it is written keep=weekly:3"#
        );
    }

    #[test]
    fn an_option_that_is_a_time_leads_to_the_time_field() {
        let cases = [
            ("days=mon-fri", "mon..fri 03:00"),
            ("at=4pm", "16:00"),
            ("every=4h", "every 4h"),
            ("weekdays=1-5\u{1b}", "Mon..Fri 16:07"),
        ];
        for (field, time) in cases {
            check_error(field, &OptionError::PartOfTime { field: field.to_owned(), time: time.to_owned() });
        }
        let message = Options::parse(["weekdays=1-5\u{1b}"]).unwrap_err().to_string();
        assert_eq!(
            message,
            r#""weekdays=1-5\u{1b}" is no option: the second field says when it runs, as in Mon..Fri 16:07"#
        );
    }

    #[test]
    fn invalid_options_say_what_is_wrong() {
        let cases = invalid_options();
        for (fields, error) in &cases {
            check_error(fields, error);
        }
        let bad = PatternError { pattern: "[\u{1b}".to_owned(), reason: "unclosed".to_owned() };
        let messages: Vec<_> = cases.iter().map(|(_, error)| error.to_string()).collect();
        insta::assert_snapshot!(messages.join("\n"), @r#"
        a field behind its name is empty
        "x" is no key=value (and no pattern can hold a ;)
        "b" is no key=value (and no pattern can hold a ;)
        a field behind its name is empty
        "exclude" is no key=value (and no pattern can hold a ;)
        "exlude" is no option; did you mean exclude?
        "Exclude" is no option; did you mean exclude?
        " exclude" is no option; did you mean exclude?
        "exclude-cache" is no option; did you mean exclude-caches?
        "one_file_system" is no option; did you mean one-file-system?
        "" is no option; the options are exclude, one-file-system, exclude-caches, compress, encrypt, catch-up, keep, verify, drill, anomaly, tz, jitter, nice, ionice, max-rate, command, hooks, reuse, full, paused
        "colour" is no option; the options are exclude, one-file-system, exclude-caches, compress, encrypt, catch-up, keep, verify, drill, anomaly, tz, jitter, nice, ionice, max-rate, command, hooks, reuse, full, paused
        one-file-system=: it takes yes or no
        one-file-system=Yes: it takes yes or no
        exclude-caches=yes : it takes yes or no
        exclude=: it takes a pattern, which is not empty and holds neither a ; nor a control character
        exclude=a\nb: it takes a pattern, which is not empty and holds neither a ; nor a control character
        one-file-system can't be there twice
        exclude-caches can't be there twice
        "compres" is no option; did you mean compress?
        compress=: it takes zstd or no
        compress=yes: it takes zstd or no
        compress=Zstd: it takes zstd or no
        compress=gzip: it takes zstd or no
        compress can't be there twice
        "dril" is no option; did you mean drill?
        drill=yearly: it takes daily, weekly, monthly or no
        drill can't be there twice
        hooks=a b: it takes the name of a hook, or no
        hooks=: it takes the name of a hook, or no
        "hook" is no option; did you mean hooks?
        paused=maybe: it takes yes or no
        "pause" is no option; did you mean paused?
        x-owner can't be there twice
        "x-" is no option: behind x- come lowercase letters, digits, -, _ and .
        "x-My key" is no option: behind x- come lowercase letters, digits, -, _ and .
        the value of x-owner holds a ; or a control character
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

    #[track_caller]
    fn check_defaults(own: &str, defaults: &str, expected: &str) {
        let parse = |text: &str| Options::parse(text.split(';').filter(|field| !field.is_empty())).unwrap();
        assert_eq!(parse(own).with_defaults(&parse(defaults)).to_string(), expected, "{own} {defaults}");
    }

    #[test]
    fn what_a_schedule_says_itself_counts_before_its_defaults() {
        check_defaults("", "", "");
        check_defaults("verify=no", "", ";verify=no");
        check_defaults("", "keep=last:7;verify=yes", ";keep=last:7;verify=yes");
        check_defaults("verify=no;compress=no", "verify=yes;compress=zstd", ";verify=no;compress=no");
        check_defaults("keep=last:1;drill=no", "drill=weekly;keep=last:7", ";keep=last:1;drill=no");
        check_defaults(
            "exclude=!b",
            "exclude=a;exclude=b;keep=last:7",
            ";exclude=a;exclude=b;keep=last:7;exclude=!b",
        );
        check_defaults("x-a=1", "x-a=2;x-b=3", ";x-b=3;x-a=1");
        let options = Options::parse(["drill=no"]).unwrap();
        let weekly = Options::parse(["drill=weekly"]).unwrap();
        assert_eq!((options.with_defaults(&weekly).drills(), weekly.drills()), (None, Some(Cadence::Weekly)));
    }

    #[test]
    fn an_embedder_finds_its_own_options() {
        let options = Options::parse(["x-b=2", "exclude=x", "x-a=1", "paused=yes"]).unwrap();
        assert_eq!(options.extensions().collect::<Vec<_>>(), [("x-b", "2"), ("x-a", "1")]);
        assert_eq!(
            [options.extension("x-a"), options.extension("x-c"), options.extension("exclude")],
            [Some("1"), None, None]
        );
        assert!(options.is_paused() && !Options::parse(["paused=no"]).unwrap().is_paused());
    }

    #[test]
    fn options_are_set_in_their_place_and_unset() {
        let set = |field: &str| {
            let mut options = Options::parse(["keep=last:3", "exclude=a", "x-a=1"]).unwrap();
            options.set(field.parse().unwrap());
            options.to_string()
        };
        assert_eq!(set("keep=last:4"), ";keep=last:4;exclude=a;x-a=1");
        assert_eq!(set("x-a=2"), ";keep=last:3;exclude=a;x-a=2");
        assert_eq!(set("exclude=b"), ";keep=last:3;exclude=a;x-a=1;exclude=b");
        assert_eq!(set("exclude=a"), ";keep=last:3;exclude=a;x-a=1");
        let unset = |field: &str| {
            let mut options = Options::parse(["keep=last:3", "exclude=a", "exclude=b", "x-a=1"]).unwrap();
            options.unset(field).map(|()| options.to_string()).map_err(|error| error.to_string())
        };
        let cases = [
            ("keep", Ok(";exclude=a;exclude=b;x-a=1")),
            ("exclude", Ok(";keep=last:3;x-a=1")),
            ("exclude=b", Ok(";keep=last:3;exclude=a;x-a=1")),
            ("x-a", Ok(";keep=last:3;exclude=a;exclude=b")),
            ("verify", Ok(";keep=last:3;exclude=a;exclude=b;x-a=1")),
            ("kep", Err("\"kep\" is no option; did you mean keep?")),
        ];
        for (field, expected) in cases {
            assert_eq!(unset(field), expected.map(str::to_owned).map_err(str::to_owned), "{field}");
        }
    }

    #[test]
    fn the_last_option_says_how_an_archive_is_stored() {
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
