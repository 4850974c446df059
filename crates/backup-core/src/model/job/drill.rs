//! Drill job: a requested drill, and its result.

use std::path::{Path, PathBuf};

use crate::model::error::Error;
use crate::model::history::{DrillReceipt, RunKey};

/// Which archive to drill, and where.
#[derive(Debug, Clone, Copy)]
pub struct DrillRequest<'a> {
    /// The archive's file name.
    pub archive: &'a str,
    /// The folder in which a scratch folder is created and removed. `None` means the folder of the backups, and
    /// for an encrypted archive the system's folder for temporary files.
    pub scratch: Option<&'a Path>,
    /// The file with the identity that opens an encrypted archive, besides those that the driller has.
    pub identity: Option<&'a Path>,
}

/// A drill that is about to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DrillJob {
    /// The entry, and the planned moment of the run before the drill. A drill by hand has no planned moment.
    pub key: RunKey,
    /// The archive's file name.
    pub archive: String,
    /// The SHA-256 of the archive, if the run that made it has just ended.
    ///
    /// The history may not know this run yet, because a note could not be written.
    pub sha256: Option<[u8; 32]>,
    /// The file with the identity that opens an encrypted archive, as the configuration names it.
    pub identity: Option<PathBuf>,
}

/// The result of a drill.
#[derive(Debug)]
pub enum DrillResult {
    /// The drill was carried out to its end, and passed or failed.
    Drilled(DrillReceipt),
    /// The drill could not be carried out, so nothing is known about the archive.
    NotMade(Error),
    /// The drill was ended on request. If the service began it, it is still due.
    Interrupted,
}
