//! `show`: shows what is in a backup.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

use backup_core::manager::View;
use clap::Args;

use crate::args::{ArchiveArgs, IdentityArgs};
use crate::chosen_archive::chosen;
use crate::command_error::CommandError;
use crate::context::Context;
use crate::entry_lines::{EntryForm, write_entries};
use crate::hint::not_in;
use crate::{exit, render};

/// Show what is in a backup, a line an entry
#[derive(Debug, Args)]
#[command(after_help = "Example: backup_manager show docs letters --at yesterday")]
pub(crate) struct ShowArgs {
    /// The index that `list` shows, or the name of the backup
    name: String,

    /// Only this: a path below the source and what is below it, or a line as in .gitignore
    path: Option<OsString>,

    /// Which archive.
    #[command(flatten)]
    archive: ArchiveArgs,

    /// What opens it.
    #[command(flatten)]
    pub(super) identity: IdentityArgs,

    /// Write JSON, an object a line
    #[arg(long)]
    json: bool,
}

impl ShowArgs {
    /// The exit code is 1 when nothing is what was asked for, and 3 where something could not be shown.
    pub(super) fn run(&self, context: Context<'_>) -> Result<u8, CommandError> {
        let desk = View::new(context.ports(), context.adapters.viewer());
        let generation = context.generation(&self.name, &self.archive);
        let archive = chosen(context.manager(), &desk, &self.archive.of(&self.name, generation.as_deref()))?;
        let paths: Vec<Vec<u8>> = self.path.iter().map(|path| path.as_bytes().to_vec()).collect();
        let written = write_entries(&desk, &archive, &paths, self.form())?;
        let Some(written) = written else { return Ok(exit::DONE) };
        match paths.first() {
            Some(path) if written.count == 0 => {
                let hint = not_in("show", &self.name, (path, &archive), self.archive.asked_for(&archive));
                Err(CommandError { hint: Some(hint), ..desk.nothing_matches(&archive, path).into() })
            }
            _ => Ok(written.code),
        }
    }

    fn form(&self) -> EntryForm {
        if self.json { render::json_entry } else { render::shown_entry }
    }
}
