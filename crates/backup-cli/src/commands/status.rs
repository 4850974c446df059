//! `status`: shows whether the service runs, and how each schedule is.

use backup_core::manager::ServiceManager;
use backup_core::model::event::Event;
use clap::Args;

use crate::command_error::CommandError;
use crate::context::Context;
use crate::output::{print, sentence, warn};
use crate::{exit, render};

/// Show whether the service runs, and how each schedule is; exit code 1 when it doesn't run
#[derive(Debug, Args)]
#[command(after_help = "Example: backup_manager status\n\n\
         Example: backup_manager status --check >/dev/null || echo \"a backup is overdue\"
         For monitors and cron: asks for the backups alone, whether or not the service runs.")]
pub(crate) struct StatusArgs {
    /// Exit with 1 when a schedule is OVERDUE (its last good backup, or its last drill, is older than its plan allows),
    /// UNKNOWN or never runs, or the history can't be read, else with 0, whether or not the service runs
    #[arg(long)]
    check: bool,
}

impl StatusArgs {
    /// A check asks for the backups alone; without it, the service counts.
    pub(super) fn run(&self, context: Context<'_>) -> Result<u8, CommandError> {
        let service = context.service(Vec::new());
        let status = ServiceManager::new(context.ports(), &service).status()?;
        let code = print(render::status(&status));
        Event::history_gap(status.unreadable_lines).iter().map(sentence).for_each(warn);
        if self.check && status.schedules.is_empty() {
            print(["nothing is scheduled"]);
            context.warn_of_missing_schedules();
        }
        let is_good = if self.check { status.is_all_right() } else { status.service.is_some() };
        Ok(if is_good { code } else { exit::FAILED })
    }
}
