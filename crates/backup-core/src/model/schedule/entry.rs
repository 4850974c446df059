//! Schedule entry: one schedule as the user writes it, `folder;hh:mm;name` and its options.

use std::borrow::Cow;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::model::archive::BackupName;
use crate::model::schedule::entry_error::EntryError;
use crate::model::schedule::entry_rule::EntryRule;
use crate::model::schedule::options::Options;
use crate::model::schedule::rule::TimeRule;
use crate::model::schedule::schedule_option::ScheduleOption;
use crate::text::{has_control, invisible_in};

/// One schedule: which source is backed up, when, under which name, and with which options.
///
/// Its text form is `folder;time;name`, followed by `;key=value` for each option. The forms of the time are listed at
/// [`TimeRule`](crate::model::schedule::TimeRule). No field can contain a `;`. The keys are listed at [`ScheduleOption`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ScheduleEntry {
    source: String,
    time: TimeRule,
    name: BackupName,
    options: Options,
}

impl ScheduleEntry {
    /// Returns the text of a schedule without options, given its folder, its time and its name.
    ///
    /// Only parsing the text tells whether it is a schedule.
    ///
    /// # Errors
    /// [`EntryError::Separator`] for a field that contains a `;`.
    pub fn text_of([folder, time, name]: [&str; 3]) -> Result<String, EntryError> {
        let fields = [("folder", folder), ("time", time), ("name", name)];
        match fields.into_iter().find(|(_, value)| value.contains(';')) {
            Some((field, _)) => Err(EntryError::Separator(field)),
            None => Ok(format!("{folder};{time};{name}")),
        }
    }

    /// Returns the text that identifies the entry in the history: `folder;time;name`.
    ///
    /// Options aren't part of it. So after a change of an option, it is still the same schedule, and no run is repeated.
    #[must_use]
    pub fn identity(&self) -> String {
        format!("{};{};{}", self.source, self.time, self.name)
    }

    /// Returns the source as it is written. It is relative to the home unless it is absolute.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Returns the source as an absolute path, given an absolute `home`.
    #[must_use]
    pub fn source_under(&self, home: &Path) -> PathBuf {
        absolute(&self.source, home)
    }

    /// Returns the time field.
    #[must_use]
    pub fn time(&self) -> &TimeRule {
        &self.time
    }

    /// Returns the rule that says when the entry runs: its time, in its zone, with its jitter.
    #[must_use]
    pub fn rule(&self) -> EntryRule<'_> {
        let jitter = self.options.jitter().map(|jitter| (jitter.longest(), self.identity()));
        EntryRule { time: &self.time, zone: self.options.zone(), jitter }
    }

    /// Returns the name of the entry's backups.
    #[must_use]
    pub fn name(&self) -> &BackupName {
        &self.name
    }

    /// Returns whether the name contains ` #`, so that a comment was probably intended. It still belongs to the name.
    #[must_use]
    pub fn seems_commented(&self) -> bool {
        self.name.as_str().contains(" #")
    }

    /// Returns the options.
    #[must_use]
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// Returns the entry with more options. Where options contradict each other, the added ones count.
    #[must_use]
    pub fn with_options(mut self, more: &[ScheduleOption]) -> Self {
        self.options.extend(more);
        self
    }

    /// Returns the entry as it runs: with the default of each option that it doesn't set.
    ///
    /// What a person sees is the entry without them.
    #[must_use]
    pub fn with_defaults(&self, defaults: &Options) -> Cow<'_, Self> {
        if defaults.is_empty() {
            return Cow::Borrowed(self);
        }
        Cow::Owned(Self { options: self.options.with_defaults(defaults), ..self.clone() })
    }

    /// Returns the entry with other options.
    #[must_use]
    pub fn with_only_options(mut self, options: Options) -> Self {
        self.options = options;
        self
    }

    /// Returns whether both entries have the same source.
    ///
    /// Only the text is compared: `docs`, `./docs` and `docs/` are the same, but links aren't resolved.
    #[must_use]
    pub fn same_source(&self, other: &Self, home: &Path) -> bool {
        self.is_of(&other.source, home)
    }

    /// Returns whether a source, as it is written in a schedule, is the source of this entry.
    #[must_use]
    pub fn is_of(&self, source: &str, home: &Path) -> bool {
        self.source_under(home) == absolute(source, home)
    }
}

fn absolute(source: &str, home: &Path) -> PathBuf {
    home.join(source).components().collect()
}

impl fmt::Display for ScheduleEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.identity(), self.options)
    }
}

impl FromStr for ScheduleEntry {
    type Err = EntryError;

    fn from_str(text: &str) -> Result<Self, EntryError> {
        Self::parse(text, |time| time.parse().map_err(EntryError::Time))
    }
}

impl ScheduleEntry {
    /// Parses the text of an entry, and its time field with `parse_time`.
    pub(super) fn parse<'t>(
        text: &'t str,
        parse_time: impl FnOnce(&'t str) -> Result<TimeRule, EntryError>,
    ) -> Result<Self, EntryError> {
        let mut fields = text.split(';');
        let (Some(source), Some(time), Some(name)) = (fields.next(), fields.next(), fields.next()) else {
            return Err(EntryError::Fields(text.split(';').count()));
        };
        if source.trim().is_empty() {
            return Err(EntryError::EmptySource);
        }
        if source.trim_start().starts_with('#') {
            return Err(EntryError::LooksLikeComment);
        }
        if has_control(source) {
            return Err(EntryError::ControlCharacter);
        }
        let time = parse_time(time)?;
        let name = BackupName::from_str(name).map_err(EntryError::Name)?;
        // `BackupName` itself allows these, so that existing archives with such names can be listed and restored.
        if let Some(character) = invisible_in(name.as_str()) {
            return Err(EntryError::InvisibleInName(character));
        }
        let options = Options::parse(fields).map_err(EntryError::Option)?;
        Ok(Self { source: source.to_owned(), time, name, options })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::archive::NameError;
    use crate::model::schedule::{OptionError, Schedule};
    use crate::testing::{ManualClock, Zone, at};
    use crate::time::Moment;

    #[track_caller]
    fn check(text: &str, expected: Result<&str, &EntryError>) {
        let parsed = ScheduleEntry::from_str(text).map(|entry| entry.to_string());
        assert_eq!(parsed.as_deref(), expected, "{text:?}");
    }

    #[test]
    fn valid_schedules_are_parsed() {
        let good = [
            ("test;16:07;backup_test", "test;16:07;backup_test"),
            ("test;9:05;x", "test;09:05;x"),
            ("/a b/c;00:00;a b", "/a b/c;00:00;a b"),
            (" spaced ;23:59;x", " spaced ;23:59;x"),
            ("./#odd;12:00;x", "./#odd;12:00;x"),
            ("Größe;12:00;日本", "Größe;12:00;日本"),
            ("test;08:00,12:30;x", "test;08:00,12:30;x"),
            ("test;every 4h from 02:00;x", "test;every 4h from 02:00;x"),
            ("test;Mon..Fri 16:07;x;tz=Europe/Paris", "test;Mon..Fri 16:07;x;tz=Europe/Paris"),
            ("test;*/15 9-17 * * 1-5;x;jitter=10m", "test;*/15 9-17 * * 1-5;x;jitter=10m"),
            ("test;*:0/15;x", "test;*:0/15;x"),
            ("test;@daily;x", "test;@daily;x"),
        ];
        for (text, expected) in good {
            check(text, Ok(expected));
            check(expected, Ok(expected));
        }
    }

    const BAD: [(&str, EntryError); 22] = [
        ("", EntryError::Fields(1)),
        ("test", EntryError::Fields(1)),
        ("test;", EntryError::Fields(2)),
        ("test;16:07", EntryError::Fields(2)),
        (";16:07;x", EntryError::EmptySource),
        ("  \t;16:07;x", EntryError::EmptySource),
        ("#test;16:07;x", EntryError::LooksLikeComment),
        ("  # test;16:07;x", EntryError::LooksLikeComment),
        ("a\nb;16:07;x", EntryError::ControlCharacter),
        ("a\0b;16:07;x", EntryError::ControlCharacter),
        ("a\tb;16:07;x", EntryError::ControlCharacter),
        ("\u{feff}docs;16:07;x", EntryError::ControlCharacter),
        ("test;16:07;", EntryError::Name(NameError::Empty)),
        ("test;16:07; x", EntryError::Name(NameError::OuterSpace)),
        ("test;16:07;x\n", EntryError::Name(NameError::OuterSpace)),
        ("test;16:07;a/b", EntryError::Name(NameError::Slash)),
        ("test;16:07;..", EntryError::Name(NameError::LeadingDot)),
        ("test;16:07;a\u{1b}b", EntryError::Name(NameError::ControlCharacter)),
        ("test;16:07;x.incomplete", EntryError::Name(NameError::Reserved)),
        ("test;16:07;do\u{200b}cs", EntryError::InvisibleInName('\u{200b}')),
        ("test;16:07;docs\u{2060}", EntryError::InvisibleInName('\u{2060}')),
        ("test;16:07;do\u{ad}cs;keep=last:3", EntryError::InvisibleInName('\u{ad}')),
    ];

    /// The message of the error in the time field of these schedules.
    const BAD_TIMES: [(&str, &str); 5] = [
        ("test;;x", r#"the time "": column 1: expected a time"#),
        (
            "test;24:00;x",
            r#"the time "24:00": column 1: expected a time as hh:mm between 00:00 and 23:59; did you mean "00:00"?"#,
        ),
        (
            "test; 16:07;x",
            r#"the time " 16:07": column 1: expected a time, not a space; did you mean "16:07"?"#,
        ),
        ("a;b;c;d;e", r#"the time "b": column 1: expected a time, a day of the week or "every""#),
        (
            "test;Mon-Fri 02:00;x",
            r#"the time "Mon-Fri 02:00": column 4: expected a time, ".." or ","; did you mean "Mon..Fri 02:00"?"#,
        ),
    ];

    #[test]
    fn invalid_schedules_are_refused() {
        for (text, error) in &BAD {
            check(text, Err(error));
        }
        for (text, message) in BAD_TIMES {
            let error = ScheduleEntry::from_str(text).expect_err("its time is no rule");
            assert_eq!((kind(&error), error.to_string().as_str()), (4, message), "{text}");
        }
        let long = "x".repeat(BackupName::MAX_BYTES + 1);
        for field in ["", "x"] {
            let error = OptionError::NoKey(field.to_owned());
            check(&format!("test;16:07;x;{field}"), Err(&EntryError::Option(error)));
        }
        check(&format!("test;16:07;{long}"), Err(&EntryError::Name(NameError::TooLong(201))));
    }

    /// Fails to compile when a variant is added, as a reminder to add a case above and a message below.
    fn kind(error: &EntryError) -> usize {
        match error {
            EntryError::Fields(_) => 0,
            EntryError::EmptySource => 1,
            EntryError::LooksLikeComment => 2,
            EntryError::ControlCharacter => 3,
            EntryError::Time(_) => 4,
            EntryError::Name(_) => 5,
            EntryError::InvisibleInName(_) => 6,
            // The cases are in `options.rs`.
            EntryError::Option(_) => 7,
            EntryError::NotUtf8 => 8,
            // Only the use case that adds a schedule returns this.
            EntryError::TrailingComment => 9,
            // Only a book can contain this, as with bytes that aren't UTF-8.
            EntryError::Nuls => 10,
            // Only the store knows its ending.
            EntryError::UnclearEnding { .. } => 11,
            // Only fields that are given one by one can contain it.
            EntryError::Separator(_) => 12,
            // Only the use case that adds a schedule knows the time.
            EntryError::Past => 13,
        }
    }

    #[test]
    fn errors_say_what_is_wrong() {
        let errors = [
            EntryError::Fields(1),
            EntryError::Fields(2),
            EntryError::Separator("name"),
            EntryError::EmptySource,
            EntryError::LooksLikeComment,
            EntryError::ControlCharacter,
            EntryError::Past,
            EntryError::Name(NameError::Slash),
            EntryError::InvisibleInName('\u{200b}'),
            EntryError::Option(OptionError::Twice("one-file-system".to_owned())),
            EntryError::TrailingComment,
            EntryError::NotUtf8,
            EntryError::Nuls,
            EntryError::UnclearEnding {
                file_name: "a.tar.gz".to_owned(),
                ending: ".gz".parse().expect("it is one"),
            },
        ];
        // Only a book can contain bytes that aren't UTF-8. Its tests have a case for them.
        for number in (0..7).filter(|number| *number != 4) {
            assert!(BAD.iter().any(|(_, error)| kind(error) == number), "no case for error {number}");
        }
        insta::assert_snapshot!(errors.map(|error| error.to_string()).join("\n"), @r"
        it has 1 field, not the three of folder;time;name
        it has 2 fields, not the three of folder;time;name
        the name holds a ;, which separates the fields
        the folder is empty
        a line that begins with # is a comment; write ./# for such a folder
        the folder holds a control character
        all its moments have passed
        the name holds a /
        the name holds an invisible character, U+200B
        one-file-system can't be there twice
        a # within a line begins no comment, but would belong to the name; give comments lines of their own
        it is not valid UTF-8
        it holds NUL bytes, as a power cut leaves them; write the line anew, or delete it
        the archive would be called a.tar.gz, which doesn't tell that only .gz is its ending; choose a name without .tar
        ");
    }

    #[test]
    fn the_text_of_three_fields() {
        assert_eq!(ScheduleEntry::text_of(["a b", "16:07", "c"]), Ok("a b;16:07;c".to_owned()));
        for (fields, field) in
            [(["a;", "", ""], "folder"), (["", "1;", ""], "time"), (["", "", ";keep=last:3"], "name")]
        {
            assert_eq!(ScheduleEntry::text_of(fields), Err(EntryError::Separator(field)));
        }
    }

    #[test]
    fn a_source_is_relative_to_home_unless_absolute() {
        let cases = [
            ("docs", "/home/me/docs"),
            ("./docs/", "/home/me/docs"),
            ("docs//notes/.", "/home/me/docs/notes"),
            ("../you", "/home/me/../you"),
            (".", "/home/me"),
            ("/srv/data/", "/srv/data"),
        ];
        for (source, expected) in cases {
            let path = entry(source).source_under(Path::new("/home/me"));
            assert_eq!(path.as_os_str(), expected, "{source}");
        }
    }

    #[test]
    fn one_source_can_be_written_in_many_ways() {
        let home = Path::new("/home/me");
        for same in ["docs", "./docs", "docs/", "/home/me/docs", "docs/."] {
            assert!(entry("docs").same_source(&entry(same), home), "{same}");
        }
        for other in ["Docs", "docs2", "docs/sub", "/docs", "../docs", " docs"] {
            assert!(!entry("docs").same_source(&entry(other), home), "{other}");
        }
    }

    #[test]
    fn an_entry_returns_its_parts() {
        let entry: ScheduleEntry = "docs;9:05;mine".parse().unwrap();
        assert_eq!((entry.source(), entry.name().as_str()), ("docs", "mine"));
        assert_eq!(entry.time().to_string(), "09:05");
    }

    /// The next runs of a schedule in a zone that is three hours behind that of its option `tz`.
    #[track_caller]
    fn check_next(schedule: &str, after: &str, expected: &[&str]) {
        let clock = ManualClock::with_zone(at(after), Zone::fixed(-2 * 3_600));
        clock.add_zone("Europe/Berlin", Zone::fixed(3_600));
        let entry: ScheduleEntry = schedule.parse().unwrap();
        let rule = entry.rule();
        let next = |after: &Moment| rule.next_after(*after, &clock);
        let runs = std::iter::successors(next(&at(after)), next).take(expected.len());
        let runs: Vec<_> = runs.map(|run| run.format("%m-%d %H:%M:%S").to_string()).collect();
        assert_eq!(runs, expected, "{schedule}");
    }

    #[test]
    fn the_rule_of_an_entry_has_its_zone_and_its_jitter() {
        let noon = "2026-05-04T12:00:00-02:00";
        check_next("docs;16:07;docs", noon, &["05-04 16:07:00", "05-05 16:07:00"]);
        check_next("docs;16:07;docs;tz=Europe/Berlin", noon, &["05-04 13:07:00", "05-05 13:07:00"]);
        check_next("docs;Mon 00:30;docs;tz=Europe/Berlin", noon, &["05-10 21:30:00"]);
        check_next("docs;16:07;docs;jitter=10m", noon, &["05-04 16:09:06"]);
        check_next("music;16:07;music;jitter=10m", noon, &["05-04 16:13:18"]);
        check_next("docs;16:07;docs;jitter=10m;tz=Europe/Berlin", noon, &["05-04 13:12:06"]);
    }

    fn entry(source: &str) -> ScheduleEntry {
        format!("{source};16:07;x").parse().unwrap()
    }
}
