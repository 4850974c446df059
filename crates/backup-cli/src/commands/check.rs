//! `check`: looks for what is wrong in the schedules.

use std::path::PathBuf;

use clap::Args;

use crate::command_error::CommandError;
use crate::context::Context;
use crate::output::{print, warn};
use crate::{exit, render};

/// Show of each schedule when it runs next, or what is wrong with it or most likely not meant; exit code 1 when a line
/// doesn't run as it is written
#[derive(Debug, Args)]
#[command(after_help = "Example: backup_manager check
         Shows each line of backup_schedules.txt, and what to write instead.")]
pub(crate) struct CheckArgs {}

impl CheckArgs {
    /// The exit code is 1 where a line doesn't run as it is written.
    pub(super) fn run(&self, context: Context<'_>) -> Result<u8, CommandError> {
        let lines = context.manager().check(user_home().as_deref())?;
        let code = print(render::checked(&lines));
        let is_wrong = lines.iter().any(|line| line.error().is_some());
        Ok(if is_wrong { exit::FAILED } else { code })
    }
}

/// Says what is most likely not meant in a schedule that was just added.
pub(super) fn warn_of(context: Context<'_>, text: &str) {
    let warnings = context.manager().warnings_of(text, user_home().as_deref());
    warnings.iter().map(render::sentence).for_each(warn);
}

fn user_home() -> Option<PathBuf> {
    std::env::var_os("HOME").filter(|home| !home.is_empty()).map(PathBuf::from)
}
