//! The text of a configuration: TOML.
//!
//! A table has a function here that reads it, and its name in [`TABLES`].

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::model::config::fault::{ConfigFault, ConfigFaultKind};
use crate::model::config::reading::ConfigReading;
use crate::model::config::settings::{Config, ServiceConfig};
use crate::model::schedule::{OptionShape, ScheduleOption};
use crate::text::near;

/// The tables of a configuration.
const TABLES: [&str; 2] = [DEFAULTS, SERVICE];
const DEFAULTS: &str = "defaults";
const SERVICE: &str = "service";
const WORKERS: &str = "workers";

impl ConfigReading {
    /// Reads the bytes of a configuration file. This never fails: what is wrong is in the result, all of it.
    ///
    /// ```
    /// use backup_core::model::config::ConfigReading;
    ///
    /// let reading = ConfigReading::from_toml("[defaults]\nkeep = \"last:7\"\nexlude = [\"*.tmp\"]\n");
    /// assert_eq!(reading.config.defaults.to_string(), ";keep=last:7");
    /// let faults: Vec<_> = reading.faults.iter().map(ToString::to_string).collect();
    /// assert_eq!(faults, ["line 3: defaults.exlude: no such key; did you mean exclude?"]);
    /// ```
    #[must_use]
    pub fn from_toml(bytes: impl AsRef<[u8]>) -> Self {
        let bytes = bytes.as_ref();
        let only = |line, kind| Self {
            faults: vec![ConfigFault { line, key: None, kind }],
            config: Config::default(),
        };
        let lines_before = |at: usize| 1 + bytes[..at].iter().filter(|byte| **byte == b'\n').count();
        if let Some(at) = bytes.iter().position(|byte| *byte == 0) {
            return only(lines_before(at), ConfigFaultKind::Nuls);
        }
        match str::from_utf8(bytes) {
            Ok(text) if text.trim_start_matches('\u{feff}').trim().is_empty() => {
                only(1, ConfigFaultKind::Empty)
            }
            Ok(text) => Reader { text, reading: Self::default() }.read(),
            Err(error) => only(lines_before(error.valid_up_to()), ConfigFaultKind::NotUtf8),
        }
    }
}

/// Reads a text table by table, and collects the faults.
struct Reader<'t> {
    text: &'t str,
    reading: ConfigReading,
}

type Value<'t> = Spanned<DeValue<'t>>;

impl Reader<'_> {
    fn read(mut self) -> ConfigReading {
        let (document, errors) = DeTable::parse_recoverable(self.text);
        for error in errors {
            let line = self.line(&error.span().unwrap_or_default());
            let kind = ConfigFaultKind::Syntax(reason(error.message()).to_owned());
            self.reading.faults.push(ConfigFault { line, key: None, kind });
        }
        let broken: Vec<_> = self.reading.faults.iter().map(|fault| fault.line).collect();
        for (key, value) in document.get_ref() {
            self.table(key, value);
        }
        let lines: Vec<_> = self.text.lines().collect();
        let is_head =
            |line: &&usize| lines.get(**line - 1).is_some_and(|text| text.trim_start().starts_with('['));
        let broken_head = broken.iter().find(is_head).copied();
        let faults = &mut self.reading.faults;
        faults.retain(|fault| !follows(fault, &broken, broken_head));
        faults.sort_by_key(|fault| fault.line);
        self.reading
    }

    /// Reads a table, or refuses what is at the place of one.
    fn table(&mut self, key: &Spanned<std::borrow::Cow<'_, str>>, value: &Value<'_>) {
        let name = key.get_ref().as_ref();
        let known = TABLES.iter().copied().find(|known| *known == name);
        match (known, value.get_ref()) {
            (Some(table), DeValue::Table(keys)) => self.keys(table, keys),
            (Some(_), _) => self.fault(&key.span(), name, ConfigFaultKind::NotATable),
            (None, value) => {
                let kind = unknown_table(name, matches!(value, DeValue::Table(_)));
                self.fault(&key.span(), name, kind);
            }
        }
    }

    /// Reads the keys of a table, in the order in which they are written.
    fn keys(&mut self, table: &'static str, keys: &DeTable<'_>) {
        let mut keys: Vec<_> = keys.iter().collect();
        keys.sort_by_key(|(key, _)| key.span().start);
        for (key, value) in keys {
            let (span, name) = (key.span(), key.get_ref().as_ref());
            let read = match table {
                DEFAULTS => self.default(name, value),
                _ => self.service(name, value),
            };
            let setting = format!("{table}.{name}");
            match read {
                Ok(()) => drop(self.reading.config.lines.insert(setting, self.line(&span))),
                Err(kind) => self.fault(&span, &setting, kind),
            }
        }
    }

    /// Reads an option that all schedules have.
    fn default(&mut self, key: &str, value: &Value<'_>) -> Result<(), ConfigFaultKind> {
        let shape = ScheduleOption::shape(key).ok_or_else(|| unknown_default(key))?;
        if key == "paused" {
            return Err(ConfigFaultKind::NotADefault);
        }
        let values = match (value.get_ref(), shape.may_repeat) {
            (DeValue::Array(values), true) => values.iter().map(Spanned::get_ref).collect(),
            (value, _) => vec![value],
        };
        let fields: Result<Vec<String>, _> = values.into_iter().map(|value| field(value, &shape)).collect();
        let fields = fields?.into_iter().map(|value| format!("{key}={value}").parse());
        let options: Vec<ScheduleOption> =
            fields.collect::<Result<_, _>>().map_err(ConfigFaultKind::Option)?;
        self.reading.config.defaults.extend(&options);
        Ok(())
    }

    fn service(&mut self, key: &str, value: &Value<'_>) -> Result<(), ConfigFaultKind> {
        if key != WORKERS {
            return Err(ConfigFaultKind::UnknownKey { near: near(key, [WORKERS]), known: vec![WORKERS] });
        }
        let most = ServiceConfig::MOST_WORKERS;
        let number = match value.get_ref() {
            DeValue::Integer(number) => usize::from_str_radix(number.as_str(), number.radix()).ok(),
            _ => None,
        };
        let workers = number.filter(|number| (1..=most).contains(number));
        let workers = workers.ok_or_else(|| ConfigFaultKind::Value(format!("a number from 1 to {most}")))?;
        self.reading.config.service.workers = Some(workers);
        Ok(())
    }

    fn fault(&mut self, span: &Range<usize>, key: &str, kind: ConfigFaultKind) {
        let line = self.line(span);
        self.reading.faults.push(ConfigFault { line, key: Some(key.to_owned()), kind });
    }

    /// Returns the number of the line where a span begins.
    fn line(&self, span: &Range<usize>) -> usize {
        let before = self.text.as_bytes().get(..span.start).unwrap_or(self.text.as_bytes());
        1 + before.iter().filter(|byte| **byte == b'\n').count()
    }
}

/// Returns whether a fault only follows from broken lines: it is in one, or what is below the broken head of a table seems to
/// be outside of all tables.
fn follows(fault: &ConfigFault, broken: &[usize], broken_head: Option<usize>) -> bool {
    match fault.kind {
        ConfigFaultKind::Syntax(_) => false,
        ConfigFaultKind::UnknownTable { .. }
        | ConfigFaultKind::OutsideOfTable(_)
        | ConfigFaultKind::NotATable => {
            broken.contains(&fault.line) || broken_head.is_some_and(|line| line <= fault.line)
        }
        _ => broken.contains(&fault.line),
    }
}

/// Returns why a line is broken. Of the most likely mistake, it says what to write.
fn reason(message: &str) -> &str {
    if message.starts_with("string values must be quoted") {
        "a text must be in quotes, and yes and no are true and false"
    } else {
        message
    }
}

/// Returns the value of an option as a schedule has it.
fn field(value: &DeValue<'_>, shape: &OptionShape) -> Result<String, ConfigFaultKind> {
    match value {
        DeValue::Boolean(value) if shape.is_yes_no => Ok(if *value { "yes" } else { "no" }.to_owned()),
        DeValue::String(text) if shape.is_yes_no && !matches!(&**text, "yes" | "no") => {
            Err(wrong_value(shape))
        }
        DeValue::Integer(number) if shape.is_number && number.radix() == 10 => Ok(number.as_str().to_owned()),
        DeValue::String(text) => Ok(text.to_string()),
        _ => Err(wrong_value(shape)),
    }
}

fn wrong_value(shape: &OptionShape) -> ConfigFaultKind {
    ConfigFaultKind::Value(match shape {
        OptionShape { is_yes_no: true, .. } => "true or false".to_owned(),
        OptionShape { may_repeat: true, allowed, .. } => {
            format!("texts in quotes, as in [\"*.tmp\", \"/cache/\"]; each is {allowed}")
        }
        OptionShape { is_number: true, allowed, .. } => (*allowed).to_owned(),
        OptionShape { allowed, .. } => format!("a text in quotes: {allowed}"),
    })
}

fn unknown_default(key: &str) -> ConfigFaultKind {
    let known: Vec<_> = ScheduleOption::keys().filter(|key| *key != "paused").collect();
    ConfigFaultKind::UnknownKey { near: near(key, known.iter().copied()), known }
}

/// Returns what is wrong with a table that isn't known, or with a key outside of all tables.
fn unknown_table(name: &str, is_table: bool) -> ConfigFaultKind {
    match () {
        () if is_table => ConfigFaultKind::UnknownTable { near: near(name, TABLES), known: TABLES.to_vec() },
        () if ScheduleOption::shape(name).is_some() => ConfigFaultKind::OutsideOfTable(DEFAULTS),
        () if name == WORKERS => ConfigFaultKind::OutsideOfTable(SERVICE),
        () => ConfigFaultKind::UnknownKey { near: None, known: TABLES.to_vec() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: impl AsRef<[u8]>, expected: &[&str]) {
        let faults: Vec<_> = ConfigReading::from_toml(&text).faults.iter().map(ToString::to_string).collect();
        assert_eq!(faults, expected, "{}", String::from_utf8_lossy(text.as_ref()));
    }

    #[test]
    fn every_key_is_read() {
        let text = "\u{feff}# ours\r\n[defaults]\r\n\
            verify = true\n\
            exclude = [\"*.tmp\", '/cache/']\n\
            one-file-system = true\nexclude-caches = false\ncompress = \"zstd\"\ncatch-up = \"no\"\n\
            keep = \"last:7,daily:14\"\ndrill = \"weekly\"\ntz = \"Europe/Paris\"\njitter = \"10m\"\n\
            nice = 10\nionice = \"idle\"\nmax-rate = \"50M\"\nx-owner = \"ann\"\n\"x-a.b\" = \"c\"\n\n[service]\nworkers = 0x10\n";
        let ConfigReading { config, faults } = ConfigReading::from_toml(text);
        assert_eq!(faults, []);
        let expected = ";verify=yes;exclude=*.tmp;exclude=/cache/;one-file-system=yes;exclude-caches=no;compress=zstd\
            ;catch-up=no;keep=last:7,daily:14;drill=weekly;tz=Europe/Paris;jitter=10m;nice=10;ionice=idle;max-rate=50M\
            ;x-owner=ann;x-a.b=c";
        assert_eq!(config.defaults.to_string(), expected);
        assert_eq!(config.service.workers, Some(16));
        assert_eq!(config.line_of("defaults.verify"), Some(3));
        assert_eq!(config.line_of("defaults.exclude"), Some(4));
        assert_eq!(config.line_of("service.workers"), Some(20));
        let shown: Vec<_> =
            config.settings().iter().map(|one| format!("{}={} {:?}", one.key, one.value, one.line)).collect();
        assert_eq!(shown[..3], ["verify=yes Some(3)", "exclude=*.tmp Some(4)", "exclude=/cache/ Some(4)"]);
    }

    #[test]
    fn comments_alone_configure_nothing() {
        for text in ["# nothing yet\n", "[defaults]\n[service]\n", "#"] {
            assert_eq!(ConfigReading::from_toml(text), ConfigReading::default(), "{text}");
        }
        let built_in = Config::default().settings();
        assert!(built_in.iter().all(|setting| setting.is_built_in && setting.line.is_none()), "{built_in:?}");
    }

    #[test]
    fn a_fault_has_its_line_and_the_nearest_known_word() {
        let after = |line: &str| format!("# comment\n\n[defaults]\n{line}\n");
        let cases = [
            ("exlude = [\"*.tmp\"]", "line 4: defaults.exlude: no such key; did you mean exclude?"),
            (
                "one_file_system = true",
                "line 4: defaults.one_file_system: no such key; did you mean one-file-system?",
            ),
            ("paused = true", "line 4: defaults.paused: single schedules have it, and it is no default"),
            ("verify = 1", "line 4: defaults.verify: it takes true or false"),
            ("verify = \"always\"", "line 4: defaults.verify: it takes true or false"),
            ("keep = true", "line 4: defaults.keep: it takes a text in quotes: rules"),
            ("keep = [\"last:7\"]", "line 4: defaults.keep: it takes a text in quotes: rules"),
            ("keep = \"lst:7\"", "line 4: defaults.keep: keep knows no rule \"lst:7\"; did you mean last:7?"),
            (
                "drill = \"dayly\"",
                "line 4: defaults.drill: drill=dayly: it takes daily, weekly, monthly or no",
            ),
            (
                "jitter = 10",
                "line 4: defaults.jitter: it takes a text in quotes: a period such as 10m or 1h, at most 24h",
            ),
            ("nice = 20", "line 4: defaults.nice: nice=20: it takes a number from 0 to 19"),
            ("nice = true", "line 4: defaults.nice: it takes a number from 0 to 19"),
            (
                "ionice = 7",
                "line 4: defaults.ionice: it takes a text in quotes: idle, best-effort:0 to best-effort:7, or no",
            ),
            (
                "max-rate = \"50\"",
                "line 4: defaults.max-rate: max-rate=50: it takes a rate a second such as 800K, 50M or 1G, or no",
            ),
            (
                "x-Owner = \"ann\"",
                "line 4: defaults.x-Owner: \"x-Owner\" is no option: behind x- come lowercase letters, digits, -, _ and .",
            ),
            ("[service]\nworker = 3", "line 5: service.worker: no such key; did you mean workers?"),
            ("[service]\npoll = 3", "line 5: service.poll: no such key; the keys are workers"),
            ("[service]\nworkers = 0", "line 5: service.workers: it takes a number from 1 to 64"),
            ("[service]\nworkers = 65", "line 5: service.workers: it takes a number from 1 to 64"),
            ("[service]\nworkers = -1", "line 5: service.workers: it takes a number from 1 to 64"),
            ("[service]\nworkers = \"2\"", "line 5: service.workers: it takes a number from 1 to 64"),
            ("[sevice]", "line 4: sevice: no such table; did you mean [service]?"),
            ("[hooks.db]", "line 4: hooks: no such table; the tables are [defaults], [service]"),
        ];
        for (line, expected) in cases {
            check(after(line), &[expected]);
        }
    }

    #[test]
    fn common_mistakes_are_told_with_what_to_write() {
        let keys = "exclude, one-file-system, exclude-caches, compress, catch-up, keep, verify, drill, tz, jitter, nice, ionice, max-rate";
        check(
            "[defaults]\ncolour = 1",
            &[&format!("line 2: defaults.colour: no such key; the keys are {keys}")],
        );
    }

    #[test]
    fn patterns_are_texts() {
        let texts = "it takes texts in quotes, as in [\"*.tmp\", \"/cache/\"]; each is a pattern, which is not empty and \
            holds neither a ; nor a control character";
        check("[defaults]\nexclude = true", &[&format!("line 2: defaults.exclude: {texts}")]);
        check("[defaults]\nexclude = [\"a\", 1]", &[&format!("line 2: defaults.exclude: {texts}")]);
        assert_eq!(
            ConfigReading::from_toml("[defaults]\nexclude = \"a\"").config.defaults.to_string(),
            ";exclude=a"
        );
    }

    #[test]
    fn settings_belong_to_tables() {
        check(
            "keep = \"last:7\"\nworkers = 2\nnonsense = 3\n",
            &[
                "line 1: keep: it belongs below [defaults]",
                "line 2: workers: it belongs below [service]",
                "line 3: nonsense: no such key; the keys are defaults, service",
            ],
        );
        check(
            "defaults = 3\n[[service]]\n",
            &[
                "line 1: defaults: it is a table, written as [name] with its keys below",
                "line 2: service: it is a table, written as [name] with its keys below",
            ],
        );
    }

    #[test]
    fn a_broken_file_is_no_configuration() {
        for text in ["", " \n\t\n", "\u{feff}"] {
            check(text, &["line 1: it is empty, as a power cut or a full disk leaves a file"]);
        }
        check("[defaults]\nverify = true\n\0\0\0", &["line 3: NUL bytes, as a power cut leaves them"]);
        check(b"[defaults]\ntz = \"\xff\"", &["line 2: not valid UTF-8"]);
    }

    /// All faults are found, and one that only follows from another isn't told.
    #[test]
    fn all_faults_are_found() {
        let text =
            "[defaults]\nkeep = last:7\nverify = true\nverify = false\nexlude = 1\n[service\nworkers = 0\n";
        let faults = ConfigReading::from_toml(text).faults;
        insta::assert_snapshot!(faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"), @r"
        line 2: a text must be in quotes, and yes and no are true and false
        line 4: duplicate key
        line 5: defaults.exlude: no such key; did you mean exclude?
        line 6: unclosed table, expected `]`
        ");
    }

    #[test]
    fn what_may_be_a_secret_is_not_quoted() {
        let reading = ConfigReading::from_toml("[defaults]\nhunter2 = 1\nkeep = \"hunter2\"").withheld();
        let faults: Vec<_> = reading.faults.iter().map(ToString::to_string).collect();
        let wrong = "wrong, and not quoted: it may be the secret of somebody else";
        assert_eq!(faults, [format!("line 2: {wrong}"), format!("line 3: {wrong}")]);
    }
}
