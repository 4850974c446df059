//! A drill to be made, and its result.

use std::path::Path;

use crate::model::error::Error;
use crate::model::history::{DrillReceipt, RunKey};

/// What to restore, and where to.
#[derive(Debug, Clone, Copy)]
pub struct DrillRequest<'a> {
    /// The archive's file name.
    pub archive: &'a str,
    /// The folder in which the scratch is made and removed, where that isn't to be the place of the backups.
    pub scratch: Option<&'a Path>,
}

/// A drill to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DrillJob {
    /// Of which entry, and after which run; without a planned moment where somebody asked for it by hand.
    pub key: RunKey,
    /// The archive's file name.
    pub archive: String,
    /// The SHA-256 that the run gave it, where that is known beforehand: the history may not have been able to hear of it.
    pub sha256: Option<[u8; 32]>,
}

/// What became of a drill.
#[derive(Debug)]
pub enum DrillResult {
    /// It was carried out to its end, and passed or failed.
    Drilled(DrillReceipt),
    /// It could not be carried out; nothing is known of the archive.
    NotMade(Error),
    /// It was ended on request. One that the service wanted is still owed.
    Interrupted,
}
