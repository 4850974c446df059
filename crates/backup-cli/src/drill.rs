//! The command that proves that backups come back.

use std::path::Path;

use backup_core::drill::Drilled;
use backup_core::error::Error;
use backup_core::event::DRILL_HINT;
use backup_core::manager::{DrillDesk, DrillPlan};
use backup_fs::Adapters;

use crate::commands::interruptible;
use crate::exit;
use crate::output::{complain, print, print_error};
use crate::progress_bar::TerminalProgress;
use crate::render::took;

/// How many differences of one backup are named.
const MOST_NAMED: usize = 10;

/// Drills what the arguments say, a line each, and returns the exit code. One that can't be drilled doesn't keep the others
/// from it; Ctrl-C ends them all.
pub(crate) fn drill(adapters: &Adapters, name: Option<&str>, scratch: Option<&Path>) -> Result<u8, Error> {
    let desk = DrillDesk::new(adapters.ports(), adapters.driller());
    let plans = desk.plan(name)?;
    // Relative to where the user stands, whatever tar is started in.
    let scratch = scratch.map(|folder| std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned()));
    let cancel = interruptible()?;
    // Each archive is read twice: by tar, and by our reader.
    let bytes = plans.iter().map(|plan| 2 * plan.archive.archive_bytes).sum();
    let progress = TerminalProgress::begin(Some(bytes), cancel, false).with_time_left();
    let mut is_whole = true;
    for plan in &plans {
        match desk.drill(plan, scratch.as_deref(), &progress) {
            Ok(receipt) => {
                is_whole &= receipt.passed();
                progress.aside(|| show(plan, &receipt));
            }
            Err(error) if is_interrupted(&error) || plans.len() == 1 => return Err(error),
            Err(error) => {
                is_whole = false;
                progress.aside(|| print_error(&error));
            }
        }
    }
    drop(progress);
    Ok(if is_whole { exit::DONE } else { exit::FAILED })
}

fn is_interrupted(error: &Error) -> bool {
    let interrupted = backup_core::error::Failure::Interrupted;
    matches!(error, Error::DrillFailed { cause, .. } if cause.failure == interrupted)
}

fn show(plan: &DrillPlan, receipt: &Drilled) {
    let Drilled { archive, began, ended, .. } = receipt;
    let headline = format!("{archive}  {receipt}, in {}", took(*ended - *began));
    print(
        std::iter::once(headline)
            .chain(receipt.lines(MOST_NAMED).into_iter().map(|line| format!("  {line}"))),
    );
    if !receipt.passed() {
        complain(format_args!("hint: {DRILL_HINT}"));
    }
    if !receipt.is_summed {
        complain(format_args!("warning: nothing tells whether {archive} is what was once made"));
    }
    if plan.entries.is_empty() {
        complain(format_args!("warning: no schedule knows {archive}, so no receipt is kept"));
    }
}
