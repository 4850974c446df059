//! Restore request: what a person wants restored, and where.

use std::path::PathBuf;

/// What a person wants restored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestoreRequest {
    /// The name of the backup, or the index of its schedule.
    pub name: String,
    /// The file name of the archive. By default, it is the newest complete one.
    pub generation: Option<String>,
    /// A moment, as [`RequestedMoment`](crate::policy::requested_moment::RequestedMoment) reads it. The newest archive made
    /// for it or before it is restored.
    pub at: Option<String>,
    /// The wanted entries, see [`RestoreJob::chosen`](crate::model::restore::RestoreJob::chosen).
    pub chosen: Vec<Vec<u8>>,
    /// Where to restore to.
    pub place: RestoreDestination,
    /// Whether existing entries that differ are replaced.
    pub overwrite: bool,
    /// Whether setuid, setgid and similar rights are restored.
    pub keep_setuid: bool,
}

/// Where a restore writes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RestoreDestination {
    /// To the new folder `NAME.restored` inside that folder.
    Beside(PathBuf),
    /// To that folder.
    Folder(PathBuf),
    /// To the source of the schedule.
    InPlace,
    /// To nowhere. A preview compares the archive with its source.
    Source,
}
