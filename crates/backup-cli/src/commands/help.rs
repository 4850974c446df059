//! `help` and `version`: the same as `--help` and `--version`.

use clap::{Args, CommandFactory, Parser};

use super::unknown_command;
use crate::arguments::Arguments;
use crate::command_error::CommandError;
use crate::exit;

/// Show all commands, or how one of them is used
#[derive(Debug, Args)]
#[command(after_help = "Example: backup_manager help restore")]
pub(crate) struct HelpArgs {
    /// The command [default: all]
    command: Option<String>,
}

impl HelpArgs {
    pub(super) fn run(&self) -> Result<u8, CommandError> {
        match &self.command {
            Some(word) if Arguments::command().find_subcommand(word).is_none() => Err(unknown_command(word)),
            command => Ok(print(command.as_deref().into_iter().chain(["--help"]))),
        }
    }
}

/// Show the version
#[derive(Debug, Args)]
pub(crate) struct VersionArgs {}

impl VersionArgs {
    pub(super) fn run() -> u8 {
        print(["--version"])
    }
}

/// Prints what clap says about a command line of these words.
fn print<'a>(words: impl IntoIterator<Item = &'a str>) -> u8 {
    if let Err(text) = Arguments::try_parse_from(["backup_manager"].into_iter().chain(words)) {
        // A reader that has gone away has read enough of it.
        let _ = text.print();
    }
    exit::DONE
}
