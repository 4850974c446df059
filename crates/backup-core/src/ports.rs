//! The ports: every way in which the core touches the world, one file a port.
//!
//! A port states its promise in its docs; the contract suites of the feature `testing` check it on every adapter.

mod archiver;
mod backup_store;
mod crew;
mod driller;
mod journal;
mod restorer;
mod run_history;
mod schedule_store;
mod service_control;
mod viewer;

pub use crate::time::{Clock, Moment, moment};
pub use archiver::{Archiver, Ending, PackRequest, Progress, SilentProgress};
pub use backup_store::{ArchiveBytes, BackupStore, Draft, Walk};
pub use crew::{Crew, Wake};
pub use driller::Driller;
pub use journal::Journal;
pub use restorer::Restorer;
pub use run_history::{Cursor, RunHistory, Shorten};
pub use schedule_store::{Edit, ScheduleStore};
pub use service_control::{RunningService, ServiceControl, Urgency};
pub use viewer::{See, Viewer};

#[cfg(feature = "mock")]
pub use service_control::MockServiceControl;

/// Everything that the use cases work on, put together once by whoever starts them.
#[derive(Clone, Copy)]
pub struct Ports<'a> {
    /// Tells the time.
    pub clock: &'a dyn Clock,
    /// Keeps the schedules.
    pub schedules: &'a dyn ScheduleStore,
    /// Makes archives.
    pub archiver: &'a dyn Archiver,
    /// Keeps the finished backups.
    pub backups: &'a dyn BackupStore,
    /// Remembers every run.
    pub history: &'a dyn RunHistory,
    /// Hears what happened.
    pub journal: &'a dyn Journal,
    /// What relative source folders are relative to.
    pub home: &'a std::path::Path,
}
