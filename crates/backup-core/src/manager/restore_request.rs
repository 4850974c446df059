//! What somebody wants restored, and where.

use std::path::PathBuf;

/// What somebody wants back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestoreRequest {
    /// The name of the backup.
    pub name: String,
    /// The archive's file name, where it isn't to be the newest complete one.
    pub generation: Option<String>,
    /// The moment for which the newest archive at or before it is taken, as [`RequestedMoment`](crate::policy::requested_moment::RequestedMoment) reads it.
    pub at: Option<String>,
    /// Which entries; see [`RestoreJob::chosen`](crate::model::restore::RestoreJob::chosen).
    pub chosen: Vec<Vec<u8>>,
    /// Where to.
    pub place: RestoreDestination,
    /// Replace what stands there and differs.
    pub overwrite: bool,
    /// Keep setuid, setgid and the like.
    pub keep_setuid: bool,
}

/// Where somebody wants it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RestoreDestination {
    /// In the new folder `NAME.restored` in that folder.
    Beside(PathBuf),
    /// In that folder.
    Folder(PathBuf),
    /// Back over the source.
    InPlace,
    /// Nowhere: a preview compares the archive with its source.
    Source,
}
