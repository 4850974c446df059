//! The arguments of `backup_manager restore`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

use crate::args::PickArgs;

/// What to get back, out of which backup, and where to.
#[derive(Debug, Args)]
pub struct RestoreArgs {
    /// The name of the backup, without .tar
    pub(crate) name: String,

    /// Only these: paths below the source, or lines as in .gitignore [default: everything]
    #[arg(value_name = "PATH")]
    pub(crate) chosen: Vec<OsString>,

    /// Restore to this folder, made when missing [default: NAME.restored, which must not be there yet]
    #[arg(long, value_name = "DIR", conflicts_with = "in_place")]
    pub(crate) to: Option<PathBuf>,

    /// Restore over the source itself, after showing what would change
    #[arg(long)]
    pub(crate) in_place: bool,

    /// Replace what is there and differs; what isn't in the backup always stays
    #[arg(long)]
    pub(crate) overwrite: bool,

    /// Don't ask before restoring in place
    #[arg(long, requires = "in_place")]
    pub(crate) yes: bool,

    /// Keep setuid, setgid and the attributes that give programs rights
    #[arg(long)]
    pub(crate) keep_setuid: bool,

    /// Which archive.
    #[command(flatten)]
    pub(crate) pick: PickArgs,

    /// Only show what would be made
    #[arg(long)]
    pub(crate) dry_run: bool,
}
