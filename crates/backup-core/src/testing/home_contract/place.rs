//! A home to be checked.

use std::path::{Path, PathBuf};

use crate::ports::{
    Archiver, BackupStore, Journal, NoCommands, NoConfig, NoNotices, OwnRules, Ports, Restorer, RunHistory,
    ScheduleStore,
};
use crate::time::Clock;

/// Writes a file of the source.
pub type WriteSource = dyn Fn(&str, &[u8]);

/// Reads a file that was restored, by its path; `None` where there is none.
pub type ReadFile = dyn Fn(&Path) -> Option<Vec<u8>>;

/// A home with nothing in it but an empty source folder, and what the suite needs to do to it past the ports.
pub struct HomePlace {
    /// Tells the time: the clock that the suite was given, or one that goes by it.
    pub clock: Box<dyn Clock>,
    /// Keeps the schedules.
    pub schedules: Box<dyn ScheduleStore>,
    /// Makes archives.
    pub archiver: Box<dyn Archiver>,
    /// Keeps the finished backups.
    pub backups: Box<dyn BackupStore>,
    /// Remembers every run.
    pub history: Box<dyn RunHistory>,
    /// Hears what happened.
    pub journal: Box<dyn Journal>,
    /// Gets files back.
    pub restorer: Box<dyn Restorer>,
    /// What relative sources are relative to; an absolute path. The source is the folder `docs` in it.
    pub home: PathBuf,
    /// A folder that exists and is empty, to restore into; an absolute path outside of the home.
    pub target: PathBuf,
    /// Writes a file of the source.
    pub write: Box<WriteSource>,
    /// Reads what was restored.
    pub read: Box<ReadFile>,
}

impl HomePlace {
    /// Returns its ports.
    #[must_use]
    pub fn ports(&self) -> Ports<'_> {
        Ports {
            clock: &*self.clock,
            schedules: &*self.schedules,
            archiver: &*self.archiver,
            backups: &*self.backups,
            history: &*self.history,
            journal: &*self.journal,
            config: &NoConfig,
            rules: &OwnRules,
            notices: &NoNotices,
            commands: &NoCommands,
            home: &self.home,
        }
    }
}
