//! Archive sum: the SHA-256 of an archive that was published without one.

use crate::model::history::run_record::RunKey;
use crate::time::Moment;

/// The SHA-256 of an archive, found out by reading it after it was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchiveSum {
    /// The run that made the archive.
    pub key: RunKey,
    /// When that run began.
    pub began: Moment,
    /// The archive's file name when it was read.
    pub archive: String,
    /// When it was read.
    pub at: Moment,
    /// The SHA-256 of its stored bytes.
    pub sha256: [u8; 32],
}
