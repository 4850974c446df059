//! `cat`: writes a file that is in a backup to standard output.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

use backup_core::manager::View;
use backup_core::model::error::Failure;
use backup_core::ports::SilentProgress;
use clap::Args;

use crate::args::{ArchiveArgs, IdentityArgs};
use crate::chosen_archive::chosen;
use crate::command_error::CommandError;
use crate::context::Context;
use crate::entry_lines::{not_written, tell_missing};
use crate::exit;
use crate::hint::not_in;
use crate::output::pour;

/// Write a file that is in a backup to standard output
#[derive(Debug, Args)]
#[command(after_help = "Example: backup_manager cat docs letters/may.txt --at 2026-01-29 >may.txt")]
pub(crate) struct CatArgs {
    /// The index that `list` shows, or the name of the backup
    name: String,

    /// The path below the source
    path: OsString,

    /// Which archive.
    #[command(flatten)]
    archive: ArchiveArgs,

    /// What opens it.
    #[command(flatten)]
    pub(super) identity: IdentityArgs,
}

impl CatArgs {
    /// The exit code is 3 where the archive is incomplete, or the file could not be read to its end.
    pub(super) fn run(&self, context: Context<'_>) -> Result<u8, CommandError> {
        let desk = View::new(context.ports(), context.adapters.viewer());
        let generation = context.generation(&self.name, &self.archive);
        let archive = chosen(context.manager(), &desk, &self.archive.of(&self.name, generation.as_deref()))?;
        let copied = pour(|out| {
            let copied = desk.copy(&archive, self.path.as_bytes(), out, &SilentProgress);
            copied.and_then(|report| out.flush().map_err(not_written).map(|()| report))
        });
        let copied = copied.transpose().map_err(|error| {
            let is_missing = error.cause().is_some_and(|cause| cause.failure == Failure::Missing);
            let error = CommandError::from(error);
            if !is_missing {
                return error;
            }
            let asked_for = self.archive.asked_for(&archive);
            let hint = not_in("cat", &self.name, (self.path.as_bytes(), &archive), asked_for);
            CommandError { hint: Some(hint), ..error }
        })?;
        let Some(report) = copied else { return Ok(exit::DONE) };
        let code = tell_missing(&report, &archive);
        Ok(if archive.is_incomplete() { exit::INCOMPLETE } else { code })
    }
}
