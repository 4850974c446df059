//! The command that proves that backups come back.

use std::path::Path;

use backup_core::backup::place_of;
use backup_core::error::Error;
use backup_core::event::DRILL_HINT;
use backup_core::manager::{DrillDesk, DrillPlan, DrillProof, Undrilled};
use backup_fs::Adapters;

use crate::commands::interruptible;
use crate::exit;
use crate::output::{complain, print, print_error, warn};
use crate::progress_bar::TerminalProgress;
use crate::render::took;

/// How many differences of one backup are named.
const MOST_NAMED: usize = 10;

/// Drills what the arguments say, a line each, and returns the exit code. One that can't be drilled doesn't keep the others
/// from it; Ctrl-C ends them all.
pub(crate) fn drill(adapters: &Adapters, name: Option<&str>, scratch: Option<&Path>) -> Result<u8, Error> {
    let desk = DrillDesk::new(adapters.ports(), adapters.driller());
    let undrilled = if name.is_none() { desk.undrilled()? } else { Vec::new() };
    complain_of(&undrilled);
    let plans = desk.plan(name)?;
    // Relative to where the user stands, whatever tar is started in.
    let scratch = scratch.map(|folder| std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned()));
    let cancel = interruptible()?;
    // Each archive is read twice: by tar, and by our reader.
    let bytes = plans.iter().map(|plan| 2 * plan.archive.archive_bytes).sum();
    let progress = TerminalProgress::begin(Some(bytes), cancel, false).with_time_left();
    let mut is_whole = !undrilled.iter().any(|one| one.is_missing);
    for plan in &plans {
        match desk.drill(plan, scratch.as_deref(), &progress) {
            Ok(proof) => {
                is_whole &= proof.receipt.passed();
                progress.aside(|| show(plan, &proof));
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

/// Names the schedules that have nothing to drill, a line each.
fn complain_of(undrilled: &[Undrilled]) {
    for Undrilled { name, is_missing, made, older } in undrilled {
        let restore =
            |older: &String| format!(", or `restore {name} --generation {older}` takes an older one");
        let archive =
            made.as_ref().map_or_else(|| format!("the newest backup of {name}"), |made| place_of(made));
        if *is_missing {
            let older = older.as_ref().map(restore).unwrap_or_default();
            complain(format_args!("MISSING: {archive} is gone: `run {name}` makes it anew{older}"));
        } else {
            complain(format_args!("{name}: no complete backup yet, nothing to drill"));
        }
    }
}

fn is_interrupted(error: &Error) -> bool {
    let interrupted = backup_core::error::Failure::Interrupted;
    matches!(error, Error::DrillFailed { cause, .. } if cause.failure == interrupted)
}

fn show(plan: &DrillPlan, DrillProof { receipt, unkept }: &DrillProof) {
    let archive = &receipt.archive;
    let headline = format!("{archive}  {receipt}, in {}", took(receipt.ended - receipt.began));
    print(
        std::iter::once(headline)
            .chain(receipt.lines(MOST_NAMED).into_iter().map(|line| format!("  {line}"))),
    );
    if !receipt.passed() {
        complain(format_args!("hint: {DRILL_HINT}"));
    }
    if !receipt.is_summed {
        warn(format_args!("nothing tells whether {archive} is what was once made"));
    }
    if plan.entries.is_empty() {
        warn(format_args!("no schedule knows {archive}, so no receipt is kept"));
    }
    if let Some(error) = unkept {
        warn(format_args!("no receipt of {archive} could be kept: {error}"));
    }
}
