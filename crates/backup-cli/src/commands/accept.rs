//! `accept`: says that a suspicious backup is as it should be, so that older ones are removed again.

use clap::Args;

use crate::command_error::CommandError;
use crate::context::Context;
use crate::output::print;
use crate::render::{self, json};

/// Accept a backup that is held because its folder changed suspiciously: older ones are removed by its rules again
#[derive(Debug, Args)]
#[command(after_help = "Example: backup_manager status docs
         Shows what is suspicious about docs, and the backup before that.\n\n\
         Example: backup_manager accept docs
         All is as it should be: later backups are compared with the newest one.")]
pub(crate) struct AcceptArgs {
    /// The index that `list` shows, or the name of the backup
    name: String,

    /// Write JSON
    #[arg(long)]
    json: bool,
}

impl AcceptArgs {
    /// The exit code is 0 as well if nothing was held.
    pub(super) fn run(&self, context: Context<'_>) -> Result<u8, CommandError> {
        context.say_which_backup(&self.name, &[]);
        let accepted = context.manager().accept(&self.name)?;
        let lines = if self.json {
            vec![json::line(&json::accepted(&accepted))]
        } else {
            render::accepted(&accepted)
        };
        Ok(print(lines))
    }
}
