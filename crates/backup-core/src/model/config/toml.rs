//! The text of a configuration: TOML.
//!
//! A kind of table is a file here, which says how its keys are read, and an item in [`TABLES`].

mod commands;
mod defaults;
mod destinations;
mod encryption;
mod hooks;
mod notify;
mod reader;
mod service;
mod value;

use crate::model::config::fault::{ConfigFault, ConfigFaultKind};
use crate::model::config::reading::ConfigReading;
use crate::model::config::settings::Config;
use crate::model::config::toml::reader::{Reader, Table};

/// The tables of a configuration.
const TABLES: &[&Table] = &[
    &defaults::TABLE,
    &service::TABLE,
    &commands::TABLE,
    &hooks::TABLE,
    &encryption::TABLE,
    &notify::TABLE,
    &destinations::TABLE,
];

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
            Ok(text) => Reader::new(TABLES, text).read(),
            Err(error) => only(lines_before(error.valid_up_to()), ConfigFaultKind::NotUtf8),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

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
            one-file-system = true\nexclude-caches = false\ncompress = \"zstd\"\nencrypt = \"main\"\ncatch-up = \"no\"\n\
            keep = \"last:7,daily:14\"\ndrill = \"weekly\"\ntz = \"Europe/Paris\"\njitter = \"10m\"\n\
            nice = 10\nionice = \"idle\"\nmax-rate = \"50M\"\n\
            x-owner = \"ann\"\n\"x-a.b\" = \"c\"\n\n[service]\nworkers = 0x10\n\
            metrics_file = \"m.prom\"\nreport_file = '/srv/www/a b.html'\n";
        let ConfigReading { config, faults } = ConfigReading::from_toml(text);
        assert_eq!(faults, []);
        let expected = ";verify=yes;exclude=*.tmp;exclude=/cache/;one-file-system=yes;exclude-caches=no;compress=zstd\
            ;encrypt=main;catch-up=no;keep=last:7,daily:14;drill=weekly;tz=Europe/Paris;jitter=10m;nice=10;ionice=idle;max-rate=50M\
            ;x-owner=ann;x-a.b=c";
        assert_eq!(config.defaults.to_string(), expected);
        assert_eq!(config.service.workers, Some(16));
        assert_eq!(config.service.metrics_file.as_deref(), Some(Path::new("m.prom")));
        assert_eq!(config.service.report_file.as_deref(), Some(Path::new("/srv/www/a b.html")));
        assert_eq!(config.line_of("defaults.verify"), Some(3));
        assert_eq!(config.line_of("defaults.exclude"), Some(4));
        assert_eq!(config.line_of("service.workers"), Some(21));
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
    #[expect(clippy::too_many_lines, reason = "one of each, in one list")]
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
            (
                "[service]\npoll = 3",
                "line 5: service.poll: no such key; the keys are workers, metrics_file, report_file",
            ),
            ("[service]\nworkers = 0", "line 5: service.workers: it takes a number from 1 to 64"),
            ("[service]\nworkers = 65", "line 5: service.workers: it takes a number from 1 to 64"),
            ("[service]\nworkers = -1", "line 5: service.workers: it takes a number from 1 to 64"),
            ("[service]\nworkers = \"2\"", "line 5: service.workers: it takes a number from 1 to 64"),
            ("[sevice]", "line 4: sevice: no such table; did you mean [service]?"),
            (
                "[nothing.db]",
                "line 4: nothing: no such table; the tables are [defaults], [service], [commands.NAME], [hooks.NAME], [encryption.NAME], [notify.NAME], [destinations.NAME]",
            ),
        ];
        for (line, expected) in cases {
            check(after(line), &[expected]);
        }
    }

    #[test]
    fn a_file_is_a_path_with_a_name() {
        let takes = "it takes the path of a file in quotes, such as";
        for wrong in ["3", "\"\"", "\"a/\"", "\"..\"", "\"/\"", "\"a\\nb\""] {
            check(
                format!("[service]\nmetrics_file = {wrong}\nreport_file = {wrong}"),
                &[
                    &format!("line 2: service.metrics_file: {takes} \"backup_metrics.prom\""),
                    &format!("line 3: service.report_file: {takes} \"report.html\""),
                ],
            );
        }
    }

    #[test]
    fn common_mistakes_are_told_with_what_to_write() {
        let keys = "exclude, one-file-system, exclude-caches, compress, encrypt, catch-up, keep, verify, drill, anomaly, tz, jitter, nice, ionice, max-rate, hooks, reuse, full";
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
    fn a_table_with_a_name_is_read() {
        let text = "[commands.app-db]\nrun = [\"pg_dump\", \"app\"]\n[commands.b]\nrun = 'a | b'\n\
            file = \"b.sql\"\ntimeout = \"90m\"\n";
        let ConfigReading { config, faults } = ConfigReading::from_toml(text);
        assert_eq!(faults, []);
        let shown = config.settings().into_iter().filter(|one| one.table.starts_with("commands"));
        let shown: Vec<_> = shown
            .map(|one| format!("{}.{}={} {:?} {}", one.table, one.key, one.value, one.line, one.is_built_in))
            .collect();
        insta::assert_snapshot!(shown.join("\n"), @r#"
        commands.app-db.run=["pg_dump", "app"] Some(2) false
        commands.app-db.file=app-db None true
        commands.app-db.timeout=6h None true
        commands.b.run=a | b Some(4) false
        commands.b.file=b.sql Some(5) false
        commands.b.timeout=1h30m Some(6) false
        "#);
    }

    #[test]
    fn a_fault_in_a_table_with_a_name_has_the_name() {
        let run = "a program with its arguments, as in [\"docker\", \"stop\", \"db\"], or a line for the shell in quotes";
        for wrong in ["1", "[]", "\"\"", "[\"\"]", "[\"a\", 1]", "\"a\\u0000\""] {
            check(
                format!("[commands.b]\nrun = {wrong}"),
                &[&format!("line 2: commands.b.run: it takes {run}")],
            );
        }
        let table = "it is a table, written as [commands.NAME] with its keys below";
        check("[commands]\nrun = \"a\"", &[&format!("line 2: commands.run: {table}")]);
        check("commands = 1", &[&format!("line 1: commands: {table}")]);
        check("[commands.b]", &["line 1: commands.b: the key run is missing"]);
        check(
            "[commands.no]\nrun = \"a\"",
            &["line 1: commands.no: a name has letters a to z, digits, - and _, and it is not \"no\""],
        );
        let file = "it takes the name of a file without /, such as \"dump.sql\"";
        check("[commands.b]\nrun = \"a\"\nfile = \"a/b\"", &[&format!("line 3: commands.b.file: {file}")]);
        let timeout = "it takes a period such as \"30s\" or \"1h30m\", at most 7d";
        check(
            "[commands.b]\nrun = \"a\"\ntimeout = 30",
            &[&format!("line 3: commands.b.timeout: {timeout}")],
        );
        check(
            "[commands.b]\nrun = \"a\"\ntimeout = \"8d\"",
            &[&format!("line 3: commands.b.timeout: {timeout}")],
        );
        check(
            "[commands.b]\nrum = \"a\"",
            &[
                "line 1: commands.b: the key run is missing",
                "line 2: commands.b.rum: no such key; did you mean run?",
            ],
        );
    }

    #[test]
    fn settings_belong_to_tables() {
        check(
            "keep = \"last:7\"\nworkers = 2\nnonsense = 3\n",
            &[
                "line 1: keep: it belongs below [defaults]",
                "line 2: workers: it belongs below [service]",
                "line 3: nonsense: no such key; the keys are defaults, service, commands, hooks, encryption, notify, destinations",
            ],
        );
        check(
            "defaults = 3\n[[service]]\n",
            &[
                "line 1: defaults: it is a table, written as [defaults] with its keys below",
                "line 2: service: it is a table, written as [service] with its keys below",
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
