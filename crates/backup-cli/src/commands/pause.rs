//! `pause`: stops planning the runs of a schedule.

use clap::Args;

use crate::command_error::CommandError;
use crate::context::Context;
use crate::output::print;
use crate::render;

/// Plan no more runs of a schedule, until it is resumed
#[derive(Debug, Args)]
#[command(after_help = "Example: backup_manager pause docs
         While it is paused, no run is missed or overdue. `run` still works.")]
pub(crate) struct PauseArgs {
    /// The index that `list` shows, or the name of the backup: then all schedules with that name
    schedule: String,
}

impl PauseArgs {
    pub(super) fn run(&self, context: Context<'_>) -> Result<u8, CommandError> {
        context.say_how_read(&self.schedule);
        let schedules = context.manager().pause(&self.schedule)?;
        let code = print(schedules.iter().map(render::paused));
        Ok(code)
    }
}
