//! The command line of `backup_manager`: the home, and the command.

use std::path::PathBuf;

use clap::{CommandFactory, Parser};

use crate::commands::Command;

/// Scheduled backups in plain tar that can be proven to come back.
#[derive(Debug, Parser)]
#[command(
    name = "backup_manager",
    version,
    max_term_width = 80,
    after_help = AFTER_HELP,
    disable_help_subcommand = true
)]
pub(crate) struct Arguments {
    /// The home folder.
    #[arg(long, value_name = "DIR", help = HOME_HELP, global = true, help_heading = COMMON)]
    pub(crate) home: Option<PathBuf>,

    /// Use the home whoever owns it or may write to it.
    #[arg(long, help = TRUST_HELP, global = true, help_heading = COMMON)]
    pub(crate) trust_home: bool,

    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// Returns the command line that the program understands, for pages of a manual.
#[must_use]
pub fn command_line() -> clap::Command {
    Arguments::command()
}

/// What is shown when no command is given.
pub(crate) const SHORT_USAGE: &str = "\
Usage: backup_manager [--home DIR] COMMAND

  backup_manager create \"docs;16:07;docs\"  back up the folder docs every day at 16:07
  backup_manager start                     start the service that does it
  backup_manager status                    see how each schedule is
  backup_manager restore docs              get files back

`backup_manager --help` shows all commands.";

const AFTER_HELP: &str = "\
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 done but incomplete.

Example: backup_manager create \"docs;16:07;docs\" && backup_manager start";

/// The heading of the options that each command has.
const COMMON: &str = "Options of every command";

const TRUST_HELP: &str = "Use the home whoever owns it or may write to it [default: if the variable \
     BACKUP_MANAGER_TRUST_HOME is 1]";

const HOME_HELP: &str = "The folder of the schedules, the backups and the logs [default: that of the variable \
     BACKUP_MANAGER_HOME, else the current one]";
