//! `resume`: plans the runs of a schedule again.

use clap::Args;

use crate::command_error::CommandError;
use crate::context::Context;
use crate::output::print;
use crate::render;

/// Plan the runs of a paused schedule again
#[derive(Debug, Args)]
#[command(after_help = "Example: backup_manager resume docs
         Runs planned in the meantime are not made up for.")]
pub(crate) struct ResumeArgs {
    /// The index that `list` shows, or the name of the backup: then all schedules with that name
    schedule: String,
}

impl ResumeArgs {
    pub(super) fn run(&self, context: Context<'_>) -> Result<u8, CommandError> {
        context.say_how_read(&self.schedule);
        let schedules = context.manager().resume(&self.schedule)?;
        let code = print(schedules.iter().map(render::resumed));
        for schedule in schedules.iter().filter(|schedule| schedule.is_changed) {
            context.say_first_run("next run", &schedule.entry);
        }
        Ok(code)
    }
}
