//! The command that gets files back.

use std::io::{self, IsTerminal};
use std::os::unix::ffi::OsStrExt;
use std::path::absolute;
use std::sync::Arc;

use backup_core::error::{Error, Failure, PortError, below_the_folder, the_one_before};
use backup_core::manager::{RestoreDesk, RestoreOrder, RestorePlace, RestorePlan};
use backup_core::ports::Progress;
use backup_fs::{Adapters, CancelFlag};

use super::show::tell_of;
use crate::args::RestoreArgs;
use crate::commands::interruptible;
use crate::exit;
use crate::output::{ask, complain, print, print_error};
use crate::progress_bar::TerminalProgress;
use crate::render::restore as render_restore;

/// Restores what the arguments say, and returns the exit code.
pub(crate) fn restore(adapters: &Adapters, arguments: &RestoreArgs) -> Result<u8, Error> {
    let desk = RestoreDesk::new(adapters.ports(), adapters.restorer());
    let plan = desk.plan(&order(arguments)?)?;
    tell_of(&plan.archive, plan.made_for);
    if arguments.dry_run {
        let preview = desk.preview(&plan, &progress(&desk, &plan, Arc::default()))?;
        print(render_restore::preview(&plan, &preview, usize::MAX));
        render_restore::missing_in_preview(&preview).into_iter().for_each(complain);
        hint(&desk, &plan, &preview.unmatched);
        return Ok(if render_restore::is_whole(&plan, &preview) { exit::DONE } else { exit::INCOMPLETE });
    }
    if arguments.in_place && !arguments.yes && !io::stdin().is_terminal() {
        print_error(&Error::WrongUsage("without a terminal, --in-place needs --yes".to_owned()));
        return Ok(exit::WRONG_USAGE);
    }
    if arguments.in_place {
        return in_place(&desk, &plan, arguments.yes);
    }
    carry_out(&desk, &plan)
}

/// Shows what would change, and asks, unless nothing would.
fn in_place(desk: &RestoreDesk<'_>, plan: &RestorePlan, yes: bool) -> Result<u8, Error> {
    let preview = desk.preview(plan, &progress(desk, plan, Arc::default()))?;
    print(render_restore::preview(plan, &preview, render_restore::MOST_NAMED));
    if preview.is_empty() {
        render_restore::missing_in_preview(&preview).into_iter().for_each(complain);
        hint(desk, plan, &preview.unmatched);
        let is_whole = render_restore::is_whole(plan, &preview);
        let why = if is_whole { ": what is in the backup stands there as it is in it" } else { "" };
        print([format!("Nothing to restore{why}")]);
        return Ok(if is_whole { exit::DONE } else { exit::INCOMPLETE });
    }
    if yes || ask(format_args!("Restore over {}? [y/N] ", render_restore::target(plan))) {
        return carry_out(desk, plan);
    }
    complain("Nothing was restored");
    Ok(exit::FAILED)
}

fn carry_out(desk: &RestoreDesk<'_>, plan: &RestorePlan) -> Result<u8, Error> {
    let report = desk.restore(plan, &progress(desk, plan, interruptible()?))?;
    render_restore::missing(&report).into_iter().for_each(complain);
    hint(desk, plan, &report.unmatched);
    if report.findings.iter().any(|finding| finding.kind.is_damage()) {
        desk.older(plan).iter().for_each(|older| complain(format_args!("hint: {}", the_one_before(older))));
    }
    render_restore::remarks(plan, &report).into_iter().for_each(complain);
    print([render_restore::headline(plan, &report)]);
    Ok(if report.is_complete() { exit::DONE } else { exit::INCOMPLETE })
}

fn hint(desk: &RestoreDesk<'_>, plan: &RestorePlan, unmatched: &[String]) {
    let below = desk.below_the_folder(plan, unmatched);
    below.iter().for_each(|below| complain(format_args!("hint: {}", below_the_folder(below))));
}

fn order(arguments: &RestoreArgs) -> Result<RestoreOrder, Error> {
    let here = |error: io::Error| {
        Error::Port(PortError::new(Failure::Missing, "find the current folder").because(error))
    };
    let place = match &arguments.to {
        _ if arguments.in_place => RestorePlace::InPlace,
        Some(folder) => RestorePlace::Folder(absolute(folder).map_err(here)?),
        None => RestorePlace::Beside(std::env::current_dir().map_err(here)?),
    };
    Ok(RestoreOrder {
        name: arguments.name.clone(),
        generation: arguments.pick.generation.clone(),
        at: arguments.pick.at.clone(),
        chosen: arguments.chosen.iter().map(|line| line.as_bytes().to_vec()).collect(),
        place,
        overwrite: arguments.overwrite,
        keep_setuid: arguments.keep_setuid,
    })
}

fn progress(desk: &RestoreDesk<'_>, plan: &RestorePlan, cancel: Arc<CancelFlag>) -> impl Progress {
    TerminalProgress::begin(desk.plain_bytes(plan), cancel, false).with_time_left()
}
