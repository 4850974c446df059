//! `drill`: proves that backups come back.

use std::path::PathBuf;

use backup_core::manager::{Drill, DrillPlan, DrillProof};
use backup_core::model::error::{Error, Failure};
use clap::Args;

use crate::args::IdentityArgs;
use crate::command_error::CommandError;
use crate::context::Context;
use crate::exit;
use crate::hint::DRILL_FAILED;
use crate::interrupt::interruptible;
use crate::output::{complain, hint, print, print_error, warn};
use crate::progress_bar::{TerminalProgress, Unit};
use crate::render::{self, json};

/// Prove that backups come back: restore each with the system's own tar, compare every byte and attribute with what is
/// in the archive, and keep a dated receipt; exit code 1 when one doesn't come back whole
#[derive(Debug, Args)]
#[command(after_help = "Example: backup_manager drill
         Drills the newest complete backup of every schedule, in a scratch
         folder that is removed again.\n\n\
         Example: backup_manager drill docs --in /mnt/disk
         `status` shows the last drill of each schedule. With ;drill=weekly in
         a schedule, the service drills it.")]
pub(crate) struct DrillArgs {
    /// The index that `list` shows, or the name of the backup [default: those of all schedules]
    name: Option<String>,

    /// The folder for the scratch, which takes as much room as what was backed up [default: the folder backups; for encrypted
    /// backups the folder for temporary files]
    #[arg(long = "in", value_name = "DIR")]
    scratch: Option<PathBuf>,

    /// What opens it.
    #[command(flatten)]
    pub(super) identity: IdentityArgs,

    /// Write JSON, an object a line
    #[arg(long)]
    json: bool,
}

impl DrillArgs {
    /// The exit code is 1 where a backup is gone, or doesn't come back whole. Ctrl-C ends it.
    pub(super) fn run(&self, context: Context<'_>) -> Result<u8, CommandError> {
        self.name.iter().for_each(|key| context.say_which_backup(key, &[]));
        let desk = Drill::new(context.ports(), context.adapters.driller());
        let undrilled = if self.name.is_none() { desk.undrilled()? } else { Vec::new() };
        undrilled.iter().map(render::undrilled).for_each(complain);
        if self.json {
            print(undrilled.iter().map(json::undrilled).map(|one| json::line(&one)));
        }
        let plans = desk.plan(self.name.as_deref())?;
        let is_whole = self.drill_each(&desk, &plans)?;
        let is_missing = undrilled.iter().any(|one| one.is_missing);
        Ok(if is_whole && !is_missing { exit::DONE } else { exit::FAILED })
    }

    /// Relative to where the user stands, whatever tar is started in.
    fn scratch(&self) -> Option<PathBuf> {
        let absolute = |folder: &PathBuf| std::path::absolute(folder).unwrap_or_else(|_| folder.clone());
        self.scratch.as_ref().map(absolute)
    }

    /// Drills these, a line each, and returns whether all came back whole. One that can't be drilled doesn't keep the others
    /// from it.
    fn drill_each(&self, desk: &Drill<'_>, plans: &[DrillPlan]) -> Result<bool, Error> {
        let scratch = self.scratch();
        // Each archive is read twice: by tar, and by our reader.
        let bytes = plans.iter().map(|plan| 2 * plan.archive.archive_bytes).sum();
        let progress = TerminalProgress::begin(Some(bytes), interruptible()?, false).reading(Unit::Archives);
        let mut is_whole = true;
        for plan in plans {
            match desk.drill(plan, scratch.as_deref(), &progress) {
                Ok(proof) => {
                    is_whole &= proof.receipt.passed();
                    progress.aside(|| self.show(plan, &proof));
                }
                Err(error) if is_interrupted(&error) || plans.len() == 1 => return Err(error),
                Err(error) => {
                    is_whole = false;
                    progress.aside(|| self.show_error(plan, error));
                }
            }
        }
        Ok(is_whole)
    }

    fn show(&self, plan: &DrillPlan, proof: &DrillProof) {
        print(if self.json {
            vec![json::line(&json::drilled(plan, proof))]
        } else {
            render::drilled(&proof.receipt)
        });
        if !proof.receipt.passed() {
            hint(DRILL_FAILED);
        }
        render::drill_warnings(plan, proof).into_iter().for_each(warn);
    }

    fn show_error(&self, plan: &DrillPlan, error: Error) {
        if self.json {
            print([json::line(&json::not_drilled(plan, &error))]);
        }
        print_error(&error.into());
    }
}

fn is_interrupted(error: &Error) -> bool {
    matches!(error, Error::DrillFailed { cause, .. } if cause.failure == Failure::Interrupted)
}
