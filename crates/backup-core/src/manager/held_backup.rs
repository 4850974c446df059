//! Held backup: nothing of it is removed until a person accepts what is suspicious.

use crate::model::archive::BackupName;
use crate::model::history::Hold;

/// A backup whose archives all stay for now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldBackup {
    /// Its name.
    pub name: BackupName,
    /// Since when, and what is suspicious.
    pub hold: Hold,
    /// The file name that the suspicious archive has by now, if it exists.
    pub archive: Option<String>,
    /// How many archives would have been removed or replaced without the hold.
    pub kept_archives: usize,
    /// Their size.
    pub kept_bytes: u64,
}
