//! `check`: looks for what is wrong in the schedules.

use std::path::PathBuf;

use backup_core::manager::CheckedLine;
use backup_core::model::schedule::ScheduleEntry;
use backup_core::ports::ServiceControl;
use clap::Args;

use crate::command_error::CommandError;
use crate::commands::config::exists;
use crate::context::Context;
use crate::exit;
use crate::output::{print, warn};
use crate::render::{self, CheckedConfig, json};

/// Show of each schedule when it runs next, or what is wrong with it or most likely not meant; exit code 1 when a line
/// doesn't run as it is written, or the configuration is wrong
#[derive(Debug, Args)]
#[command(after_help = "Example: backup_manager check
         Shows each line of backup_schedules.txt, and what to write instead.
         Before it, what is wrong in backup_manager.toml, or most likely not meant.")]
pub(crate) struct CheckArgs {
    /// Write JSON
    #[arg(long)]
    json: bool,
}

impl CheckArgs {
    /// The exit code is 1 where a line doesn't run as it is written.
    pub(super) fn run(&self, context: Context<'_>) -> Result<u8, CommandError> {
        let config = exists(context).then(|| checked_config(context));
        let lines = context.manager().check(user_home().as_deref());
        if let (Err(_), Some(config), false) = (&lines, &config, self.json) {
            // The schedules are missing. Faults of the configuration are shown all the same.
            print(render::checked_config(config));
        }
        let lines = lines?;
        let code = print(self.lines(&lines, config.as_ref()));
        let is_wrong = lines.iter().any(|line| line.error().is_some());
        Ok(if is_wrong || config.is_some_and(|config| config.read.is_err()) { exit::FAILED } else { code })
    }

    fn lines(&self, lines: &[CheckedLine], config: Option<&CheckedConfig>) -> Vec<String> {
        if self.json {
            let config = config.map(json::checked_config).unwrap_or_default();
            return json::array(lines.iter().map(json::checked_line).chain(config)).collect();
        }
        let config = config.map(render::checked_config).unwrap_or_default();
        config.into_iter().chain(render::checked(lines)).collect()
    }
}

fn checked_config(context: Context<'_>) -> CheckedConfig {
    CheckedConfig {
        read: context.manager().config(),
        warnings: context.manager().config_warnings(),
        service_runs: context.service(Vec::new()).running().is_ok_and(|service| service.is_some()),
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
