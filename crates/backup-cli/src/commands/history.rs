//! `history`: shows what ran.

use backup_core::manager::ServiceManager;
use clap::Args;

use crate::command_error::CommandError;
use crate::context::Context;
use crate::output::{print, sentence, warn};
use crate::render::{self, json};

/// Show what ran, when, how it ended, how long it took and how big it is; newest last
#[derive(Debug, Args)]
#[command(after_help = "Example: backup_manager history docs --last 7
         All runs of that backup, whatever its times were, also if its schedule was deleted since.\n\n\
         Example: backup_manager history --json
         An array of objects for other programs; the README names their fields.")]
pub(crate) struct HistoryArgs {
    /// The index that `list` shows, or the name of the backup [default: all]
    schedule: Option<String>,

    /// Show only the last so many runs
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    last: Option<u32>,

    /// Write JSON
    #[arg(long)]
    json: bool,
}

impl HistoryArgs {
    pub(super) fn run(&self, context: Context<'_>) -> Result<u8, CommandError> {
        self.schedule.iter().for_each(|key| context.say_which_backup(key, &[]));
        let service = context.service(Vec::new());
        let last = self.last.map(|last| usize::try_from(last).unwrap_or(usize::MAX));
        let desk = ServiceManager::new(context.ports(), &service);
        let runs = desk.history(self.schedule.as_deref(), last)?;
        context.manager().history_gap().iter().map(sentence).for_each(warn);
        Ok(print(if self.json {
            json::array(runs.iter().map(json::listed_run)).collect()
        } else {
            render::history(&runs)
        }))
    }
}
