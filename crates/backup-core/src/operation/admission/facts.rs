//! Facts: what the decision about schedules depends on.

use std::path::Path;

use crate::model::schedule::Options;
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
    /// The options that every schedule has unless it says otherwise.
    pub defaults: &'a Options,
}

impl<'a> Admission<'a> {
    /// Returns what the decision depends on, with these defaults of the options.
    #[must_use]
    pub fn new(ports: &Ports<'a>, defaults: &'a Options) -> Self {
        let Ports { home, archiver, backups, clock, .. } = *ports;
        Self { home, archiver, backups, clock, defaults }
    }
}
