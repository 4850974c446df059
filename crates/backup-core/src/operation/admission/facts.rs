//! Facts: what the decision about schedules depends on.

use std::path::Path;

use crate::model::config::Config;
use crate::ports::{Archiver, BackupStore, Ports};
use crate::time::Clock;

/// What the decision depends on.
#[derive(Clone, Copy)]
pub struct Admission<'a> {
    /// The folder that relative sources are relative to.
    pub home: &'a Path,
    /// Checks patterns.
    pub archiver: &'a dyn Archiver,
    /// Tells which names the disk can't tell apart.
    pub backups: &'a dyn BackupStore,
    /// Knows the time zones.
    pub clock: &'a dyn Clock,
    /// The settings in force: the options that every schedule has unless it says otherwise, and what options can name.
    pub config: &'a Config,
}

impl<'a> Admission<'a> {
    /// Returns what the decision depends on, with these settings.
    #[must_use]
    pub fn new(ports: &Ports<'a>, config: &'a Config) -> Self {
        let Ports { home, archiver, backups, clock, .. } = *ports;
        Self { home, archiver, backups, clock, config }
    }
}
