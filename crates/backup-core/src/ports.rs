//! The ports: every way in which the core touches the world, one file a port.
//!
//! Each port states its promises in its docs. The contract suites of the feature `testing` check them on every adapter.
//! A port that is implemented for `T` is implemented for `&T`, `Box<T>` and `Arc<T>` as well.

mod archive_bytes;
mod archiver;
mod backup_store;
mod builder;
mod catalog_draft;
mod commands;
mod config_store;
mod destination;
mod draft;
mod driller;
mod foreign_folder;
mod job_runner;
mod journal;
mod notice_store;
mod notifier;
mod pack_target;
mod progress;
mod restorer;
mod rules;
mod run_history;
mod schedule_store;
mod service_control;
mod staged_file;
mod viewer;

pub use archiver::{Archiver, EndCheck, PackRequest};
use std::path::Path;

pub use crate::time::Clock;
pub use archive_bytes::{ArchiveBytes, SeekableBytes, StoredFiles};
pub use backup_store::BackupStore;
pub use builder::{MissingPort, PortsBuilder};
pub use catalog_draft::CatalogDraft;
pub use commands::{CommandRequest, Commands, NoCommands};
pub use config_store::{ConfigState, ConfigStore, NoConfig};
pub use destination::Destination;
pub use draft::{Draft, ReadTar};
pub use driller::Driller;
pub use foreign_folder::{ForeignFile, ForeignFolder};
pub use job_runner::{JobRunner, Wake};
pub use journal::Journal;
pub use notice_store::{NoNotices, NoticeStore};
pub use notifier::Notifier;
pub use pack_target::{ArchiveOnly, PackTarget};
pub use progress::{Progress, SilentProgress};
pub use restorer::{Extent, Restorer};
pub use rules::{OwnRules, Rules};
pub use run_history::{Cursor, RunHistory, Shorten};
pub use schedule_store::{BookState, Edit, ScheduleStore};
pub use service_control::{RunningService, ServiceControl, Urgency};
pub use staged_file::StagedFile;
pub use viewer::{EntryReader, KnownContents, Viewer, VisitEntry};

#[cfg(feature = "mock")]
pub use service_control::MockServiceControl;

/// The ports that every use case works on, put together once by the program.
///
/// Build it with [`Ports::builder`]: a port that is added later gets a default there.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Ports<'a> {
    /// Tells the time.
    pub clock: &'a dyn Clock,
    /// Keeps the schedules.
    pub schedules: &'a dyn ScheduleStore,
    /// Makes archives.
    pub archiver: &'a dyn Archiver,
    /// Holds the finished backups.
    pub backups: &'a dyn BackupStore,
    /// Remembers every run.
    pub history: &'a dyn RunHistory,
    /// Keeps the configuration.
    pub config: &'a dyn ConfigStore,
    /// Says when each schedule runs.
    pub rules: &'a dyn Rules,
    /// Keeps what was told to whom.
    pub notices: &'a dyn NoticeStore,
    /// Runs other programs.
    pub commands: &'a dyn Commands,
    /// Records what happened, for people.
    pub journal: &'a dyn Journal,
    /// The folder that relative sources are relative to.
    pub home: &'a Path,
}
