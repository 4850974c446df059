//! The options that choose one of a backup's archives.

use backup_core::manager::ArchiveQuery;
use clap::Args;

/// Which archive of a backup is meant.
#[derive(Debug, Clone, Args)]
pub(crate) struct ArchiveArgs {
    /// Take this archive, as `backups` shows it [default: the newest complete one]
    #[arg(long, value_name = "FILE")]
    pub(crate) generation: Option<String>,

    /// Take the newest one at or before this: 2026-01-29, "2026-01-29 14:00", yesterday, "yesterday 14:00"
    #[arg(long, value_name = "MOMENT", conflicts_with = "generation")]
    pub(crate) at: Option<String>,
}

impl ArchiveArgs {
    /// Returns the archive of that backup which is meant.
    pub(crate) fn of<'a>(&'a self, name: &'a str) -> ArchiveQuery<'a> {
        ArchiveQuery { name, generation: self.generation.as_deref(), at: self.at.as_deref() }
    }
}
