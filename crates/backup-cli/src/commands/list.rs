//! `list`: shows the schedules.

use clap::Args;

use crate::command_error::CommandError;
use crate::context::Context;
use crate::output::{print, warn};
use crate::render::{self, json};

/// Show the schedules, each with its index
#[derive(Debug, Args)]
#[command(after_help = "Example: backup_manager list")]
pub(crate) struct ListArgs {
    /// Write JSON
    #[arg(long)]
    json: bool,
}

impl ListArgs {
    pub(super) fn run(&self, context: Context<'_>) -> Result<u8, CommandError> {
        let listed = context.manager().list()?;
        let code = if self.json {
            print(json::array(listed.iter().map(json::schedule)))
        } else {
            print(render::schedules(&listed))
        };
        render::warnings(&listed).into_iter().for_each(warn);
        Ok(code)
    }
}
