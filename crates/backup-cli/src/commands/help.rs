//! `help` and `version`: the same as `--help` and `--version`.

use clap::Args;

/// Show all commands, or how one of them is used
#[derive(Debug, Args)]
#[command(after_help = "Example: backup_manager help restore")]
pub(crate) struct HelpArgs {
    /// The command [default: all]
    pub(crate) command: Option<String>,
}

/// Show the version
#[derive(Debug, Args)]
pub(crate) struct VersionArgs {}
