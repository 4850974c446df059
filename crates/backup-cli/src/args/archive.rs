//! The options that choose one of a backup's archives.

use std::fs::canonicalize;
use std::path::Path;

use clap::Args;

use crate::context::Context;

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
    /// Returns the archive that is asked for by its file.
    pub(crate) fn generation(&self, context: Context<'_>) -> Option<String> {
        self.generation.as_deref().map(|given| archive_name(context, given))
    }
}

/// Returns the file name in a path that leads to the archives of this home, as a shell completes it. Another word is
/// returned as it is.
pub(crate) fn archive_name(context: Context<'_>, given: &str) -> String {
    file_name_in(&context.adapters.home().backups(), given).unwrap_or(given).to_owned()
}

fn file_name_in<'g>(folder: &Path, given: &'g str) -> Option<&'g str> {
    let path = Path::new(given);
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty())?;
    let is_there = canonicalize(parent).ok()? == canonicalize(folder).ok()?;
    path.file_name()?.to_str().filter(|_| is_there)
}
