//! `accept`: says that a suspicious backup is as it should be, so that older ones are removed again.

use std::io::{self, IsTerminal};

use backup_core::manager::AcceptancePlan;
use backup_core::text::printable;
use clap::Args;

use crate::command_error::CommandError;
use crate::context::Context;
use crate::exit;
use crate::output::{ask, complain, print};
use crate::render::{self, json};

/// Accept a backup that is held because its folder changed suspiciously: show what that lets go, and ask
#[derive(Debug, Args)]
#[command(after_help = "Example: backup_manager accept docs --dry-run
         Shows what is suspicious about docs, what would be removed, and how to look before.\n\n\
         Example: backup_manager accept docs --yes
         All is as it should be: later backups are compared with the newest one.")]
pub(crate) struct AcceptArgs {
    /// The index that `list` shows, or the name of the backup
    name: String,

    /// Accept nothing, only show
    #[arg(long)]
    dry_run: bool,

    /// Don't ask before accepting
    #[arg(long, conflicts_with = "dry_run")]
    yes: bool,

    /// Write JSON; needs --yes or --dry-run
    #[arg(long)]
    json: bool,
}

impl AcceptArgs {
    /// The exit code is 0 as well if nothing was held. It is 1 if the answer was no.
    pub(super) fn run(&self, context: Context<'_>) -> Result<u8, CommandError> {
        context.say_which_backup(&self.name, &[]);
        let manager = context.manager();
        if !self.yes {
            let plan = manager.acceptance_plan(&self.name)?;
            if self.dry_run {
                return Ok(self.show(&plan));
            }
            self.refuse_without_an_answer()?;
            if !self.is_agreed(&plan) {
                complain("Nothing was accepted");
                return Ok(exit::FAILED);
            }
        }
        let accepted = manager.accept(&self.name)?;
        let lines = if self.json {
            vec![json::line(&json::accepted(&accepted))]
        } else {
            render::accepted(&accepted)
        };
        Ok(print(lines))
    }

    fn show(&self, plan: &AcceptancePlan) -> u8 {
        print(if self.json {
            vec![json::line(&json::acceptance_plan(plan))]
        } else {
            render::acceptance_plan(plan)
        })
    }

    /// Nobody can be asked without a terminal, and not beside JSON.
    fn refuse_without_an_answer(&self) -> Result<(), CommandError> {
        let wrong = if self.json {
            "with --json, accept needs --yes or --dry-run"
        } else if io::stdin().is_terminal() {
            return Ok(());
        } else {
            "without a terminal, accept needs --yes"
        };
        let hint = "--dry-run shows what is suspicious and what goes; add --yes once all is as it should be";
        Err(CommandError { hint: Some(hint.to_owned()), ..CommandError::wrong_usage(wrong) })
    }

    /// Shows the plan and asks, if anything is held.
    fn is_agreed(&self, plan: &AcceptancePlan) -> bool {
        if plan.hold.is_none() {
            return true;
        }
        self.show(plan);
        ask(format_args!(
            "Is all as it should be, so that {} is accepted? [y/N] ",
            printable(plan.name.as_bytes())
        ))
    }
}
