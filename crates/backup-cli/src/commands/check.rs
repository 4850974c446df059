//! `check`: looks for what is wrong in the schedules.

use std::path::PathBuf;

use backup_core::manager::CheckedLine;
use backup_core::model::schedule::ScheduleEntry;
use clap::Args;

use crate::command_error::CommandError;
use crate::context::Context;
use crate::exit;
use crate::output::{print, warn};
use crate::render::{self, json};

/// Show of each schedule when it runs next, or what is wrong with it or most likely not meant; exit code 1 when a line
/// doesn't run as it is written
#[derive(Debug, Args)]
#[command(after_help = "Example: backup_manager check
         Shows each line of backup_schedules.txt, and what to write instead.")]
pub(crate) struct CheckArgs {
    /// Write JSON
    #[arg(long)]
    json: bool,
}

impl CheckArgs {
    /// The exit code is 1 where a line doesn't run as it is written.
    pub(super) fn run(&self, context: Context<'_>) -> Result<u8, CommandError> {
        let lines = context.manager().check(user_home().as_deref())?;
        let code = print(self.lines(&lines));
        let is_wrong = lines.iter().any(|line| line.error().is_some());
        Ok(if is_wrong { exit::FAILED } else { code })
    }

    fn lines(&self, lines: &[CheckedLine]) -> Vec<String> {
        if self.json {
            json::array(lines.iter().map(json::checked_line)).collect()
        } else {
            render::checked(lines)
        }
    }
}

/// Says what is most likely not meant in a schedule that was just added.
pub(super) fn warn_of(context: Context<'_>, text: &str) {
    let warnings = context.manager().warnings_of(text, user_home().as_deref());
    warnings.iter().map(render::sentence).for_each(warn);
}

/// Returns what is most likely not meant with the folder of a schedule, or that it isn't there.
pub(super) fn folder_warnings(context: Context<'_>, schedule: &ScheduleEntry) -> Vec<String> {
    let warnings = context.manager().warnings_of(&schedule.to_string(), user_home().as_deref());
    warnings.iter().filter(|warning| warning.is_about_folder()).map(render::sentence).collect()
}

fn user_home() -> Option<PathBuf> {
    std::env::var_os("HOME").filter(|home| !home.is_empty()).map(PathBuf::from)
}
