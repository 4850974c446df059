//! `backups`: shows the archives.

use clap::Args;

use crate::command_error::CommandError;
use crate::context::Context;
use crate::output::print;
use crate::render::{self, json};

/// Show the archives in the folder backups
#[derive(Debug, Args)]
#[command(after_help = "Example: backup_manager backups --long\n\n\
         Example: backup_manager backups docs
         Shows those of one backup, the newest first.")]
pub(crate) struct BackupsArgs {
    /// The index that `list` shows, or the name of the backup [default: all, in the order of their file names]
    name: Option<String>,

    /// Show size and age too
    #[arg(short, long)]
    long: bool,

    /// Write JSON, which has size and moment anyway
    #[arg(long, conflicts_with = "long")]
    json: bool,
}

impl BackupsArgs {
    pub(super) fn run(&self, context: Context<'_>) -> Result<u8, CommandError> {
        let records = match &self.name {
            None => context.manager().backups()?,
            Some(key) => {
                context.say_which_backup(key, &[]);
                context.manager().backups_of(key)?
            }
        };
        if self.json {
            return Ok(print(json::array(records.iter().map(json::backup))));
        }
        Ok(print(render::backups(&records, self.long, context.ports().clock.now())))
    }
}
