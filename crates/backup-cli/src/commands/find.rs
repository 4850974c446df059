//! `find`: tells which backups hold what matches a pattern.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

use backup_core::manager::View;
use backup_core::model::archive::BackupRecord;
use backup_core::model::error::{Error, Failure, PortError};
use backup_core::text::printable;
use clap::Args;

use crate::args::IdentityArgs;
use crate::chosen_archive::tell_incomplete;
use crate::command_error::CommandError;
use crate::context::Context;
use crate::entry_lines::{EntryForm, Written, write_entries_of_each};
use crate::hint::whole_names;
use crate::output::print_error;
use crate::{exit, render};

/// Find out which backups hold what matches a pattern
#[derive(Debug, Args)]
#[command(after_help = "Example: backup_manager find '*.odt' docs
         Names the .odt files in every backup of docs, older ones included.")]
pub(crate) struct FindArgs {
    /// A path below the source, or a line as in .gitignore
    pattern: OsString,

    /// The index that `list` shows, or the name of the backup [default: all]
    name: Option<String>,

    /// What opens it.
    #[command(flatten)]
    pub(super) identity: IdentityArgs,

    /// Write JSON, an object a line
    #[arg(long)]
    json: bool,
}

impl FindArgs {
    /// The exit code is 1 when nothing matches, or an archive can't be read at all, and 3 where one can't be read wholly.
    pub(super) fn run(&self, context: Context<'_>) -> Result<u8, CommandError> {
        self.name.iter().for_each(|key| context.say_which_backup(key, &[]));
        let desk = View::new(context.ports(), context.adapters.viewer());
        let pattern = self.pattern.as_bytes();
        let (chosen, mut found, mut codes, mut refused) = ([pattern.to_vec()], 0, Vec::new(), None);
        let archives = desk.archives(self.name.as_deref())?;
        let ended = |archive: &BackupRecord, written| match written {
            Ok(Written { count, code }) => {
                tell_incomplete(archive);
                found += count;
                codes.push(code);
            }
            // It may be the path of something in the others.
            Err(Error::Port(error)) if error.failure == Failure::Refused => refused = Some(error),
            Err(error) => {
                print_error(&error.into());
                codes.push(exit::FAILED);
            }
        };
        let is_read = write_entries_of_each(&desk, &archives, (&chosen, self.form()), ended);
        if !is_read {
            return Ok(exit::DONE);
        }
        match refused {
            Some(error) if found == 0 => Err(error.into()),
            _ if codes.contains(&exit::FAILED) => Ok(exit::FAILED),
            _ if found == 0 => Err(CommandError { hint: whole_names(pattern), ..nothing(pattern).into() }),
            _ if codes.contains(&exit::INCOMPLETE) => Ok(exit::INCOMPLETE),
            _ => Ok(exit::DONE),
        }
    }

    fn form(&self) -> EntryForm {
        if self.json { render::json_entry } else { render::found_entry }
    }
}

fn nothing(pattern: &[u8]) -> PortError {
    let action = format!("find {} in any backup", printable(pattern));
    PortError::new(Failure::Missing, action)
}
