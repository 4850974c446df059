//! `prune`: removes the older backups that no rule keeps.

use clap::Args;

use crate::command_error::CommandError;
use crate::context::Context;
use crate::exit;
use crate::output::{complain, print, sentence};
use crate::render::{self, json};

/// Show which older backups of a schedule stay and which go, and remove those
#[derive(Debug, Args)]
#[command(after_help = "Example: backup_manager prune docs --dry-run")]
pub(crate) struct PruneArgs {
    /// The index that `list` shows, or the name of the backup
    schedule: String,

    /// Remove nothing
    #[arg(long)]
    dry_run: bool,

    /// Write JSON
    #[arg(long)]
    json: bool,
}

impl PruneArgs {
    /// The exit code is 1 where something could not be removed.
    pub(super) fn run(&self, context: Context<'_>) -> Result<u8, CommandError> {
        context.say_how_read(&self.schedule);
        let manager = context.manager();
        if self.dry_run {
            let plan = manager.prune_plan(&self.schedule)?;
            return Ok(print(if self.json {
                vec![json::line(&json::prune_plan(&plan))]
            } else {
                render::prune_plan(&plan, &self.schedule)
            }));
        }
        let pruned = manager.prune(&self.schedule)?;
        let code =
            print(if self.json { vec![json::line(&json::pruned(&pruned))] } else { render::pruned(&pruned) });
        pruned.failures.iter().map(sentence).for_each(complain);
        Ok(if pruned.failures.is_empty() { code } else { exit::FAILED })
    }
}
