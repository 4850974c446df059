//! Settings: what a configuration says.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::model::config::command_source::CommandSource;
use crate::model::config::notify_fields::notify_fields;
use crate::model::destination::DestinationSettings;
use crate::model::encryption::EncryptionTable;
use crate::model::hook::Hook;
use crate::model::notice::NotifyTarget;
use crate::model::schedule::Options;

/// What schedules share, and how the service works. The default is that of a home without a configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Config {
    /// The options that every schedule has unless it says otherwise. Those of single schedules, such as `paused`, aren't among them.
    pub defaults: Options,
    /// How the service works.
    pub service: ServiceConfig,
    /// The commands whose output can be backed up, by name.
    pub commands: BTreeMap<String, CommandSource>,
    /// The commands that run before and after backups, by name.
    pub hooks: BTreeMap<String, Hook>,
    /// How archives can be encrypted, by name.
    pub encryption: BTreeMap<String, EncryptionTable>,
    /// Who is notified about backups, each with a name of its own.
    pub notify: Vec<NotifyTarget>,
    /// The places that keep copies, each with a name of its own.
    pub destinations: Vec<DestinationSettings>,
    /// The line of each setting, from 1, by its table and key: `defaults.keep`. A store without lines leaves it empty.
    pub lines: BTreeMap<String, usize>,
}

/// How the service works.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServiceConfig {
    /// The most backups and drills under way at once, at least 1 and at most [`MOST_WORKERS`](Self::MOST_WORKERS).
    pub workers: Option<usize>,
    /// The file that the service writes metrics to. A relative path is relative to the home.
    pub metrics_file: Option<PathBuf>,
    /// The file that the service writes the report to. A relative path is relative to the home.
    pub report_file: Option<PathBuf>,
}

/// A setting that is in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The table: `defaults`, `service` or one with a name, such as `commands.db`.
    pub table: String,
    /// The key.
    pub key: String,
    /// The value. A pattern is one setting for each pattern.
    pub value: String,
    /// The line that says so, if that is known.
    pub line: Option<usize>,
    /// Whether nobody has set it.
    pub is_built_in: bool,
}

impl ServiceConfig {
    /// The largest number of workers.
    pub const MOST_WORKERS: usize = 64;
    /// The number of workers if nothing else is set.
    pub const WORKERS: usize = 2;
}

impl Config {
    /// Returns the line of a setting, given its table and key as in `defaults.keep`.
    #[must_use]
    pub fn line_of(&self, setting: &str) -> Option<usize> {
        self.lines.get(setting).copied()
    }

    /// Returns everything that is in force, table by table.
    #[must_use]
    pub fn settings(&self) -> Vec<Setting> {
        let defaults = self.defaults.each();
        let defaults = defaults.map(|option| self.setting("defaults", option.key(), option.value(), false));
        let workers = self.service.workers.unwrap_or(ServiceConfig::WORKERS).to_string();
        let workers = self.setting("service", "workers", workers, self.service.workers.is_none());
        let commands = self.commands.iter().flat_map(|(name, source)| {
            let table = format!("commands.{name}");
            let setting = |(key, value, is_default)| self.setting(&table, key, value, is_default);
            source.fields(name).map(setting)
        });
        let hooks = self.hooks.iter().flat_map(|(name, hook)| {
            let table = format!("hooks.{name}");
            let setting = |(key, value, is_default)| self.setting(&table, key, value, is_default);
            hook.fields().into_iter().map(setting).collect::<Vec<_>>()
        });
        let encryption = self.encryption.iter().flat_map(|(name, encryption)| {
            let table = format!("encryption.{name}");
            let setting = |(key, value)| self.setting(&table, key, value, false);
            encryption.fields().into_iter().map(setting).collect::<Vec<_>>()
        });
        let service = &self.service;
        let files = [("metrics_file", &service.metrics_file), ("report_file", &service.report_file)];
        let files = files.into_iter().filter_map(|(key, file)| {
            Some(self.setting("service", key, file.as_ref()?.display().to_string(), false))
        });
        let notify = self.notify.iter().flat_map(|target| {
            let table = format!("notify.{}", target.name);
            let setting = |(key, value, is_default)| self.setting(&table, key, value, is_default);
            notify_fields(target).into_iter().map(setting).collect::<Vec<_>>()
        });
        let destinations = self.destinations.iter().flat_map(|destination| {
            let table = format!("destinations.{}", destination.name);
            let setting = |(key, value)| self.setting(&table, key, value, false);
            destination.fields().into_iter().map(setting).collect::<Vec<_>>()
        });
        let tables = commands.chain(hooks).chain(encryption).chain(notify).chain(destinations);
        defaults.chain([workers]).chain(files).chain(tables).collect()
    }

    /// Returns a setting. It is built in if its value is the default and nobody has written it.
    fn setting(&self, table: &str, key: &str, value: String, is_default: bool) -> Setting {
        let line = self.line_of(&format!("{table}.{key}"));
        let is_built_in = is_default && line.is_none();
        Setting { table: table.to_owned(), key: key.to_owned(), value, line, is_built_in }
    }
}
