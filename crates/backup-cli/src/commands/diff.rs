//! `diff`: shows what differs between two archives of a backup.

use std::io::{BufWriter, Write};

use backup_core::manager::{Diff, DiffReport, EntryDifference, NEWEST};
use backup_core::model::archive::{ArchivedEntry, BackupRecord};
use backup_core::model::error::Error;
use backup_core::policy::difference::ContentCheck;
use clap::Args;

use crate::args::IdentityArgs;
use crate::chosen_archive::{tell_incomplete, tell_of};
use crate::command_error::CommandError;
use crate::context::Context;
use crate::entry_lines::{not_written, tell_missing};
use crate::exit;
use crate::hint::GENERATIONS;
use crate::interrupt::interruptible;
use crate::output::pour;
use crate::progress_bar::TerminalProgress;
use crate::render::{self, json};

/// Show what is new, changed or gone between two generations of a backup; exit code 1 when something is
#[derive(Debug, Args)]
#[command(after_help = "Example: backup_manager diff docs yesterday
         Compares the newest backup up to yesterday with the newest one of all.\n\n\
         Example: backup_manager diff docs docs.2026-01-29T16-07+0100.tar --contents
         + is new, - is gone, ~ has changed.\n\n\
         Exit codes: 0 the same, 1 different or failed, 2 wrong usage,
         3 an archive can't be read wholly.")]
pub(crate) struct DiffArgs {
    /// The index that `list` shows, or the name of the backup
    name: String,

    /// The older archive: a file as `backups` shows it, a moment as for --at, or the word newest
    #[arg(value_name = "A")]
    old: String,

    /// The newer archive, likewise
    #[arg(value_name = "B", default_value = NEWEST)]
    new: String,

    /// Compare the contents of all files; otherwise those of the same size and time count as the same
    #[arg(long)]
    contents: bool,

    /// What opens it.
    #[command(flatten)]
    pub(super) identity: IdentityArgs,

    /// Write JSON, an object a line
    #[arg(long)]
    json: bool,
}

impl DiffArgs {
    /// The exit code is 1 where something differs, and 3 where an archive is incomplete or can't be read wholly.
    pub(super) fn run(&self, context: Context<'_>) -> Result<u8, CommandError> {
        let desk = Diff::new(context.ports(), context.adapters.viewer());
        let archives = self.find(context, &desk)?;
        let [old, new] = &archives;
        let Some(report) = self.write(&desk, [old, new])? else { return Ok(exit::DONE) };
        let codes = [tell_missing(&report.old, old), tell_missing(&report.new, new)];
        let is_whole = codes == [exit::DONE; 2] && !archives.iter().any(BackupRecord::is_incomplete);
        Ok(match report.is_same() {
            _ if !is_whole => exit::INCOMPLETE,
            true => exit::DONE,
            false => exit::FAILED,
        })
    }

    fn find(&self, context: Context<'_>, desk: &Diff<'_>) -> Result<[BackupRecord; 2], CommandError> {
        let words = context.archive_names(&self.name, [&self.old, &self.new]);
        let found = desk.find(&self.name, words.each_ref().map(String::as_str)).map_err(|error| {
            let is_unclear = matches!(error, Error::UnclearMoment(_));
            let error = CommandError::from(error);
            if is_unclear { CommandError { hint: Some(GENERATIONS.to_owned()), ..error } } else { error }
        })?;
        Ok(found.map(|found| {
            tell_of(&found.archive, found.made_for);
            tell_incomplete(&found.archive);
            found.archive
        }))
    }

    /// Writes a line a difference, and how many there are; `None` when nobody reads them any more.
    fn write(
        &self,
        desk: &Diff<'_>,
        archives: [&BackupRecord; 2],
    ) -> Result<Option<DiffReport>, CommandError> {
        let progress = TerminalProgress::begin(None, interruptible()?, false);
        let check = if self.contents { ContentCheck::Always } else { ContentCheck::IfTouched };
        let written = pour(|out| {
            let (mut out, mut failed) = (BufWriter::new(out), None);
            let mut see = |difference: EntryDifference<'_>| {
                failed = writeln!(out, "{}", self.line(desk, difference)).err();
                failed.is_none()
            };
            let report = desk.compare(archives, check, &mut see, &progress)?;
            let ended = match failed {
                Some(error) => Err(error),
                None => writeln!(out, "{}", self.summary(archives, &report)).and_then(|()| out.flush()),
            };
            ended.map_err(not_written).map(|()| report)
        });
        Ok(written.transpose()?)
    }

    fn line(&self, desk: &Diff<'_>, difference: EntryDifference<'_>) -> String {
        let modified = |entry: &ArchivedEntry| desk.modified(entry);
        if self.json {
            json::line(&json::difference(difference, modified))
        } else {
            render::difference(difference, modified)
        }
    }

    fn summary(&self, archives: [&BackupRecord; 2], report: &DiffReport) -> String {
        if self.json {
            json::line(&json::diff_summary(archives, report))
        } else {
            render::diff_summary(archives, report)
        }
    }
}
