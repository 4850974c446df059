//! The options that choose one of a backup's archives.

use std::fs::canonicalize;
use std::path::Path;

use backup_core::manager::ArchiveQuery;
use backup_core::model::archive::BackupRecord;
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
    /// Returns the file name of the archive that was chosen, unless it is the newest without being asked for.
    pub(crate) fn asked_for<'r>(&self, chosen: &'r BackupRecord) -> Option<&'r str> {
        (self.generation.is_some() || self.at.is_some()).then_some(chosen.file_name.as_str())
    }

    /// Returns the archive of that backup which is meant. `generation` is its file name, if it is asked for by its file.
    pub(crate) fn of<'a>(&'a self, name: &'a str, generation: Option<&'a str>) -> ArchiveQuery<'a> {
        ArchiveQuery { name, generation, at: self.at.as_deref() }
    }
}

/// Returns the file name in a path that leads to something in the folder of the archives, as a shell completes it. Another
/// word is returned as it is.
pub(crate) fn archive_name<'g>(backups: &Path, given: &'g str) -> &'g str {
    file_name_in(backups, given).unwrap_or(given)
}

fn file_name_in<'g>(folder: &Path, given: &'g str) -> Option<&'g str> {
    let path = Path::new(given);
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty())?;
    let is_there = canonicalize(parent).ok()? == canonicalize(folder).ok()?;
    path.file_name()?.to_str().filter(|_| is_there)
}
