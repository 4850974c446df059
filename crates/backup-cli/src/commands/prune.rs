//! `prune`: removes the older backups that no rule keeps.

use std::io::{self, IsTerminal};

use backup_core::manager::PrunePlan;
use backup_core::policy::retention::Retention;
use backup_core::text::printable;
use clap::Args;

use crate::command_error::CommandError;
use crate::context::Context;
use crate::exit;
use crate::output::{ask, complain, print, sentence};
use crate::render::{self, json};

/// Show which older backups stay and which go, ask, and remove those
#[derive(Debug, Args)]
#[command(after_help = "Example: backup_manager prune docs --dry-run
         Shows what would be removed.\n\n\
         Example: backup_manager prune docs --yes
         Removes it without asking.")]
pub(crate) struct PruneArgs {
    /// The index that `list` shows, or the name of the backup
    schedule: String,

    /// Remove nothing, only show
    #[arg(long)]
    dry_run: bool,

    /// Don't ask before removing
    #[arg(long, conflicts_with = "dry_run")]
    yes: bool,

    /// Write JSON; needs --yes or --dry-run
    #[arg(long)]
    json: bool,
}

impl PruneArgs {
    /// The exit code is 1 where something could not be removed, or was not to be after all.
    pub(super) fn run(&self, context: Context<'_>) -> Result<u8, CommandError> {
        context.say_how_read(&self.schedule);
        let manager = context.manager();
        if !self.yes {
            let plan = manager.prune_plan(&self.schedule)?;
            if self.dry_run {
                return Ok(self.show(&plan));
            }
            self.refuse_without_an_answer()?;
            if !self.is_agreed(&plan) {
                complain("Nothing was removed");
                return Ok(exit::FAILED);
            }
        }
        let pruned = manager.prune(&self.schedule)?;
        let code =
            print(if self.json { vec![json::line(&json::pruned(&pruned))] } else { render::pruned(&pruned) });
        pruned.failures.iter().map(sentence).for_each(complain);
        Ok(if pruned.failures.is_empty() { code } else { exit::FAILED })
    }

    fn show(&self, plan: &PrunePlan) -> u8 {
        print(if self.json {
            vec![json::line(&json::prune_plan(plan))]
        } else {
            render::prune_plan(plan, &self.schedule)
        })
    }

    /// Nobody can be asked without a terminal, and not beside JSON.
    fn refuse_without_an_answer(&self) -> Result<(), CommandError> {
        let wrong = if self.json {
            "with --json, prune needs --yes or --dry-run"
        } else if io::stdin().is_terminal() {
            return Ok(());
        } else {
            "without a terminal, prune needs --yes"
        };
        let hint = "add --yes to remove what no rule keeps, or --dry-run to only look";
        Err(CommandError { hint: Some(hint.to_owned()), ..CommandError::wrong_usage(wrong) })
    }

    /// Shows the plan and asks, if anything would be removed.
    fn is_agreed(&self, plan: &PrunePlan) -> bool {
        let going = plan.generations.iter().filter(|one| one.verdict == Retention::Goes).count();
        if going == 0 {
            return true;
        }
        self.show(plan);
        let backups = if going == 1 { "older backup" } else { "older backups" };
        ask(format_args!("Remove {going} {backups} of {}? [y/N] ", printable(self.schedule.as_bytes())))
    }
}
