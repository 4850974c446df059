//! Settings: what a configuration says.

use std::collections::BTreeMap;

use crate::model::notice::NotifyTarget;
use crate::model::schedule::Options;

/// What schedules share, and how the service works. The default is that of a home without a configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Config {
    /// The options that every schedule has unless it says otherwise. `paused` isn't among them.
    pub defaults: Options,
    /// How the service works.
    pub service: ServiceConfig,
    /// Who is told about backups, in the order of their names.
    pub notify: Vec<NotifyTarget>,
    /// The line of each setting, from 1, by its table and key: `defaults.keep`. A store without lines leaves it empty.
    pub lines: BTreeMap<String, usize>,
}

/// How the service works.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServiceConfig {
    /// The most backups and drills under way at once, at least 1 and at most [`MOST_WORKERS`](Self::MOST_WORKERS).
    pub workers: Option<usize>,
}

/// A setting that is in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The table: `defaults` or `service`.
    pub table: &'static str,
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

    /// Returns everything that is in force.
    #[must_use]
    pub fn settings(&self) -> Vec<Setting> {
        let defaults = self.defaults.each().map(|option| {
            let key = option.key().to_owned();
            let line = self.line_of(&format!("defaults.{key}"));
            Setting { table: "defaults", key, value: option.value(), line, is_built_in: false }
        });
        let workers = self.service.workers.unwrap_or(ServiceConfig::WORKERS).to_string();
        let workers = Setting {
            table: "service",
            key: "workers".to_owned(),
            value: workers,
            line: self.line_of("service.workers"),
            is_built_in: self.service.workers.is_none(),
        };
        defaults.chain([workers]).collect()
    }
}
