//! Reads a configuration table by table, and collects the faults.

use std::borrow::Cow;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::model::config::fault::{ConfigFault, ConfigFaultKind};
use crate::model::config::reading::ConfigReading;
use crate::model::config::settings::Config;
use crate::text::{is_table_name, near};

/// A kind of table.
pub(super) struct Table {
    /// The first word of its head.
    pub(super) name: &'static str,
    /// Its head, without brackets: `defaults`, or `commands.NAME`.
    pub(super) head: &'static str,
    /// Returns whether a key belongs to it, wherever it is written.
    pub(super) has: fn(key: &str) -> bool,
    pub(super) keys: Keys,
}

/// How the keys of a table are read.
pub(super) enum Keys {
    /// There is one such table.
    Own(Set),
    /// There are several, and people give them names.
    Named(ReadNamed),
}

/// Reads one key.
pub(super) type Set = fn(config: &mut Config, key: &str, value: &DeValue<'_>) -> Result<(), ConfigFaultKind>;

/// Reads one of several tables.
pub(super) type ReadNamed = fn(reader: &mut Reader<'_>, head: &Head<'_>, keys: &DeTable<'_>);

/// The head of a table that people have given a name.
pub(super) struct Head<'t> {
    /// The name.
    pub(super) name: &'t str,
    /// The whole head, without brackets: `commands.db`.
    pub(super) full: &'t str,
    /// Where it is.
    pub(super) span: Range<usize>,
}

impl Table {
    /// Returns what is wrong if something else is at the place of such a table.
    pub(super) fn not_a_table(&self) -> ConfigFaultKind {
        ConfigFaultKind::NotATable(self.head)
    }
}

/// Reads a text table by table, and collects the faults.
pub(super) struct Reader<'t> {
    /// All kinds of tables.
    tables: &'static [&'static Table],
    text: &'t str,
    reading: ConfigReading,
}

type Key<'t> = Spanned<Cow<'t, str>>;
type Value<'t> = Spanned<DeValue<'t>>;

impl<'t> Reader<'t> {
    pub(super) fn new(tables: &'static [&'static Table], text: &'t str) -> Self {
        Self { tables, text, reading: ConfigReading::default() }
    }

    pub(super) fn read(mut self) -> ConfigReading {
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
    fn table(&mut self, key: &Key<'_>, value: &Value<'_>) {
        let name = key.get_ref().as_ref();
        let table = self.tables.iter().find(|table| table.name == name).copied();
        match (table, value.get_ref()) {
            (Some(Table { keys: Keys::Own(set), .. }), DeValue::Table(keys)) => self.keys(name, keys, *set),
            (Some(table @ Table { keys: Keys::Named(read), .. }), DeValue::Table(tables)) => {
                self.named_tables(table, tables, *read);
            }
            (Some(table), _) => self.fault(&key.span(), name, table.not_a_table()),
            (None, value) => {
                let kind = unknown_table(self.tables, name, matches!(value, DeValue::Table(_)));
                self.fault(&key.span(), name, kind);
            }
        }
    }

    /// Reads tables that people have given names.
    fn named_tables(&mut self, table: &Table, tables: &DeTable<'_>, read: ReadNamed) {
        for (key, value) in in_order(tables) {
            let (name, span) = (key.get_ref().as_ref(), key.span());
            let full = format!("{}.{name}", table.name);
            match value.get_ref() {
                DeValue::Table(_) if !is_table_name(name) => {
                    self.fault(&span, &full, ConfigFaultKind::WrongName);
                }
                DeValue::Table(keys) => read(self, &Head { name, full: &full, span }, keys),
                _ => self.fault(&span, &full, table.not_a_table()),
            }
        }
    }

    /// Reads the keys of a table, in the order in which they are written.
    pub(super) fn keys(
        &mut self,
        table: &str,
        keys: &DeTable<'_>,
        mut set: impl FnMut(&mut Config, &str, &DeValue<'_>) -> Result<(), ConfigFaultKind>,
    ) {
        for (key, value) in in_order(keys) {
            let (span, name) = (key.span(), key.get_ref().as_ref());
            let setting = format!("{table}.{name}");
            match set(&mut self.reading.config, name, value.get_ref()) {
                Ok(()) => drop(self.reading.config.lines.insert(setting, self.line(&span))),
                Err(kind) => self.fault(&span, &setting, kind),
            }
        }
    }

    /// Says that a table lacks a key, unless the key is there and wrong, which has been said.
    pub(super) fn require(&mut self, head: &Head<'_>, keys: &DeTable<'_>, key: &'static str) {
        if !keys.contains_key(key) {
            self.fault(&head.span, head.full, ConfigFaultKind::MissingKey(key));
        }
    }

    /// Returns the configuration that has been read so far.
    pub(super) fn config(&mut self) -> &mut Config {
        &mut self.reading.config
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
        | ConfigFaultKind::NotATable(_) => {
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

/// Returns the keys of a table, in the order in which they are written.
fn in_order<'k, 't>(table: &'k DeTable<'t>) -> Vec<(&'k Key<'t>, &'k Value<'t>)> {
    let mut keys: Vec<_> = table.iter().collect();
    keys.sort_by_key(|(key, _)| key.span().start);
    keys
}

/// Returns what is wrong with a table that isn't known, or with a key outside of all tables.
fn unknown_table(tables: &[&Table], name: &str, is_table: bool) -> ConfigFaultKind {
    let names = || tables.iter().map(|table| table.name);
    let find =
        |is_it: &dyn Fn(&Table) -> bool| tables.iter().find(|table| is_it(table)).map(|table| table.head);
    if is_table {
        let near = near(name, names()).and_then(|near| find(&|table| table.name == near));
        return ConfigFaultKind::UnknownTable {
            near,
            known: tables.iter().map(|table| table.head).collect(),
        };
    }
    match find(&|table| (table.has)(name)) {
        Some(head) => ConfigFaultKind::OutsideOfTable(head),
        None => ConfigFaultKind::UnknownKey { near: None, known: names().collect() },
    }
}
