//! `backups`: shows the archives.

use clap::Args;

use crate::command_error::CommandError;
use crate::context::Context;
use crate::output::print;
use crate::render::{self, json};

/// Show the archives in the folder backups
#[derive(Debug, Args)]
#[command(after_help = "Example: backup_manager backups --long")]
pub(crate) struct BackupsArgs {
    /// Show size and age too
    #[arg(short, long)]
    long: bool,

    /// Write JSON, which has size and moment anyway
    #[arg(long, conflicts_with = "long")]
    json: bool,
}

impl BackupsArgs {
    pub(super) fn run(&self, context: Context<'_>) -> Result<u8, CommandError> {
        let records = context.manager().backups()?;
        if self.json {
            return Ok(print(json::array(records.iter().map(json::backup))));
        }
        Ok(print(render::backups(&records, self.long, context.ports().clock.now())))
    }
}
