//! `delete`: removes a schedule.

use clap::Args;

use crate::command_error::CommandError;
use crate::context::Context;
use crate::output::print_done;

/// Remove a schedule; its backups stay
#[derive(Debug, Args)]
#[command(after_help = "Example: backup_manager delete 1
         Removes the schedule that `list` shows as 1.")]
pub(crate) struct DeleteArgs {
    /// The index that `list` shows
    #[arg(allow_hyphen_values = true)]
    index: String,
}

impl DeleteArgs {
    pub(super) fn run(&self, context: Context<'_>) -> Result<u8, CommandError> {
        Ok(print_done(&context.manager().delete(&self.index)?.event()))
    }
}
