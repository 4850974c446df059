//! `delete`: removes a schedule.

use clap::Args;

use crate::command_error::CommandError;
use crate::context::Context;
use crate::error_message::quoted;
use crate::output::{complain, print_done};

/// Remove a schedule; its backups stay
#[derive(Debug, Args)]
#[command(after_help = "Example: backup_manager delete 1
         Removes the schedule at index 1, and shows how to add it again.")]
pub(crate) struct DeleteArgs {
    /// The index that `list` shows, or the name of the backup
    #[arg(allow_hyphen_values = true)]
    schedule: String,
}

impl DeleteArgs {
    pub(super) fn run(&self, context: Context<'_>) -> Result<u8, CommandError> {
        context.say_how_read(&self.schedule);
        let deleted = context.manager().delete(&self.schedule)?;
        let code = print_done(&deleted.event());
        complain(format_args!("removed: {}", deleted.text));
        if let Some(entry) = deleted.entry {
            complain(format_args!("to add it again: backup_manager create {}", quoted(&entry.to_string())));
            complain("backups that it made stay: `backup_manager backups` shows them");
        }
        Ok(code)
    }
}
