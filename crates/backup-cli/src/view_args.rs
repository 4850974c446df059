//! The arguments of the commands that look into a backup.

use std::ffi::OsString;

use clap::Args;

/// Which archive of a backup is meant.
#[derive(Debug, Clone, Args)]
pub struct PickArgs {
    /// Take this archive, as `backups` shows it [default: the newest complete one]
    #[arg(long, value_name = "FILE")]
    pub(crate) generation: Option<String>,

    /// Take the newest one at or before this: 2026-01-29, "2026-01-29 14:00", yesterday, "yesterday 14:00"
    #[arg(long, value_name = "MOMENT", conflicts_with = "generation")]
    pub(crate) at: Option<String>,
}

/// What to show.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// The name of the backup, without .tar
    pub(crate) name: String,

    /// Only this: a path below the source and what is below it, or a line as in .gitignore
    pub(crate) path: Option<String>,

    /// Which archive.
    #[command(flatten)]
    pub(crate) pick: PickArgs,
}

/// Which file to write.
#[derive(Debug, Args)]
pub struct CatArgs {
    /// The name of the backup, without .tar
    pub(crate) name: String,

    /// The path below the source
    pub(crate) path: OsString,

    /// Which archive.
    #[command(flatten)]
    pub(crate) pick: PickArgs,
}
