//! `restore`: gets files back.

use std::ffi::OsString;
use std::io::{self, IsTerminal};
use std::os::unix::ffi::OsStrExt;
use std::path::{PathBuf, absolute};
use std::sync::Arc;

use backup_core::manager::{Restore, RestoreDestination, RestorePlan, RestoreRequest};
use backup_core::model::error::{Error, Failure, PortError};
use backup_core::model::restore::{RestoreFindingKind, RestorePreview, RestoreReport};
use backup_fs::CancelFlag;
use clap::Args;

use crate::args::{ArchiveArgs, IdentityArgs};
use crate::chosen_archive::{tell_of, warn_if_suspicious};
use crate::command_error::CommandError;
use crate::context::Context;
use crate::exit;
use crate::hint::heal::{HealCommand, heal};
use crate::hint::{NOT_AS_MADE, not_in, the_one_before};
use crate::interrupt::interruptible;
use crate::output::{ask, complain, hint, print};
use crate::progress_bar::{TerminalProgress, Unit};
use crate::render::{self, json};

/// Get files back: all of a backup, or only some of it
#[derive(Debug, Args)]
#[command(after_help = "Example: backup_manager restore docs
         Restores the newest backup of docs to the new folder docs.restored.\n\n\
         Example: backup_manager restore docs letters/may.txt '*.odt' --to found
         Restores that file and all .odt files to the folder found.")]
pub(crate) struct RestoreArgs {
    /// The index that `list` shows, or the name of the backup
    name: String,

    /// Only these: paths below the source, or lines as in .gitignore [default: everything]
    #[arg(value_name = "PATH")]
    chosen: Vec<OsString>,

    /// Restore to this folder, made when missing [default: NAME.restored, which must not be there yet]
    #[arg(long, value_name = "DIR", conflicts_with = "in_place")]
    to: Option<PathBuf>,

    /// Restore over the source itself, after showing what would change
    #[arg(long)]
    in_place: bool,

    /// Replace what is there and differs; what isn't in the backup always stays
    #[arg(long)]
    overwrite: bool,

    /// Take what is damaged in the backup from other backups that hold the same contents
    #[arg(long, conflicts_with = "dry_run")]
    heal: bool,

    /// Don't ask before restoring in place
    #[arg(long, requires = "in_place")]
    yes: bool,

    /// Keep setuid, setgid and the attributes that give programs rights
    #[arg(long)]
    keep_setuid: bool,

    /// Which archive.
    #[command(flatten)]
    archive: ArchiveArgs,

    /// What opens it.
    #[command(flatten)]
    pub(super) identity: IdentityArgs,

    /// Only show what would be made
    #[arg(long)]
    dry_run: bool,

    /// Write JSON: what was restored, or with --dry-run what would be; --in-place then needs --yes
    #[arg(long)]
    json: bool,
}

impl RestoreArgs {
    /// The exit code is 3 where something could not be restored, or stayed as it was.
    pub(super) fn run(&self, context: Context<'_>) -> Result<u8, CommandError> {
        let desk = Restore::new(context.ports(), context.adapters.restorer()).healing(self.heal);
        let plan = desk.plan(&self.order(context)?)?;
        tell_of(&plan.archive, plan.made_for);
        if self.archive.generation.is_none() {
            warn_if_suspicious(context.manager(), &plan.archive);
        }
        if self.dry_run {
            return self.show_preview(&desk, &plan).map_err(|error| self.with_hint(error, &plan));
        }
        if self.in_place && !self.yes && !io::stdin().is_terminal() {
            return Err(CommandError::wrong_usage("without a terminal, --in-place needs --yes"));
        }
        if self.in_place && !self.yes && self.json {
            return Err(CommandError::wrong_usage("with --json, --in-place needs --yes"));
        }
        let shows_first = self.in_place && !self.json;
        if shows_first { self.in_place(&desk, &plan) } else { self.carry_out(&desk, &plan) }
    }

    fn show_preview(&self, desk: &Restore<'_>, plan: &RestorePlan) -> Result<u8, Error> {
        let preview = desk.preview(plan, &progress(desk, plan, Arc::default()))?;
        print(if self.json {
            vec![json::line(&json::preview(plan, &preview))]
        } else {
            render::preview(plan, &preview, usize::MAX)
        });
        tell_missing(&preview);
        Ok(code(render::is_whole(plan, &preview)))
    }

    /// Shows what would change, and asks, unless nothing would.
    fn in_place(&self, desk: &Restore<'_>, plan: &RestorePlan) -> Result<u8, CommandError> {
        let preview = desk.preview(plan, &progress(desk, plan, Arc::default()));
        let preview = preview.map_err(|error| self.with_hint(error, plan))?;
        print(render::preview(plan, &preview, render::MOST_NAMED));
        if preview.is_empty() {
            tell_missing(&preview);
            let is_whole = render::is_whole(plan, &preview);
            print([render::nothing_to_restore(is_whole)]);
            return Ok(code(is_whole));
        }
        if self.yes || ask(format_args!("Restore over {}? [y/N] ", render::target(plan))) {
            return self.carry_out(desk, plan);
        }
        complain("Nothing was restored");
        Ok(exit::FAILED)
    }

    fn carry_out(&self, desk: &Restore<'_>, plan: &RestorePlan) -> Result<u8, CommandError> {
        let progress = progress(desk, plan, interruptible()?);
        let report = desk.restore(plan, &progress);
        let read_bytes = progress.bytes();
        drop(progress);
        let report = report.map_err(|error| match error {
            error if is_interrupted(&error) => broken_off(error, desk, plan, read_bytes),
            error => self.with_hint(error, plan),
        })?;
        render::missing(&report).into_iter().for_each(complain);
        if report.findings.iter().any(|finding| finding.kind.is_damage()) {
            desk.older_archive(plan).iter().for_each(|older| hint(the_one_before(older)));
        }
        if report.healable_entries > 0 {
            hint(self.healing_command(plan, &report));
        }
        if report.findings.iter().any(|finding| matches!(finding.kind, RestoreFindingKind::NotAsMade(_))) {
            hint(NOT_AS_MADE);
        }
        render::healed(&report).into_iter().for_each(complain);
        render::remarks(plan, &report).into_iter().for_each(complain);
        print([if self.json {
            json::line(&json::restored(plan, &report))
        } else {
            render::headline(plan, &report)
        }]);
        Ok(code(report.is_complete()))
    }

    /// Returns the error of a restore. Where nothing matches, it says how to see what is there; where nothing can be read, what
    /// may have it.
    fn with_hint(&self, error: Error, plan: &RestorePlan) -> CommandError {
        let is_missing =
            matches!(&error, Error::RestoreFailed { cause, .. } if cause.failure == Failure::Missing);
        let is_damaged =
            matches!(&error, Error::RestoreFailed { cause, .. } if cause.failure == Failure::Damaged);
        let mut error = CommandError::from(error);
        if is_damaged && !self.heal {
            let before = error.hint.map(|hint| format!("{hint}; or ")).unwrap_or_default();
            error.hint = Some(format!("{before}--heal takes what other backups hold"));
        }
        match self.chosen.first() {
            Some(word) if is_missing && error.hint.is_none() => {
                let generation = self.archive.asked_for(&plan.archive);
                let hint = not_in("restore", &self.name, (word.as_bytes(), &plan.archive), generation);
                CommandError { hint: Some(hint), ..error }
            }
            _ => error,
        }
    }

    /// Returns the command that takes from other backups what is damaged in this one.
    fn healing_command(&self, plan: &RestorePlan, report: &RestoreReport) -> String {
        // Where all that is there came from this backup, nothing else is replaced.
        let is_wrong = report.misread_entries > 0 && report.left_entries == 0 && !self.in_place;
        heal(&HealCommand {
            name: &self.name,
            generation: self.archive.asked_for(&plan.archive),
            chosen: self.chosen.iter().map(|line| line.as_bytes()).collect(),
            to: (!self.in_place).then(|| plan.request.target.path()),
            overwrites: self.overwrite || is_wrong,
            keeps_setuid: self.keep_setuid,
        })
    }

    fn order(&self, context: Context<'_>) -> Result<RestoreRequest, Error> {
        Ok(RestoreRequest {
            name: self.name.clone(),
            generation: context.generation(&self.name, &self.archive),
            at: self.archive.at.clone(),
            chosen: self.chosen.iter().map(|line| line.as_bytes().to_vec()).collect(),
            place: self.place()?,
            overwrite: self.overwrite,
            keep_setuid: self.keep_setuid,
        })
    }

    /// Relative paths begin where the user stands.
    fn place(&self) -> Result<RestoreDestination, Error> {
        let here = |error: io::Error| {
            Error::Port(PortError::new(Failure::Missing, "find the current folder").because(error))
        };
        Ok(match &self.to {
            _ if self.in_place => RestoreDestination::InPlace,
            Some(folder) => RestoreDestination::Folder(absolute(folder).map_err(here)?),
            None => RestoreDestination::Beside(std::env::current_dir().map_err(here)?),
        })
    }
}

fn is_interrupted(error: &Error) -> bool {
    matches!(error, Error::RestoreFailed { cause, .. } if cause.failure == Failure::Interrupted)
}

/// Returns the error of a restore that Ctrl-C ended, and tells in which state it left the target.
fn broken_off(error: Error, desk: &Restore<'_>, plan: &RestorePlan, read_bytes: u64) -> CommandError {
    let error = CommandError::from(error);
    // A new target appears whole, and not before the end.
    let is_there = plan.request.target.path().symlink_metadata().is_ok();
    complain(render::left_by_interruption(plan, is_there, read_bytes, desk.plain_bytes(plan)));
    error
}

fn tell_missing(preview: &RestorePreview) {
    render::missing_in_preview(preview).into_iter().for_each(complain);
}

fn progress(desk: &Restore<'_>, plan: &RestorePlan, cancel: Arc<CancelFlag>) -> TerminalProgress {
    TerminalProgress::begin(desk.plain_bytes(plan), cancel, false).reading(Unit::Entries)
}

fn code(is_whole: bool) -> u8 {
    if is_whole { exit::DONE } else { exit::INCOMPLETE }
}
