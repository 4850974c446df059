//! The two programs that are tortured.

use std::path::PathBuf;

/// Where the programs are. They lie in one folder, as `backup_manager start` wants it.
#[derive(Debug, Clone)]
pub struct Programs {
    /// `backup_manager`.
    pub manager: PathBuf,
    /// `backup_service`.
    pub service: PathBuf,
}

impl Programs {
    /// Returns the programs in that folder, under their real names.
    #[must_use]
    pub fn in_folder(folder: &std::path::Path) -> Self {
        Self { manager: folder.join("backup_manager"), service: folder.join("backup_service") }
    }
}
