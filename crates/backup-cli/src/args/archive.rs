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
    pub(crate) path: Option<OsString>,

    /// Which archive.
    #[command(flatten)]
    pub(crate) pick: PickArgs,
}

/// What to look for, and where.
#[derive(Debug, Args)]
pub struct FindArgs {
    /// A path below the source, or a line as in .gitignore
    pub(crate) pattern: OsString,

    /// The name of the backup, without .tar [default: all]
    pub(crate) name: Option<String>,
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
